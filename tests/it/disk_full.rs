//! A full disk: nothing is acknowledged that is not written, reading goes on, and so does writing as
//! soon as there is room again.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, io};

use serde_json::json;

use crate::harness::client::fresh_key;
use crate::harness::process::Site;
use crate::harness::server::Hospital;

/// A small disk, unmounted at the end.
struct Disk(PathBuf);

impl Disk {
    /// Nothing, said on stderr, for whom may not mount; a failure instead when `REQUIRE_ALL=1`.
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(at)
            .output();
        if mount.is_ok_and(|done| done.status.success()) {
            return Some(Self(at.to_owned()));
        }
        let skipped = "SKIPPED disk full: only root can mount a small disk (run it as root)";
        assert!(
            env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"),
            "{skipped}"
        );
        // `eprintln!` would be captured and shown only for tests that fail.
        io::stderr()
            .write_all(format!("{skipped}\n").as_bytes())
            .unwrap();
        None
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.0.join("filler"))
            .unwrap();
        for size in [64 * 1024, 4096] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.unwrap().success());
    }
}

#[test]
fn a_full_disk_is_said_loses_nothing_and_is_recovered_from() {
    let site = Site::sqlite();
    let Some(disk) = Disk::mount(&site.data()) else {
        return;
    };
    let server = site.serve();
    let hospital = Hospital::found(&server.anonymous(), server.code.as_ref().unwrap());
    let (_, labels) = hospital.ethanol();
    let body = json!({"label": labels[0], "amount": {"value": "1", "unit": "mL"}});
    let take = |key: &str| {
        hospital
            .safety
            .post_with("/api/v1/checkouts", key, body.clone())
    };
    let mut taken = 0;
    for _ in 0..3 {
        disk.fill();
        // What is left of the log's last pages takes a few more.
        let refused = loop {
            let key = fresh_key();
            let answer = take(&key);
            if answer.status == 201 {
                taken += 1;
                assert!(taken < 450, "the disk is not full");
                continue;
            }
            answer.refused(507, "storage_full");
            break key;
        };
        take(&refused).refused(507, "storage_full");
        let seen = hospital
            .safety
            .get(&format!("/api/v1/containers/{}", labels[0]))
            .expect(200);
        assert_eq!(seen.json["amount"]["value"], (500 - taken).to_string());
        disk.make_room();
        take(&refused).expect(201);
        taken += 1;
        let seen = hospital
            .safety
            .get(&format!("/api/v1/containers/{}", labels[0]))
            .expect(200);
        assert_eq!(seen.json["amount"]["value"], (500 - taken).to_string());
    }
    site.assert_sound();
    drop(server);
    let server = site.serve();
    server
        .anonymous()
        .sign_in("S001")
        .get(&format!("/api/v1/containers/{}", labels[0]))
        .expect(200);
    drop(server);
}

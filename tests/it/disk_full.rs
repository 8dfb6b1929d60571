//! A full or failing disk: nothing is acknowledged that is not written, reading goes on, and so does writing as
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
use crate::powercut::recorded;

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

/// A server whose calls fail now and then, as strace is told to make them.
fn nothing_is_lost_under(fault: &str) {
    let site = Site::sqlite();
    let log = site.folder().join("strace");
    let Some(mut strace) = recorded(&log) else {
        return;
    };
    strace.args(["-e", fault]);
    // What makes the database is not counted: it grows with every migration.
    let server = site.serve();
    let hospital = Hospital::found(&server.anonymous(), server.code.as_ref().unwrap());
    let (_, labels) = hospital.ethanol();
    drop(server);
    let server = site.serve_under(Some(strace));
    let safety = hospital.safety.at(&server.base);
    let body = json!({"label": labels[0], "amount": {"value": "1", "unit": "mL"}});
    let (mut taken, mut failed) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        let key = fresh_key();
        let answer = safety.post_with("/api/v1/checkouts", &key, body.clone());
        match answer.status {
            201 => taken.push((key, answer.text)),
            500 | 507 => failed.push(key),
            _ => panic!("{}", answer.text),
        }
    }
    drop(server);
    let injected = fs::read_to_string(&log)
        .unwrap()
        .matches("(INJECTED)")
        .count();
    assert!(injected > 5, "{injected} faults");
    let server = site.serve();
    let safety = hospital.safety.at(&server.base);
    for (key, answer) in &taken {
        let again = safety
            .post_with("/api/v1/checkouts", key, body.clone())
            .expect(200);
        assert_eq!(again.text, *answer);
    }
    for key in &failed {
        let again = safety.post_with("/api/v1/checkouts", key, body.clone());
        assert!(matches!(again.status, 200 | 201), "{}", again.text);
    }
    let seen = safety
        .get(&format!("/api/v1/containers/{}", labels[0]))
        .expect(200);
    assert_eq!(seen.json["amount"]["value"], "300");
    site.assert_sound();
}

#[test]
fn a_disk_that_fails_to_synchronise_loses_nothing() {
    nothing_is_lost_under("inject=fsync,fdatasync:error=EIO:when=20+3");
}

#[test]
fn a_disk_that_fails_to_write_loses_nothing() {
    nothing_is_lost_under("inject=pwrite64:error=ENOSPC:when=400+61");
}

//! The manual does not lie: its first steps are run as they stand.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::harness::installed;
use crate::harness::process::Site;

/// The `sh` blocks of a section.
fn blocks(section: &str) -> String {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once(&format!("\n## {section}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[test]
fn first_steps_of_the_readme_work_as_they_stand() {
    if !["bash", "curl", "jq"].into_iter().all(installed) {
        return;
    }
    let site = Site::sqlite();
    let server = site.serve();
    let steps = blocks("First steps");
    let (at, code) = ("http://127.0.0.1:8080", "CODE=…");
    assert!(steps.contains(at) && steps.contains(code));
    let steps = steps
        .replace(at, &server.base)
        .replace(code, &format!("CODE={}", server.code.as_ref().unwrap()));
    let mut bash = Command::new("timeout")
        .args(["60", "bash", "-e", "-u", "-o", "pipefail", "-s"])
        .current_dir(site.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin
        .take()
        .unwrap()
        .write_all(steps.as_bytes())
        .unwrap();
    let output = bash.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        said.contains("hazledger.local/inst/1/ledger\n21\n"),
        "no signed head at the end: {said}"
    );
    assert!(
        fs::read(site.folder().join("label.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    site.assert_sound();
}

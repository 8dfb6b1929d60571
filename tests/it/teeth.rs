//! Each guard is taken away in a build of its own, and the test that guards it must go red.
//!
//! The sabotage is a `--cfg` that a wrapper around rustc adds to this crate alone, so that one target
//! folder serves all builds and the dependencies are built once. `FULL=1` only.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// One build at a time: they share a target folder.
static BUILDING: Mutex<()> = Mutex::new(());

/// Builds with the sabotage and runs the tests whose names contain `filter`: one must fail, and say
/// `why`, because a test can also fail for reasons that prove nothing.
fn bites(sabotage: &str, filter: &str, why: &str) {
    if env::var_os("FULL").is_none() {
        return;
    }
    let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("teeth");
    fs::create_dir_all(&target).unwrap();
    // Cargo tells builds apart by the path of the wrapper.
    let wrapper = target.join(format!("rustc-{sabotage}"));
    fs::write(
        &wrapper,
        format!(
            "#!/bin/sh\nrustc=$1\nshift\nexec \"$rustc\" --cfg 'sabotage=\"{sabotage}\"' \"$@\"\n"
        ),
    )
    .unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["test", "--locked", "--test", "it"])
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTC_WORKSPACE_WRAPPER", &wrapper)
            // The slice must bite already.
            .env_remove("FULL");
        cargo.output().unwrap()
    };
    let built = cargo(&["--no-run"]);
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let ran = cargo(&[filter]);
    let said = String::from_utf8_lossy(&ran.stdout);
    let red: Vec<_> = said
        .lines()
        .filter(|line| line.starts_with("test ") && line.ends_with("FAILED"))
        .collect();
    assert!(
        !red.is_empty() && said.contains(why),
        "{filter} does not go red with {why:?} under {sabotage}:\n{said}"
    );
    println!("{sabotage}: {}: {why}", red.join(", "));
}

/// `name: sabotage, filter, why;` makes a test.
macro_rules! teeth {
    ($($name:ident: $sabotage:literal, $filter:literal, $why:literal;)*) => {$(
        #[test]
        fn $name() {
            bites($sabotage, $filter, $why);
        }
    )*};
}

teeth! {
    a_repeat_needs_the_look_up: "no_idempotency_lookup",
        "spine::the_same_key_gives_the_first_answer", r#""status":500"#;
    two_servers_need_the_lock_on_the_head: "no_head_lock",
        "contention::of_many_clients_at_two_servers", r#""status":500"#;
    a_power_cut_needs_full_synchronisation: "synchronous_normal",
        "powercut::server::", "cuts that lost, and acknowledged entries lost in all";
    an_entry_needs_its_trigger: "no_trigger",
        "guards::what_was_written_can_be_neither_changed_nor_removed::sqlite", "guards.rs";
    a_controlled_posting_needs_its_trigger: "no_trigger",
        "emergencies::the_database_takes_one_signature_for_a_release_only_and_never_of_a_poison::sqlite", "emergencies.rs";
    // The database's own guard still stands then: what the check lets through is a fault.
    a_forged_signature_needs_the_seal: "no_signature_seal",
        "signatures::a_signature_written_into_the_database_by_hand", r#"left: (201"#;
    two_signatures_need_the_check: "no_signature_check",
        "signing::one_signature_moves_nothing_and_the_second_completes", r#""status":500"#;
}

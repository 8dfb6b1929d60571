//! The model, case by case, over logs written by hand, and one by a real strace.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Recording, recorded};

/// A log under construction, of a process with the recorded directory `data` and an `ack.log`
/// beside it.
struct Log {
    root: TempDir,
    text: String,
}

impl Log {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        fs::create_dir(root.path().join("data")).unwrap();
        Self {
            root,
            text: String::new(),
        }
    }

    /// Adds a line of thread 7. In it `'text'` stands for a quoted string and `{name}` for a path,
    /// as -xx prints both.
    fn line(self, line: &str) -> Self {
        self.line_of(7, line)
    }

    fn line_of(mut self, thread: u32, line: &str) -> Self {
        let root = self.root.path().canonicalize().unwrap();
        let mut out = String::new();
        for (n, part) in line.split('\'').enumerate() {
            if n % 2 == 1 {
                write!(
                    out,
                    "\"{}\"",
                    hex(&part.replace("ROOT", root.to_str().unwrap()))
                )
                .unwrap();
                continue;
            }
            for (m, piece) in part.split(['{', '}']).enumerate() {
                let path = root.join(piece);
                out.push_str(&if m % 2 == 1 {
                    format!("<{}>", hex(path.to_str().unwrap()))
                } else {
                    piece.to_owned()
                });
            }
        }
        writeln!(self.text, "{thread} {out}").unwrap();
        self
    }

    /// Creates a file and makes its name sure.
    fn with_file(self, name: &str) -> Self {
        self.line(&format!(
            "openat(AT_FDCWD{{}}, 'ROOT/data/{name}', O_RDWR|O_CREAT, 0644) = 3{{data/{name}}}"
        ))
        .line("fsync(9{data}) = 0")
    }

    fn parse(&self) -> Recording {
        fs::write(self.root.path().join("log"), &self.text).unwrap();
        Recording::parse(
            &self.root.path().join("log"),
            &self.root.path().join("data"),
        )
    }
}

fn hex(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |out, byte| out + &format!("\\x{byte:02x}"))
}

/// Everything that may be in the file `name` after the cut; `None` where there is no such file.
fn outcomes(recording: &Recording, cut: usize, name: &str) -> BTreeSet<Option<Vec<u8>>> {
    let into = TempDir::new().unwrap();
    let replay = |seed| {
        recording.replay(cut, seed, into.path());
        fs::read(into.path().join(name)).ok()
    };
    (0..200).map(replay).collect()
}

fn only(content: &str) -> BTreeSet<Option<Vec<u8>>> {
    BTreeSet::from([Some(content.into())])
}

fn either(one: &str, other: &str) -> BTreeSet<Option<Vec<u8>>> {
    BTreeSet::from([Some(one.into()), Some(other.into())])
}

#[test]
fn a_synced_write_is_there_and_an_unsynced_one_may_be() {
    let log = Log::new()
        .with_file("a")
        .line("pwrite64(3{data/a}, 'old', 3, 0) = 3")
        .line("fdatasync(3{data/a}) = 0")
        .line("pwrite64(3{data/a}, 'new', 3, 0) = 3");
    let recording = log.parse();
    assert_eq!(recording.cuts(), 5);
    assert_eq!(outcomes(&recording, 3, "a"), either("", "old"));
    assert_eq!(outcomes(&recording, 4, "a"), only("old"));
    assert_eq!(outcomes(&recording, 5, "a"), either("old", "new"));
}

#[test]
fn an_fsync_does_not_cover_a_write_of_another_file() {
    let log = Log::new()
        .with_file("a")
        .with_file("b")
        .line("pwrite64(3{data/a}, 'x', 1, 0) = 1")
        .line("fsync(4{data/b}) = 0");
    let recording = log.parse();
    assert_eq!(outcomes(&recording, recording.cuts(), "a"), either("", "x"));
}

#[test]
fn an_fsync_does_not_cover_a_write_that_was_still_under_way() {
    let log = Log::new()
        .with_file("a")
        .line_of(8, "pwrite64(3{data/a}, 'x', 1, 0 <unfinished ...>")
        .line("fsync(3{data/a}) = 0")
        .line_of(8, "<... pwrite64 resumed>) = 1");
    let recording = log.parse();
    assert_eq!(outcomes(&recording, recording.cuts(), "a"), either("", "x"));
}

#[test]
fn an_fsync_that_did_not_come_back_promises_nothing() {
    for fsync in [
        "fsync(3{data/a} <unfinished ...>",
        "fsync(3{data/a}) = -1 EIO (Input/output error)",
        "fsync(3{data/a}) = ?",
    ] {
        let log = Log::new()
            .with_file("a")
            .line("pwrite64(3{data/a}, 'x', 1, 0) = 1")
            .line(fsync);
        let recording = log.parse();
        assert_eq!(
            outcomes(&recording, recording.cuts(), "a"),
            either("", "x"),
            "{fsync}"
        );
    }
}

#[test]
fn a_long_write_is_torn_at_sectors_of_the_file() {
    let text = "x".repeat(1024);
    let log = Log::new().with_file("a").line(&format!(
        "pwrite64(3{{data/a}}, '{text}', 1024, 100) = 1024"
    ));
    let recording = log.parse();
    let outcomes = outcomes(&recording, recording.cuts(), "a");
    assert!(outcomes.len() > 4, "{}", outcomes.len());
    for content in outcomes.into_iter().flatten() {
        for (sector, len) in [(100, 412), (512, 512), (1024, 100)] {
            let part = content.get(sector..sector + len).unwrap_or_default();
            assert!(part.iter().all(|&byte| byte == b'x') || part.iter().all(|&byte| byte == 0));
        }
    }
}

#[test]
fn a_short_write_counts_for_what_it_wrote_and_a_failed_one_for_nothing() {
    let log = Log::new()
        .with_file("a")
        .line("pwrite64(3{data/a}, 'abc', 3, 0) = 2")
        .line("pwrite64(3{data/a}, 'xyz', 3, 0) = -1 ENOSPC (No space left on device)")
        .line("fsync(3{data/a}) = 0");
    let recording = log.parse();
    assert_eq!(outcomes(&recording, recording.cuts(), "a"), only("ab"));
}

#[test]
fn a_truncation_is_as_unsure_as_a_write() {
    let log = Log::new()
        .with_file("a")
        .line("pwrite64(3{data/a}, 'abc', 3, 0) = 3")
        .line("fsync(3{data/a}) = 0")
        .line("ftruncate(3{data/a}, 1) = 0")
        .line("fsync(3{data/a}) = 0");
    let recording = log.parse();
    assert_eq!(
        outcomes(&recording, recording.cuts() - 1, "a"),
        either("abc", "a")
    );
    assert_eq!(outcomes(&recording, recording.cuts(), "a"), only("a"));
}

#[test]
fn a_name_is_sure_only_when_the_directory_was_synced() {
    let created = Log::new()
        .line("openat(AT_FDCWD{}, 'ROOT/data/a', O_RDWR|O_CREAT, 0644) = 3{data/a}")
        .line("fsync(3{data/a}) = 0");
    let recording = created.parse();
    assert_eq!(
        outcomes(&recording, recording.cuts(), "a"),
        BTreeSet::from([None, Some(Vec::new())])
    );

    let unlinked = Log::new()
        .with_file("a")
        .line("unlink('ROOT/data/a') = 0")
        .line("fsync(9{data}) = 0");
    let recording = unlinked.parse();
    assert_eq!(
        outcomes(&recording, 3, "a"),
        BTreeSet::from([None, Some(Vec::new())])
    );
    assert_eq!(outcomes(&recording, 4, "a"), BTreeSet::from([None]));
}

#[test]
fn a_rename_replaces_the_whole_file_or_nothing() {
    let log = Log::new()
        .with_file("a")
        .line("pwrite64(3{data/a}, 'old', 3, 0) = 3")
        .line("fsync(3{data/a}) = 0")
        .with_file("b")
        .line("pwrite64(3{data/b}, 'new', 3, 0) = 3")
        .line("fsync(3{data/b}) = 0")
        .line("rename('ROOT/data/b', 'ROOT/data/a') = 0")
        .line("fsync(9{data}) = 0");
    let recording = log.parse();
    assert_eq!(
        outcomes(&recording, recording.cuts() - 1, "a"),
        either("old", "new")
    );
    assert_eq!(outcomes(&recording, recording.cuts(), "a"), only("new"));
    assert_eq!(
        outcomes(&recording, recording.cuts(), "b"),
        BTreeSet::from([None])
    );
}

#[test]
fn a_name_that_is_created_again_is_another_file() {
    let log = Log::new()
        .with_file("a")
        .line("pwrite64(3{data/a}, 'old', 3, 0) = 3")
        .line("fsync(3{data/a}) = 0")
        .line("unlink('ROOT/data/a') = 0")
        .line("pwrite64(3{data/a}(deleted), 'lost', 4, 0) = 4")
        .with_file("a");
    let recording = log.parse();
    assert_eq!(outcomes(&recording, recording.cuts(), "a"), only(""));
}

#[test]
fn a_plain_write_lands_where_the_descriptor_stands() {
    let log = Log::new()
        .with_file("a")
        .line("write(3{data/a}, 'ab', 2) = 2")
        .line("write(3{data/a}, 'cd', 2) = 2")
        .line("lseek(3{data/a}, 1, SEEK_SET) = 1")
        .line("write(3{data/a}, 'X', 1) = 1")
        .line("openat(AT_FDCWD{}, 'ROOT/data/a', O_WRONLY|O_APPEND) = 4{data/a}")
        .line("write(4{data/a}, '!', 1) = 1")
        .line("fsync(4{data/a}) = 0");
    let recording = log.parse();
    assert_eq!(outcomes(&recording, recording.cuts(), "a"), only("aXcd!"));
}

#[test]
fn an_acknowledgement_counts_from_its_begin() {
    let log = Log::new()
        .line("write(5{ack.log}, '1\n', 2) = 2")
        .line("write(5{ack.log}, '2\n', 2 <unfinished ...>")
        .line("+++ killed by SIGKILL +++");
    let recording = log.parse();
    assert_eq!(recording.acknowledged(0), b"");
    assert_eq!(recording.acknowledged(1), b"1\n");
    assert_eq!(recording.acknowledged(recording.cuts()), b"1\n2\n");
}

#[test]
fn what_was_there_before_stays() {
    let log = Log::new()
        .line("openat(AT_FDCWD{}, 'ROOT/data/a', O_RDWR) = 3{data/a}")
        .line("pwrite64(3{data/a}, 'X', 1, 1) = 1")
        .line("fsync(3{data/a}) = 0");
    let base = TempDir::new().unwrap();
    fs::write(base.path().join("a"), "abc").unwrap();
    let path = log.root.path().join("log");
    fs::write(&path, &log.text).unwrap();
    let recording = Recording::parse_over(base.path(), &path, &log.root.path().join("data"));
    assert_eq!(outcomes(&recording, 0, "a"), only("abc"));
    assert_eq!(outcomes(&recording, recording.cuts(), "a"), only("aXc"));
}

#[test]
fn the_shared_memory_file_is_left_out() {
    let log = Log::new()
        .with_file("db-shm")
        .line("mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 3{data/db-shm}, 0) = 0x7f00");
    assert_eq!(outcomes(&log.parse(), 1, "db-shm"), BTreeSet::from([None]));
}

#[test]
fn the_same_seed_leaves_the_same() {
    let log = (0..20).fold(Log::new().with_file("a"), |log, at| {
        log.line(&format!("pwrite64(3{{data/a}}, 'x', 1, {at}) = 1"))
    });
    let recording = log.parse();
    let into = TempDir::new().unwrap();
    let [first, again] = [5, 5].map(|seed| {
        recording.replay(recording.cuts(), seed, into.path());
        fs::read(into.path().join("a")).unwrap()
    });
    assert_eq!(first, again);
}

#[test]
#[should_panic(expected = "cannot follow pwritev")]
fn a_kind_of_write_that_is_not_followed_is_refused() {
    Log::new()
        .with_file("a")
        .line("pwritev(3{data/a}, [], 0, 0) = 0")
        .parse();
}

#[test]
#[should_panic(expected = "cannot follow mmap")]
fn a_shared_writable_mapping_is_refused() {
    Log::new()
        .with_file("a")
        .line("mmap(NULL, 9, PROT_READ|PROT_WRITE, MAP_SHARED, 3{data/a}, 0) = 0x7f00")
        .parse();
}

#[test]
#[should_panic(expected = "renamed into the directory")]
fn a_file_renamed_into_the_directory_is_refused() {
    Log::new()
        .line("rename('ROOT/b', 'ROOT/data/a') = 0")
        .parse();
}

#[test]
#[should_panic(expected = "use parse_over")]
fn a_file_that_was_there_before_is_refused_without_a_base() {
    Log::new()
        .line("openat(AT_FDCWD{}, 'ROOT/data/a', O_RDWR) = 3{data/a}")
        .parse();
}

#[test]
#[should_panic(expected = "-s is too small")]
fn a_string_that_was_cut_short_is_refused() {
    Log::new()
        .with_file("a")
        .line("pwrite64(3{data/a}, 'x'..., 4096, 0) = 4096")
        .parse();
}

#[test]
fn a_real_strace_is_understood() {
    let root = TempDir::new().unwrap();
    let (data, log) = (root.path().join("data"), root.path().join("log"));
    fs::create_dir(&data).unwrap();
    let Some(mut strace) = recorded(&log) else {
        return;
    };
    let script = r#"
        dd if=/dev/zero of=a bs=1000 count=3 conv=fsync 2>/dev/null
        mv a b
        sync .
        echo 1 >>../ack.log
        echo unsynced >c
    "#;
    assert!(
        strace
            .args(["sh", "-c", script])
            .current_dir(&data)
            .status()
            .unwrap()
            .success()
    );
    let recording = Recording::parse(&log, &data);
    assert_eq!(recording.acknowledged(recording.cuts()), b"1\n");
    assert_eq!(
        outcomes(&recording, recording.cuts(), "b"),
        BTreeSet::from([Some(vec![0; 3000])])
    );
    assert_eq!(
        outcomes(&recording, recording.cuts(), "a"),
        BTreeSet::from([None])
    );
    assert!(outcomes(&recording, recording.cuts(), "c").contains(&None));
    assert_eq!(fs::read(Path::new(&data).join("c")).unwrap(), b"unsynced\n");
}

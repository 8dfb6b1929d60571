//! What a power cut leaves of a directory: recorded with strace, then cut at any moment, any number
//! of times.
//!
//! The model is the least that POSIX promises. What was written before the begin of the last
//! finished fsync of its file is there. Of everything else a random part is there, in any order,
//! single writes torn at sectors. A creation, unlink or rename is sure only once the directory
//! itself was fsynced.
//!
//! Only files that lie directly in the recorded directory are followed, not its folders. SQLite's `-shm` is left
//! out: it is mapped memory, and SQLite builds it anew. Any way to change a file that is not
//! followed here is refused, so that no write goes unseen.

mod cases;
mod server;
mod trace;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use trace::{Call, Fd};

/// Every call that can change a file, a name or a position. The question mark: not every processor
/// has every call.
const TRACED: &str = "trace=?open,?openat,?openat2,?creat,?dup,?dup2,?dup3,?lseek,\
    ?sendto,?write,?pwrite64,?writev,?pwritev,?pwritev2,?ftruncate,?truncate,?fallocate,?copy_file_range,\
    ?sendfile,?mmap,?fsync,?fdatasync,?unlink,?unlinkat,?rename,?renameat,?renameat2,?link,?linkat,\
    ?symlink,?symlinkat";

const SECTOR: usize = 512;

/// How an answer begins that acknowledges a write.
const CREATED: &[u8] = b"HTTP/1.1 201 Created\r\n";

/// What one process did to the files of one directory, and what it acknowledged meanwhile.
pub struct Recording {
    steps: Vec<Step>,
    /// The files that were there before.
    names: BTreeMap<String, File>,
    /// What every file held before, by its number.
    contents: Vec<Vec<u8>>,
    cuts: usize,
}

/// A file's number: a name can come to stand for another file, a number cannot.
type File = usize;

/// Something that happened between two moments; a call that never came back has no end.
struct Step {
    begin: usize,
    end: usize,
    act: Act,
}

enum Act {
    Write {
        file: File,
        offset: usize,
        data: Vec<u8>,
    },
    Truncate {
        file: File,
        len: usize,
    },
    Sync {
        file: File,
    },
    Link {
        name: String,
        file: File,
    },
    Unlink {
        name: String,
    },
    Rename {
        from: String,
        to: String,
        file: File,
    },
    SyncDirectory,
    Acknowledge {
        data: Vec<u8>,
    },
}

/// A command that runs what is appended to it (program and arguments) and records it in `log`.
/// `None`, said on stderr, where strace is not installed; panics instead when `REQUIRE_ALL=1`.
///
/// End the program by its own means: strace that is killed lets the program run on, unrecorded.
pub fn recorded(log: &Path) -> Option<Command> {
    let version = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    if !version.is_ok_and(|status| status.success()) {
        let skipped =
            "SKIPPED power cuts: no strace found (install the strace package to run them)";
        assert!(
            env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"),
            "{skipped}"
        );
        // `eprintln!` would be captured and shown only for tests that fail.
        io::stderr()
            .write_all(format!("{skipped}\n").as_bytes())
            .unwrap();
        return None;
    }
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-y", "-xx", "-s", "1000000", "-e", TRACED, "-o"])
        .arg(log);
    Some(strace)
}

impl Recording {
    /// Reads what happened in `dir`, which was empty when `log` began.
    ///
    /// An acknowledgement is a write to a file named `ack.log` in another directory, or a web
    /// server's answer `201 Created`.
    pub fn parse(log: &Path, dir: &Path) -> Self {
        Self::read(log, dir, BTreeMap::new())
    }

    /// Reads what happened in `dir`, which looked like `base` when `log` began.
    pub fn parse_over(base: &Path, log: &Path, dir: &Path) -> Self {
        let files = fs::read_dir(base)
            .unwrap()
            .map(Result::unwrap)
            .filter(|entry| entry.path().is_file());
        let before = files.map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        });
        Self::read(log, dir, before.collect())
    }

    /// The number of moments at which the power can fail: 0 is before anything, `cuts()` after
    /// everything.
    pub fn cuts(&self) -> usize {
        self.cuts
    }

    /// Everything the process had begun to acknowledge when the power failed.
    pub fn acknowledged(&self, cut: usize) -> Vec<u8> {
        let begun = self.steps.iter().filter(|step| step.begin < cut);
        begun.fold(Vec::new(), |mut all, step| {
            if let Act::Acknowledge { data } = &step.act {
                all.extend_from_slice(data);
            }
            all
        })
    }

    /// Makes the directory `into`, whatever it held, what a failure at `cut` may have left; the
    /// same `seed` leaves the same.
    pub fn replay(&self, cut: usize, seed: u64, into: &Path) {
        let mut dice = Dice(seed);
        let (synced, directory_synced) = self.synced(cut);
        let mut contents = self.contents.clone();
        let mut names = self.names.clone();
        for step in self.steps.iter().filter(|step| step.begin < cut) {
            let is_sure = |file| synced.get(file).is_some_and(|&fsync| step.end < fsync);
            let is_sure_name = step.end < directory_synced;
            match &step.act {
                Act::Write { file, offset, data } if is_sure(file) => {
                    write(&mut contents[*file], *offset, data);
                }
                Act::Write { file, offset, data } if dice.coin() => {
                    let torn = dice.coin() && dice.coin();
                    for (at, sector) in sectors(*offset, data) {
                        if !torn || dice.coin() {
                            write(&mut contents[*file], at, sector);
                        }
                    }
                }
                Act::Truncate { file, len } if is_sure(file) || dice.coin() => {
                    contents[*file].resize(*len, 0)
                }
                Act::Link { name, file } if is_sure_name || dice.coin() => {
                    names.insert(name.clone(), *file);
                }
                Act::Unlink { name } if is_sure_name || dice.coin() => {
                    names.remove(name);
                }
                Act::Rename { from, to, file } if is_sure_name || dice.coin() => {
                    names.remove(from);
                    names.insert(to.clone(), *file);
                }
                Act::Write { .. } | Act::Truncate { .. } => {}
                Act::Link { .. } | Act::Unlink { .. } | Act::Rename { .. } => {}
                Act::Sync { .. } | Act::SyncDirectory | Act::Acknowledge { .. } => {}
            }
        }
        fs::create_dir_all(into).unwrap();
        for old in fs::read_dir(into).unwrap() {
            fs::remove_file(old.unwrap().path()).unwrap();
        }
        for (name, file) in names {
            fs::write(into.join(name), &contents[file]).unwrap();
        }
    }

    /// The begin of the last fsync that came back before the cut: of each file, and of the
    /// directory.
    fn synced(&self, cut: usize) -> (HashMap<File, usize>, usize) {
        let mut files = HashMap::new();
        let mut directory = 0;
        for step in self.steps.iter().filter(|step| step.end < cut) {
            if let Act::Sync { file } = step.act {
                files.insert(file, step.begin);
            } else if matches!(step.act, Act::SyncDirectory) {
                directory = step.begin;
            }
        }
        (files, directory)
    }

    fn read(log: &Path, dir: &Path, before: BTreeMap<String, Vec<u8>>) -> Self {
        let mut reader = Reader {
            dir: dir.canonicalize().unwrap(),
            given_dir: dir.to_owned(),
            cwd: PathBuf::new(),
            steps: Vec::new(),
            names: before.keys().cloned().zip(0..).collect(),
            lens: before.values().map(Vec::len).collect(),
            open: HashMap::new(),
            handles: Vec::new(),
        };
        let names = reader.names.clone();
        let mut contents: Vec<Vec<u8>> = before.into_values().collect();
        for call in trace::calls(&fs::read_to_string(log).unwrap()) {
            reader.take(&call);
        }
        // Lines that concern other files are no moments of their own: dense numbers keep a random
        // cut among those that matter.
        let mut steps = reader.steps;
        let lines: BTreeSet<usize> = steps
            .iter()
            .flat_map(|step| [step.begin, step.end])
            .collect();
        let moments: HashMap<usize, usize> = lines
            .into_iter()
            .filter(|&line| line != NEVER)
            .zip(0..)
            .collect();
        for step in &mut steps {
            step.begin = moments[&step.begin];
            step.end = moments.get(&step.end).copied().unwrap_or(NEVER);
        }
        contents.resize(reader.lens.len(), Vec::new());
        Self {
            steps,
            names,
            contents,
            cuts: moments.len(),
        }
    }
}

const NEVER: usize = usize::MAX;

/// Follows the calls of a log.
struct Reader {
    dir: PathBuf,
    given_dir: PathBuf,
    cwd: PathBuf,
    steps: Vec<Step>,
    names: BTreeMap<String, File>,
    /// Lengths, by file number, as the process sees them.
    lens: Vec<usize>,
    /// Which of `handles` a descriptor stands for: duplicates share one, and with it the position.
    open: HashMap<i64, usize>,
    handles: Vec<Handle>,
}

struct Handle {
    file: File,
    position: usize,
    appends: bool,
}

impl Reader {
    fn take(&mut self, call: &Call) {
        if call.args[0].starts_with("AT_FDCWD") {
            self.cwd = call.fd(0).map_or_else(PathBuf::new, |fd| fd.path);
        }
        if call.answer().is_some_and(|answer| answer < 0) {
            return;
        }
        match call.name.as_str() {
            "open" | "openat" | "openat2" | "creat" => self.open(call),
            "dup" | "dup2" | "dup3" => self.duplicate(call),
            "lseek" => self.seek(call),
            "write" => self.write(call),
            "sendto" => self.answer(call),
            "pwrite64" => {
                if let Some(file) = call.fd(0).and_then(|fd| self.file(&fd)) {
                    self.write_at(call, file, call.number(3) as usize);
                }
            }
            "ftruncate" => {
                if let Some(file) = call.fd(0).and_then(|fd| self.file(&fd)) {
                    self.truncate(call, file, call.number(1) as usize);
                }
            }
            "fsync" | "fdatasync" => {
                let Some(fd) = call.fd(0) else { return };
                if fd.path == self.dir {
                    self.step(call, Act::SyncDirectory);
                } else if let Some(file) = self.file(&fd) {
                    self.step(call, Act::Sync { file });
                }
            }
            "unlink" => self.unlink(call, &self.cwd.join(call.path(0))),
            "unlinkat" => self.unlink(call, &at(call, 0)),
            "rename" => self.rename(
                call,
                &self.cwd.join(call.path(0)),
                &self.cwd.join(call.path(1)),
            ),
            "renameat" | "renameat2" => self.rename(call, &at(call, 0), &at(call, 2)),
            "mmap" if !call.has("PROT_WRITE") || !call.has("MAP_SHARED") => {}
            _ => self.refuse(call),
        }
    }

    fn open(&mut self, call: &Call) {
        let Some(fd) = call.opened() else { return };
        let Some(name) = self.name(&fd.path) else {
            self.open.remove(&fd.number);
            return;
        };
        let flags = call
            .args
            .iter()
            .find(|arg| arg.contains("O_"))
            .map_or("O_CREAT|O_TRUNC", String::as_str);
        let file = if let Some(&file) = self.names.get(&name) {
            if flags.contains("O_TRUNC") {
                self.truncate(call, file, 0);
            }
            file
        } else {
            assert!(
                flags.contains("O_CREAT"),
                "{name} was there before the recording: use parse_over"
            );
            self.lens.push(0);
            let file = self.lens.len() - 1;
            self.names.insert(name.clone(), file);
            self.step(call, Act::Link { name, file });
            file
        };
        self.open.insert(fd.number, self.handles.len());
        self.handles.push(Handle {
            file,
            position: 0,
            appends: flags.contains("O_APPEND"),
        });
    }

    fn duplicate(&mut self, call: &Call) {
        let Some(to) = call.answer() else { return };
        match call.fd(0).and_then(|fd| self.open.get(&fd.number).copied()) {
            Some(handle) => self.open.insert(to, handle),
            None => self.open.remove(&to),
        };
    }

    fn seek(&mut self, call: &Call) {
        let Some(file) = call.fd(0).and_then(|fd| self.file(&fd)) else {
            return;
        };
        if let (Some(handle), Some(position)) = (self.handle(call, file), call.answer()) {
            handle.position = position as usize;
        }
    }

    fn write(&mut self, call: &Call) {
        let Some(fd) = call.fd(0) else { return };
        if let Some(file) = self.file(&fd) {
            let len = self.lens[file];
            let handle = self
                .handle(call, file)
                .unwrap_or_else(|| panic!("saw no open or dup of {:?}", fd.path));
            let position = if handle.appends { len } else { handle.position };
            handle.position = position + written(call).len();
            self.write_at(call, file, position);
        } else if fd.path.ends_with("ack.log") {
            self.step(
                call,
                Act::Acknowledge {
                    data: written(call),
                },
            );
        }
    }

    fn answer(&mut self, call: &Call) {
        let data = written(call);
        if data.starts_with(CREATED) {
            self.step(call, Act::Acknowledge { data });
        }
    }

    fn write_at(&mut self, call: &Call, file: File, offset: usize) {
        let data = written(call);
        self.lens[file] = self.lens[file].max(offset + data.len());
        self.step(call, Act::Write { file, offset, data });
    }

    fn truncate(&mut self, call: &Call, file: File, len: usize) {
        self.lens[file] = len;
        self.step(call, Act::Truncate { file, len });
    }

    fn unlink(&mut self, call: &Call, path: &Path) {
        if let Some(name) = self.name(path) {
            self.names.remove(&name);
            self.step(call, Act::Unlink { name });
        }
    }

    fn rename(&mut self, call: &Call, from: &Path, to: &Path) {
        let (from, to) = (self.name(from), self.name(to));
        let Some(from) = from else {
            assert!(
                to.is_none(),
                "cannot follow a file that is renamed into the directory: {to:?}"
            );
            return;
        };
        let file = self.names.remove(&from).unwrap();
        if let Some(to) = to {
            self.names.insert(to.clone(), file);
            self.step(call, Act::Rename { from, to, file });
        } else {
            self.step(call, Act::Unlink { name: from });
        }
    }

    fn refuse(&self, call: &Call) {
        let only_read = match call.name.as_str() {
            "copy_file_range" => Some(0),
            "sendfile" => Some(1),
            _ => None,
        };
        let args = (0..call.args.len()).filter(|&arg| Some(arg) != only_read);
        let fds = args.clone().filter_map(|arg| call.fd(arg));
        let strings = args.filter(|&arg| call.args[arg].starts_with('"'));
        let paths = strings.map(|arg| self.cwd.join(call.path(arg)));
        let touched = fds
            .map(|fd| fd.path)
            .chain(paths)
            .find_map(|path| self.name(&path));
        assert!(
            touched.is_none(),
            "cannot follow {} of {touched:?}",
            call.name
        );
    }

    fn step(&mut self, call: &Call, act: Act) {
        self.steps.push(Step {
            begin: call.begin,
            end: call.end.unwrap_or(NEVER),
            act,
        });
    }

    /// The name of a file that is followed.
    fn name(&self, path: &Path) -> Option<String> {
        let is_inside = path
            .parent()
            .is_some_and(|dir| dir == self.dir || dir == self.given_dir);
        let name = path.file_name()?.to_str()?;
        (is_inside && !name.ends_with("-shm") && !path.is_dir()).then(|| name.to_owned())
    }

    fn file(&self, fd: &Fd) -> Option<File> {
        let name = self.name(&fd.path)?;
        let file = if fd.deleted {
            self.open
                .get(&fd.number)
                .map(|&handle| self.handles[handle].file)
        } else {
            self.names.get(&name).copied()
        };
        Some(
            file.unwrap_or_else(|| panic!("{name} was there before the recording: use parse_over")),
        )
    }

    fn handle(&mut self, call: &Call, file: File) -> Option<&mut Handle> {
        let handle = *self.open.get(&call.fd(0)?.number)?;
        Some(&mut self.handles[handle]).filter(|handle| handle.file == file)
    }
}

/// The path of an `…at` call: a directory's descriptor, then a name.
fn at(call: &Call, arg: usize) -> PathBuf {
    call.fd(arg)
        .map_or_else(PathBuf::new, |fd| fd.path)
        .join(call.path(arg + 1))
}

/// What a write wrote: what it was given, unless the answer says that it took less.
fn written(call: &Call) -> Vec<u8> {
    let mut data = call.bytes(1);
    if let Some(len) = call.answer() {
        data.truncate(len as usize);
    }
    data
}

fn write(content: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(data);
}

/// A write in pieces that lie in one sector each.
fn sectors(offset: usize, data: &[u8]) -> Vec<(usize, &[u8])> {
    let first = (SECTOR - offset % SECTOR).min(data.len());
    let (head, tail) = data.split_at(first);
    let aligned = tail
        .chunks(SECTOR)
        .enumerate()
        .map(|(n, piece)| (offset + first + n * SECTOR, piece));
    std::iter::once((offset, head)).chain(aligned).collect()
}

/// SplitMix64: the same seed throws the same.
pub struct Dice(pub u64);

impl Dice {
    fn coin(&mut self) -> bool {
        self.throw() >> 63 == 1
    }

    /// A number from 0 to `end - 1`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.throw() % end as u64) as usize
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

//! Reads the log of `strace -f -y -xx`: one call a line, or two when another thread came between.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// One system call. `begin` and `end` are line numbers of the log; a call that never came back has
/// no `end`.
pub struct Call {
    pub begin: usize,
    pub end: Option<usize>,
    pub name: String,
    pub args: Vec<String>,
    /// What stands behind the last ` = `; empty when the call never came back.
    pub result: String,
}

/// A file descriptor as `-y` prints it, with the path it had at that moment.
pub struct Fd {
    pub number: i64,
    pub path: PathBuf,
    pub deleted: bool,
}

/// Every call of a log, in the order in which they began.
pub fn calls(log: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut unfinished: HashMap<&str, (usize, &str)> = HashMap::new();
    for (number, line) in log.lines().enumerate() {
        let (thread, text) = line
            .split_once(' ')
            .unwrap_or_else(|| panic!("no thread: {line}"));
        let text = text.trim_start();
        if text.starts_with("+++") || text.starts_with("---") {
            continue;
        }
        if let Some(first_half) = text.strip_suffix("<unfinished ...>") {
            unfinished.insert(thread, (number, first_half));
        } else if let Some(resumed) = text.strip_prefix("<... ") {
            // A process that was attached to in the middle of a call shows only the second half.
            if let Some((begin, first_half)) = unfinished.remove(thread) {
                let (_, second_half) = resumed.split_once(" resumed>").unwrap();
                calls.push(Call::parse(
                    begin,
                    Some(number),
                    &format!("{first_half}{second_half}"),
                ));
            }
        } else {
            calls.push(Call::parse(number, Some(number), text));
        }
    }
    let killed = unfinished.into_values();
    calls.extend(killed.map(|(begin, first_half)| Call::parse(begin, None, first_half)));
    calls.sort_by_key(|call| call.begin);
    calls
}

impl Call {
    fn parse(begin: usize, end: Option<usize>, text: &str) -> Self {
        // Under -xx every string and path is hexadecimal, so that no bracket or comma can stand
        // inside one.
        let (name, rest) = text
            .split_once('(')
            .unwrap_or_else(|| panic!("not a call: {text}"));
        let (args, result) = rest.rsplit_once(" = ").unwrap_or((rest, ""));
        let args = args
            .trim_end()
            .trim_end_matches(')')
            .trim_end_matches("<unfinished ...>")
            .split(", ");
        // `= ?` is what is printed when the process was killed inside the call.
        let end = end.filter(|_| result != "?");
        Self {
            begin,
            end,
            name: name.to_owned(),
            args: args.map(|arg| arg.trim().to_owned()).collect(),
            result: result.to_owned(),
        }
    }

    /// The number the call answered: `None` when it never came back, negative when it failed.
    pub fn answer(&self) -> Option<i64> {
        let digits = self.result.split([' ', '<']).next()?;
        digits.parse().ok().filter(|_| self.end.is_some())
    }

    pub fn number(&self, arg: usize) -> u64 {
        let text = &self.args[arg];
        text.parse()
            .unwrap_or_else(|_| panic!("{}: {text} is not a number", self.name))
    }

    pub fn bytes(&self, arg: usize) -> Vec<u8> {
        let text = &self.args[arg];
        let quoted = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        hex(quoted
            .unwrap_or_else(|| panic!("{}: cut short, -s is too small: {text:.80}", self.name)))
    }

    pub fn path(&self, arg: usize) -> PathBuf {
        PathBuf::from(String::from_utf8(self.bytes(arg)).unwrap())
    }

    pub fn has(&self, flag: &str) -> bool {
        self.args.iter().any(|arg| arg.contains(flag))
    }

    pub fn fd(&self, arg: usize) -> Option<Fd> {
        fd(self.args.get(arg)?)
    }

    /// The descriptor that the call opened.
    pub fn opened(&self) -> Option<Fd> {
        fd(&self.result)
    }
}

/// Reads `3<\x2f\x74>(deleted)`; `None` for what is not a descriptor of a file.
fn fd(text: &str) -> Option<Fd> {
    let (number, rest) = text.split_once('<')?;
    let (path, rest) = rest.split_once('>')?;
    let number = if number == "AT_FDCWD" {
        -100
    } else {
        number.parse().ok()?
    };
    // Sockets and pipes are printed in words.
    let path = path
        .starts_with("\\x2f")
        .then(|| String::from_utf8(hex(path)).unwrap())?;
    Some(Fd {
        number,
        path: Path::new(&path).to_owned(),
        deleted: rest.starts_with("(deleted)"),
    })
}

fn hex(text: &str) -> Vec<u8> {
    let mut pairs = text.split("\\x");
    assert_eq!(
        pairs.next(),
        Some(""),
        "not hexadecimal, was -xx given? {text:.80}"
    );
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

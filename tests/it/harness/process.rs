//! The program itself, as a process that can be killed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use hazledger::app::{Settings, verify_database};
use hazledger::auth::secret::Cost;
use hazledger::domain::time::Time;
use hazledger::store::Database;
use tempfile::TempDir;

use super::client::Client;
use super::cluster::{self, APP, cluster};
use super::hand::Hand;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hazledger");

/// A database and the keys of its deployment, on which any number of processes can be started.
pub struct Site {
    folder: TempDir,
    postgres: Option<cluster::Database>,
}

/// A running server; killed when it is dropped.
pub struct Process {
    /// The program, or strace around it.
    child: Child,
    pub base: String,
    /// The code of the founding link, when nobody had been founded.
    pub code: Option<String>,
}

impl Site {
    /// With nothing in it yet: the first server makes the keys and the file.
    pub fn sqlite() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            postgres: None,
        }
    }

    /// Made by `init`; nothing when there is no PostgreSQL here.
    pub fn postgres() -> Option<Self> {
        let site = Self {
            folder: TempDir::new().unwrap(),
            postgres: Some(cluster()?.fresh()),
        };
        let init = site
            .command("init")
            .args(["--owner-url", &site.made().owner_url, "--service-role", APP])
            .output()
            .unwrap();
        assert!(init.status.success(), "{init:?}");
        Some(site)
    }

    fn made(&self) -> &cluster::Database {
        self.postgres.as_ref().unwrap()
    }

    /// Somebody at PostgreSQL whom no guard stops.
    pub fn superuser(&self) -> Hand {
        Hand::to(&Database::Postgres(self.made().superuser_url()))
    }

    /// The folder that `--data` names.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder beside the data, for what a test keeps.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program, asked to do this here.
    pub fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args([verb, "--data"]).arg(self.data());
        if let Some(made) = &self.postgres {
            command.args(["--database", &made.app_url]);
        }
        command
    }

    /// Runs a command to its end, at most a minute, with a line on its standard input.
    pub fn run(&self, verb: &str, arguments: &[&str], input: &str) -> Output {
        let command = self.command(verb);
        let mut child = Command::new("timeout")
            .arg("60")
            .arg(command.get_program())
            .args(command.get_args())
            .args(arguments)
            .current_dir(self.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may have ended already.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        child.wait_with_output().unwrap()
    }

    /// Runs a command where only the programs of that path are installed.
    pub fn run_on_path(&self, path: &str, verb: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(verb);
        command.args(arguments).env("PATH", path);
        command.current_dir(self.folder()).output().unwrap()
    }

    /// Starts a server, which must come up.
    pub fn serve(&self) -> Process {
        self.serve_under(None)
    }

    /// Starts a server with more arguments and in another environment.
    pub fn serve_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Process {
        let mut command = self.serve_command();
        command.args(arguments).envs(environment.iter().copied());
        self.up(command).0
    }

    /// Starts a server on the demo hospital, and answers the lines that it says before it listens.
    pub fn serve_demo(&self) -> (Process, Vec<String>) {
        let mut command = self.serve_command();
        command.arg("--demo");
        self.up(command)
    }

    /// Starts a server, which must not come up; what it says.
    pub fn refuses_to_serve(&self) -> String {
        self.refuses_to_serve_with(&[])
    }

    /// The same with further arguments.
    pub fn refuses_to_serve_with(&self, more: &[&str]) -> String {
        let serve = self.command("serve");
        let said = Command::new("timeout")
            .arg("20")
            .arg(serve.get_program())
            .args(serve.get_args())
            .args(if more.contains(&"--listen") {
                &[][..]
            } else {
                &["--listen", "127.0.0.1:0"]
            })
            .args(more)
            .output()
            .unwrap();
        assert!(!said.status.success());
        String::from_utf8(said.stderr).unwrap()
    }

    /// Starts a server as the last arguments of another command.
    pub fn serve_under(&self, wrapper: Option<Command>) -> Process {
        let mut command = self.serve_command();
        if let Some(mut wrapper) = wrapper {
            wrapper.arg(command.get_program()).args(command.get_args());
            command = wrapper;
        }
        self.up(command).0
    }

    fn serve_command(&self) -> Command {
        let mut command = self.command("serve");
        command.args(["--listen", "127.0.0.1:0", "--workers", "2"]);
        command
    }

    fn up(&self, mut command: Command) -> (Process, Vec<String>) {
        let log = self.folder.path().join("log");
        let said = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(said)
            .spawn()
            .unwrap();
        let mut server = Process {
            child,
            base: String::new(),
            code: None,
        };
        let mut lines = Vec::new();
        for line in BufReader::new(server.child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some((_, code)) = line.split_once("?code=") {
                server.code = Some(code.to_owned());
            }
            if let Some(base) = line.strip_prefix("Listening on ") {
                base.clone_into(&mut server.base);
                return (server, lines);
            }
            lines.push(line);
        }
        panic!(
            "the server did not start: {}",
            fs::read_to_string(log).unwrap()
        );
    }

    /// The settings of its servers, for reading what they wrote.
    pub fn settings(&self) -> Settings {
        Settings {
            database: match &self.postgres {
                Some(made) => Database::Postgres(made.app_url.clone()),
                None => Database::Sqlite(self.data().join("ledger.sqlite")),
            },
            data: self.data(),
            name: "hazledger.local".to_owned(),
            clock: Arc::new(Time::default),
            create: false,
            deliver: true,
            secrets: Cost::Guarded,
        }
    }

    /// Nothing is wrong in the database.
    #[track_caller]
    pub fn assert_sound(&self) {
        let report = verify_database(&self.settings(), &mut |_| {}).unwrap();
        assert_eq!(report.findings, vec![]);
    }

    /// The one number that a query selects `AS n`.
    pub fn number(&self, sql: &str) -> u64 {
        match &self.postgres {
            Some(made) => made.as_superuser(sql).parse().unwrap(),
            None => number_in(&self.data().join("ledger.sqlite"), sql),
        }
    }
}

/// The one number that a query on an SQLite file selects `AS n`.
pub fn number_in(file: &Path, sql: &str) -> u64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let row: Row = sql_query(sql).get_result(&mut conn).unwrap();
    u64::try_from(row.n).unwrap()
}

impl Process {
    /// Somebody who is not signed in.
    pub fn anonymous(&self) -> Client {
        Client {
            base: self.base.clone(),
            token: None,
        }
    }

    /// The power goes off for this process alone; a wrapper sees it and ends.
    pub fn kill(&mut self) {
        let id = self.child.id();
        let children =
            fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        for program in children.split_whitespace() {
            signal("-KILL", program);
        }
        if children.is_empty() {
            self.child.kill().unwrap();
        }
        self.child.wait().unwrap();
    }

    /// The most memory it has had at once, KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.unwrap().trim().trim_end_matches(" kB");
        peak.parse().unwrap()
    }

    /// Hangs until [`Process::go_on`].
    pub fn hang(&self) {
        signal("-STOP", &self.child.id().to_string());
    }

    pub fn go_on(&self) {
        signal("-CONT", &self.child.id().to_string());
    }
}

fn signal(which: &str, process: &str) {
    let sent = Command::new("kill").args([which, process]).status();
    assert!(sent.unwrap().success());
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.kill();
        }
    }
}

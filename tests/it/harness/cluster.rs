//! The tests' own PostgreSQL server, shared by every test process of one target folder.
//!
//! Each test process holds a shared lock on one file for as long as it lives, and the kernel drops
//! that lock however the process ends. The postmaster's parent is a watchdog that waits for an
//! exclusive lock on the same file: once it has it, nobody is left, and it stops the server and
//! removes its folder. Durability is left on, because the crash tests need it.

mod housekeeping;

use std::collections::{HashMap, HashSet};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use housekeeping::Chore;

/// The role that owns the schemas of every test database; it is not a superuser and creates no
/// databases.
pub const OWNER: &str = "hazledger_owner";

/// The role the service runs as; it owns nothing.
pub const APP: &str = "hazledger_app";

const SUPERUSER: &str = "postgres";

/// `$1` users' lock, `$2` state file, `$3` server's folder, `$4` seconds to linger, then the
/// postmaster's command line. `setpriv --pdeathsig` in that command line stops the postmaster even
/// when this script itself is killed.
const WATCHDOG: &str = r#"
users=$1 state=$2 home=$3 linger=$4
shift 4
"$@" &
server=$!
exec 9>>"$users"
while flock -x 9 && flock -u 9 && sleep "$linger" && ! flock -xn 9; do :; done
rm -f "$state"
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$home"
"#;

/// A running server that takes new databases.
pub struct Cluster {
    psql: PathBuf,
    port: u16,
    password: String,
    templates: Mutex<HashSet<String>>,
    /// Copies of templates that nobody has taken yet.
    spare: Mutex<HashMap<String, String>>,
    /// The test binary as it was when it began: a build may put another in its place.
    binary: fs::Metadata,
    housekeeper: Mutex<mpsc::Sender<Chore>>,
    _alive: File,
}

/// A database of one test, dropped soon after its end unless the test failed.
pub struct Database {
    /// Its name in the cluster.
    pub name: String,
    /// Connects as [`OWNER`].
    pub owner_url: String,
    /// Connects as [`APP`].
    pub app_url: String,
    cluster: &'static Cluster,
    keep: bool,
}

/// The server, started on first use; `None`, said once on stderr, where PostgreSQL is not
/// installed.
///
/// Panics instead of answering `None` when `REQUIRE_ALL=1`, and when an installed PostgreSQL does
/// not start.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let mut chores = None;
    let found = CLUSTER.get_or_init(|| match Tools::find() {
        Ok(tools) => {
            let (send, receive) = mpsc::channel();
            chores = Some(receive);
            Some(Cluster::join(&tools, send))
        }
        Err(missing) => {
            let skipped = format!("SKIPPED postgres suite: {missing} to run it)");
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
    });
    if let (Some(cluster), Some(chores)) = (found, chores) {
        thread::spawn(move || cluster.keep_house(&chores));
    }
    found.as_ref()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cluster {
    /// An empty database of its own.
    pub fn fresh(&'static self) -> Database {
        self.create(&format!("t_{}", random_hex()), "template0")
    }

    /// A copy of the database that `build` prepared, once for this test binary and `key`; `build`
    /// must close its connections. A rebuilt binary prepares its own, so that changed migrations
    /// never meet an old copy.
    pub fn fresh_from(&'static self, key: &str, build: impl FnOnce(&Database)) -> Database {
        let binary = &self.binary;
        let mut hash = DefaultHasher::new();
        (key, binary.len(), binary.mtime(), binary.mtime_nsec()).hash(&mut hash);
        let template = format!("tpl_{:016x}", hash.finish());

        let mut known = lock(&self.templates);
        if !known.contains(&template) {
            let building = lock_file("template.lock");
            building.lock().unwrap();
            let found = format!("SELECT 1 FROM pg_database WHERE datname = '{template}'");
            if self.admin("postgres", &found).is_empty() {
                // Built under another name: a template that exists under its own name is complete.
                let mut draft = self.create(&format!("draft_{}", random_hex()), "template0");
                build(&draft);
                self.admin(
                    "postgres",
                    &format!("ALTER DATABASE {} RENAME TO {template}", draft.name),
                );
                draft.keep = true;
            }
            known.insert(template.clone());
        }
        drop(known);
        let spare = lock(&self.spare).remove(&template);
        // Where each test is a process of its own, nobody would come for another copy.
        if env::var_os("NEXTEST").is_none() {
            self.later(Chore::Copy(template.clone()));
        }
        match spare {
            Some(name) => self.named(&name),
            None => self.create(&format!("t_{}", random_hex()), &template),
        }
    }

    fn create(&'static self, name: &str, template: &str) -> Database {
        self.admin(
            "postgres",
            &format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}"),
        );
        self.named(name)
    }

    fn named(&'static self, name: &str) -> Database {
        Database {
            name: name.to_owned(),
            owner_url: self.url(OWNER, name),
            app_url: self.url(APP, name),
            cluster: self,
            keep: false,
        }
    }

    fn url(&self, role: &str, database: &str) -> String {
        format!(
            "postgres://{role}:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }

    fn admin(&self, database: &str, sql: &str) -> String {
        psql(&self.psql, &self.url(SUPERUSER, database), sql)
            .unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// Finds the server that another test process started, or starts one.
    fn join(tools: &Tools, housekeeper: mpsc::Sender<Chore>) -> Self {
        let alive = lock_file("users.lock");
        alive.lock_shared().unwrap();
        let starting = lock_file("start.lock");
        starting.lock().unwrap();

        let state = shared_dir().join("state");
        let running = fs::read_to_string(&state).ok().and_then(|text| {
            let (port, password) = text.trim_end().split_once(' ')?;
            Some((port.parse().ok()?, password.to_owned()))
        });
        let connect = |(port, password)| Self {
            psql: tools.psql.clone(),
            port,
            password,
            templates: Mutex::default(),
            spare: Mutex::default(),
            binary: fs::metadata(env::current_exe().unwrap()).unwrap(),
            housekeeper: Mutex::new(housekeeper.clone()),
            _alive: alive.try_clone().unwrap(),
        };
        if let Some(found) = running.map(connect)
            && psql(&found.psql, &found.url(SUPERUSER, "postgres"), "SELECT 1").is_ok()
        {
            return found;
        }
        let (port, password) = start(tools, &state);
        let started = connect((port, password.clone()));
        for role in [OWNER, APP] {
            let rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE";
            let create = format!("CREATE ROLE {role} {rights} PASSWORD '{password}'");
            started.admin("postgres", &create);
        }
        fs::write(&state, format!("{port} {password}")).unwrap();
        started
    }
}

impl Database {
    /// A copy of it as it is; nobody may be connected to it.
    pub fn copy(&self) -> Self {
        self.cluster
            .create(&format!("t_{}", random_hex()), &self.name)
    }

    /// Connects as the superuser.
    pub fn superuser_url(&self) -> String {
        self.cluster.url(SUPERUSER, &self.name)
    }

    /// What `psql` prints, unaligned and without headings, for SQL run as the superuser.
    pub fn as_superuser(&self, sql: &str) -> String {
        self.cluster.admin(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.keep && !thread::panicking() {
            self.cluster.later(Chore::Drop(self.name.clone()));
        }
    }
}

/// Where the programs are that the cluster is made with.
struct Tools {
    bin: PathBuf,
    psql: PathBuf,
}

impl Tools {
    fn find() -> Result<Self, String> {
        let path: Vec<PathBuf> =
            env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
        let on_path = |name: &str| {
            path.iter()
                .map(|dir| dir.join(name))
                .find(|file| file.is_file())
        };

        let bin = debian_bins()
            .into_iter()
            .chain(pg_config_bin())
            .chain(path.iter().cloned())
            .find(|dir| dir.join("initdb").is_file() && dir.join("postgres").is_file())
            .ok_or("no initdb found (install the postgresql package")?;
        let psql = Some(bin.join("psql"))
            .filter(|file| file.is_file())
            .or_else(|| on_path("psql"))
            .ok_or("no psql found (install the postgresql-client package")?;
        for tool in ["setpriv", "flock"] {
            on_path(tool)
                .ok_or_else(|| format!("no {tool} found (install the util-linux package"))?;
        }
        Ok(Self { bin, psql })
    }
}

/// Debian keeps the server's programs off the PATH, a folder a major version; the newest first.
fn debian_bins() -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, bin)| bin).collect()
}

fn pg_config_bin() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(
        String::from_utf8(output.stdout).ok()?.trim_end(),
    ))
}

/// Makes and starts a server; its port and the password of all its roles.
fn start(tools: &Tools, state: &Path) -> (u16, String) {
    let home = tempfile::Builder::new()
        .prefix("hazledger-pg-")
        .tempdir()
        .unwrap();
    let password = random_hex();
    let password_file = home.path().join("password");
    fs::write(&password_file, &password).unwrap();
    if is_root() {
        // PostgreSQL refuses to run as root.
        let (uid, gid) = (id_of("-u"), id_of("-g"));
        chown(home.path(), Some(uid), Some(gid)).unwrap();
        chown(&password_file, Some(uid), Some(gid)).unwrap();
    }
    initdb(tools, home.path(), &password_file);
    fs::remove_file(&password_file).unwrap();

    let home = home.keep();
    for _ in 0..5 {
        // Another program may take the port between this line and the postmaster's start: hence the
        // attempts.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let watchdog = spawn_watchdog(tools, state, &home, port);
        if is_ready(watchdog, &home, port) {
            return (port, password);
        }
    }
    panic!(
        "PostgreSQL does not start:\n{}",
        fs::read_to_string(home.join("log")).unwrap_or_default()
    );
}

fn initdb(tools: &Tools, home: &Path, password_file: &Path) {
    // Under a Chinese ICU order an index or comparison that forgot COLLATE "C" shows; a PostgreSQL
    // without ICU does without.
    let chinese: &[&str] = &["--locale-provider=icu", "--icu-locale=zh"];
    let mut said = String::new();
    for locale in [chinese, &[]] {
        let line = as_server_user(&tools.bin.join("initdb"));
        let output = Command::new(&line[0])
            .args(&line[1..])
            .args([
                "-U",
                SUPERUSER,
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .args(locale)
            .arg("--pwfile")
            .arg(password_file)
            .arg("-D")
            .arg(home.join("data"))
            .current_dir("/")
            .output()
            .unwrap();
        if output.status.success() {
            return;
        }
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    panic!("initdb: {said}");
}

fn spawn_watchdog(tools: &Tools, state: &Path, home: &Path, port: u16) -> Child {
    // cargo-nextest runs each test in a process of its own: between two of them nobody may be alive
    // for a moment.
    let linger = if env::var_os("NEXTEST").is_some() {
        "60"
    } else {
        "1"
    };
    let log = File::create(home.join("log")).unwrap();
    Command::new("sh")
        .args(["-c", WATCHDOG, "watchdog"])
        .args([&shared_dir().join("users.lock"), state, home])
        .arg(linger)
        .args(as_server_user(&tools.bin.join("postgres")))
        .arg("-D")
        .arg(home.join("data"))
        .args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k"])
        .arg(home)
        .args(["-c", "fsync=on", "-c", "synchronous_commit=on"])
        .args(["-c", "max_connections=200", "-c", "shared_buffers=256MB"])
        .current_dir("/")
        // An open pipe of ours would keep `cargo test | less` waiting for the server; a Ctrl-C must
        // reach only the tests.
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .process_group(0)
        .spawn()
        .unwrap()
}

fn is_ready(mut watchdog: Child, home: &Path, port: u16) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        let status = fs::read_to_string(home.join("data/postmaster.pid")).unwrap_or_default();
        let line = |number| status.lines().nth(number).map(str::trim);
        if line(7) == Some("ready") && line(3) == Some(&port.to_string()) {
            return true;
        }
        let log = fs::read_to_string(home.join("log")).unwrap_or_default();
        if log.contains("FATAL:") || watchdog.try_wait().unwrap().is_some() {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

/// A command line that runs `program` as the user that may be a PostgreSQL server, and not longer
/// than its parent.
fn as_server_user(program: &Path) -> Vec<OsString> {
    let mut line: Vec<OsString> = ["setpriv", "--pdeathsig", "QUIT"]
        .map(OsString::from)
        .to_vec();
    if is_root() {
        line.extend(["--reuid=postgres", "--regid=postgres", "--init-groups"].map(OsString::from));
    }
    line.extend(["--".into(), program.into()]);
    line
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn id_of(which: &str) -> u32 {
    let output = Command::new("id")
        .args([which, "postgres"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim_end()
        .parse()
        .expect("running as root needs a user named postgres")
}

fn psql(program: &Path, url: &str, sql: &str) -> Result<String, String> {
    let output = Command::new(program)
        .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().trim_end().to_owned();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

/// Where the processes of one target folder meet.
fn shared_dir() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn lock_file(name: &str) -> File {
    File::options()
        .create(true)
        .append(true)
        .open(shared_dir().join(name))
        .unwrap()
}

fn random_hex() -> String {
    let mut bytes = [0; 8];
    File::open("/dev/urandom")
        .unwrap()
        .read_exact(&mut bytes)
        .unwrap();
    format!("{:016x}", u64::from_be_bytes(bytes))
}

#[test]
fn the_cluster_is_fully_durable() {
    let Some(cluster) = cluster() else { return };
    let database = cluster.fresh();
    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("max_connections", "200"),
    ] {
        assert_eq!(database.as_superuser(&format!("SHOW {setting}")), value);
    }
}

#[test]
fn the_owner_creates_tables_and_the_service_does_not() {
    let Some(cluster) = cluster() else { return };
    let database = cluster.fresh();
    psql(
        &cluster.psql,
        &database.owner_url,
        "CREATE TABLE of_owner (n BIGINT)",
    )
    .unwrap();
    let refused = psql(
        &cluster.psql,
        &database.app_url,
        "CREATE TABLE of_app (n BIGINT)",
    )
    .unwrap_err();
    assert!(refused.contains("permission denied"), "{refused}");
    let roles = "SELECT bool_or(rolsuper OR rolcreatedb OR rolcreaterole) FROM pg_roles \
        WHERE rolname LIKE 'hazledger%'";
    assert_eq!(database.as_superuser(roles), "f");
}

#[test]
fn a_wrong_password_does_not_connect() {
    let Some(cluster) = cluster() else { return };
    let database = cluster.fresh();
    let url = database.app_url.replace(&cluster.password, "wrong");
    assert!(psql(&cluster.psql, &url, "SELECT 1").is_err());
}

#[test]
fn a_template_is_built_once_and_its_copies_do_not_meet() {
    let Some(cluster) = cluster() else { return };
    let build = |database: &Database| {
        psql(
            &cluster.psql,
            &database.owner_url,
            "CREATE TABLE t (n BIGINT)",
        )
        .unwrap();
    };
    let first = cluster.fresh_from("copies_do_not_meet", build);
    let second = cluster.fresh_from("copies_do_not_meet", |_| panic!("built twice"));
    first.as_superuser("INSERT INTO t VALUES (1)");
    assert_eq!(first.as_superuser("SELECT count(*) FROM t"), "1");
    assert_eq!(second.as_superuser("SELECT count(*) FROM t"), "0");
}

#[test]
fn a_database_is_dropped_at_the_end_of_its_test() {
    let Some(cluster) = cluster() else { return };
    let (kept, dropped) = (cluster.fresh(), cluster.fresh());
    let count = format!(
        "SELECT count(*) FROM pg_database WHERE datname = '{}'",
        dropped.name
    );
    assert_eq!(kept.as_superuser(&count), "1");
    drop(dropped);
    cluster.tidied();
    assert_eq!(kept.as_superuser(&count), "0");
}

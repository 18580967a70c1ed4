//! A PostgreSQL server of one's own, in a temporary folder, that never outlives the test process.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::binaries::{Binaries, binaries_of, find_binaries};
use super::copy_text;
use super::options::ServerOptions;

/// A running private server. It listens on a unix socket in its own folder only (unless
/// [`ServerOptions`] say more), keeps time in UTC, stores UTF-8, and is not durable. Dropping it
/// stops the server and removes the folder; so does the end of the process, however it comes.
#[derive(Debug)]
pub struct PrivatePostgres {
    binaries: Binaries,
    folder: PathBuf,
    /// Where it listens at 127.0.0.1, if it does.
    port: Option<u16>,
    /// A shell that reads the pipe which only this process holds open (see `watchdog.sh`).
    watchdog: Child,
    /// Both ends of the talk with it.
    talk: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

/// How often a server is started at another port when one was taken.
const TRIES: usize = 3;

impl PrivatePostgres {
    /// Starts a server. The error says what to install when PostgreSQL is missing, and shows the
    /// server's log when it does not start.
    pub fn start() -> Result<Self> {
        Self::start_with(&ServerOptions::default())
    }

    /// Starts a server that is not the plain one.
    pub fn start_with(options: &ServerOptions) -> Result<Self> {
        let mut started = Self::start_once(options);
        for _ in 1..TRIES {
            match &started {
                Err(error) if error.to_string().contains("Address already in use") => {
                    started = Self::start_once(options);
                }
                _ => break,
            }
        }
        started
    }

    fn start_once(options: &ServerOptions) -> Result<Self> {
        let binaries = options.programs.as_deref().map_or_else(find_binaries, binaries_of)?;
        // Not the folder in TMPDIR: a socket's path must be shorter than 108 bytes, and the folder
        // must be reachable for another user when this one is root.
        let folder = tempfile::Builder::new().prefix("spectrum-pg-").tempdir_in("/tmp")?;
        let root = folder.path().metadata()?.uid() == 0;
        let user = if root { unprivileged_user()? } else { "" };
        let port = options.write_into(folder.path())?;

        let mut watchdog = without_pg_variables(&mut Command::new("/bin/sh"))
            .args(["-c", include_str!("watchdog.sh"), "spectrum-watchdog"])
            .args([folder.path(), &binaries.folder])
            .arg(user)
            .arg(port.map(|port| port.to_string()).unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A signal for the tests, such as Ctrl-C, must not end the shell that cleans up.
            .process_group(0)
            .spawn()
            .context("starting /bin/sh")?;
        // From here on the watchdog removes the folder.
        let folder = folder.keep();
        let talk = watchdog.stdin.take().zip(watchdog.stdout.take().map(BufReader::new));
        let server = Self { binaries, folder, port, watchdog, talk: Mutex::new(talk) };
        server.expect("", "ready")?;
        Ok(server)
    }

    /// Stops the server at once, as a crash would: connections break, and nothing is written any more.
    pub fn stop(&self) -> Result<()> {
        self.expect("stop\n", "stopped")
    }

    /// Starts a stopped server again, on the same data.
    pub fn start_again(&self) -> Result<()> {
        self.expect("start\n", "ready")
    }

    /// Says a line to the watchdog and waits for its answer.
    fn expect(&self, line: &str, expected: &str) -> Result<()> {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer = String::new();
        if let Some((stdin, stdout)) = &mut *talk {
            stdin.write_all(line.as_bytes())?;
            stdout.read_line(&mut answer)?;
        }
        if answer.trim() != expected {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            let what = if expected == "ready" { "start" } else { "stop" };
            bail!("PostgreSQL from {} did not {what}:\n{log}", self.binaries.folder.display());
        }
        Ok(())
    }

    /// The server that all tests of this process share, started by the first who asks.
    pub fn shared() -> Result<&'static Self> {
        // A static is never dropped; the end of the process closes the watchdog's pipe.
        static SHARED: OnceLock<Result<PrivatePostgres, String>> = OnceLock::new();
        let started = SHARED.get_or_init(|| Self::start().map_err(|error| format!("{error:#}")));
        started.as_ref().map_err(|error| anyhow!("{error}"))
    }

    /// The folder with the server's socket: what a client takes for its host.
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// The port at 127.0.0.1, if the server listens there. The socket has the same number.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The superuser, who needs no password on the socket.
    pub fn user(&self) -> &str {
        "spectrum"
    }

    /// The database to work in.
    pub fn database(&self) -> &str {
        "postgres"
    }

    /// psql, connected to this server, with no setting from outside. It prints bare rows and stops
    /// at the first error.
    pub fn psql(&self) -> Command {
        let mut psql = Command::new(&self.binaries.psql);
        without_pg_variables(&mut psql);
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            self.user(),
            "-d",
            self.database(),
            "-h",
        ]);
        psql.arg(&self.folder).env("PGCLIENTENCODING", "UTF8");
        if let Some(port) = self.port {
            psql.args(["-p", &port.to_string()]);
        }
        psql
    }

    /// Runs a psql script, which may hold `COPY ... FROM STDIN` with its data, and returns what it
    /// prints. The error is psql's own.
    pub fn run_script(&self, script: &str) -> Result<String> {
        let mut psql = self
            .psql()
            .args(["-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", self.binaries.psql.display()))?;
        let stdin = psql.stdin.take();
        let output = std::thread::scope(|scope| {
            // psql stops reading at an error, which its status shows.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(script.as_bytes())));
            psql.wait_with_output()
        })?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(String::from_utf8(output.stdout)?)
    }

    /// A database as a script for [`Self::run_script`], by the pg_dump of this server's version.
    pub fn dump(&self, database: &str) -> Result<String> {
        let program = self.binaries.folder.join("pg_dump");
        let mut pg_dump = Command::new(&program);
        without_pg_variables(&mut pg_dump);
        pg_dump.args(["-U", self.user(), "-d", database, "-h"]).arg(&self.folder);
        if let Some(port) = self.port {
            pg_dump.args(["-p", &port.to_string()]);
        }
        let output = pg_dump.output().with_context(|| format!("starting {}", program.display()))?;
        ensure!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs one query, given without a semicolon, and returns its rows as text; NULL is `None`.
    pub fn query(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        self.query_after("", sql)
    }

    /// [`PrivatePostgres::query`] after a script in the same session.
    pub(super) fn query_after(&self, script: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        // COPY's text format, unlike psql's CSV, cannot mistake a NULL for a text.
        let printed = self.run_script(&format!("{script}\nCOPY (\n{sql}\n) TO STDOUT;\n"))?;
        printed.lines().map(copy_text::read_row).collect()
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        drop(self.talk.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing can be done about a failure here, and the folder is in /tmp.
        let _ = self.watchdog.wait();
    }
}

/// The user to run the server as when this process runs as root.
pub(super) fn unprivileged_user() -> Result<&'static str> {
    let exists =
        |user: &&str| Command::new("id").args(["-u", user]).output().is_ok_and(|id| id.status.success());
    ["postgres", "nobody"]
        .into_iter()
        .find(exists)
        .context("PostgreSQL does not run as root, and there is no user postgres or nobody to become")
}

/// Keeps settings such as PGHOST, PGOPTIONS or PGTZ from reaching PostgreSQL's programs.
fn without_pg_variables(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command
}

//! A PgBouncer of one's own in front of a private server, which never outlives the test process either.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};

use super::private::{PrivatePostgres, unprivileged_user};

/// A running pooler. It listens at 127.0.0.1 and on a socket in its own folder, and lets in the server's superuser
/// without a password.
#[derive(Debug)]
pub struct PrivatePooler {
    folder: PathBuf,
    port: u16,
    /// A shell that reads the pipe which only this process holds open (see `pooler.sh`).
    watchdog: Child,
    talk: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

/// Where PgBouncer is on this machine; `None` where it is not installed.
pub fn find_pgbouncer() -> Option<PathBuf> {
    let in_path = std::env::var_os("PATH").into_iter();
    let in_path = in_path.flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    // Debian has it where only root's PATH leads.
    let folders = in_path.chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file())
}

impl PrivatePooler {
    /// Starts a pooler. `settings` are lines of the section `[pgbouncer]`, as in `pool_mode = session`.
    pub fn start(program: &Path, server: &PrivatePostgres, settings: &[&str]) -> Result<Self> {
        Self::start_with(program, server, settings, None)
    }

    /// The same, with a certificate and its key, both PEM files, for clients that want to encrypt.
    pub fn start_with(
        program: &Path,
        server: &PrivatePostgres,
        settings: &[&str],
        certificate: Option<(&Path, &Path)>,
    ) -> Result<Self> {
        // As in `PrivatePostgres::start`: a short path that another user can reach.
        let folder = tempfile::Builder::new().prefix("spectrum-pool-").tempdir_in("/tmp")?;
        let root = folder.path().metadata()?.uid() == 0;
        let user = if root { unprivileged_user()? } else { "" };
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let (here, there) = (folder.path().display(), server.socket_folder().display());
        let users = folder.path().join("users");
        fs::write(&users, format!("\"{}\" \"\"\n", server.user()))?;
        let mut lines = vec![
            "[databases]".to_owned(),
            format!("* = host={there} port={}", server.port().unwrap_or(5432)),
            "[pgbouncer]".to_owned(),
            "listen_addr = 127.0.0.1".to_owned(),
            format!("listen_port = {port}"),
            format!("unix_socket_dir = {here}"),
            "auth_type = trust".to_owned(),
            format!("auth_file = {}", users.display()),
        ];
        if let Some((certificate, key)) = certificate {
            for (file, name) in [(certificate, "cert"), (key, "key")] {
                let here = folder.path().join(name);
                fs::copy(file, &here).with_context(|| format!("copying {}", file.display()))?;
                lines.push(format!("client_tls_{name}_file = {}", here.display()));
            }
            lines.push("client_tls_sslmode = allow".to_owned());
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).chain(settings.iter().copied()).collect();
        fs::write(folder.path().join("pgbouncer.ini"), lines.join("\n") + "\n")?;
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", include_str!("pooler.sh"), "spectrum-pooler"])
            .args([folder.path(), program])
            .arg(user)
            .arg(folder.path().join(format!(".s.PGSQL.{port}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("starting /bin/sh")?;
        let folder = folder.keep();
        let talk = watchdog.stdin.take().zip(watchdog.stdout.take().map(BufReader::new));
        let pooler = Self { folder, port, watchdog, talk: Mutex::new(talk) };
        let answer = pooler.say("")?;
        ensure!(answer == "ready", "PgBouncer did not start:\n{}", pooler.log());
        Ok(pooler)
    }

    /// The folder with its socket, whose number is the port's.
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// The port at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> Result<bool> {
        Ok(match self.say("?\n")?.as_str() {
            "running" => true,
            "gone" => false,
            other => bail!("the pooler's shell says '{other}'"),
        })
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn say(&self, line: &str) -> Result<String> {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer = String::new();
        if let Some((stdin, stdout)) = &mut *talk {
            stdin.write_all(line.as_bytes())?;
            stdout.read_line(&mut answer)?;
        }
        Ok(answer.trim().to_owned())
    }
}

impl Drop for PrivatePooler {
    fn drop(&mut self) {
        drop(self.talk.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing can be done about a failure here, and the folder is in /tmp.
        let _ = self.watchdog.wait();
    }
}

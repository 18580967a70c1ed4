//! A database of its own for a test, and `spectrum` on it.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::Command;
use spectrum_testkit::PrivatePostgres;

use crate::spectrum::Folder;

/// A database on the server that the tests of this process share.
pub(crate) struct Database {
    name: String,
    postgres: &'static PrivatePostgres,
}

impl Database {
    pub(crate) fn empty() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let postgres = PrivatePostgres::shared().unwrap();
        let name = format!("cli_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        postgres.run_script(&format!("CREATE DATABASE {name};")).unwrap();
        Self { name, postgres }
    }

    /// Runs SQL and returns what it prints.
    pub(crate) fn run(&self, sql: &str) -> String {
        let printed = self.postgres.run_script(&format!("\\connect {}\n{sql}\n", self.name)).unwrap();
        printed.trim_end().to_owned()
    }

    /// Does something while another session has run SQL in a transaction that goes on.
    pub(crate) fn holding<T>(&self, sql: &str, during: impl FnOnce() -> T) -> T {
        let mut holder = self.postgres.psql();
        let mut holder =
            holder.args(["-d", &self.name]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(holder.stdin.as_mut().unwrap(), "BEGIN; {sql}; SELECT 'held';").unwrap();
        let mut said = BufReader::new(holder.stdout.as_mut().unwrap());
        let mut line = String::new();
        while line.trim() != "held" {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "{sql} did not work");
        }
        let done = during();
        drop(holder.stdin.take());
        holder.wait().unwrap();
        done
    }

    /// The variables that lead to this database.
    pub(crate) fn variables(&self) -> [(&'static str, &OsStr); 3] {
        [
            ("PGHOST", self.postgres.socket_folder().as_os_str()),
            ("PGUSER", self.postgres.user().as_ref()),
            ("PGDATABASE", self.name.as_ref()),
        ]
    }

    /// `spectrum` in a folder, with this database in its variables and no other.
    pub(crate) fn command(&self, folder: &Folder, arguments: &str) -> Command {
        let mut command = folder.command(arguments);
        for name in others() {
            command.env_remove(name);
        }
        command.envs(self.variables());
        command
    }

    /// What a command prints on standard output and on standard error; it must end with `code`.
    pub(crate) fn prints(&self, folder: &Folder, arguments: &str, code: i32) -> (String, String) {
        let done = self.command(folder, arguments).assert().code(code);
        let output = done.get_output();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (text(&output.stdout), text(&output.stderr))
    }

    /// What a command prints, as JSON.
    pub(crate) fn json(&self, folder: &Folder, arguments: &str) -> serde_json::Value {
        let (text, _) = self.prints(folder, arguments, 0);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A test that has failed may have sessions open; the server's end removes the database too.
        let _ = self.postgres.run_script(&format!("DROP DATABASE {} WITH (FORCE);", self.name));
    }
}

/// Variables of the machine that could lead elsewhere.
pub(crate) fn others() -> impl Iterator<Item = OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("PG") || name == "DATABASE_URL"
    })
}

//! The private server, and Spectrum's commands on it.

use std::process::Stdio;

use anyhow::Result;
use spectrum_testkit::{PrivatePostgres, ServerOptions};

use super::super::tools::{Tools, succeed};
use super::seconds;

pub(in crate::bench) const SETTINGS_IN_WORDS: &str = "A private server that does not wait for the disk (fsync off), with 4 GB of \
    shared buffers, 128 MB of work memory and 512 MB for making indexes; all else as the version has it.";

/// What a server for ten million rows would be given.
pub(in crate::bench) fn options() -> ServerOptions {
    ["shared_buffers = '4GB'", "work_mem = '128MB'", "maintenance_work_mem = '512MB'", "max_wal_size = '8GB'"]
        .into_iter()
        .fold(ServerOptions::default(), ServerOptions::setting)
}

/// The server that is measured.
pub(in crate::bench) struct Database<'a> {
    pub(in crate::bench) tools: &'a Tools,
    pub(in crate::bench) postgres: &'a PrivatePostgres,
}

impl Database<'_> {
    /// Seconds that a command of Spectrum takes, as a whole process.
    pub(in crate::bench) fn timed(&self, arguments: &[&str]) -> Result<f64> {
        let url = format!(
            "host={} user={} dbname={}",
            self.postgres.socket_folder().display(),
            self.postgres.user(),
            self.postgres.database()
        );
        let mut command = self.tools.command(&self.tools.spectrum);
        command.args(arguments).env("DATABASE_URL", url).stdout(Stdio::null());
        seconds(|| succeed(&mut command))
    }

    /// Seconds that a script takes, in one run of psql, after another that is not counted.
    pub(in crate::bench) fn script(&self, before: &str, script: &str) -> Result<f64> {
        self.postgres.run_script(&format!("SET client_min_messages = error; {before}"))?;
        seconds(|| self.postgres.run_script(script).map(drop))
    }
}

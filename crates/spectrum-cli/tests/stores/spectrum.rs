//! The binary, in a folder of its own and with nothing of the environment but what a test says.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::servers::{azurite, moto};

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// A command whose words stand between spaces, and a word with spaces between bars.
    pub(crate) fn bare(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spectrum"));
        let words = line.split('|').enumerate().flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
            _ => vec![part.to_owned()],
        });
        command.args(words).current_dir(self.0.path());
        command.env_clear().env("HOME", self.0.path()).env("PATH", std::env::var("PATH").unwrap());
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    /// With credentials for moto's S3 behind a port.
    pub(crate) fn command_at(&self, port: u16, line: &str) -> Command {
        let mut command = self.bare(line);
        command
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "very-secret-key")
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"));
        command
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        self.command_at(moto().port, line)
    }

    pub(crate) fn on_azure(&self, line: &str) -> Command {
        let mut command = self.bare(line);
        command
            .env("AZURE_STORAGE_ACCOUNT", "devstoreaccount1")
            .env(
                "AZURE_STORAGE_KEY",
                "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
            )
            .env("AZURE_STORAGE_ENDPOINT", format!("http://127.0.0.1:{}/devstoreaccount1", azurite().port));
        command
    }

    /// What a command that succeeds prints.
    pub(crate) fn done(&self, line: &str) -> String {
        succeeded(self.command(line))
    }

    /// What a command says that is refused.
    pub(crate) fn refused(&self, line: &str) -> String {
        failed(self.command(line))
    }

    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.done(line)).unwrap()
    }
}

pub(crate) fn succeeded(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn failed(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{command:?}: {}", said(&output));
    said(&output)
}

pub(crate) fn said(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Whatever goes wrong, nobody reads the secret.
    assert!(
        !said.contains("very-secret") && !said.contains("Eby8vdM02x") && !said.contains("Signature="),
        "{said}"
    );
    said.trim_end().to_owned()
}

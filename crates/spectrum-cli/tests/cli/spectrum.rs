//! The binary, run in a folder of its own.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// A temporary folder, in which commands are run.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// A folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// `spectrum` with arguments; those in quotes may hold spaces.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spectrum"));
        command.current_dir(self.path()).env("COLUMNS", "100").args(words(arguments));
        command
    }

    /// What a command prints. It must end well and complain about nothing.
    pub(crate) fn prints(&self, arguments: &str) -> String {
        let done = self.command(arguments).assert().success();
        let output = done.get_output();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        String::from_utf8(output.stdout.clone()).unwrap()
    }

    /// What a command prints, as JSON.
    pub(crate) fn json(&self, arguments: &str) -> serde_json::Value {
        let text = self.prints(arguments);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// The error a command ends with. It must print nothing else.
    pub(crate) fn refuses(&self, arguments: &str) -> String {
        let done = self.command(arguments).assert().code(1);
        let output = done.get_output();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        String::from_utf8(output.stderr.clone()).unwrap()
    }
}

fn words(arguments: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in arguments.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

//! Runs on engines that are a program on the PATH.

use std::path::Path;
use std::process::{Command, Stdio};

use spectrum_testkit::engines::python;
use tempfile::TempDir;

use crate::place::{ended_well, words};

/// spectrum in a folder, with the programs of PyPI's packages on the PATH and those that stand in for others.
pub(crate) fn command(folder: &TempDir, arguments: &str) -> Command {
    let conformance = python().unwrap().root().join("conformance");
    let (stand_ins, programs) = (conformance.join("programs"), conformance.join("venv/bin"));
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_spectrum"));
    command.env("PATH", format!("{}:{}:{path}", stand_ins.display(), programs.display()));
    command.current_dir(folder).args(words(arguments)).stdin(Stdio::null());
    command
}

/// The report of a command that has to succeed.
pub(crate) fn done(folder: &TempDir, arguments: &str) -> String {
    ended_well(&command(folder, arguments).output().unwrap())
}

/// The message of a command that has to refuse, and to leave the folder as it was.
pub(crate) fn refused(folder: &TempDir, arguments: &str) -> String {
    let before = names(folder.path());
    let output = command(folder, arguments).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert_eq!(names(folder.path()), before);
    message.trim_end().to_owned()
}

/// What a folder holds.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

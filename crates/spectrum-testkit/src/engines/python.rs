//! A virtual environment with the engines in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The engines and their versions.
pub(super) const REQUIREMENTS: &str = "conformance/requirements.txt";

/// A Python that has the engines.
#[derive(Debug, Clone)]
pub struct Python {
    pub(super) root: PathBuf,
}

/// The Python in `conformance/venv`, made with what `conformance/requirements.txt` names unless it is there already. The
/// first time takes minutes and about 1.5 GB.
///
/// Fails when there is no Python with venv, or when the packages cannot be had.
pub fn python() -> Result<Python> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let python = Python { root };
    let wanted = python.requirements()?;
    // What is installed is noted beside it, so that changed requirements are installed and others cost nothing.
    let note = python.root.join("conformance/venv/installed.txt");
    if fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    eprintln!("installing the engines into conformance/venv");
    let make = ["-m", "venv", "conformance/venv"];
    succeed(Command::new("python3").current_dir(&python.root).args(make))
        .context("python3 with venv is needed (Debian and Ubuntu: apt-get install python3-venv)")?;
    succeed(python.command().args(["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]))?;
    fs::write(note, wanted)?;
    Ok(python)
}

impl Python {
    /// The interpreter, to be started in the project's root.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.root.join("conformance/venv/bin/python"));
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// The folder that commands run in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The text of the requirements.
    fn requirements(&self) -> Result<String> {
        fs::read_to_string(self.root.join(REQUIREMENTS)).with_context(|| format!("reading {REQUIREMENTS}"))
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

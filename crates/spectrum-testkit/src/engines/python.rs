//! Virtual environments with the engines in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A Python that has the engines.
#[derive(Debug, Clone)]
pub struct Python {
    root: PathBuf,
    /// The environment's folder, in the root.
    folder: &'static str,
}

/// The Python in `conformance/venv`, made with what `conformance/requirements.txt` names unless it is there already. The
/// first time takes minutes and about 1.5 GB.
///
/// Fails when there is no Python with venv, or when the packages cannot be had.
pub fn python() -> Result<Python> {
    made("conformance/venv", "conformance/requirements.txt")
}

/// The Python in `conformance/dbt-venv`, with what `conformance/dbt-requirements.txt` names: dbt and its adapters, whose own
/// requirements need not agree with those of the engines. About 350 MB.
///
/// Fails as [`python`] does.
pub fn python_with_dbt() -> Result<Python> {
    made("conformance/dbt-venv", "conformance/dbt-requirements.txt")
}

/// The Python in `browser/venv`, with what `browser/requirements.txt` names: what drives a browser, and not the browser. About
/// 120 MB.
///
/// Fails as [`python`] does.
pub fn python_with_playwright() -> Result<Python> {
    made("browser/venv", "browser/requirements.txt")
}

/// The Python in `target/python/build`, with what `python/requirements/build.txt` names: what builds the wheel of the Python
/// package. About 60 MB.
///
/// Fails as [`python`] does.
pub fn python_to_build_wheels() -> Result<Python> {
    made("target/python/build", "python/requirements/build.txt")
}

/// The Python in `target/python/alone`, where the Python package is tested with nothing but a runner of tests.
///
/// Fails as [`python`] does.
pub fn python_alone() -> Result<Python> {
    made("target/python/alone", "python/requirements/alone.txt")
}

/// The Python in `target/python/tables`, with what `python/requirements/tables.txt` names: the libraries whose tables the
/// Python package takes. About 500 MB.
///
/// Fails as [`python`] does.
pub fn python_with_tables() -> Result<Python> {
    made("target/python/tables", "python/requirements/tables.txt")
}

/// The Python in `target/delta-venv`, with deltalake and pyarrow. About 300 MB.
///
/// Fails as [`python`] does.
pub fn python_with_deltalake() -> Result<Python> {
    made("target/delta-venv", "crates/spectrum-delta/check/requirements.txt")
}

pub(super) fn made(folder: &'static str, requirements: &str) -> Result<Python> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let python = Python { root, folder };
    let wanted = fs::read_to_string(python.root.join(requirements))
        .with_context(|| format!("reading {requirements}"))?;
    // The installed versions are noted beside it, so that changed requirements are installed and others cost
    // nothing.
    let note = python.root.join(folder).join("installed.txt");
    if fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    eprintln!("installing what {requirements} names into {folder}");
    fs::create_dir_all(python.root.join(folder))?;
    succeed(Command::new("python3").current_dir(&python.root).args(["-m", "venv", folder]))
        .context("python3 with venv is needed (Debian and Ubuntu: apt-get install python3-venv)")?;
    succeed(python.command().args(["-m", "pip", "install", "--quiet", "-r", requirements]))?;
    fs::write(note, wanted)?;
    Ok(python)
}

impl Python {
    /// The environment in a folder of a root, which must be there.
    #[cfg(test)]
    pub(super) fn in_folder(root: &Path, folder: &'static str) -> Self {
        Self { root: root.to_owned(), folder }
    }

    /// The interpreter, to be started in the project's root.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.root.join(self.folder).join("bin/python"));
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// The folder that commands run in.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

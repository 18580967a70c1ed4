//! The programs that the bench starts: Spectrum, and a Python of its own with the peers in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// What to start, and where. Commands run in the project's root, so that paths in reports are short and name no
/// machine.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) root: PathBuf,
    pub(super) spectrum: String,
    /// Whether `spectrum` is what this source tree says.
    pub(super) built_here: bool,
    pub(super) python: String,
    /// For every contestant alike: the cores that this process may use.
    pub(super) threads: usize,
}

pub(super) const REQUIREMENTS: &str = "bench/peers/requirements.txt";

impl Tools {
    /// Builds Spectrum, unless a binary is given, and installs the peers, unless they are there.
    pub(super) fn prepare(spectrum: Option<&Path>) -> Result<Self> {
        let tools = Self::built(spectrum)?;
        tools.install_peers()?;
        Ok(tools)
    }

    /// Builds Spectrum, unless a binary is given.
    pub(super) fn built(spectrum: Option<&Path>) -> Result<Self> {
        let mut tools = Self::unbuilt()?;
        if let Some(given) = spectrum {
            tools.spectrum = given.display().to_string();
            tools.built_here = false;
        } else {
            succeed(tools.command("cargo").args(["build", "--release", "--package", "spectrum-cli"]))?;
        }
        Ok(tools)
    }

    /// Where everything is, without having built it.
    pub(super) fn unbuilt() -> Result<Self> {
        Ok(Self {
            root: Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?,
            spectrum: "target/release/spectrum".to_owned(),
            built_here: true,
            python: "bench/venv/bin/python".to_owned(),
            threads: std::thread::available_parallelism()?.get(),
        })
    }

    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// What is installed is noted beside it, so that changed requirements are installed and others cost nothing.
    fn install_peers(&self) -> Result<()> {
        let wanted = fs::read_to_string(self.root.join(REQUIREMENTS))?;
        let note = self.root.join("bench/venv/installed.txt");
        if fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        println!("installing the peers into bench/venv");
        succeed(self.command("python3").args(["-m", "venv", "bench/venv"]))?;
        succeed(self.command(&self.python).args(["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]))?;
        fs::write(note, wanted)?;
        Ok(())
    }
}

pub(super) fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

/// The command's standard output; its errors go where this process's go.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("starting {command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

//! `cargo xtask browser`: the page of `spectrum report` in a real browser.
//!
//! - `--install` installs chromium through apt, where it is missing, and what drives it into browser/venv, and checks nothing.
//! - `--pictures` draws the README's pictures anew instead.
//! - Other arguments are names of checks, of which each may be a part.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use spectrum_testkit::engines::python_with_playwright;

/// Installs the browser, and fonts that a page of texts from anywhere needs.
const INSTALL_CHROMIUM: &str = "
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends chromium fonts-liberation fonts-noto-color-emoji
";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if !has_chromium() {
        crate::test::install("chromium", INSTALL_CHROMIUM)?;
    }
    let python = python_with_playwright()?;
    let (script, names) = match arguments.first().map(String::as_str) {
        Some("--install") => return Ok(()),
        Some("--pictures") => ("browser/pictures.py", &arguments[1..]),
        _ => ("browser/check.py", arguments),
    };
    let spectrum = built()?;
    let mut command = python.command();
    command.arg(script).arg(spectrum).args(names).env("PYTHONDONTWRITEBYTECODE", "1");
    ensure!(command.status().with_context(|| format!("starting {script}"))?.success(), "{script} failed");
    Ok(())
}

/// As `browser/check.py` looks for it.
fn has_chromium() -> bool {
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    std::env::var_os("SPECTRUM_CHROMIUM").is_some() || usual.iter().any(|path| Path::new(path).exists())
}

/// The binary, built as the tests build it.
pub(crate) fn built() -> Result<PathBuf> {
    let status = Command::new("cargo").args(["build", "--workspace", "--bin", "spectrum"]).status()?;
    ensure!(status.success(), "cargo build failed");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Ok(std::path::absolute(target.join("debug/spectrum"))?)
}

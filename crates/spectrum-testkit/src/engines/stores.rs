//! Servers of objects: moto's S3 from PyPI, and Azurite from npm.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::python::{Python, made};

/// The Python in `stores/venv`, with what `stores/requirements.txt` names: an S3 server. About 200 MB.
///
/// # Errors
/// When there is no Python with venv, or when the packages cannot be had.
pub fn python_with_moto() -> Result<Python> {
    made("stores/venv", "stores/requirements.txt")
}

/// Node with what `stores/package.json` names in `stores/node`: an Azure server. About 150 MB.
///
/// # Errors
/// When there is no Node, or when the packages cannot be had.
pub fn node_with_azurite() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let wanted = fs::read_to_string(root.join("stores/package.json"))?;
    let folder = root.join("stores/node");
    if fs::read_to_string(folder.join("package.json")).is_ok_and(|installed| installed == wanted)
        && folder.join("node_modules/azurite").is_dir()
    {
        return Ok(root);
    }
    eprintln!("installing what stores/package.json names into stores/node");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), wanted)?;
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).args([
        "install",
        "--ignore-scripts",
        "--no-fund",
        "--no-audit",
        "--no-package-lock",
    ]);
    let status = npm.status().context("npm is needed (Debian and Ubuntu: apt-get install npm)")?;
    ensure!(status.success(), "npm did not install Azurite");
    Ok(root)
}

//! `cargo xtask python`: the Python package as people get it.
//!
//! - Builds the wheel, installs it into an environment with nothing else and runs the tests that need nothing else, then
//!   beside the libraries whose tables it takes, where all tests run, the examples of docs/python.md, and mypy.
//! - `--install` makes the environments below target/python, and builds and tests nothing.
//! - `--release` builds the wheel as it is given away, which takes much longer.
//! - Other arguments are handed to pytest.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use spectrum_testkit::engines::{Python, python_alone, python_to_build_wheels, python_with_tables};

/// Where the wheel goes.
const WHEELS: &str = "target/python/wheels";

/// What needs no other library.
const ALONE: [&str; 2] = ["python/tests/test_alone.py", "python/tests/test_command.py"];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (build, alone, tables) = (python_to_build_wheels()?, python_alone()?, python_with_tables()?);
    if arguments.first().is_some_and(|argument| argument == "--install") {
        return Ok(());
    }
    let is_release = arguments.iter().any(|argument| argument == "--release");
    let to_pytest: Vec<&String> = arguments.iter().filter(|argument| *argument != "--release").collect();
    let wheel = wheel(&build, if is_release { "release" } else { "dev" })?;
    for python in [&alone, &tables] {
        install(python, &wheel)?;
    }
    println!("the package with nothing else:");
    succeed(pytest(&alone).args(ALONE).args(&to_pytest))?;
    println!("the package beside the libraries whose tables it takes:");
    succeed(pytest(&tables).arg("python/tests").args(&to_pytest))?;
    if to_pytest.is_empty() {
        println!("the examples of docs/python.md:");
        let folder = tables.root().join("target/python/docs");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let page = tables.root().join("docs/python.md");
        succeed(pytest(&tables).arg("--doctest-glob=*.md").arg(page).current_dir(folder))?;
        println!("the types:");
        let mypy = ["-m", "mypy", "--strict", "--cache-dir", "target/python/mypy"];
        succeed(tables.command().args(mypy).args(["-p", "spectrum_sessions"]))?;
        succeed(tables.command().args(mypy).arg("python/tests/typed.py"))?;
    }
    Ok(())
}

/// Builds the wheel, and says where it is.
fn wheel(build: &Python, profile: &str) -> Result<PathBuf> {
    let folder = build.root().join(WHEELS);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let maturin = ["-m", "maturin", "build", "--quiet", "--locked", "--manifest-path", "python/Cargo.toml"];
    succeed(build.command().args(maturin).args(["--profile", profile, "--out", WHEELS]))?;
    let built = fs::read_dir(&folder).with_context(|| format!("reading {WHEELS}"))?;
    let built: Vec<PathBuf> = built.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    match &built[..] {
        [wheel] => Ok(wheel.clone()),
        others => bail!("{WHEELS} has {} files, and should have one wheel", others.len()),
    }
}

fn install(python: &Python, wheel: &Path) -> Result<()> {
    let install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--force-reinstall"];
    succeed(python.command().args(install).arg(wheel))
}

/// Without a cache beside the sources, and with a traceback of the call alone.
fn pytest(python: &Python) -> Command {
    let mut command = python.command();
    command.args(["-m", "pytest", "--quiet", "--tb=short", "-p", "no:cacheprovider"]);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

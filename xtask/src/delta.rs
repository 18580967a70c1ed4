//! `cargo xtask delta`: random Delta tables as `spectrum run` and deltalake read them.
//!
//! - `--install` makes the environment with deltalake, in target/delta-venv, and checks nothing.
//! - Other arguments are those of crates/spectrum-delta/check/random_tables.py: `--tables`, `--seed`.

use anyhow::{Context, Result, ensure};
use spectrum_testkit::engines::python_with_deltalake;

const SCRIPT: &str = "crates/spectrum-delta/check/random_tables.py";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let python = python_with_deltalake()?;
    if arguments.first().is_some_and(|first| first == "--install") {
        return Ok(());
    }
    let spectrum = crate::browser::built()?;
    let mut command = python.command();
    command.arg(SCRIPT).arg(spectrum).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1");
    ensure!(command.status().with_context(|| format!("starting {SCRIPT}"))?.success(), "{SCRIPT} failed");
    Ok(())
}

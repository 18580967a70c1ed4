//! `cargo xtask stores`: inputs and outputs in object stores, on servers that really run: moto's S3 and Azurite.
//!
//! - `--install` installs both, into stores/venv and stores/node, and checks nothing.
//! - Other arguments are names of tests, of which each may be a part.

use std::process::Command;

use anyhow::{Result, ensure};
use spectrum_testkit::engines::{node_with_azurite, python_with_moto};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    python_with_moto()?;
    node_with_azurite()?;
    if arguments.first().is_some_and(|argument| argument == "--install") {
        return Ok(());
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--workspace", "--test", "stores", "--", "--ignored"]).args(arguments);
    ensure!(cargo.status()?.success(), "what lies in object stores is not what it should be");
    Ok(())
}

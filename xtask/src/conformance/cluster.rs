//! `cargo xtask conformance --cluster`: whole runs on engines of people's own, on a Spark cluster of two workers among them.

use std::process::Command;

use anyhow::{Result, ensure};

use super::options::Options;

/// What the acceptance asks for, and what is done soon.
const EVENTS: u64 = 5_000_000;
const QUICK_EVENTS: u64 = 200_000;

/// One test after another: most have a cluster of their own, and a machine has two cores. With `names` only those tests run
/// that have one of them in theirs.
pub(super) fn run(options: &Options, names: &[&str]) -> Result<()> {
    let events = if options.is_quick() { QUICK_EVENTS } else { EVENTS };
    let arguments =
        ["test", "--package", "spectrum-cli", "--test", "cluster", "--", "--ignored", "--nocapture"];
    let mut cargo = Command::new("cargo");
    cargo
        .args(arguments)
        .args(["--test-threads", "1"])
        .args(names)
        .env("SPECTRUM_CLUSTER_EVENTS", events.to_string());
    println!("SPECTRUM_CLUSTER_EVENTS={events} cargo {} {}", arguments.join(" "), names.join(" "));
    ensure!(cargo.status()?.success(), "a run on another engine is not what it should be");
    Ok(())
}

//! `cargo xtask fuzz [TARGET...] [--minutes N]`: throws mutated files, URLs and definitions at Spectrum.
//!
//! The targets stand in `fuzz/`, as cargo-fuzz wants them. Its sanitizers need a nightly compiler; without them (there is
//! no unsafe code here to watch) the stable one will do. What is found is kept in `fuzz/artifacts/`, and a target that
//! finds something ends the run with an error.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

const TARGETS: [&str; 5] = ["csv", "ndjson", "parquet", "url", "definition"];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (targets, minutes) = parsed(arguments)?;
    ensure!(
        Command::new("cargo")
            .args(["fuzz", "--version"])
            .output()
            .is_ok_and(|output| output.status.success()),
        "cargo-fuzz is missing; install it with: cargo install cargo-fuzz --locked"
    );
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for target in targets {
        // The corpus grows from run to run and is not kept in git; the seeds are.
        let corpus = root.join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus).with_context(|| format!("cannot make {}", corpus.display()))?;
        let status = Command::new("cargo")
            .args(["fuzz", "run", "--sanitizer", "none", target])
            .arg(&corpus)
            .arg(root.join("fuzz/seeds").join(target))
            .args(["--", "-timeout=20", "-rss_limit_mb=4096", "-max_len=16384", "-print_final_stats=1"])
            .arg(format!("-max_total_time={}", minutes * 60))
            .current_dir(&root)
            .status()
            .context("cannot run cargo fuzz")?;
        if !status.success() {
            found.push(target);
        }
    }
    ensure!(found.is_empty(), "found something: {}; see fuzz/artifacts/", found.join(", "));
    Ok(())
}

fn parsed(arguments: &[String]) -> Result<(Vec<&'static str>, u64)> {
    let (mut targets, mut minutes) = (Vec::new(), 10);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--minutes" {
            let given = rest.next().context("--minutes needs a number")?;
            minutes = given.parse().with_context(|| format!("--minutes {given}: not a whole number"))?;
        } else if let Some(target) = TARGETS.iter().find(|target| *target == argument) {
            targets.push(*target);
        } else {
            bail!("there is no fuzz target '{argument}' (there are: {})", TARGETS.join(", "));
        }
    }
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    Ok((targets, minutes))
}

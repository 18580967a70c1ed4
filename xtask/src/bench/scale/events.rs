//! The events: made once by `spectrum generate`, cut into 40 files, and kept under target/scale.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use spectrum_testkit::engines::Python;

use super::super::tools::{Tools, succeed};

/// How many files the events are in.
pub(super) const FILES: usize = 40;

/// In which order the events are in the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// Each file holds some days.
    Time,
    /// Each file holds events of all days.
    Shuffled,
}

impl Order {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Shuffled => "shuffled",
        }
    }
}

/// The folder with so many events, made unless it is there. Remove target/scale to have all made anew.
pub(super) fn folder(tools: &Tools, python: &Python, events: u64, order: Order) -> Result<PathBuf> {
    let name = format!("events-{events}-{}", order.name());
    let place = tools.root.join("target/scale");
    let folder = place.join(&name);
    if folder.exists() {
        return Ok(folder);
    }
    println!("making target/scale/{name}");
    let making = place.join(format!("{name}.part"));
    let whole = place.join(format!("{name}.parquet"));
    let _ = fs::remove_dir_all(&making);
    fs::create_dir_all(&making)?;
    let mut generate = tools.command(&tools.spectrum);
    generate.args(["generate", "--force", "--quiet", "--seed", "1", "--events", &events.to_string()]);
    succeed(generate.args(["--order", order.name(), "-o"]).arg(&whole))?;
    let mut cut = python.command();
    cut.arg("bench/scale/cut.py").arg(&whole).arg(&making).arg(FILES.to_string());
    succeed(&mut cut)?;
    fs::remove_file(&whole)?;
    // Under its name only when it is whole.
    fs::rename(&making, &folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

//! The work that both binaries do: a command over one of the bench's files. All flags are such that the first release knows
//! them.

use anyhow::{Context, Result};

use super::super::datasets::{DATASETS, Dataset};
use super::super::tools::Tools;

/// Every format, order and kind of key, and every way through the program that people wait for.
pub(super) const SHAPES: [Shape; 11] = [
    run("uuid, in order of time", "uuid-time.parquet", &[]),
    run("uuid, shuffled", "uuid-shuffled.parquet", &[]),
    run("integers, in order of time", "int-time.parquet", &["--allow-id-collisions"]),
    run("CSV", "uuid-time.csv", &[]),
    run("NDJSON", "uuid-time.ndjson", &[]),
    Shape { into: "csv", ..run("Parquet to CSV", "uuid-time.parquet", &[]) },
    Shape { into: "parquet", ..run("CSV to Parquet", "uuid-time.csv", &[]) },
    run("a time of day", "uuid-time.parquet", &["--split-at", "04:00"]),
    run("at most an hour", "uuid-time.parquet", &["--max-duration", "1h"]),
    Shape { command: "summary", ..run("summary", "uuid-time.parquet", &[]) },
    // Large sets have bots on purpose, which it would fail for.
    Shape { command: "check", ..run("check", "uuid-time.parquet", &["--deny", "none"]) },
];

#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    command: &'static str,
    /// One of the bench's files.
    file: &'static str,
    /// The format of what is written.
    into: &'static str,
    flags: &'static [&'static str],
}

const fn run(name: &'static str, file: &'static str, flags: &'static [&'static str]) -> Shape {
    Shape { name, command: "run", file, into: "", flags }
}

impl Shape {
    fn dataset(&self) -> Option<&'static Dataset> {
        DATASETS.iter().find(|dataset| dataset.name == self.file)
    }

    /// Makes the file unless it is there.
    pub(super) fn make(&self, tools: &Tools, events: u64) -> Result<()> {
        self.dataset().context("a shape names a file that the bench does not have")?.make(tools, events)
    }

    /// The command that is timed.
    pub(super) fn working(&self, spectrum: &str, events: u64) -> Vec<String> {
        self.words(spectrum, events, &["--quiet"])
    }

    /// The same command, which prints what its result is known by.
    pub(super) fn asking(&self, spectrum: &str, events: u64) -> Vec<String> {
        let flags: &[&str] =
            if self.command == "run" { &["--digest", "--json", "--quiet"] } else { &["--json", "--quiet"] };
        self.words(spectrum, events, flags)
    }

    fn words(&self, spectrum: &str, events: u64, flags: &[&str]) -> Vec<String> {
        let input = self.dataset().map(|dataset| dataset.path(events)).unwrap_or_default();
        let into =
            if self.into.is_empty() { self.file.rsplit('.').next().unwrap_or_default() } else { self.into };
        let output = format!("bench/data/answers/check.{into}");
        let mut words = vec![spectrum, self.command, &input];
        if self.command == "run" {
            words.extend(["-o", &output, "--force"]);
        }
        words.extend(self.flags);
        words.extend(flags);
        words.into_iter().map(ToOwned::to_owned).collect()
    }

    /// What a result is known by: the digest of a run, of other commands how many events they saw.
    pub(super) fn answer(&self, printed: &str) -> Option<String> {
        let name = if self.command == "run" { "\"digest\":" } else { "\"events\":" };
        let from = printed.split_once(name)?.1;
        Some(from.split([',', '}']).next()?.trim().to_owned())
    }
}

//! Columns that are not Spectrum's come out of `spectrum run` as they went in.
//!
//! `conformance/columns` writes random files with all that pyarrow can write into Parquet, and with CSV and NDJSON that are
//! hard to take apart. It runs Spectrum over them, and compares what others read before and after: pyarrow, DuckDB, Polars
//! and Spark, and Python's own csv and json.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use spectrum_testkit::engines::python;

use super::options::Options;

/// What `--only` and `--without` take.
pub(super) const NAME: &str = "columns";

/// The engine without which Spark reads no files either.
pub(super) const SPARK: &str = "spark";

/// What docs/support.md says above the table.
pub(super) const HEAD: &str = "\
Columns that are not ours, of random files before and after `spectrum run`, with values, types and what else a reader tells:
";

/// How the columns came out.
pub(super) struct Columns {
    /// A line per format and reader.
    pub(super) table: String,
    pub(super) are_kept: bool,
}

/// Builds Spectrum and runs the script, whose output is passed on but for its table.
pub(super) fn run(options: &Options) -> Result<Columns> {
    let python = python()?;
    let built = Command::new("cargo").args(["build", "--package", "spectrum-cli"]).status()?;
    ensure!(built.success(), "spectrum was not built");
    // It lies beside this program.
    let spectrum = std::env::current_exe()?.with_file_name("spectrum");
    let mut command = python.command();
    command.args(["conformance/columns", "--seed", &options.seed.to_string(), "--spectrum"]).arg(spectrum);
    if options.is_quick() {
        command.arg("--quick");
    }
    if !options.spark_reads_columns() {
        command.arg("--without-spark");
    }
    let mut script = command.stdout(Stdio::piped()).spawn().context("starting conformance/columns")?;
    let mut table = String::new();
    for line in BufReader::new(script.stdout.take().context("it has no output")?).lines() {
        let line = line?;
        if line.starts_with('|') {
            table.push_str(&line);
            table.push('\n');
        } else {
            println!("{line}");
        }
    }
    let status = script.wait()?;
    ensure!(!table.is_empty(), "conformance/columns ended without a table: {status}");
    Ok(Columns { table, are_kept: status.success() })
}

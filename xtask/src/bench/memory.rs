//! How Spectrum's memory grows with the events.

use std::fs;

use anyhow::Result;

use super::contestants::CONTESTANTS;
use super::datasets::{DATASETS, Format};
use super::measure::measure;
use super::options::Options;
use super::report::{row, thousands};
use super::tools::Tools;

const SIZES: [u64; 2] = [10_000_000, 50_000_000];

/// A section of the report: Spectrum's peak memory on each chosen Parquet file, in two sizes.
pub(super) fn growth(tools: &Tools, options: &Options) -> Result<String> {
    let mut text = "## Memory of Spectrum\n\n".to_owned();
    text += &row(["file", "events", "seconds", "CPU seconds", "peak MiB", "bytes an event"]);
    text += "|---|---:|---:|---:|---:|---:|\n";
    fs::create_dir_all(tools.root.join("bench/data/answers"))?;
    let Some(spectrum) = CONTESTANTS.iter().find(|contestant| contestant.is_spectrum()) else {
        return Ok(text);
    };
    // Text takes the same path through the kernel, and 50 million events of it would fill 13 GB.
    let parquet = DATASETS.iter().filter(|dataset| dataset.format == Format::Parquet);
    for dataset in parquet.filter(|dataset| options.chose_dataset(dataset)) {
        for events in SIZES {
            dataset.make(tools, events)?;
            let answer = "bench/data/answers/memory.parquet";
            let command_line = spectrum.command_line(tools, &dataset.path(events), dataset, answer);
            let took = measure(tools, &command_line)?;
            fs::remove_file(tools.root.join(answer))?;
            text += &row([
                dataset.name,
                &thousands(events),
                &format!("{:.2}", took.wall),
                &format!("{:.2}", took.cpu()),
                &format!("{:.0}", took.peak_mib),
                &format!("{:.1}", took.peak_mib * 1024.0 * 1024.0 / events as f64),
            ]);
        }
    }
    Ok(text)
}

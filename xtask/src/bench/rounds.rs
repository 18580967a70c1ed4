//! The rounds over one file: a first one that is checked, then those that count.

use std::fs;

use anyhow::{Context, Result};

use super::agreement::differing_events;
use super::contestants::Contestant;
use super::datasets::Dataset;
use super::measure::{Measurement, measure};
use super::options::Options;
use super::tools::Tools;

/// How one contestant did on one file.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) contestant: &'static Contestant,
    /// One a round, the first round left out.
    pub(super) runs: Vec<Measurement>,
    /// Events whose answer differs from Spectrum's.
    pub(super) differing: u64,
}

impl Standing {
    pub(super) fn medians(&self) -> Measurement {
        Measurement::medians(&self.runs)
    }
}

/// Standings in the contestants' order; Spectrum must be first, for its answer is what the others are checked with.
pub(super) fn compare(
    tools: &Tools,
    dataset: &Dataset,
    contestants: &[&'static Contestant],
    options: &Options,
) -> Result<Vec<Standing>> {
    let input = dataset.path(options.events);
    let extension = dataset.name.rsplit('.').next().unwrap_or_default();
    let answers = "bench/data/answers";
    let of_spectrum = format!("{answers}/spectrum.{extension}");
    let of_current = format!("{answers}/current.{extension}");
    fs::create_dir_all(tools.root.join(answers))?;

    let mut standings = Vec::new();
    for contestant in contestants {
        let answer = if contestant.is_spectrum() { &of_spectrum } else { &of_current };
        eprintln!("{}: checking {}", dataset.name, contestant.name);
        measure(tools, &contestant.command_line(tools, &input, dataset, answer))?;
        let differing = if contestant.is_spectrum() {
            0
        } else {
            differing_events(tools, contestant, answer, &of_spectrum, &input)?
        };
        standings.push(Standing { contestant, runs: Vec::new(), differing });
    }
    for round in 1..=options.rounds {
        eprintln!("{}: round {round} of {}", dataset.name, options.rounds);
        for standing in &mut standings {
            let command_line = standing.contestant.command_line(tools, &input, dataset, &of_current);
            // Nobody pays for replacing another's answer, nor for pages of it that wait to be written.
            remove(tools, &of_current)?;
            standing.runs.push(measure(tools, &command_line)?);
        }
    }
    remove(tools, &of_current)?;
    remove(tools, &of_spectrum)?;
    Ok(standings)
}

pub(super) fn remove(tools: &Tools, path: &str) -> Result<()> {
    match fs::remove_file(tools.root.join(path)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {path}"))
        }
        _ => Ok(()),
    }
}

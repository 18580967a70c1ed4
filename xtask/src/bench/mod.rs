//! `cargo xtask bench`: Spectrum and other engines as whole processes, on the same files in the same run.
//!
//! - Answers come before times: each engine's session ids are compared with Spectrum's, event by event, and a
//!   difference ends the bench, except where an engine is known to differ; then the report counts it.
//! - After a first round, which warms the page cache and is checked, rounds are interleaved (A B C, A B C, ...) and
//!   medians reported, so that a disturbance of the machine meets all alike.
//! - A full run leaves `bench/results/DATE-Ncores.md`, raw results included. Partial ones are only printed.

mod agreement;
mod attributes;
mod check;
mod contestants;
mod datasets;
mod incremental;
mod machine;
mod measure;
mod memory;
mod options;
mod postgres;
mod report;
mod rounds;
mod rules;
mod scale;
mod tools;

use std::fs;

use anyhow::{Context, Result};

use contestants::CONTESTANTS;
use datasets::DATASETS;
use options::Options;
use tools::Tools;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if arguments.first().is_some_and(|first| first == "postgres") {
        return postgres::run(&arguments[1..]);
    }
    if arguments.first().is_some_and(|first| first == "incremental") {
        return incremental::run(&arguments[1..]);
    }
    if arguments.first().is_some_and(|first| first == "scale") {
        return scale::run(&arguments[1..]);
    }
    if arguments.first().is_some_and(|first| first == "rules") {
        return rules::run(&arguments[1..]);
    }
    if arguments.first().is_some_and(|first| first == "attributes") {
        return attributes::run(&arguments[1..]);
    }
    if arguments.first().is_some_and(|first| first == "--check") {
        return check::run(&arguments[1..]);
    }
    let options = Options::parse(arguments)?;
    let tools = Tools::prepare(options.spectrum.as_deref())?;
    let machine = machine::describe(&tools)?;
    println!("{machine}\n");

    let mut sections = Vec::new();
    let mut raw = Vec::new();
    for dataset in DATASETS.iter().filter(|dataset| options.chose_dataset(dataset)) {
        dataset.make(&tools, options.events)?;
        let contestants: Vec<_> = CONTESTANTS
            .iter()
            .filter(|contestant| contestant.reads(dataset.format) && options.chose_contestant(contestant))
            .collect();
        let standings = rounds::compare(&tools, dataset, &contestants, &options)?;
        let section = report::section(dataset, options.events, &standings);
        println!("{section}");
        sections.push(section);
        raw.push(report::raw(dataset.name, &standings));
    }
    if options.memory {
        let section = memory::growth(&tools, &options)?;
        println!("{section}");
        sections.push(section);
    }

    if options.is_full() {
        let text = report::page(&machine, options.rounds, &sections, &raw)?;
        let place = report::place(&tools)?;
        fs::write(tools.root.join(&place), text).with_context(|| format!("writing {place}"))?;
        println!("wrote {place}");
    } else {
        println!("a partial run: nothing was written to bench/results");
    }
    Ok(())
}

//! The `spectrum` command. Nothing but arguments, progress and printing; the work is in the other crates.

mod bars;
mod commands;
mod database;
mod day_chart;
mod definition;
mod deployment;
mod exact_duration;
mod exit;
mod inputs;
mod interrupt;
mod null_time;
mod numbers;
mod panics;
mod period;
mod progress;
mod steps;
mod table;
mod timeouts;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sessions from raw events: the same definition, the same ids, wherever the events live.
#[derive(Parser)]
#[command(name = "spectrum", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0    done
  1    refused, or it failed; nothing half-done is left
  2    the command line was not understood
  3    done, and not all is well: verify found something, or a view was not refreshed
  4    somebody else is at work on the same sessions
  130  interrupted; nothing half-done is left
  141  whoever read standard output went away

Start with:
  spectrum demo";

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Arguments),
    Run(commands::run::Arguments),
    Summary(commands::summary::Arguments),
    Explain(commands::explain::Arguments),
    Generate(commands::generate::Arguments),
    Load(commands::load::Arguments),
    Deploy(commands::deploy::Arguments),
    Refresh(commands::refresh::Arguments),
    Verify(commands::verify::Arguments),
    Status(commands::status::Arguments),
    Erase(commands::erase::Arguments),
    Drop(commands::drop::Arguments),
    Sql(commands::sql::Arguments),
}

impl Command {
    fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Demo(arguments) => commands::demo::run(arguments),
            Self::Run(arguments) => commands::run::run(arguments),
            Self::Summary(arguments) => commands::summary::run(arguments),
            Self::Explain(arguments) => commands::explain::run(arguments),
            Self::Generate(arguments) => commands::generate::run(arguments),
            Self::Load(arguments) => commands::load::run(arguments),
            Self::Deploy(arguments) => commands::deploy::run(arguments),
            Self::Refresh(arguments) => commands::refresh::run(arguments),
            Self::Verify(arguments) => commands::verify::run(arguments),
            Self::Status(arguments) => commands::status::run(arguments),
            Self::Erase(arguments) => commands::erase::run(arguments),
            Self::Drop(arguments) => commands::drop::run(arguments),
            Self::Sql(arguments) => commands::sql::run(arguments),
        }
    }
}

fn main() -> ExitCode {
    panics::caught(|| exit::code(Arguments::parse().command.run()))
}

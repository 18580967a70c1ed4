//! The `spectrum` command. Nothing but arguments, progress and printing; the work is in the other crates.

mod commands;
mod definition;
mod exit;
mod inputs;
mod interrupt;
mod numbers;
mod progress;

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
  1    the input, the definition or the output was refused; nothing was written
  2    the command line was not understood
  130  interrupted; nothing was written
  141  whoever read standard output went away

Start with:
  spectrum demo";

#[derive(Subcommand)]
enum Command {
    Run(commands::run::Arguments),
    Generate(commands::generate::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Generate(arguments) => commands::generate::run(&arguments),
    };
    exit::code(done)
}

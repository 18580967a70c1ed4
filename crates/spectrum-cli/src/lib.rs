//! The `spectrum` command. Nothing but arguments, progress and printing; the work is in the other crates. The program and
//! the Python package's command of the same name are both [`run`].

mod attributes;
mod bars;
mod commands;
mod completion;
mod database;
mod day_chart;
mod definition;
mod deployment;
mod dialect;
mod events_from;
mod exact_duration;
mod exit;
mod finding_words;
mod found_unit;
mod given;
mod inputs;
mod interrupt;
mod late_data;
#[doc(hidden)]
pub mod library;
mod null_key;
mod null_time;
mod numbers;
mod panics;
mod period;
mod places;
mod postgres_remedy;
mod progress;
mod remedy;
mod rule_flags;
mod rule_words;
mod steps;
mod stored;
mod table;
mod tables;
mod timeouts;
mod unusual_times;
mod visible;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

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
  1    refused, or it failed
  2    the command line was not understood
  3    done, and not all is well: check or verify found something, or a view was not refreshed
  4    somebody else is at work on the same sessions
  101  a bug in spectrum; please report it
  130  interrupted
  141  whoever read standard output went away

What a command had finished before it ended stays, such as the first of two views that were refreshed. Of what it was \
working on nothing is left, with one exception: deploy --mode incremental keeps the parts that are built. Nobody reads \
them yet; the next deploy goes on from there, and drop removes them.

Start with:
  spectrum demo";

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Arguments),
    Run(Box<commands::run::Arguments>),
    State(commands::state::Arguments),
    Summary(commands::summary::Arguments),
    Report(Box<commands::report::Arguments>),
    Check(Box<commands::check::Arguments>),
    Compare(commands::compare::Arguments),
    Explain(commands::explain::Arguments),
    Presets(commands::presets::Arguments),
    Generate(commands::generate::Arguments),
    Load(commands::load::Arguments),
    Deploy(commands::deploy::Arguments),
    Refresh(commands::refresh::Arguments),
    Verify(commands::verify::Arguments),
    Status(commands::status::Arguments),
    Resolve(commands::resolve::Arguments),
    History(commands::history::Arguments),
    Erase(commands::erase::Arguments),
    Drop(commands::drop::Arguments),
    Sql(commands::sql::Arguments),
    Completions(commands::completions::Arguments),
    Man(commands::man::Arguments),
}

impl Command {
    fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Demo(arguments) => commands::demo::run(arguments),
            Self::Run(arguments) => commands::run::run(arguments),
            Self::State(arguments) => commands::state::run(arguments),
            Self::Summary(arguments) => commands::summary::run(arguments),
            Self::Report(arguments) => commands::report::run(arguments),
            Self::Check(arguments) => commands::check::run(arguments),
            Self::Compare(arguments) => commands::compare::run(arguments),
            Self::Explain(arguments) => commands::explain::run(arguments),
            Self::Presets(arguments) => commands::presets::run(arguments),
            Self::Generate(arguments) => commands::generate::run(arguments),
            Self::Load(arguments) => commands::load::run(arguments),
            Self::Deploy(arguments) => commands::deploy::run(arguments),
            Self::Refresh(arguments) => commands::refresh::run(arguments),
            Self::Verify(arguments) => commands::verify::run(arguments),
            Self::Status(arguments) => commands::status::run(arguments),
            Self::Resolve(arguments) => commands::resolve::run(arguments),
            Self::History(arguments) => commands::history::run(arguments),
            Self::Erase(arguments) => commands::erase::run(arguments),
            Self::Drop(arguments) => commands::drop::run(arguments),
            Self::Sql(arguments) => commands::sql::run(arguments),
            Self::Completions(arguments) => commands::completions::run(arguments),
            Self::Man(arguments) => commands::man::run(arguments, Arguments::command()),
        }
    }
}

/// Does what a command line says, whose first word is the program's own name, and returns its exit code. Once per process:
/// what catches Ctrl-C stays.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    given::keep(arguments.clone());
    #[cfg(unix)]
    interrupt::survive_the_file_limit();
    match completion::answer::<Arguments>(&arguments) {
        Ok(true) => return exit::DONE,
        Ok(false) => {}
        Err(refused) => return exit::refused(&refused),
    }
    match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => panics::caught(|| exit::code(parsed.command.run())),
        Err(refused) => exit::refused(&refused),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    /// Clap wraps what comes after the options to the width of the terminal, so a break by hand within a paragraph shows
    /// as a short line in its midst. Only lists are broken by hand; their lines are indented, and fit.
    #[test]
    fn paragraphs_of_the_help_are_wrapped_by_clap_alone() {
        let arguments = Arguments::command();
        for command in arguments.get_subcommands().chain([&arguments]) {
            let Some(after) = command.get_after_help().map(ToString::to_string) else { continue };
            let mut before = "";
            for line in after.lines() {
                let is_prose =
                    |line: &str| !line.is_empty() && !line.starts_with(' ') && !line.ends_with(':');
                let broken = is_prose(before) && is_prose(line);
                assert!(!broken, "{}: {before:?} goes on in {line:?}", command.get_name());
                let fits = is_prose(line) || line.chars().count() <= 100;
                assert!(fits, "{}: {line:?} is longer than any terminal gives", command.get_name());
                before = line;
            }
        }
    }
}

//! What a shell offers after TAB. The shell asks the command itself, so columns of the files that were named can be offered.

mod columns;
mod positional;

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use spectrum_check::{Check, Severity};
use spectrum_core::{IdScheme, Preset};

use self::columns::columns_of_inputs;

/// The variable in which the scripts of `spectrum completions` name their shell when they ask.
pub(crate) const VARIABLE: &str = "SPECTRUM_COMPLETE";

/// Answers a shell that asks what could come next, and says whether one did.
pub(crate) fn answer<Arguments: CommandFactory>(given: &[OsString]) -> clap::error::Result<bool> {
    CompleteEnv::with_factory(|| completed(Arguments::command(), Arguments::command))
        .var(VARIABLE)
        .try_complete(given, std::env::current_dir().ok().as_deref())
}

/// A command whose arguments say what they can be. Some depend on what else is on the line, which the whole command knows.
fn completed(command: Command, whole: fn() -> Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let command = command.mut_args(|argument| completed_argument(argument, whole));
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |subcommand| completed(subcommand, whole))
    })
}

/// What arguments can be follows from the names of their values, which the help shows too.
fn completed_argument(argument: Arg, whole: fn() -> Command) -> Arg {
    let value = argument.get_value_names().and_then(|names| names.first()).map(|name| name.to_string());
    match (argument.get_id().as_str(), value.as_deref().unwrap_or_default()) {
        ("preset", _) => {
            argument.add(fixed(Preset::ALL.iter().map(|preset| preset.name.to_owned()).collect()))
        }
        ("id", "SCHEME") => argument.add(fixed(IdScheme::ALL.iter().map(ToString::to_string).collect())),
        ("only" | "skip", "CHECKS") => argument.add(fixed(checks().collect())),
        ("deny", _) => {
            let severities = Severity::ALL.map(|severity| severity.name().to_owned());
            argument.add(fixed(
                ["all".to_owned(), "none".to_owned()].into_iter().chain(severities).chain(checks()).collect(),
            ))
        }
        (_, "COLUMN" | "COLUMNS" | "COLUMN=TYPE" | "COLUMN=VALUE") => {
            argument.add(ArgValueCompleter::new(move |begun: &OsStr| columns_of_inputs(whole(), begun)))
        }
        (_, "INPUT" | "INPUTS" | "FILE" | "FILES" | "OUT" | "NEW") => argument.value_hint(ValueHint::AnyPath),
        (_, "FOLDER" | "DIR") => argument.value_hint(ValueHint::DirPath),
        _ => argument,
    }
}

fn checks() -> impl Iterator<Item = String> {
    Check::ALL.iter().map(|check| check.name().to_owned())
}

/// One of these.
fn fixed(values: Vec<String>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |begun: &OsStr| {
        let begun = begun.to_string_lossy();
        let fitting = values.iter().filter(|value| value.starts_with(&*begun));
        fitting.map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}

//! What a run with a state cannot do, said before anything is written.

use std::path::Path;

use spectrum_core::{RuleKind, SessionDefinition};

use super::attributes;
use super::error::StateError;
use crate::error::Result;
use crate::input::Input;
use crate::output::target::Target;
use crate::run_options::RunOptions;
use crate::store::scheme;

/// Refuses outputs that would lie among the state's own files.
pub(super) fn refuse_within<'t>(folder: &Path, mut targets: impl Iterator<Item = &'t Target>) -> Result<()> {
    let absolute =
        |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_default();
    let folder = absolute(folder);
    let lies_within = |path: &Path| {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        absolute(parent).starts_with(&folder) || absolute(path).starts_with(&folder)
    };
    match targets.find(|target| matches!(target, Target::File(path) if lies_within(path))) {
        Some(Target::File(path)) => Err(StateError::OutputInState(path.clone()).into()),
        _ => Ok(()),
    }
}

/// Refuses outputs that are not this machine's.
pub(super) fn refuse_elsewhere<'t>(mut targets: impl Iterator<Item = &'t Target>) -> Result<()> {
    match targets.any(|target| matches!(target, Target::File(path) if scheme(path).is_some())) {
        false => Ok(()),
        true => Err(StateError::NotWithState {
            what: "an output in an object store",
            why: "outputs get their names together with the state, which no server can do; name a folder of this machine, \
                  and copy what is in it",
        }
        .into()),
    }
}

/// Refuses key columns whose names the state's tables, the sessions table among them, have for others.
pub(super) fn check_key_names(definition: &SessionDefinition) -> Result<()> {
    const OWN: [&str; 15] = [
        "change",
        "session_id",
        "session_id_before",
        "started_at_before",
        "ended_at_before",
        "events_before",
        "session_seq",
        "started_at",
        "ended_at",
        "duration_seconds",
        "events",
        "started_by",
        "ended_by",
        "founded_in_run",
        "founded_at",
    ];
    match definition.key().iter().find(|column| OWN.contains(&column.as_str())) {
        Some(column) => Err(StateError::KeyTaken(column.clone()).into()),
        None => Ok(()),
    }
}

/// Refuses what a state cannot do, before anything is read.
pub(super) fn check_options(
    input: &Input,
    definition: &SessionDefinition,
    options: &RunOptions,
) -> Result<()> {
    let rule = definition.rule();
    if rule.kind() != RuleKind::OrderFree {
        let of_instants = ["where", "at_gap", "split_at"];
        let setting = rule.beyond_the_gap().find(|name| !of_instants.contains(name)).unwrap_or("it has");
        return Err(StateError::RuleNeedsEvents { setting }.into());
    }
    attributes::check(definition)?;
    let not_with_state = |what, why| Err(StateError::NotWithState { what, why }.into());
    if input.is_stdin() {
        return not_with_state(
            "standard input",
            "files are known again by their names and their content; write it to a file first",
        );
    }
    if options.output == Target::Stdout {
        return not_with_state(
            "an output to standard output",
            "outputs get their names together with the state; name a file or a folder",
        );
    }
    if options.sessions.is_some() {
        return not_with_state(
            "a sessions table of one run",
            "the state has the sessions of all runs; write its table afterwards",
        );
    }
    if options.with_reason {
        return not_with_state("started_by", "the sessions before are not always looked at; leave it out");
    }
    if options.with_sequence && !definition.id().is_numbered() {
        return not_with_state(
            "session_seq",
            "numbers are kept where ids hold them; name sessions by the scheme encoded, or leave it out",
        );
    }
    Ok(())
}

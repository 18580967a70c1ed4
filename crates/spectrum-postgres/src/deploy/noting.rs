//! The first stage of an incremental deployment: from its commit on every change of the events is noted, so
//! the tables can be built at leisure and no writer of events has to wait for that.

use postgres::GenericClient;
use spectrum_sql::literal;
use spectrum_sql::postgres::capture_functions_of;

use super::exchange::{comment, notes_roles, refresh_log};
use super::schema::schema;
use super::stage::{Step, StepKind};
use super::{kept, parts, refresh_function};
use crate::error::Result;
use crate::fit::Fit;
use crate::present::Present;
use crate::record::Record;
use crate::relations::name_of;
use crate::role::Role;
use crate::triggers::{Triggers, lock_writers, triggers_on_all};

/// The tables that a build leaves behind when it does not come to its end, those that read others first.
const UNFINISHED: [Role; 3] = [Role::BuildParts, Role::NewSummary, Role::NewSessions];

/// What keeps writers out while triggers change.
pub(super) fn locks(fit: &Fit, triggers: &Triggers) -> impl Iterator<Item = Step> {
    let locks = triggers.lock().into_iter().chain([lock_writers(fit)]);
    locks.map(|(does, sql)| Step::new(StepKind::Lock, does, sql))
}

/// All statements, in order. Any notes of a previous deployment are removed, because they are about other keys.
pub(super) fn steps(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    triggers: &Triggers,
) -> Result<Vec<Step>> {
    let events = fit.query();
    let incremental = fit.incremental_at(
        &events,
        name_of(&fit.deployment, Role::NewSessions),
        name_of(&fit.deployment, Role::NewSummary),
    );
    let keeps = kept::survive(client, fit, present)?;
    let mut steps = Vec::new();
    steps.extend(locks(fit, triggers));
    if keeps {
        steps.extend(kept::settled(client, fit, present)?);
    }
    steps.extend(without_triggers(triggers, present, keeps));
    steps.extend(schema(client, fit)?);
    steps.push(refresh_log(fit));
    let relations = incremental.relations().into_iter().chain([parts::table(fit)]);
    steps.push(Step::new(
        StepKind::Make,
        format!("making what {} is built in", fit.deployment.sessions()),
        relations.collect::<Vec<_>>().join(";\n"),
    ));
    let mut notes = incremental.notes();
    if !keeps {
        notes.extend(incremental.kept_events());
    }
    notes.extend(incremental.capture_functions());
    steps.push(Step::new(StepKind::Make, format!("making {}", fit.deployment.changes()), notes.join(";\n")));
    let made = triggers_on_all(fit).into_iter();
    steps.extend(made.map(|(does, sql)| Step::new(StepKind::Watch, does, sql)));
    steps.extend(
        incremental.remember_partitions().map(|sql| Step::new(StepKind::Note, "noting partitions", sql)),
    );
    if keeps {
        steps.extend(kept::named(client, fit, present)?);
        let (table, keys) = (fit.deployment.kept_events(), parts::key_list(fit));
        let sql = incremental.note_keys(&format!("SELECT DISTINCT {keys} FROM {table}"));
        steps.push(Step::new(StepKind::Note, format!("noting the keys of {table}"), sql));
    }
    if triggers.functions.contains(&fit.deployment.refresh_function()) {
        steps.extend(refresh_function::stub(client, fit)?);
    }
    steps.push(signed(fit));
    Ok(steps)
}

/// Does away with triggers, functions and notes, those that are used by others last.
pub(super) fn without_triggers(triggers: &Triggers, present: &Present, keeps: bool) -> Vec<Step> {
    let mut steps: Vec<Step> = triggers
        .removal()
        .into_iter()
        .map(|(what, sql)| Step::new(StepKind::Drop, format!("dropping {what}"), sql))
        .collect();
    let notes = [Role::Changes, Role::Partitions, Role::KeptEvents];
    let notes = notes.into_iter().filter(|role| !(keeps && *role == Role::KeptEvents));
    steps.extend(dropped(present, notes));
    steps.extend(unfinished(present));
    steps
}

/// Does away with what a build left behind.
pub(super) fn unfinished(present: &Present) -> Vec<Step> {
    dropped(present, UNFINISHED.into_iter())
}

fn dropped(present: &Present, roles: impl Iterator<Item = Role>) -> Vec<Step> {
    let relations = roles.filter_map(|role| present.get(role));
    relations
        .map(|relation| {
            Step::new(
                StepKind::Drop,
                format!("dropping the old {}", relation.name),
                format!("DROP TABLE {}", relation.name),
            )
        })
        .collect()
}

/// Signs what was made, so that a later run knows it.
fn signed(fit: &Fit) -> Step {
    let tables = [Role::NewSessions, Role::NewSummary, Role::BuildParts, Role::RefreshLog];
    let mut all: Vec<String> =
        tables.into_iter().chain(notes_roles(fit)).map(|role| comment(fit, role, "TABLE")).collect();
    all.push(comment(fit, Role::RefreshLogView, "VIEW"));
    all.extend(function_comments(fit));
    Step::new(StepKind::Sign, "writing down what is being built", all.join(";\n"))
}

/// Signs the functions behind the triggers.
pub(super) fn function_comments(fit: &Fit) -> Vec<String> {
    let record = literal(&Record::new(&fit.deployment, Role::CaptureFunction).to_string());
    let functions = capture_functions_of(&fit.deployment.changes());
    functions.iter().map(|name| format!("COMMENT ON FUNCTION {name}() IS {record}")).collect()
}

//! Whether everything that is written to the events is noted: the triggers, as they stand.

use postgres::GenericClient;
use spectrum_sql::postgres::{CaptureTrigger, capture_functions_of, capture_triggers_of};
use spectrum_sql::{TableName, identifier};

use crate::capture::Capture;
use crate::catalog::{Kind, Relation, below, unlogged};
use crate::deployment::Deployment;
use crate::error::Result;

/// How many tables are told of.
const SHOWN: usize = 3;

/// What is wrong with the functions and triggers, each with what to do. `new` are partitions that the next refresh is
/// going to watch; where that is not known, tables without any trigger are taken for such.
pub(super) fn watched(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    events: &Relation,
    new: Option<&[TableName]>,
) -> Result<Vec<String>> {
    let capture = Capture::find(client, deployment)?;
    let mut wrong = Vec::new();
    let (deploy, repair) = (deployment.command("deploy"), repair(deployment));
    let functions = capture_functions_of(&deployment.changes());
    for function in functions.iter().chain([&deployment.refresh_function()]) {
        if !capture.functions.contains(function) {
            wrong.push(format!("function {function}() is gone; {deploy} makes it again, {repair}"));
        }
    }
    let below = below(client, events.oid)?;
    let below = below.iter().map(|below| (&below.table, below.kind));
    let tables = [(&events.name, events.kind)].into_iter().chain(below);
    let mut tables: Vec<String> = tables
        .filter(|(table, _)| match new {
            Some(new) => !new.contains(table),
            None => capture.triggers.iter().any(|trigger| trigger.table == **table),
        })
        .filter(|(_, kind)| matches!(kind, Kind::Table | Kind::Partitioned))
        .flat_map(|(table, kind)| of_table(deployment, &capture, table, kind))
        .collect();
    let more = tables.len().saturating_sub(SHOWN);
    tables.truncate(SHOWN);
    wrong.extend(tables);
    wrong.extend(unlogged(client, events.oid)?);
    if more > 0 {
        wrong.push(format!(
            "triggers are missing, disabled or enabled otherwise on more tables, {more} of them"
        ));
    }
    Ok(wrong)
}

/// What is wrong with the triggers of one table.
fn of_table(deployment: &Deployment, capture: &Capture, table: &TableName, kind: Kind) -> Vec<String> {
    let (mut missing, mut disabled, mut otherwise) = (Vec::new(), Vec::new(), Vec::new());
    for trigger in capture_triggers_of(&deployment.changes(), kind == Kind::Partitioned) {
        let there = |found: &&crate::capture::Trigger| found.table == *table && found.name == trigger.name;
        match capture.triggers.iter().find(there).map(|found| found.fires) {
            None => missing.push(identifier(&trigger.name)),
            Some('D') => disabled.push(enable(&trigger)),
            // One that fires always fires in ordinary sessions too.
            Some(fires) if fires == trigger.fires || (fires == 'A' && trigger.fires == 'O') => {}
            Some(_) => otherwise.push(enable(&trigger)),
        }
    }
    let repair = repair(deployment);
    let mut wrong = Vec::new();
    if !missing.is_empty() {
        wrong.push(format!(
            "not all that is written to {table} is noted, because triggers are missing ({}); {} makes them \
             again, {repair}",
            missing.join(", "),
            deployment.command("deploy")
        ));
    }
    if !disabled.is_empty() {
        wrong.push(format!(
            "not all that is written to {table} is noted, because triggers are disabled; ALTER TABLE {table} {}; {repair}",
            disabled.join(", ")
        ));
    }
    if !otherwise.is_empty() {
        wrong.push(format!(
            "triggers of {table} are not enabled as they were made, which ENABLE TRIGGER ALL does, so rows are noted one by \
             one or not where they should be; ALTER TABLE {table} {}",
            otherwise.join(", ")
        ));
    }
    wrong
}

/// What follows where something may have been missed.
fn repair(deployment: &Deployment) -> String {
    format!("{} --repair then takes in what was missed", deployment.command("verify"))
}

/// What enables a trigger as it was made, as a part of ALTER TABLE.
fn enable(trigger: &CaptureTrigger) -> String {
    let name = identifier(&trigger.name);
    match trigger.fires {
        'A' => format!("ENABLE ALWAYS TRIGGER {name}"),
        'R' => format!("ENABLE REPLICA TRIGGER {name}"),
        _ => format!("ENABLE TRIGGER {name}"),
    }
}

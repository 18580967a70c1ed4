//! Whether everything that is written to the events is noted: the triggers, as they stand.

use postgres::GenericClient;
use spectrum_sql::postgres::{CaptureTrigger, capture_functions_of, capture_triggers_of};
use spectrum_sql::{TableName, identifier};

use crate::capture::Capture;
use crate::catalog::{Kind, Relation, below};
use crate::deployment::Deployment;
use crate::error::Result;

/// How many tables are told of.
const SHOWN: usize = 3;

/// What follows where something may have been missed.
const REPAIR: &str = "spectrum verify --repair then takes in what was missed";

/// What is wrong with the functions and triggers, each with what to do. `new` are partitions that the next refresh is
/// going to watch.
pub(super) fn watched(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    events: &Relation,
    new: &[TableName],
) -> Result<Vec<String>> {
    let capture = Capture::find(client, deployment)?;
    let mut wrong = Vec::new();
    let functions = capture_functions_of(&deployment.changes());
    for function in functions.iter().chain([&deployment.refresh_function()]) {
        if !capture.functions.contains(function) {
            wrong.push(format!("function {function}() is gone; spectrum deploy makes it again, {REPAIR}"));
        }
    }
    let below = below(client, events.oid)?;
    let below = below.iter().map(|below| (&below.table, below.kind));
    let tables = [(&events.name, events.kind)].into_iter().chain(below);
    let mut tables: Vec<String> = tables
        .filter(|(table, kind)| !new.contains(table) && matches!(kind, Kind::Table | Kind::Partitioned))
        .flat_map(|(table, kind)| of_table(deployment, &capture, table, kind))
        .collect();
    let more = tables.len().saturating_sub(SHOWN);
    tables.truncate(SHOWN);
    wrong.extend(tables);
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
    let mut wrong = Vec::new();
    if !missing.is_empty() {
        wrong.push(format!(
            "not all that is written to {table} is noted, because triggers are missing ({}); spectrum deploy makes them \
             again, {REPAIR}",
            missing.join(", ")
        ));
    }
    if !disabled.is_empty() {
        wrong.push(format!(
            "not all that is written to {table} is noted, because triggers are disabled; ALTER TABLE {table} {}; {REPAIR}",
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

/// What enables a trigger as it was made, as a part of ALTER TABLE.
fn enable(trigger: &CaptureTrigger) -> String {
    let name = identifier(&trigger.name);
    match trigger.fires {
        'A' => format!("ENABLE ALWAYS TRIGGER {name}"),
        'R' => format!("ENABLE REPLICA TRIGGER {name}"),
        _ => format!("ENABLE TRIGGER {name}"),
    }
}

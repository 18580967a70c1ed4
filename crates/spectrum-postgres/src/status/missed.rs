//! Whether everything that is written to the events reaches the sessions.

use postgres::GenericClient;
use spectrum_sql::postgres::CaptureTrigger;
use spectrum_sql::{TableName, identifier};

use crate::catalog::{Kind, Relation, below, unlogged};
use crate::deployment::{Deployment, Mode};
use crate::error::Result;
use crate::message::{Message, message};
use crate::present::Present;
use crate::remedy::{Command, Remedy};
use crate::swapped::Source;
use crate::triggers::{Health, Triggers};

use super::pending::new_partitions;

/// How many tables are reported.
const SHOWN: usize = 3;

/// Why the sessions may lack what is written to the events, each with what to do; nothing when all is well.
pub(crate) fn missed(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    present: &Present,
    events: Option<&Relation>,
) -> Result<Vec<Message>> {
    let source = Source::find(client, deployment, present, events)?;
    let mut missed = Vec::new();
    match (events, &source) {
        (None, Source::Other(table)) => missed.push(message![
            format!("the events table {} is gone, and the sessions are made of {table}; ", deployment.events),
            deployment.command(Command::Deploy).with(Remedy::Table(table.to_string())),
            " goes on with that"
        ]),
        (None, _) => missed.push(format!("the events table {} is gone", deployment.events).into()),
        (Some(_), Source::Other(_)) => {
            let swapped = source.swapped(deployment);
            let deploy = deployment.command(Command::Deploy);
            missed.extend(swapped.map(|words| message![words, "; ", deploy, " makes sessions of it"]));
        }
        (Some(events), _) if deployment.mode == Mode::Incremental && !present.is_unfinished() => {
            let new = new_partitions(client, present, events)?;
            missed.extend(triggers(client, deployment, events, new.as_deref())?);
        }
        (Some(_), _) => {}
    }
    Ok(missed)
}

/// What is wrong with the functions and triggers, each with what to do. `new` are partitions that the next refresh is
/// going to watch; where that is not known, tables without any trigger are taken for such.
fn triggers(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    events: &Relation,
    new: Option<&[TableName]>,
) -> Result<Vec<Message>> {
    let found = Triggers::find(client, deployment)?;
    let mut wrong = Vec::new();
    for function in found.missing_functions(deployment) {
        wrong.push(message![
            format!("function {function}() is gone; "),
            deployment.command(Command::Deploy),
            " makes it again, ",
            repair(deployment)
        ]);
    }
    let below = below(client, events.oid)?;
    let below = below.iter().map(|below| (&below.table, below.kind));
    let tables = [(&events.name, events.kind)].into_iter().chain(below);
    let mut tables: Vec<Message> = tables
        .filter(|(table, _)| match new {
            Some(new) => !new.contains(table),
            None => found.triggers.iter().any(|trigger| trigger.table == **table),
        })
        .filter(|(_, kind)| matches!(kind, Kind::Table | Kind::Partitioned))
        .flat_map(|(table, kind)| of_table(deployment, &found, table, kind))
        .collect();
    let more = tables.len().saturating_sub(SHOWN);
    tables.truncate(SHOWN);
    wrong.extend(tables);
    wrong.extend(unlogged(client, events.oid)?.into_iter().map(Message::from));
    if more > 0 {
        wrong.push(
            format!("triggers are missing, disabled or enabled otherwise on more tables, {more} of them")
                .into(),
        );
    }
    Ok(wrong)
}

/// What is wrong with the triggers of one table.
fn of_table(deployment: &Deployment, found: &Triggers, table: &TableName, kind: Kind) -> Vec<Message> {
    let (mut missing, mut disabled, mut otherwise) = (Vec::new(), Vec::new(), Vec::new());
    for (trigger, health) in found.health(deployment, table, kind) {
        match health {
            Health::AsMade => {}
            Health::Missing => missing.push(identifier(&trigger.name)),
            Health::Disabled => disabled.push(enable(&trigger)),
            Health::Otherwise => otherwise.push(enable(&trigger)),
        }
    }
    let repair = repair(deployment);
    let mut wrong = Vec::new();
    let unnoted = format!("not all that is written to {table} is noted, because triggers are");
    if !missing.is_empty() {
        wrong.push(message![
            format!("{unnoted} missing ({}); ", missing.join(", ")),
            deployment.command(Command::Deploy),
            " makes them again, ",
            repair.clone()
        ]);
    }
    if !disabled.is_empty() {
        let disabled = disabled.join(", ");
        wrong.push(message![format!("{unnoted} disabled; ALTER TABLE {table} {disabled}; "), repair]);
    }
    if !otherwise.is_empty() {
        wrong.push(format!(
            "triggers of {table} are not enabled as they were made, which ENABLE TRIGGER ALL does, so rows are noted one by \
             one or not where they should be; ALTER TABLE {table} {}",
            otherwise.join(", ")
        ).into());
    }
    wrong
}

/// What follows where something may have been missed.
fn repair(deployment: &Deployment) -> Message {
    message![deployment.repair(), " then takes in what was missed"]
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

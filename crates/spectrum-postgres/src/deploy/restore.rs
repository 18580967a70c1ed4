//! What is missing of an incremental deployment that stands: its functions, and triggers that somebody dropped or disabled.

use postgres::GenericClient;
use spectrum_sql::{TableName, identifier};

use super::noting::{function_comments, locks};
use super::refresh_function;
use super::stage::{Step, StepKind};
use crate::catalog::{IS_WATCHED, Kind};
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::present::Present;
use crate::role::Role;
use crate::triggers::{Health, Triggers, triggers_on};

/// The statements that restore it, and the tables whose changes may have gone unnoticed.
#[derive(Debug, Default)]
pub(super) struct Restoration {
    pub(super) steps: Vec<Step>,
    pub(super) unnoticed: Vec<TableName>,
}

/// Looks for what is missing of what notes changes.
pub(super) fn restoration(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    triggers: &Triggers,
) -> Result<Restoration> {
    let events = fit.query();
    let incremental = fit.incremental(&events);
    let mut found = Restoration::default();
    let refresh = fit.deployment.refresh_function();
    let functions_are_there = triggers.missing_functions(&fit.deployment).iter().all(|name| *name == refresh);
    if !functions_are_there {
        let all = triggers.removal_of_triggers(&refresh);
        let drops = all.into_iter().map(|(_, sql)| sql);
        let sql: Vec<String> =
            drops.chain(incremental.capture_functions()).chain(function_comments(fit)).collect();
        found.steps.push(Step::new(
            StepKind::Make,
            "making the functions that note changes",
            sql.join(";\n"),
        ));
    }
    if functions_are_there {
        let outdated =
            incremental.functions_of_triggers().into_iter().filter(|made| triggers.is_outdated(made));
        found.steps.extend(outdated.map(|made| {
            Step::new(
                StepKind::Make,
                format!("making {}() again, as this version makes it", made.name),
                made.replace(),
            )
        }));
    }
    for (table, kind) in watched(client, fit, present)? {
        let health = triggers.health(&fit.deployment, &table, kind);
        if functions_are_there && health.iter().all(|(_, health)| *health == Health::AsMade) {
            continue;
        }
        let others = triggers.triggers.iter().filter(|t| t.table == table && functions_are_there);
        let drops = others.map(|t| format!("DROP TRIGGER {} ON {table}", identifier(&t.name)));
        let sql: Vec<String> = drops.chain([triggers_on(fit, &table, kind).1]).collect();
        found.steps.push(Step::new(StepKind::Watch, format!("watching {table}"), sql.join(";\n")));
        found.unnoticed.push(table);
    }
    if !found.unnoticed.is_empty() {
        found.steps.splice(0..0, locks(fit, triggers));
    }
    Ok(found)
}

/// The function that refreshes, where it is missing or not what this version makes.
pub(super) fn missing_refresh_function(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    triggers: &Triggers,
) -> Result<Vec<Step>> {
    let events = fit.query();
    let incremental = fit.incremental(&events);
    let wanted = incremental.refresh_function();
    // Partitions that all went are for the function that knows of them to follow.
    let is_of_this_table = present.get(Role::Partitions).is_some() == fit.is_divided();
    if triggers.functions.contains(&wanted.name) && !(is_of_this_table && triggers.is_outdated(&wanted)) {
        return Ok(Vec::new());
    }
    let completed = incremental.completed_partitions();
    let does = format!("completing {}", fit.deployment.partitions());
    let steps = completed.into_iter().map(|sql| Step::new(StepKind::Note, &does, sql));
    Ok(steps.chain(refresh_function::steps(client, fit)?).collect())
}

/// The tables that have triggers: the events, and what is below them but for partitions that the next refresh is going to
/// meet for the first time.
fn watched(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Vec<(TableName, Kind)>> {
    let mut known = Vec::new();
    if let Some(partitions) = present.get(Role::Partitions) {
        let sql = format!(
            "SELECT n.nspname::text, c.relname::text
             FROM {} k JOIN pg_catalog.pg_class c ON c.oid = k.partition
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE {IS_WATCHED}",
            partitions.name
        );
        let rows = client.query(&sql, &[]).while_doing(format!("reading {}", partitions.name))?;
        known.extend(
            rows.iter().filter_map(|row| TableName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)).ok()),
        );
    }
    let below = fit.below.iter().map(|below| (below.table.clone(), below.kind));
    let below = below.filter(|(table, kind)| *kind == Kind::Partitioned || known.contains(table));
    Ok([(fit.events.name.clone(), fit.events.kind)].into_iter().chain(below).collect())
}

//! Events of partitions that are gone, of which Spectrum has the only copy.

use postgres::GenericClient;

use spectrum_sql::postgres::tables_below;
use spectrum_sql::{TableName, identifier, literal};

use super::exchange::notes_roles;
use super::stage::{Step, StepKind};
use crate::catalog::{Column, columns_of};
use crate::deployment::{Deployment, Mode};
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::message;
use crate::present::Present;
use crate::remedy::Command;
use crate::role::Role;

/// Whether kept events are there and stay, because the deployment keeps such events with the same columns of the same
/// table.
///
/// # Errors
/// [`PgError::Refused`] when there are some and the deployment would lose them.
pub(super) fn survive(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<bool> {
    let Some(kept) = present.get(Role::KeptEvents) else { return Ok(false) };
    let deployment = &fit.deployment;
    let keeps = deployment.mode == Mode::Incremental && notes_roles(fit).contains(&Role::KeptEvents);
    let before = [Role::Changes, Role::Sessions].iter().find_map(|role| present.record(*role)?.deployment());
    let of = match before.as_ref().is_some_and(|before| before.retention.is_some()) {
        true => "events",
        false => "events of partitions",
    };
    let same_table = before.as_ref().is_some_and(|before| before.events == deployment.events);
    let definition = &deployment.definition;
    let names = definition.key().iter().map(String::as_str).chain([definition.time(), definition.event_id()]);
    let names = names.chain(deployment.carried.iter().map(String::as_str));
    let wanted = names.map(|name| (name, fit.column(name).map(|column| column.ty.as_str())));
    let columns = columns_of(client, kept)?;
    // Beside those of the events it has columns of its own.
    let has = |(name, ty): (&str, Option<&str>)| {
        columns.iter().any(|column| column.name == name && Some(column.ty.as_str()) == ty)
    };
    let same_columns = wanted.into_iter().all(has);
    let survives = keeps && same_table && same_columns;
    let same_policy = |before: &Deployment| {
        (before.retention, before.on_detach) == (deployment.retention, deployment.on_detach)
    };
    let why = match (keeps, same_table, same_columns) {
        (false, ..) => "this deployment keeps none",
        (true, false, _) => "this deployment is of another table",
        (true, true, false) => "this deployment has other columns",
        (true, true, true) => "this deployment keeps others",
    };
    if let Some(before) = before.filter(|before| before.mode == Mode::Incremental)
        && !(survives && same_policy(&before))
        && has_gone(client, &before, present)?
    {
        return Err(PgError::refused(message![
            format!(
                "events of {} went since the last refresh and are not in {} yet, and {why}, so they would be lost; ",
                before.events, kept.name
            ),
            before.command(Command::Refresh),
            " keeps them"
        ]));
    }
    if survives {
        return Ok(true);
    }
    let sql = format!("SELECT COUNT(*) FROM {}", kept.name);
    let count: i64 = client.query_one(&sql, &[]).while_doing(format!("counting {}", kept.name))?.get(0);
    if count == 0 {
        return Ok(false);
    }
    Err(PgError::refused(format!(
        "{0} holds {count} {of} that are gone, and {why}, so they would be lost; if they may be, TRUNCATE \
         {0}, and if not, bring them back first (INSERT INTO {1} SELECT ... FROM {0}) or save a copy of it",
        kept.name, deployment.events
    )))
}

/// Whether events were deleted, or a partition that the deployment knows is none any more, which no refresh has seen.
fn has_gone(client: &mut impl GenericClient, before: &Deployment, present: &Present) -> Result<bool> {
    if let Some(changes) = present.get(Role::Changes).filter(|_| before.retention.is_some()) {
        let columns = columns_of(client, changes)?;
        // Where a column of the events has this name, that of the notes has another.
        let gone = columns.iter().rev().find(|column| column.name.starts_with("gone_ids"));
        if let Some(gone) = gone {
            let gone = identifier(&gone.name);
            let sql = format!("SELECT EXISTS (SELECT FROM {} WHERE {gone} IS NOT NULL)", changes.name);
            if client.query_one(&sql, &[]).while_doing("looking for events that went")?.get(0) {
                return Ok(true);
            }
        }
    }
    let Some(partitions) = present.get(Role::Partitions) else { return Ok(false) };
    let events = literal(&before.events.to_string());
    let sql = format!(
        "WITH RECURSIVE {}
         SELECT EXISTS (SELECT FROM {} k WHERE k.partition NOT IN (SELECT inhrelid FROM below))",
        tables_below(&format!("pg_catalog.to_regclass({events})")),
        partitions.name
    );
    Ok(client.query_one(&sql, &[]).while_doing("looking for partitions that went")?.get(0))
}

/// The step that keeps what went since the last refresh and gives up what came back, before what would tell is dropped.
pub(super) fn settled(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Option<Step>> {
    let told_by = [Role::Sessions, Role::Changes, Role::KeptEvents];
    let partitions = notes_roles(fit).contains(&Role::Partitions).then_some(Role::Partitions);
    if told_by.into_iter().chain(partitions).any(|role| present.get(role).is_none()) {
        return Ok(None);
    }
    let events = fit.query();
    let gone = events.own_name("gone_ids");
    let Some(changes) = present.get(Role::Changes) else { return Ok(None) };
    // Notes of the first versions do not say what is gone.
    if !columns_of(client, changes)?.iter().any(|column| column.name == gone) {
        return Ok(None);
    }
    let does = format!("keeping what went since the last refresh of {}", fit.deployment.sessions());
    Ok(Some(Step::new(StepKind::Note, does, fit.incremental(&events).settle_kept())))
}

/// The step that names the tables of kept events as they are named now, where an older version wrote their numbers. A number
/// counts if the table that has it holds one of the events: after a restore it may be another's.
pub(super) fn named(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Option<Step>> {
    let Some(kept) = present.get(Role::KeptEvents) else { return Ok(None) };
    let events = fit.query();
    let (from, event_id) = (events.own_name("kept_from"), fit.deployment.definition.event_id());
    let is_number = |column: &Column| spectrum_sql::identifier(&column.name) == from && column.ty == "oid";
    if !columns_of(client, kept)?.iter().any(is_number) {
        return Ok(None);
    }
    let candidates = format!(
        "SELECT c.oid, n.nspname::text, c.relname::text
         FROM (SELECT DISTINCT {from} AS oid FROM {}) k JOIN pg_catalog.pg_class c ON c.oid = k.oid AND c.relkind = 'r'
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
           AND EXISTS (SELECT FROM pg_catalog.pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attname = $2::text
                         AND a.atttypid = (SELECT e.atttypid FROM pg_catalog.pg_attribute e
                                           WHERE e.attrelid = $1 AND e.attname = $2::text))
         ORDER BY 1",
        kept.name
    );
    let doing = || format!("looking for the tables of {}", kept.name);
    let mut tables = Vec::new();
    for row in client.query(&candidates, &[&fit.events.oid, &event_id]).while_doing(doing())? {
        let oid: u32 = row.get(0);
        let Ok(table) = TableName::new(row.get::<_, &str>(1), row.get::<_, &str>(2)) else { continue };
        let id = spectrum_sql::identifier(event_id);
        let holds = format!(
            "SELECT EXISTS (SELECT FROM {} k JOIN ONLY {table} e ON e.{id} = k.{id} WHERE k.{from} = $1)",
            kept.name
        );
        if client.query_one(&holds, &[&oid]).while_doing(doing())?.get(0) {
            tables.push(oid);
        }
    }
    let sql = fit.incremental(&events).kept_from_numbers(&tables);
    Ok(Some(Step::new(StepKind::Name, format!("naming the tables of {}", kept.name), sql)))
}

//! `spectrum drop`: away with what Spectrum made, and with nothing else.

use postgres::{Client, GenericClient};
use spectrum_sql::{TableName, identifier};

use crate::as_of::AsOf;
use crate::catalog::{dependents_of, schema_comment, signed};
use crate::connect::Connection;
use crate::deploy::patiently;
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::limits::Limits;
use crate::lock::{Busy, with_lock};
use crate::message::message;
use crate::present::{Present, placed};
use crate::record::Record;
use crate::remedy::Remedy;
use crate::role::Role;
use crate::stop::Stop;
use crate::triggers::Triggers;

/// How a deployment is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DropOptions {
    /// Whether views that Spectrum did not make go too.
    pub cascade: bool,
    /// Whether events go that were kept of partitions that are gone.
    pub with_kept_events: bool,
    /// How long statements may wait and take.
    pub limits: Limits,
}

/// What would go, in the order in which it goes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct DropPlan {
    /// The names of what goes, each with what it is, as in `view analytics.v_sessions`.
    pub goes: Vec<String>,
    statements: Vec<String>,
}

impl DropPlan {
    /// The SQL, one statement per entry.
    pub fn statements(&self) -> &[String] {
        &self.statements
    }
}

/// What [`drop_deployment`] would drop: the relations of the deployment, the index on the events if Spectrum made it,
/// and the schema if Spectrum made it and nothing else is in it. Empty when there is nothing.
///
/// # Errors
/// [`PgError::Refused`] when something else reads what would go, unless `cascade`, and when kept events would go, unless
/// `with_kept_events`.
pub fn plan_drop(
    connection: &mut Connection,
    deployment: &Deployment,
    options: &DropOptions,
) -> Result<DropPlan> {
    let client: &mut Client = connection;
    planned(client, deployment, options)
}

fn planned(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    options: &DropOptions,
) -> Result<DropPlan> {
    let deployment = &placed(client, deployment)?;
    let present = Present::find(client, deployment)?;
    if !options.with_kept_events {
        refuse_kept(client, deployment, &present)?;
    }
    let own: Vec<u32> = present.iter().map(|(_, relation)| relation.oid).collect();
    let others = dependents_of(client, &own, &[])?;
    if !others.is_empty() && !options.cascade {
        let names: Vec<String> =
            others.iter().map(|other| format!("{} ({})", other.name, other.kind.words())).collect();
        return Err(PgError::refused(message![
            format!(
                "what would be dropped is read by {}, which Spectrum did not make; drop that first, or let it go too with ",
                names.join(", ")
            ),
            Remedy::Cascade
        ]));
    }
    let mut plan = DropPlan::default();
    let readers = others.iter().map(|other| (other.kind.sql(), &other.name));
    let readers: Vec<(&str, &TableName)> = readers.collect();
    // Those that read others of them go first.
    let relations = present.iter().map(|(_, relation)| (relation.kind.sql(), &relation.name));
    for (kind, name) in relations.chain(readers).rev() {
        plan.goes.push(format!("{} {name}", kind.to_lowercase()));
        plan.statements.push(format!("DROP {kind} {name}"));
    }
    let triggers = Triggers::find(client, deployment)?;
    let mut functions: Vec<&str> = triggers.functions.iter().map(TableName::name).collect();
    for (what, sql) in triggers.removal().into_iter().rev() {
        plan.goes.insert(0, what);
        plan.statements.insert(0, sql);
    }
    let as_of = AsOf::find(client, deployment)?;
    for (what, sql) in as_of.removal().into_iter().rev() {
        plan.goes.insert(0, what);
        plan.statements.insert(0, sql);
    }
    for index in events_indexes(client, deployment)? {
        plan.goes.push(format!("index {index}"));
        plan.statements.push(format!("DROP INDEX {index}"));
    }
    functions.extend(as_of.names().map(TableName::name));
    if let Some(schema) =
        own_schema(client, deployment, &own, &others.iter().map(|o| o.oid).collect::<Vec<_>>(), &functions)?
    {
        plan.goes.push(format!("schema {schema}"));
        plan.statements.push(format!("DROP SCHEMA {schema}"));
    }
    Ok(plan)
}

/// Drops what [`plan_drop`] says, in one transaction, and returns it.
///
/// # Errors
/// As [`plan_drop`], and [`PgError::Locked`] when another command is working on these relations.
pub fn drop_deployment(
    connection: &mut Connection,
    deployment: &Deployment,
    options: &DropOptions,
) -> Result<DropPlan> {
    with_lock(connection, deployment, Busy::Refuse, &mut |_| (), |connection, _| {
        drop_locked(connection, deployment, options)
    })
}

fn drop_locked(client: &mut Client, deployment: &Deployment, options: &DropOptions) -> Result<DropPlan> {
    let mut transaction = client.transaction().while_doing("beginning a transaction")?;
    options.limits.set(&mut transaction)?;
    let mut plan = DropPlan::default();
    patiently(&mut transaction, options.limits.lock, &Stop::default(), |savepoint| {
        if let Some((does, sql)) = Triggers::find(savepoint, deployment)?.lock() {
            savepoint.batch_execute(&sql).while_doing(does)?;
        }
        plan = planned(savepoint, deployment, options)?;
        for (statement, goes) in plan.statements.iter().zip(&plan.goes) {
            savepoint.batch_execute(statement).while_doing(format!("dropping {goes}"))?;
        }
        Ok(())
    })?;
    transaction.commit().while_doing("committing")?;
    Ok(plan)
}

/// Events of partitions that are gone may be nowhere else.
fn refuse_kept(client: &mut impl GenericClient, deployment: &Deployment, present: &Present) -> Result<()> {
    let Some(kept) = present.get(Role::KeptEvents) else { return Ok(()) };
    let sql = format!("SELECT COUNT(*) FROM {}", kept.name);
    let count: i64 = client.query_one(&sql, &[]).while_doing(format!("counting {}", kept.name))?.get(0);
    if count == 0 {
        return Ok(());
    }
    let standing = present.record(Role::Changes).and_then(Record::deployment);
    let events = standing.map_or_else(|| deployment.events.clone(), |standing| standing.events);
    Err(PgError::refused(message![
        format!(
            "{0} holds {count} events of partitions that are gone, and may be the only copy of them; bring them back first \
             (INSERT INTO {events} SELECT ... FROM {0}) or save a copy of it, or let them go too with ",
            kept.name
        ),
        Remedy::DropKeptEvents
    ]))
}

/// The indexes on the events that were made for this deployment: more than one, if it had another key once.
fn events_indexes(client: &mut impl GenericClient, deployment: &Deployment) -> Result<Vec<TableName>> {
    let of_ours = |record: &Record| {
        let of = record.deployment().filter(|_| record.role == Role::EventsIndex);
        of.is_some_and(|of| of.names == deployment.names)
    };
    let signed = signed(client, &["i", "I"])?;
    Ok(signed.into_iter().filter(|(_, record)| of_ours(record)).map(|(index, _)| index).collect())
}

/// The schema, if Spectrum made it and nothing would be left in it.
fn own_schema(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    own: &[u32],
    others: &[u32],
    functions: &[&str],
) -> Result<Option<String>> {
    let schema = &deployment.names.schema;
    let comment = schema_comment(client, schema)?.flatten();
    let record = comment.as_deref().map(Record::read).transpose();
    let record = record.map_err(|unread| unread.on(format_args!("schema {}", identifier(schema))))?;
    if record.flatten().is_none_or(|record| record.role != Role::Schema) {
        return Ok(None);
    }
    let gone: Vec<u32> = own.iter().chain(others).copied().collect();
    let row = client
        .query_one(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                            WHERE n.nspname = $1::text AND c.oid <> ALL($2) AND c.relkind NOT IN ('i', 'I', 't')
                              AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                                              WHERE d.objid = c.oid AND d.refobjid = ANY($2)))
                 OR EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                            WHERE n.nspname = $1::text AND p.proname <> ALL($3::text[]))",
            &[schema, &gone, &functions],
        )
        .while_doing("looking at what else is in the schema")?;
    let occupied: bool = row.get(0);
    Ok((!occupied).then(|| identifier(schema)))
}

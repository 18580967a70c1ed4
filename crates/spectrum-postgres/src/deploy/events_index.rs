//! The index on the events that hands them out by key and time, so that building sessions need not sort.

use std::collections::BTreeMap;

use postgres::GenericClient;
use spectrum_sql::{TableName, identifier, literal};

use super::stage::{Step, StepKind};
use crate::catalog::{Kind, Partition, find, indexes_of, partitions, supports};
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::record::Record;
use crate::remedy::Remedy;
use crate::role::Role;

/// What there is to say and to do about the index.
#[derive(Debug, Default)]
pub(super) struct EventsIndex {
    /// What it would cost or that it is missing.
    pub(super) note: Option<Message>,
    /// How to make it, outside of a transaction.
    pub(super) steps: Vec<Step>,
}

/// Looks for the index; `create` asks for the steps that make it.
pub(super) fn events_index(client: &mut impl GenericClient, fit: &Fit, create: bool) -> Result<EventsIndex> {
    let definition = &fit.deployment.definition;
    if !matches!(fit.events.kind, Kind::Table | Kind::Partitioned) {
        return Ok(EventsIndex::default());
    }
    let indexes = indexes_of(client, fit.events.oid)?;
    if indexes.iter().any(|index| supports(index, definition.key(), definition.time())) {
        return Ok(EventsIndex::default());
    }
    let columns: Vec<String> =
        definition.key().iter().map(String::as_str).chain([definition.time()]).map(identifier).collect();
    let columns = columns.join(", ");
    let table = &fit.events.name;
    if create {
        return Ok(EventsIndex { note: None, steps: steps(client, fit, &columns)? });
    }
    let bytes = estimated_bytes(client, fit)?;
    Ok(EventsIndex {
        note: Some(message![
            format!("{table} has no index on ({columns}), so every build and refresh sorts all events; "),
            Remedy::CreateIndex,
            format!(" makes one (about {}), which every insert then keeps up", megabytes(bytes))
        ]),
        steps: Vec::new(),
    })
}

/// CONCURRENTLY lets writers go on. A partitioned table does not know that, so each partition gets its own index that
/// way, and its parent's takes it in (PostgreSQL's manual, "CREATE INDEX", "Building Indexes on partitioned tables").
fn steps(client: &mut impl GenericClient, fit: &Fit, columns: &str) -> Result<Vec<Step>> {
    let definition = &fit.deployment.definition;
    let wanted: Vec<&str> = definition.key().iter().map(String::as_str).chain([definition.time()]).collect();
    let mut tables = partitions(client, fit.events.oid)?;
    if tables.is_empty() {
        tables.push(Partition { table: fit.events.name.clone(), parent: None, is_leaf: true });
    }
    let mut names = BTreeMap::new();
    for Partition { table, .. } in &tables {
        names.insert(table.to_string(), free_name(client, fit, table, &wanted)?);
    }
    let index_of = |table: &TableName| &names[&table.to_string()];
    let mut steps = Vec::new();
    for Partition { table, is_leaf, .. } in &tables {
        let index = index_of(table);
        let (concurrently, only) = if *is_leaf { ("CONCURRENTLY ", "") } else { ("", "ONLY ") };
        if *is_leaf {
            steps.extend(drop_invalid(client, index)?);
        }
        steps.push(Step::new(
            StepKind::Index,
            format!("indexing {table} on ({columns})"),
            format!(
                "CREATE INDEX {concurrently}IF NOT EXISTS {} ON {only}{table} ({columns})",
                identifier(index.name())
            ),
        ));
    }
    // The deepest first: an index is valid when all those below it are.
    for Partition { table, parent, .. } in tables.iter().rev() {
        if let Some(parent) = parent {
            steps.push(Step::new(
                StepKind::Index,
                format!("taking in the index of {table}"),
                format!("ALTER INDEX {} ATTACH PARTITION {}", index_of(parent), index_of(table)),
            ));
        }
    }
    let index = index_of(&fit.events.name);
    let comment = literal(&Record::new(&fit.deployment, Role::EventsIndex).to_string());
    steps.push(Step::new(
        StepKind::Sign,
        format!("signing {index}"),
        format!("COMMENT ON INDEX {index} IS {comment}"),
    ));
    Ok(steps)
}

/// The name of the index of a table: where it is taken by something else, as by an index on other columns or one that is
/// another deployment's, a number follows.
fn free_name(
    client: &mut impl GenericClient,
    fit: &Fit,
    table: &TableName,
    wanted: &[&str],
) -> Result<TableName> {
    let mut number = 1_u32;
    loop {
        let suffix = if number == 1 { String::new() } else { number.to_string() };
        let index = table.beside(table.derived(&format!("spectrum_key_time_idx{suffix}")));
        let Some(found) = find(client, &index)? else { return Ok(index) };
        // What cannot be read is of another version, and nobody knows whose.
        let of_another = match found.comment.as_deref().map(Record::read).transpose() {
            Err(_) => true,
            Ok(record) => record
                .flatten()
                .is_some_and(|record| record.deployment().is_none_or(|of| of.names != fit.deployment.names)),
        };
        if !of_another && is_on(client, found.oid, table, wanted)? {
            return Ok(index);
        }
        number += 1;
    }
}

/// Whether a relation is an index on all rows of the table, by these columns and no others, even if it was never finished.
fn is_on(client: &mut impl GenericClient, index: u32, table: &TableName, wanted: &[&str]) -> Result<bool> {
    let row = client
        .query_one(
            "SELECT EXISTS (
               SELECT FROM pg_catalog.pg_index i
               JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
               JOIN pg_catalog.pg_am m ON m.oid = c.relam
               WHERE i.indexrelid = $1 AND i.indrelid = pg_catalog.to_regclass($2) AND i.indpred IS NULL AND m.amname = 'btree'
                 AND ARRAY(SELECT a.attname::text
                           FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, at)
                           LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                           ORDER BY k.at) = $3::text[])",
            &[&index, &table.to_string(), &wanted],
        )
        .while_doing("reading indexes")?;
    Ok(row.get(0))
}

/// An attempt that was interrupted leaves an index that is of no use.
fn drop_invalid(client: &mut impl GenericClient, index: &TableName) -> Result<Option<Step>> {
    let Some(found) = find(client, index)? else { return Ok(None) };
    let row = client
        .query_opt(
            "SELECT 1 FROM pg_catalog.pg_index WHERE indexrelid = $1 AND NOT indisvalid",
            &[&found.oid],
        )
        .while_doing("reading indexes")?;
    Ok(row.map(|_| {
        let does = format!("dropping {index}, which was never finished");
        Step::new(StepKind::Drop, does, format!("DROP INDEX CONCURRENTLY {index}"))
    }))
}

/// A B-tree's leaf entries at their usual fill: 16 bytes of overhead an entry beside the columns.
fn estimated_bytes(client: &mut impl GenericClient, fit: &Fit) -> Result<u64> {
    let definition = &fit.deployment.definition;
    let names: Vec<&str> = definition.key().iter().map(String::as_str).chain([definition.time()]).collect();
    let row = client
        .query_one(
            "SELECT (SELECT COALESCE(SUM(CASE WHEN c.reltuples < 0 THEN pg_relation_size(c.oid) / 120 ELSE c.reltuples END), 0)::float8
                     FROM pg_partition_tree($1::oid::regclass) t JOIN pg_catalog.pg_class c ON c.oid = t.relid
                     WHERE t.isleaf),
                    (SELECT COALESCE(SUM(CASE WHEN t.typlen > 0 THEN t.typlen ELSE 24 END), 0)::float8
                     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                     WHERE a.attrelid = $1 AND a.attname = ANY($2::text[]))",
            &[&fit.events.oid, &names],
        )
        .while_doing("estimating the index")?;
    let (rows, width): (f64, f64) = (row.get(0), row.get(1));
    Ok((rows * (width + 16.0) / 0.9) as u64)
}

fn megabytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => "less than a megabyte".to_owned(),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

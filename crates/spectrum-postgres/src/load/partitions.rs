//! A place for every event: partitions that are missing are made, or named.

use postgres::GenericClient;
use spectrum_sql::identifier;

use super::LoadOptions;
use super::create::{Month, partition};
use super::events_table::EventsTable;
use crate::catalog::Kind;
use crate::error::{PgError, Result, While};
use crate::message::message;
use crate::record::MADE_BY;
use crate::remedy::Remedy;

/// More months than this are a sign of times that are wrong.
const MOST_MONTHS: usize = 240;

/// Makes the months that staged events need and a table of ours has not, and returns the names of their partitions.
/// Tables of others are left alone; what they lack shows when events are inserted.
pub(super) fn make_room(
    client: &mut impl GenericClient,
    table: &EventsTable,
    options: &LoadOptions,
) -> Result<Vec<String>> {
    if table.relation.kind != Kind::Partitioned || !is_ours(table) {
        return Ok(Vec::new());
    }
    let name = &table.relation.name;
    if missing_months(client, table, options)?.is_empty() {
        return Ok(Vec::new());
    }
    // Another load may be making the same months; then it is waited for, and what it made is seen.
    client
        .batch_execute(&format!("LOCK TABLE ONLY {name} IN SHARE UPDATE EXCLUSIVE MODE"))
        .while_doing(format!("locking {name} to add partitions"))?;
    let months = missing_months(client, table, options)?;
    if let ([first, .., last], true) = (&months[..], months.len() > MOST_MONTHS) {
        return Err(PgError::refused(message![
            format!(
                "the events would need {} new monthly partitions, from {} to {}; are the times right? (numbers need ",
                months.len(),
                first.suffix,
                last.suffix
            ),
            Remedy::GiveTimeUnit,
            ")"
        ]));
    }
    for month in &months {
        for statement in partition(name, month) {
            client
                .batch_execute(&statement)
                .while_doing(format!("making the partition for {}", month.from))?;
        }
    }
    Ok(months.iter().map(|month| name.derived(&month.suffix)).collect())
}

/// Why events could not be inserted when one of them had no partition.
pub(super) fn refusal(
    client: &mut impl GenericClient,
    table: &EventsTable,
    options: &LoadOptions,
) -> Result<PgError> {
    let name = &table.relation.name;
    let (condition, time) = (no_partition(client, table)?, identifier(options.definition.time()));
    let row = client
        .query_one(
            &format!(
                "SELECT pg_get_partkeydef($1), count(*), COALESCE(min(s.{time})::text, 'NULL'), COALESCE(max(s.{time})::text, 'NULL')
                 FROM {} WHERE {condition}",
                table.staged()
            ),
            &[&table.relation.oid],
        )
        .while_doing("looking for partitions")?;
    let (by, events, first, last): (&str, i64, &str, &str) = (row.get(0), row.get(1), row.get(2), row.get(3));
    let events = if events == 1 { "1 event falls".to_owned() } else { format!("{events} events fall") };
    let remedy = match is_ours(table) {
        true => "make one for them",
        false => "Spectrum adds partitions only to tables that it made, so make them first",
    };
    Ok(PgError::refused(format!(
        "{events} into no partition of {name} (by {by}), with times from {first} to {last}; {remedy}"
    )))
}

fn is_ours(table: &EventsTable) -> bool {
    table.relation.comment.as_deref().is_some_and(|comment| comment.starts_with(MADE_BY))
}

/// The condition, as SQL, that a row has no partition.
fn no_partition(client: &mut impl GenericClient, table: &EventsTable) -> Result<String> {
    let rows = client
        .query(
            "SELECT pg_get_partition_constraintdef(relid::oid)
             FROM pg_partition_tree($1::oid::regclass) WHERE isleaf AND relid::oid <> $1",
            &[&table.relation.oid],
        )
        .while_doing("reading the partitions")?;
    // A default partition without others takes everything and has no constraint.
    let taken: Option<Vec<String>> = rows.iter().map(|row| row.get(0)).collect();
    Ok(match taken {
        None => "FALSE".to_owned(),
        Some(taken) if taken.is_empty() => "TRUE".to_owned(),
        Some(taken) => format!("(({})) IS NOT TRUE", taken.join(") OR (")),
    })
}

/// The months of staged events whose first instant has no partition.
fn missing_months(
    client: &mut impl GenericClient,
    table: &EventsTable,
    options: &LoadOptions,
) -> Result<Vec<Month>> {
    let (condition, time) = (no_partition(client, table)?, identifier(options.definition.time()));
    // The session keeps time in UTC, so months do too. The condition is tried on months rather than on events, of which
    // there are many more.
    let rows = client
        .query(
            &format!(
                "SELECT to_char({time}, 'YYYY_MM'), to_char({time}, 'YYYY-MM-DD'),
                        to_char({time} + INTERVAL '1 month', 'YYYY-MM-DD'), {time} >= '0001-01-01'
                 FROM (SELECT DISTINCT date_trunc('month', s.{time}) AS {time} FROM {}) AS months
                 WHERE {condition} ORDER BY months.{time}",
                table.staged()
            ),
            &[],
        )
        .while_doing("looking for months without a partition")?;
    let month = |row: &postgres::Row| {
        if row.get::<_, Option<bool>>(3) != Some(true) {
            return Err(PgError::refused("some events have times before the year 1; are the times right?"));
        }
        let instant = |column| format!("{} 00:00:00+00", row.get::<_, &str>(column));
        Ok(Month { suffix: row.get(0), from: instant(1), to: instant(2) })
    };
    rows.iter().map(month).collect()
}

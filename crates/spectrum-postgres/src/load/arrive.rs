//! From the staging table into the events table.

use postgres::GenericClient;
use postgres::error::SqlState;
use spectrum_sql::identifier;

use super::create::indexes;
use super::events_table::{EventsTable, STAGING};
use super::{LoadOptions, OnConflict, partitions, run};
use crate::connect::under_session_path;
use crate::error::{PgError, Result, While};
use crate::message::message;
use crate::remedy::Remedy;

/// The statements, in order.
pub(super) struct Arrival {
    /// Takes later copies of an event out of the staging table, where the server would not know them.
    pub(super) without_copies: Option<String>,
    pub(super) insert: String,
    /// The indexes of a new table.
    pub(super) indexes: Vec<String>,
}

/// How staged events get into the table. `given` tells which columns any file had; the others have their defaults.
///
/// An event is there already when a unique index with the event id in it says so. Where there is none, ids are
/// compared here, so that loading a file twice does not double its events.
pub(super) fn arrival(table: &EventsTable, options: &LoadOptions, given: &[bool]) -> Arrival {
    let name = &table.relation.name;
    let (id, time) = (identifier(options.definition.event_id()), identifier(options.definition.time()));
    let skips = options.on_conflict == OnConflict::Skip;
    let compares = skips && !table.knows_copies && !table.is_new;
    let copies = match (table.is_new, compares) {
        // What its primary key would say.
        (true, _) if skips => Some(without_copies(&[&id, &time], &id)),
        (_, true) => Some(without_copies(&[&id], &id)),
        _ => None,
    };
    let new_only = match compares {
        true => {
            format!("\nWHERE NOT EXISTS (SELECT FROM {name} AS t WHERE t.{id} OPERATOR(pg_catalog.=) s.{id})")
        }
        false => String::new(),
    };
    let or_skip = if skips && !table.is_new { "\nON CONFLICT DO NOTHING" } else { "" };
    let columns = table.columns.iter().zip(given).filter(|(_, given)| **given);
    let columns: Vec<String> = columns.map(|(column, _)| identifier(&column.name)).collect();
    let values: Vec<String> = columns.iter().map(|column| format!("s.{column}")).collect();
    Arrival {
        without_copies: copies,
        insert: format!(
            "INSERT INTO {name} ({})\nSELECT {}\nFROM {}{new_only}{or_skip}",
            columns.join(", "),
            values.join(", "),
            table.staged()
        ),
        indexes: if table.is_new { indexes(options, name) } else { Vec::new() },
    }
}

/// Of staged events that are equal in some columns keeps the first; those without an id are no copies of each other.
fn without_copies(same: &[&str], id: &str) -> String {
    let list = same.join(", ");
    let equal: Vec<String> = same.iter().map(|column| format!("s.{column} = copies.{column}")).collect();
    format!(
        "DELETE FROM {STAGING} AS s USING (\n  SELECT {list}, (array_agg(ctid ORDER BY ctid))[1] AS first\n  FROM {STAGING} \
         WHERE {id} IS NOT NULL GROUP BY {list} HAVING count(*) > 1) AS copies\nWHERE {} AND s.ctid <> copies.first",
        equal.join(" AND ")
    )
}

/// Inserts the staged events and returns how many were new.
pub(super) fn insert(
    client: &mut impl GenericClient,
    table: &EventsTable,
    options: &LoadOptions,
    given: &[bool],
) -> Result<u64> {
    run(client, &format!("ANALYZE {STAGING}"), "counting the staged events")?;
    if options.on_conflict == OnConflict::Error && !table.knows_copies && !table.is_new {
        refuse_copies(client, table, options)?;
    }
    let arrival = arrival(table, options, given);
    if let (Some(statement), false) = (&arrival.without_copies, table.is_new) {
        run(client, statement, "looking for events that stand in the files twice")?;
    }
    let mut inserted = attempt(client, &arrival)?;
    // Most files have no copies, so they are looked for only when the new primary key finds some.
    if let (Err(error), Some(statement), true) = (&inserted, &arrival.without_copies, table.is_new)
        && error.code() == Some(&SqlState::UNIQUE_VIOLATION)
    {
        run(client, statement, "taking out events that stand in the files twice")?;
        inserted = attempt(client, &arrival)?;
    }
    match inserted {
        Ok(inserted) => Ok(inserted),
        Err(error) => Err(why(client, table, options, error)?),
    }
}

/// Inserts and makes the indexes, or does neither. It takes a savepoint to know more about a failure afterwards.
fn attempt(client: &mut impl GenericClient, arrival: &Arrival) -> Result<Result<u64, postgres::Error>> {
    let mut attempt = client.transaction().while_doing("beginning to insert")?;
    let done = under_session_path(&mut attempt, |attempt| attempt.execute(&arrival.insert, &[]))?;
    let done = done.and_then(|inserted| {
        arrival.indexes.iter().try_for_each(|statement| attempt.batch_execute(statement)).map(|()| inserted)
    });
    match done {
        Ok(inserted) => {
            attempt.commit().while_doing("inserting")?;
            Ok(Ok(inserted))
        }
        Err(error) => {
            // A connection that is gone cannot go back, and the first error says why.
            attempt.rollback().ok();
            Ok(Err(error))
        }
    }
}

/// What a failed insertion means.
fn why(
    client: &mut impl GenericClient,
    table: &EventsTable,
    options: &LoadOptions,
    error: postgres::Error,
) -> Result<PgError> {
    let name = &table.relation.name;
    let db = error.as_db_error();
    // The function's name is the same in every language of the server.
    if db.is_some_and(|db| db.routine() == Some("ExecFindPartition")) {
        return partitions::refusal(client, table, options);
    }
    Ok(match db {
        Some(db) if *db.code() == SqlState::UNIQUE_VIOLATION => PgError::refused(message![
            format!(
                "an event stands in the files twice or is in {name} already: {}; ",
                db.detail().unwrap_or(db.message())
            ),
            Remedy::SkipConflicts,
            " leaves out what is there"
        ]),
        _ => PgError::of(format!("inserting events into {name}"), error),
    })
}

/// Names an event that is there already, where no index does.
fn refuse_copies(client: &mut impl GenericClient, table: &EventsTable, options: &LoadOptions) -> Result<()> {
    let (name, id) = (&table.relation.name, identifier(options.definition.event_id()));
    let found = client
        .query_opt(
            &format!(
                "SELECT {id}::text FROM (
                   (SELECT {id} FROM {STAGING} WHERE {id} IS NOT NULL GROUP BY {id} HAVING count(*) > 1 LIMIT 1)
                   UNION ALL
                   (SELECT s.{id} FROM {} WHERE EXISTS (SELECT FROM {name} AS t WHERE t.{id} = s.{id}) LIMIT 1)) AS copies
                 LIMIT 1",
                table.staged()
            ),
            &[],
        )
        .while_doing("looking for events that are there already")?;
    match found {
        None => Ok(()),
        Some(row) => Err(PgError::refused(message![
            format!("event '{}' stands in the files twice or is in {name} already; ", row.get::<_, &str>(0)),
            Remedy::SkipConflicts,
            " leaves out what is there"
        ])),
    }
}

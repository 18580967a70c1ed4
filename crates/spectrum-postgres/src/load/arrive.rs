//! From the staging table into the events table.

use postgres::GenericClient;
use postgres::error::SqlState;
use spectrum_sql::identifier;

use super::counted::Counted;
use super::create::indexes;
use super::events_table::{EventsTable, STAGING};
use super::identity::Identity;
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
    /// Finds staged events that the table has not got in the end.
    pub(super) lost: Option<String>,
}

/// What came of the staged events.
#[derive(Clone, Copy, Default)]
pub(super) struct Arrived {
    /// Events that are new in the table.
    pub(super) inserted: u64,
    /// Events that were left out though the table has only others of their ids.
    pub(super) different: u64,
}

/// How staged events get into the table. `given` says which columns any file had; the others have their
/// defaults.
///
/// An event is there already when a unique index with the event id in it says so. Where there is none, ids are
/// compared here, so that loading a file twice does not double its events. Where the server makes the ids, there is
/// nothing to compare.
pub(super) fn arrival(table: &EventsTable, options: &LoadOptions, given: &[bool]) -> Arrival {
    let name = &table.relation.name;
    let id = identifier(options.definition.event_id());
    let skips = options.on_conflict != OnConflict::Error;
    let identity = Identity::of(table, options, given).filter(|_| skips);
    let compares = identity.is_some() && !table.knows_copies() && !table.is_new;
    // A new table's primary key will say the same.
    let takes_out = table.is_new || compares;
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
        without_copies: identity.as_ref().filter(|_| takes_out).map(Identity::take_copies_out),
        insert: format!(
            "INSERT INTO {name} ({})\nSELECT {}\nFROM {}{new_only}{or_skip}",
            columns.join(", "),
            values.join(", "),
            table.staged()
        ),
        indexes: if table.is_new { indexes(options, name) } else { Vec::new() },
        lost: identity.as_ref().map(Identity::lost),
    }
}

/// Inserts the staged events. Those that are left out are copies of others; where some are not, none is inserted, unless
/// the first of each id is all that is wanted.
pub(super) fn insert(
    client: &mut impl GenericClient,
    table: &EventsTable,
    options: &LoadOptions,
    counted: &Counted,
) -> Result<Arrived> {
    run(client, &format!("ANALYZE {STAGING}"), "counting the staged events")?;
    // A new table has its indexes to be made even where nothing came.
    let all = vec![true; table.columns.len()];
    let given = if counted.rows == 0 { &all } else { &counted.given };
    let identity = Identity::of(table, options, given);
    if options.on_conflict == OnConflict::Error
        && !table.knows_copies()
        && !table.is_new
        && identity.is_some()
    {
        refuse_copies(client, table, options)?;
    }
    let arrival = arrival(table, options, given);
    let mut whole = client.transaction().while_doing("beginning to insert")?;
    let mut taken_out = TakenOut::default();
    if let (Some(statement), false) = (&arrival.without_copies, table.is_new) {
        taken_out = take_out(&mut whole, statement)?;
    }
    let mut inserted = attempt(&mut whole, &arrival)?;
    // Most files have no copies, so they are looked for only when the new primary key finds some.
    if let (Err(error), Some(statement), true) = (&inserted, &arrival.without_copies, table.is_new)
        && error.code() == Some(&SqlState::UNIQUE_VIOLATION)
    {
        taken_out = take_out(&mut whole, statement)?;
        inserted = attempt(&mut whole, &arrival)?;
    }
    let inserted = match inserted {
        Ok(inserted) => inserted,
        Err(error) => {
            whole.rollback().ok();
            return Err(why(client, table, options, error)?);
        }
    };
    let (mut lost, mut lost_in_all) = (Vec::new(), 0);
    if let (Some(statement), true) = (&arrival.lost, inserted + taken_out.all < counted.rows) {
        let rows = whole.query(statement, &[]).while_doing("looking at the events that were left out")?;
        lost_in_all = rows.first().map_or(0, |row| row.get::<_, i64>(2).unsigned_abs());
        lost = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    }
    let different = taken_out.different + lost_in_all;
    match identity {
        Some(identity) if different > 0 && options.on_conflict == OnConflict::Skip => {
            // Everything that was staged is to be looked at again.
            whole.rollback().while_doing("undoing the insertion")?;
            Err(identity.refusal(client, counted, &lost, lost_in_all)?)
        }
        _ => {
            whole.commit().while_doing("inserting")?;
            Ok(Arrived { inserted, different })
        }
    }
}

/// Events that were taken out of the staging table.
#[derive(Clone, Copy, Default)]
struct TakenOut {
    all: u64,
    /// Those that were not copies.
    different: u64,
}

fn take_out(client: &mut impl GenericClient, statement: &str) -> Result<TakenOut> {
    let row =
        client.query_one(statement, &[]).while_doing("taking out events that stand in the files twice")?;
    let count = |at| row.get::<_, i64>(at).unsigned_abs();
    Ok(TakenOut { all: count(0), different: count(1) })
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

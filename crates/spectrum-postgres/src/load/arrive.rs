//! From the staging table into the events table.

use postgres::GenericClient;
use postgres::error::SqlState;
use spectrum_sql::identifier;

use super::table::{STAGING, Table};
use super::{LoadOptions, OnConflict};
use crate::error::{PgError, Result, While};

/// The statements, in order.
pub(super) struct Arrival {
    /// Takes later copies of an event out of the staging table, where the server would not know them.
    pub(super) without_copies: Option<String>,
    pub(super) insert: String,
}

/// How staged events get into the table. `given` tells which columns any file had; the others have their defaults.
///
/// An event is there already when a unique index with the event id in it says so. Where there is none, ids are
/// compared here, so that loading a file twice does not double its events.
pub(super) fn arrival(table: &Table, options: &LoadOptions, given: &[bool]) -> Arrival {
    let name = &table.relation.name;
    let columns: Vec<String> = table
        .columns
        .iter()
        .zip(given)
        .filter(|(_, given)| **given)
        .map(|(column, _)| identifier(&column.name))
        .collect();
    let values: Vec<String> = columns.iter().map(|column| format!("s.{column}")).collect();
    let id = identifier(options.definition.event_id());
    let skips = options.on_conflict == OnConflict::Skip;
    let compares = skips && !table.knows_copies;
    let new_only = match compares {
        true => format!("\nWHERE NOT EXISTS (SELECT FROM {name} AS t WHERE t.{id} = s.{id})"),
        false => String::new(),
    };
    let or_skip = if skips { "\nON CONFLICT DO NOTHING" } else { "" };
    Arrival {
        without_copies: compares.then(|| {
            format!(
                "DELETE FROM {STAGING} AS s USING (\n  SELECT {id}, (array_agg(ctid ORDER BY ctid))[1] AS first\n  FROM {STAGING} \
                 WHERE {id} IS NOT NULL GROUP BY {id} HAVING count(*) > 1) AS copies\nWHERE s.{id} = copies.{id} AND s.ctid <> \
                 copies.first"
            )
        }),
        insert: format!(
            "INSERT INTO {name} ({})\nSELECT {}\nFROM {}{new_only}{or_skip}",
            columns.join(", "),
            values.join(", "),
            table.staged()
        ),
    }
}

/// Inserts the staged events and returns how many were new.
pub(super) fn insert(
    client: &mut impl GenericClient,
    table: &Table,
    options: &LoadOptions,
    given: &[bool],
) -> Result<u64> {
    let name = &table.relation.name;
    client.batch_execute(&format!("ANALYZE {STAGING}")).while_doing("counting the staged events")?;
    if options.on_conflict == OnConflict::Error && !table.knows_copies {
        refuse_copies(client, table, options)?;
    }
    let arrival = arrival(table, options, given);
    if let Some(statement) = &arrival.without_copies {
        client.execute(statement, &[]).while_doing("looking for events that stand in the files twice")?;
    }
    client.execute(&arrival.insert, &[]).map_err(|error| match error.as_db_error() {
        Some(db) if *db.code() == SqlState::UNIQUE_VIOLATION => PgError::Refused(format!(
            "an event stands in the files twice or is in {name} already: {}; --on-conflict skip leaves out what is there",
            db.detail().unwrap_or(db.message())
        )),
        _ => PgError::of(format!("inserting events into {name}"), error),
    })
}

/// Names an event that is there already, where no index does.
fn refuse_copies(client: &mut impl GenericClient, table: &Table, options: &LoadOptions) -> Result<()> {
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
        Some(row) => Err(PgError::Refused(format!(
            "event '{}' stands in the files twice or is in {name} already; --on-conflict skip leaves out what is there",
            row.get::<_, &str>(0)
        ))),
    }
}

//! The events of a deployment, out of the database: for comparing definitions, which takes a few of their columns.

use std::io::{self, Write};

use postgres::{Client, IsolationLevel};
use spectrum_core::SessionDefinition;
use spectrum_sql::postgres::events_as_json;

use crate::catalog::or_near;
use crate::connect::Connection;
use crate::deployment::{Deployment, Mode};
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::present::deployed;

/// What is deployed where `place` is, as it was written down.
///
/// # Errors
/// When nothing is deployed there.
pub fn find_deployment(connection: &mut Connection, place: &Deployment) -> Result<Deployment> {
    let client: &mut Client = connection;
    Ok(deployed(client, place)?.0)
}

/// What a definition reads of the events.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The definition; all that are exported for have the same key, time and event id.
    pub definition: SessionDefinition,
    /// Columns that are read besides.
    pub columns: Vec<String>,
}

/// Writes the events of a deployment, those that it counts, as NDJSON: key, time, event id, and whatever these definitions read. It
/// is one statement in one transaction that writes nothing.
///
/// # Errors
/// When a definition does not fit the events, or they cannot be read or written.
pub fn export_events(
    connection: &mut Connection,
    deployment: &Deployment,
    definitions: &[Exported],
    to: &mut impl Write,
) -> Result<(), ExportError> {
    let client: &mut Client = connection;
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .while_doing("beginning a transaction")?;
    let mut read: Vec<String> = Vec::new();
    for wanted in definitions {
        // Of both modes this one asks the least of the events, and it makes nothing here.
        let definition = wanted.definition.clone();
        let alone = Deployment { definition, carried: Vec::new(), mode: Mode::View, ..deployment.clone() };
        let fit = Fit::find_to_read(&mut transaction, &alone)?;
        if let Some(column) = wanted.columns.iter().find(|column| fit.column(column).is_none()) {
            let has: Vec<&str> = fit.columns.iter().map(|column| column.name.as_str()).collect();
            return Err(PgError::refused(format!(
                "column '{column}' is not in {}{} (it has: {})",
                fit.events.name,
                or_near(column, has.iter().copied()),
                has.join(", ")
            ))
            .into());
        }
        let query = fit.query();
        let columns = query.read_besides().into_iter().map(str::to_owned).chain(wanted.columns.clone());
        for column in columns {
            let definition = &wanted.definition;
            let is_there = definition.key().contains(&column)
                || [definition.time(), definition.event_id()].contains(&column.as_str())
                || read.contains(&column);
            if !is_there {
                read.push(column);
            }
        }
    }
    let Some(first) = definitions.first() else { return Ok(()) };
    let definition = first.definition.clone();
    let whole = Deployment { definition, carried: read.clone(), mode: Mode::View, ..deployment.clone() };
    let fit = Fit::find_to_read(&mut transaction, &whole)?;
    let is_json = |name: &String| fit.column(name).is_some_and(|column| column.ty == "json");
    let of_json: Vec<String> = read.into_iter().filter(is_json).collect();
    // JSON has no control characters, so nothing is ever quoted, and a line is an object.
    let copy = format!(
        "COPY (\n{}) TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')",
        events_as_json(&fit.query(), &of_json)
    );
    let mut events = transaction.copy_out(&copy).while_doing("reading the events")?;
    io::copy(&mut events, to)?;
    drop(events);
    transaction.commit().while_doing("ending a transaction")?;
    Ok(())
}

/// Why events were not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The database has a reason.
    #[error(transparent)]
    Postgres(#[from] PgError),
    /// They could not be read to the end, or written.
    #[error("the events could not be copied out of the database")]
    Copy(#[from] io::Error),
}

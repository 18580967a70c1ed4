//! Events from files into the events table.
//!
//! Rows come as Arrow batches and go through COPY's binary format into a temporary table, from there into the events
//! table, all in one transaction: a load that fails or is interrupted leaves nothing.

mod arrive;
mod copy;
mod counted;
mod create;
mod events_table;
mod identity;
mod json;
mod made_id;
mod mapping;
mod numeric;
mod partitions;
mod scalars;
mod target;
mod time;
mod value;

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{SchemaRef, TimeUnit};
use postgres::{GenericClient, Transaction};
use spectrum_core::SessionDefinition;
use spectrum_sql::TableName;

use self::arrive::{Arrived, arrival, insert};
use self::copy::Copy;
use self::counted::Counted;
use self::events_table::EventsTable;
use self::mapping::Mapping;
use crate::catalog::{check_writable, find, require, schema_comment};
use crate::connect::{Connection, session_schemas};
use crate::error::{PgError, Result, While};
use crate::message::{Message, message};
use crate::observer::Event;
use crate::remedy::Remedy;

/// How Arrow marks text that is JSON.
const EXTENSION: &str = "ARROW:extension:name";

/// What to load into what.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Which columns are time, event id and key.
    pub definition: SessionDefinition,
    /// The events table.
    pub table: TableName,
    /// Whether to make the table where there is none.
    pub create_table: bool,
    /// The JSON column that takes the columns which the table has not.
    pub properties: String,
    /// Columns of the files to leave out.
    pub ignored: HashSet<String>,
    /// What to do with events that are there already.
    pub on_conflict: OnConflict,
    /// Whether event ids are made of the rows, which have none.
    pub makes_event_ids: bool,
    /// What numbers in the time column count since 1970.
    pub time_unit: Option<TimeUnit>,
}

/// What to do with events that are there already, or stand in the files twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnConflict {
    /// Leave copies out and count them. Different events that share an id are named, and nothing is loaded.
    #[default]
    Skip,
    /// Keep the first event of each id, and leave out the others, different as they may be.
    First,
    /// Load nothing, and name one.
    Error,
}

/// Some rows of one file.
#[derive(Clone, Debug)]
pub struct LoadBatch {
    /// What messages call the file.
    pub file: Arc<str>,
    /// Its rows. Text columns with the extension name `arrow.json` hold JSON.
    pub rows: RecordBatch,
}

/// What a load did.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LoadReport {
    /// The table, with its schema.
    pub table: TableName,
    /// Whether it was made.
    pub created: bool,
    /// Events in the files.
    pub read: u64,
    /// Events that are new in the table.
    pub inserted: u64,
    /// Events that were left out though they are not copies: the first of their id, or what the table has, is another.
    pub different: u64,
    /// Partitions that were made for them.
    pub partitions: Vec<String>,
    /// Times that were finer than a microsecond, and lost what was finer.
    pub cut_times: u64,
    /// What to know where the server made the ids of the events.
    pub note: Option<Message>,
}

impl LoadReport {
    /// Events that were there already, or stood in the files twice, and those in [`Self::different`].
    pub fn skipped(&self) -> u64 {
        self.read - self.inserted
    }
}

/// Why a load failed: the rows could not be had, or the database did not take them.
#[derive(Debug)]
pub enum LoadError<E> {
    /// The source of the rows failed.
    Rows(E),
    /// The database refused.
    Database(PgError),
}

impl<E> From<PgError> for LoadError<E> {
    fn from(error: PgError) -> Self {
        Self::Database(error)
    }
}

/// Loads the rows. The observer hears what begins once all rows are there.
///
/// # Errors
/// When the table or a value does not fit, naming file, row, column and value; then nothing was loaded.
pub fn load<E>(
    connection: &mut Connection,
    options: &LoadOptions,
    rows: impl Iterator<Item = Result<LoadBatch, E>>,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<LoadReport, LoadError<E>> {
    let mut rows = rows.peekable();
    let mut transaction = begin(connection)?;
    let first = match rows.peek() {
        Some(Ok(first)) => Some(first.rows.clone()),
        _ => None,
    };
    // An error in the first rows is reported first.
    if let Some(Err(error)) = rows.next_if(|first| first.is_err()) {
        return Err(LoadError::Rows(error));
    }
    let (table, made) = prepare(&mut transaction, options, first.as_ref())?;
    run(&mut transaction, &table.staging_sql(), "making a staging table")?;
    let counted = copy(&mut transaction, &table, options, rows)?;
    if options.makes_event_ids {
        made_id::number_equal_rows(&mut transaction, options, &counted)?;
    }
    observer(Event::Step("inserting"));
    let partitions = partitions::make_room(&mut transaction, &table, options)?;
    let arrived = match counted.rows {
        0 if !table.is_new => Arrived::default(),
        _ => insert(&mut transaction, &table, options, &counted)?,
    };
    transaction.commit().while_doing("committing")?;
    Ok(LoadReport {
        table: table.relation.name.clone(),
        created: !made.is_empty(),
        read: counted.rows,
        inserted: arrived.inserted,
        different: arrived.different,
        partitions,
        cut_times: counted.cut,
        note: (counted.rows > 0).then(|| table.on_ids_of_the_server(options, &counted.given)).flatten(),
    })
}

/// The SQL that [`load`] would run for rows like the first ones. Nothing is changed.
///
/// # Errors
/// As [`load`], as far as they show in the first rows.
pub fn load_sql(
    connection: &mut Connection,
    options: &LoadOptions,
    first: Option<&LoadBatch>,
) -> Result<Vec<String>> {
    // Everything made here is rolled back.
    let mut transaction = begin(connection)?;
    let (table, mut statements) = prepare(&mut transaction, options, first.map(|first| &first.rows))?;
    statements.push(table.staging_sql());
    statements.push(table.copy_sql());
    let given = match first {
        Some(first) => {
            let mapping = Mapping::new(first.rows.schema_ref(), &table, options, &first.file)?;
            mapping.sources.iter().map(|source| *source != mapping::Source::Nothing).collect()
        }
        None => vec![true; table.columns.len()],
    };
    let arrival = arrival(&table, options, &given);
    statements.extend(arrival.without_copies);
    statements.push(arrival.insert);
    statements.extend(arrival.indexes);
    statements.extend(arrival.lost);
    Ok(statements)
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>> {
    let mut transaction = connection.transaction().while_doing("beginning a transaction")?;
    check_writable(&mut transaction)?;
    // Months begin in UTC, wherever the server stands.
    run(&mut transaction, "SET LOCAL timezone = 'UTC'", "setting the time zone")?;
    Ok(transaction)
}

fn run(client: &mut impl GenericClient, sql: &str, doing: &str) -> Result<()> {
    client.batch_execute(sql).while_doing(doing)
}

/// Finds the table, or makes it if it may, and returns the statements that made it.
fn prepare(
    client: &mut impl GenericClient,
    options: &LoadOptions,
    first: Option<&RecordBatch>,
) -> Result<(EventsTable, Vec<String>)> {
    let mut made = Vec::new();
    let relation = match find(client, &options.table)? {
        Some(relation) => relation,
        None if options.create_table => {
            let options = &LoadOptions { table: placed(client, &options.table)?, ..options.clone() };
            let schema_exists = match options.table.schema() {
                Some(schema) => schema_comment(client, schema)?.is_some(),
                None => true,
            };
            made = create::statements(options, schema_exists, first);
            for statement in &made {
                run(client, statement, &format!("making {}", options.table))?;
            }
            require(client, &options.table, "table")?
        }
        None => match require(client, &options.table, "table") {
            Ok(relation) => relation,
            Err(PgError::Refused(why)) => {
                return Err(PgError::refused(message![why, "; ", Remedy::CreateTable, " makes it"]));
            }
            Err(error) => return Err(error),
        },
    };
    let mut table = EventsTable::read(client, relation, options)?;
    table.is_new = !made.is_empty();
    Ok((table, made))
}

/// The name with the schema in which a new table of that name is made.
fn placed(client: &mut impl GenericClient, table: &TableName) -> Result<TableName> {
    if table.schema().is_some() {
        return Ok(table.clone());
    }
    let first = format!("SELECT ({})[1]::text", session_schemas());
    let row = client.query_one(&first, &[]).while_doing("asking for the search path")?;
    match row.get::<_, Option<&str>>(0).map(|schema| TableName::new(schema, table.name())) {
        Some(Ok(table)) => Ok(table),
        Some(Err(error)) => Err(PgError::refused(error.to_string())),
        None => Err(PgError::refused(format!(
            "no schema of the search path is there to make {table} in; name the table with its schema"
        ))),
    }
}

fn copy<E>(
    transaction: &mut Transaction<'_>,
    table: &EventsTable,
    options: &LoadOptions,
    rows: impl Iterator<Item = Result<LoadBatch, E>>,
) -> Result<Counted, LoadError<E>> {
    let writer = transaction.copy_in(&table.copy_sql()).while_doing("beginning to copy events")?;
    let mut copy = Copy::begin(table, options, writer);
    let mut mapped: Option<(SchemaRef, Arc<str>, Mapping)> = None;
    for batch in rows {
        let LoadBatch { file, rows } = batch.map_err(LoadError::Rows)?;
        let schema = rows.schema();
        let mapping = match mapped.take() {
            Some((known, of, mapping)) if of == file && known == schema => mapping,
            _ => Mapping::new(&schema, table, options, &file)?,
        };
        copy.write(&file, &rows, &mapping)?;
        mapped = Some((schema, file, mapping));
    }
    Ok(copy.finish()?)
}

//! Events into real tables.

mod conflicts;
mod failures;
mod generated;
mod ids;
mod names;
mod partitions;
mod types;

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use spectrum_core::SessionDefinition;
use spectrum_postgres::{
    Connection, LoadBatch, LoadError, LoadOptions, LoadReport, OnConflict, PgError, Server, load,
};
use spectrum_sql::{DEFAULT_EVENTS, TableName};
use spectrum_testkit::PrivatePostgres;

/// A database of a test's own.
pub(crate) struct Database {
    pub(crate) connection: Connection,
}

impl Database {
    pub(crate) fn new(name: &str) -> Self {
        let server = PrivatePostgres::shared().unwrap();
        server.run_script(&format!("CREATE DATABASE {name};")).unwrap();
        Self::connected(name)
    }

    /// Another connection to the same database.
    pub(crate) fn another(&mut self) -> Self {
        Self::connected(&self.rows("SELECT current_database()")[0])
    }

    fn connected(name: &str) -> Self {
        let server = PrivatePostgres::shared().unwrap();
        let url = format!("host={} user=spectrum dbname={name}", server.socket_folder().display());
        let connection = Server::resolve(Some(&url), |_| None).unwrap().connect("spectrum load").unwrap();
        Self { connection }
    }

    pub(crate) fn run(&mut self, sql: &str) {
        self.connection.batch_execute(&in_public(sql)).unwrap();
    }

    /// The rows of a query, each column as text, `-` for NULL, with a bar between.
    pub(crate) fn rows(&mut self, sql: &str) -> Vec<String> {
        let messages = self.connection.simple_query(&in_public(sql)).unwrap();
        let rows = messages.iter().filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => {
                let texts: Vec<&str> = (0..row.len()).map(|at| row.get(at).unwrap_or("-")).collect();
                Some(texts.join("|"))
            }
            _ => None,
        });
        rows.collect()
    }

    pub(crate) fn count(&mut self, table: &str) -> String {
        self.rows(&format!("SELECT count(*) FROM {table}")).remove(0)
    }

    pub(crate) fn load(&mut self, options: &LoadOptions, batches: &[RecordBatch]) -> LoadReport {
        self.try_load(options, batches).unwrap()
    }

    pub(crate) fn try_load(
        &mut self,
        options: &LoadOptions,
        batches: &[RecordBatch],
    ) -> Result<LoadReport, PgError> {
        let rows = batches
            .iter()
            .map(|rows| Ok::<_, Infallible>(LoadBatch { file: "events".into(), rows: rows.clone() }));
        load(&mut self.connection, options, rows, &mut |_| ()).map_err(|error| match error {
            LoadError::Database(error) => error,
            LoadError::Rows(impossible) => match impossible {},
        })
    }

    /// Loads files that have names of their own.
    pub(crate) fn load_files(&mut self, options: &LoadOptions, files: &[(&str, &RecordBatch)]) -> LoadReport {
        let rows = files.iter().map(|(file, rows)| {
            Ok::<_, Infallible>(LoadBatch { file: (*file).into(), rows: (*rows).clone() })
        });
        load(&mut self.connection, options, rows, &mut |_| ()).unwrap()
    }

    /// The error of a load that must leave everything as it was.
    pub(crate) fn refuses(&mut self, options: &LoadOptions, batches: &[RecordBatch]) -> String {
        let error = self.try_load(options, batches).unwrap_err();
        assert!(matches!(error, PgError::Refused(_)), "{error:?}");
        error.to_string()
    }
}

/// SQL under the path that psql would have; Spectrum's connections have another one.
fn in_public(sql: &str) -> String {
    format!("SET search_path = public; {sql}; SET search_path = pg_catalog, pg_temp")
}

/// The default definition and table.
pub(crate) fn options() -> LoadOptions {
    with(DEFAULT_EVENTS, SessionDefinition::default())
}

pub(crate) fn with(table: &str, definition: SessionDefinition) -> LoadOptions {
    LoadOptions {
        table: TableName::parse(table).unwrap(),
        definition,
        create_table: false,
        properties: "properties".into(),
        ignored: HashSet::new(),
        on_conflict: OnConflict::Skip,
        makes_event_ids: false,
        time_unit: None,
    }
}

pub(crate) fn creating() -> LoadOptions {
    LoadOptions { create_table: true, ..options() }
}

pub(crate) fn uuid(number: u64) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

pub(crate) fn texts<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

/// Events of one user, each an id and an hour after the beginning of 2026.
pub(crate) fn events(ids_and_hours: &[(u64, i64)]) -> RecordBatch {
    let ids: Vec<String> = ids_and_hours.iter().map(|(id, _)| uuid(*id)).collect();
    let same = uuid(7);
    let times = ids_and_hours.iter().map(|(_, hour)| 1_767_225_600_000_000 + hour * 3_600_000_000);
    RecordBatch::try_from_iter([
        ("event_id", texts(ids.iter().map(|id| Some(id.as_str())))),
        ("user_id", texts(ids.iter().map(|_| Some(same.as_str())))),
        ("account_id", texts(ids.iter().map(|_| Some(same.as_str())))),
        (
            "occurred_at",
            Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC")) as ArrayRef,
        ),
    ])
    .unwrap()
}

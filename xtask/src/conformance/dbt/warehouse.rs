//! Where dbt makes the models, and dbt itself.

use anyhow::{Result, bail};
use spectrum_sql::dialect::Dialect;
use spectrum_testkit::engines::{Python, Worker};
use spectrum_testkit::{Case, Labelled, PostgresEngine, PrivatePostgres};

use super::project::{Project, SCHEMA};
use crate::conformance::engines::native;
use crate::conformance::sql::EVENTS;
use crate::conformance::subject::{SummaryRow, summary_columns, summary_in_postgres, told_in_one_form};

/// An adapter that is run.
pub(super) struct Adapter {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) dialect: Dialect,
    /// What dbt calls the database, and the schema that holds the events.
    pub(super) database: &'static str,
    pub(super) schema: &'static str,
}

pub(super) static ADAPTERS: [Adapter; 2] = [
    Adapter {
        name: "duckdb",
        title: "dbt on DuckDB",
        dialect: Dialect::Duckdb,
        database: "shop",
        schema: "main",
    },
    Adapter {
        name: "postgres",
        title: "dbt on PostgreSQL",
        dialect: Dialect::Postgres,
        database: "postgres",
        schema: "public",
    },
];

pub(super) struct Warehouse<'a> {
    worker: Worker,
    /// PostgreSQL; otherwise the worker holds DuckDB.
    server: Option<&'a PrivatePostgres>,
}

impl<'a> Warehouse<'a> {
    /// Starts dbt in the project and installs the package there.
    pub(super) fn start(
        adapter: &Adapter,
        python: &Python,
        project: &Project,
        server: &'a PrivatePostgres,
    ) -> Result<Self> {
        let (folder, database) = (project.folder().to_string_lossy(), project.database());
        let database = database.to_string_lossy();
        let server = (adapter.name == "postgres").then_some(server);
        let arguments: &[&str] = if server.is_some() { &[&folder] } else { &[&folder, &database] };
        let warehouse = Self { worker: Worker::start(python, "worker_with_dbt.py", arguments)?, server };
        warehouse.run(&["deps"])?;
        Ok(warehouse)
    }

    /// dbt's version.
    pub(super) fn version(&self) -> &str {
        self.worker.version()
    }

    /// Runs dbt.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<()> {
        self.worker.dbt(arguments)
    }

    /// Puts these events in the place of those that were there.
    pub(super) fn load(&self, case: &Case) -> Result<()> {
        match self.server {
            Some(server) => {
                let table = PostgresEngine::new(server).table_script(case, EVENTS)?;
                let clear = format!("DROP VIEW IF EXISTS sessions; DROP TABLE IF EXISTS {EVENTS};\n");
                server.run_script(&format!("SET client_min_messages = warning;\n{clear}{table}"))?;
                Ok(())
            }
            None => {
                let casts = case.columns.iter().map(|column| native(Dialect::Duckdb, &column.ty));
                self.worker.load(&case.columns, &case.batch(), &casts.collect::<Result<Vec<_>>>()?)
            }
        }
    }

    /// The rows of a model of sessions.
    pub(super) fn sessions(&self, case: &Case, model: &str) -> Result<Vec<Labelled>> {
        let event_id = &case.definition.event_id;
        let name = spectrum_sql::identifier(event_id);
        let rows = match self.server {
            Some(server) => server
                .query(&format!("SELECT {name}::text, session_id, session_seq FROM {SCHEMA}.{model}"))?,
            None => {
                let sql = format!("SELECT {name}, session_id, session_seq FROM {SCHEMA}.{model}");
                self.worker.query(&sql, &[event_id, "session_id", "session_seq"])?
            }
        };
        let label = |row: Vec<Option<String>>| match <[_; 3]>::try_from(row) {
            Ok([Some(event_id), session_id, Some(seq)]) => {
                Ok(Labelled { event_id, session_id, session_seq: Some(seq.parse()?), started_by: None })
            }
            other => bail!("a row without event id or number: {other:?}"),
        };
        rows.into_iter().map(label).collect()
    }

    /// The rows of a model with rules beyond the gap, by which an event may belong to no session.
    pub(super) fn ruled_sessions(&self, case: &Case, model: &str) -> Result<Vec<Labelled>> {
        let event_id = &case.definition.event_id;
        let (name, others) =
            (spectrum_sql::identifier(event_id), ["session_id", "session_seq", "started_by"]);
        let from = format!("{} FROM {SCHEMA}.{model}", others.join(", "));
        let rows = match self.server {
            Some(server) => server.query(&format!("SELECT {name}::text, {from}"))?,
            None => self
                .worker
                .query(&format!("SELECT {name}, {from}"), &[&[event_id.as_str()], &others[..]].concat())?,
        };
        let label = |row: Vec<Option<String>>| match <[_; 4]>::try_from(row) {
            Ok([Some(event_id), session_id, seq, started_by]) => {
                let session_seq = seq.map(|seq| seq.parse()).transpose()?;
                Ok(Labelled { event_id, session_id, session_seq, started_by })
            }
            other => bail!("a row without event id: {other:?}"),
        };
        rows.into_iter().map(label).collect()
    }

    /// The rows of the model `session_summary`.
    pub(super) fn summary(&self, case: &Case) -> Result<Vec<SummaryRow>> {
        self.summary_in(case, "session_summary")
    }

    /// The rows of another model that is a summary.
    pub(super) fn summary_in(&self, case: &Case, model: &str) -> Result<Vec<SummaryRow>> {
        let from = format!("{SCHEMA}.{model}");
        let rows = match self.server {
            Some(server) => server.query(&format!("SELECT {} FROM {from}", summary_in_postgres(case)?)),
            None => {
                let names = summary_columns(case)?;
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                self.worker.query(&format!("SELECT * FROM {from}"), &names)
            }
        };
        told_in_one_form(case, rows?)
    }

    /// Makes the number of an event's session wrong.
    pub(super) fn falsify(&self, event_id: &str) -> Result<()> {
        let literal = spectrum_sql::literal(event_id);
        self.execute(&format!(
            "UPDATE {SCHEMA}.sessions SET session_seq = session_seq + 1000 WHERE event_id = {literal}"
        ))
    }

    /// Runs a statement in the database itself.
    pub(super) fn execute(&self, sql: &str) -> Result<()> {
        match self.server {
            Some(server) => server.run_script(sql).map(drop),
            None => self.worker.query(sql, &[]).map(drop),
        }
    }
}

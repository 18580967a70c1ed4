//! An engine that answers.

use anyhow::{Context, Result, anyhow, bail};
use spectrum_testkit::engines::{Python, Worker};
use spectrum_testkit::{Case, Labelled, PostgresEngine, PrivatePostgres};

use super::engines::{Engine, How};
use super::sql::{self, EVENTS, SESSIONS};

/// A running engine.
pub(super) struct Subject<'a> {
    pub(super) engine: &'static Engine,
    runner: Runner<'a>,
}

enum Runner<'a> {
    Server(&'a PrivatePostgres),
    Worker(Worker),
}

/// A row of the per-session relation: session_id, session_seq, started_at, ended_at, events, first_event_id and
/// last_event_id, under rules started_by, and what the summary tells in one form; times in nanoseconds since 1970, and numbers as
/// they are.
pub(super) type SummaryRow = Vec<Option<String>>;

/// The columns of a [`SummaryRow`].
pub(super) fn summary_columns(case: &Case) -> Result<Vec<String>> {
    let mut columns = vec![
        "session_id",
        "session_seq",
        "started_at",
        "ended_at",
        "events",
        "first_event_id",
        "last_event_id",
    ];
    columns.extend(is_ruled(case).then_some("started_by"));
    let told = case.definition.summary.columns()?.into_iter().map(|column| column.name);
    Ok(columns.into_iter().map(str::to_owned).chain(told).collect())
}

/// Whether relations tell why a session began.
pub(super) fn is_ruled(case: &Case) -> bool {
    sql::definition(case).is_ok_and(|definition| !definition.rule().is_plain_gap())
}

impl<'a> Subject<'a> {
    /// Starts the engine; PostgreSQL runs already.
    pub(super) fn start(
        engine: &'static Engine,
        python: &Python,
        server: &'a PrivatePostgres,
    ) -> Result<Self> {
        let runner = match engine.how {
            How::Server => Runner::Server(server),
            How::Worker { script, .. } => {
                Runner::Worker(Worker::start(python, script, &[]).with_context(|| {
                    format!("{} does not start; --without {} leaves it out", engine.title(), engine.name)
                })?)
            }
            How::Parsed { .. } => bail!("{} does not run here", engine.title()),
        };
        Ok(Self { engine, runner })
    }

    /// Another PostgreSQL than the one that says what is right.
    pub(super) fn other_server(engine: &'static Engine, server: &'a PrivatePostgres) -> Self {
        Self { engine, runner: Runner::Server(server) }
    }

    /// The engine's version, as it says.
    pub(super) fn version(&self) -> Result<String> {
        match &self.runner {
            Runner::Worker(worker) => Ok(worker.version().to_owned()),
            Runner::Server(server) => {
                let rows = server.query("SELECT split_part(current_setting('server_version'), ' ', 1)")?;
                rows.into_iter().flatten().next().flatten().context("PostgreSQL tells no version")
            }
        }
    }

    /// Gives the engine the events of a case.
    pub(super) fn load(&self, case: &Case) -> Result<()> {
        match &self.runner {
            Runner::Server(server) => {
                let table = PostgresEngine::new(server).table_script(case, EVENTS)?;
                let clear = format!("DROP VIEW IF EXISTS {SESSIONS}; DROP TABLE IF EXISTS {EVENTS};\n");
                server.run_script(&format!("SET client_min_messages = warning;\n{clear}{table}"))?;
                Ok(())
            }
            Runner::Worker(worker) => {
                let native =
                    |ty| (self.engine.native)(ty).map(|native| native.cast).map_err(anyhow::Error::msg);
                let casts =
                    case.columns.iter().map(|column| native(&column.ty)).collect::<Result<Vec<_>>>()?;
                worker.load(&case.columns, &case.batch(), &casts)
            }
        }
    }

    /// The events of the case that was loaded with their sessions.
    pub(super) fn sessions(&self, case: &Case) -> Result<Vec<Labelled>> {
        let sql = sql::numbered_sessions(self.engine, &sql::definition(case)?, case)?;
        let event_id = &case.definition.event_id;
        let mut columns = vec!["session_id", "session_seq"];
        columns.extend(is_ruled(case).then_some("started_by"));
        let rows = match &self.runner {
            Runner::Worker(worker) => {
                worker.query(&sql, &[&[event_id.as_str()], columns.as_slice()].concat())
            }
            Runner::Server(server) => {
                let (event_id, columns) = (spectrum_sql::identifier(event_id), columns.join(", "));
                server.query(&format!("SELECT {event_id}::text, {columns} FROM (\n{sql}) AS labelled"))
            }
        };
        let label = |row: Vec<Option<String>>| {
            let mut values = row.into_iter();
            let mut next = || values.next().flatten();
            let event_id = next().context("a row without event id")?;
            // Under rules an event may belong to no session.
            let (session_id, session_seq, started_by) = (next(), next(), next());
            let session_seq = session_seq.map(|seq| seq.parse()).transpose()?;
            Ok(Labelled { event_id, session_seq, session_id, started_by })
        };
        rows.map_err(|error| with_sql(&error, &sql))?.into_iter().map(label).collect()
    }

    /// The per-session relation over the sessions of the case that was loaded.
    pub(super) fn summary(&self, case: &Case) -> Result<Vec<SummaryRow>> {
        let definition = sql::definition(case)?;
        let sessions = sql::sessions(self.engine, &definition, case)?;
        match &self.runner {
            Runner::Worker(worker) => {
                worker.view(SESSIONS, &sessions).map_err(|error| with_sql(&error, &sessions))?;
            }
            Runner::Server(server) => {
                server.run_script(&format!("CREATE VIEW {SESSIONS} AS\n{sessions};"))?;
            }
        }
        self.summary_rows(case, &sql::summary(self.engine, &definition, case)?)
    }

    /// The per-session relation over the events of the case that was loaded.
    pub(super) fn summary_of_events(&self, case: &Case) -> Result<Vec<SummaryRow>> {
        self.summary_rows(case, &sql::summary_of_events(self.engine, &sql::definition(case)?, case)?)
    }

    fn summary_rows(&self, case: &Case, summary: &str) -> Result<Vec<SummaryRow>> {
        let names = summary_columns(case)?;
        let rows = match &self.runner {
            Runner::Worker(worker) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                worker.query(summary, &names)
            }
            Runner::Server(server) => {
                server.query(&format!("SELECT {} FROM (\n{summary}) AS summary", summary_in_postgres(case)?))
            }
        };
        told_in_one_form(case, rows.map_err(|error| with_sql(&error, summary))?)
    }
}

/// The rows with what they tell at their ends in the form in which it is compared.
pub(super) fn told_in_one_form(case: &Case, mut rows: Vec<SummaryRow>) -> Result<Vec<SummaryRow>> {
    let told = case.definition.summary.columns()?;
    for row in &mut rows {
        let before = row.len() - told.len();
        for (column, value) in told.iter().zip(row.iter_mut().skip(before)) {
            *value = case.told_in_one_form(column, value.as_deref())?;
        }
    }
    Ok(rows)
}

/// PostgreSQL's expressions that give a [`SummaryRow`].
pub(super) fn summary_in_postgres(case: &Case) -> Result<String> {
    let names = summary_columns(case)?;
    let columns = names.iter().map(|name| match name.as_str() {
        "started_at" | "ended_at" if case.definition.time_unit.is_none() => {
            // Of the last times of its calendar EXTRACT gives only whole hundreds of microseconds.
            let day = format!("date_trunc('day', {name})");
            let micros = |of: &str| format!("trunc(extract(epoch FROM {of}) * 1000000)");
            format!("({} + {}) * 1000", micros(&day), micros(&format!("({name} - {day})")))
        }
        name => format!("{}::text", spectrum_sql::identifier(name)),
    });
    Ok(columns.collect::<Vec<_>>().join(", "))
}

/// What an engine complained of, and of what.
fn with_sql(error: &anyhow::Error, sql: &str) -> anyhow::Error {
    let complaint = format!("{error:#}");
    // Java's causes stand below each other for pages.
    let lines: Vec<_> = complaint.lines().take(12).collect();
    anyhow!("{}\n{sql}", lines.join("\n"))
}

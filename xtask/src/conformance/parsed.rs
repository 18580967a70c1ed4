//! Reading SQL with sqlglot, in place of engines that do not run here and beside those that do.

use anyhow::{Result, anyhow, ensure};
use spectrum_testkit::Case;
use spectrum_testkit::engines::{Python, Worker};

use super::engines::{Engine, How};
use super::sql;

/// sqlglot in one dialect.
pub(super) struct Parser {
    worker: Worker,
}

impl Parser {
    pub(super) fn start(python: &Python, dialect: &str) -> Result<Self> {
        Ok(Self { worker: Worker::start(python, "sqlglot_worker.py", &[dialect])? })
    }

    pub(super) fn version(&self) -> String {
        format!("sqlglot {}", self.worker.version())
    }

    /// Reads the sessions and the summary of a case. The error tells what cannot be read, or is no function that the
    /// engine is known to have, and shows the SQL.
    pub(super) fn read(&self, engine: &Engine, case: &Case) -> Result<()> {
        let How::Parsed { known, .. } = engine.how else { return Ok(()) };
        let definition = sql::definition(case)?;
        self.read_query(&sql::sessions(engine, &definition, case)?, known)?;
        self.read_query(&sql::summary(engine, &definition, case)?, known)
    }

    /// Reads a query that may call functions which sqlglot does not know, if they are among these.
    pub(super) fn read_query(&self, sql: &str, known: &[&str]) -> Result<()> {
        let unknown = self.unknown(sql)?;
        let strange = unknown.iter().find(|name| !known.contains(&name.as_str()));
        ensure!(strange.is_none(), "no function {}\n{sql}", strange.cloned().unwrap_or_default());
        Ok(())
    }

    /// The functions of a query that sqlglot does not know.
    pub(super) fn unknown(&self, sql: &str) -> Result<Vec<String>> {
        let unknown = self.worker.query(sql, &["unknown"]).map_err(|error| anyhow!("{error:#}\n{sql}"))?;
        let unknown = unknown.into_iter().flatten().flatten().collect::<String>();
        Ok(unknown.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }
}

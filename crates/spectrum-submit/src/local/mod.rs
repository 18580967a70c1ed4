//! Engines that are a command-line program on this machine: a thin way to run where they already are.
//!
//! Each request is a process of its own, which makes the views again; nothing but the outputs lies on disk. Outputs are
//! local files, because only there is a rename at hand. The programs differ only in their [`Program`].

mod clickhouse;
mod duckdb;
mod files;
mod process;

use std::path::{Path, PathBuf};
use std::process::Command;

use spectrum_sql::dialect::Dialect;
use spectrum_sql::dialect::run::INPUT;

use crate::error::{Result, SubmitError};
use crate::find;
use crate::remedy::Remedy;
use crate::runner::{Column, CsvOptions, Destination, Found, Inputs, Observer, Runner};

use clickhouse::Clickhouse;
use duckdb::Duckdb;
use files::Files;
use process::{Process, Row};

const LOOKING: &str = "looking at the inputs";

/// Engines that are a program on this machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LocalEngine {
    /// DuckDB's `duckdb`.
    Duckdb,
    /// ClickHouse's `clickhouse local`.
    Clickhouse,
}

/// What distinguishes one engine's program from another's.
trait Program: std::fmt::Debug + Sync {
    fn dialect(&self) -> Dialect;

    /// The names that the program may have, and how to get it.
    fn names(&self) -> &'static [&'static str];
    fn how_to_get(&self) -> &'static str;

    /// The program with the arguments by which it reads a script from its standard input.
    fn command(&self, program: &Path) -> Command;

    /// The rows of the last statement of a script, from all that was printed; `None` when that is something else.
    fn rows(&self, printed: &str) -> Option<Vec<Row>>;

    /// What went wrong, from what was said on standard error; `None` when nothing did.
    fn cause(&self, succeeded: bool, said: &str) -> Option<String>;

    /// Statements that come before all others.
    fn settings(&self) -> &'static str;

    /// The query that reads the files. A program that looks at them first may find what patterns stand for.
    fn read(&self, files: &mut Files, csv: &CsvOptions, process: &Process<'_>) -> Result<String>;

    /// The statement that writes a query's rows.
    fn write(&self, sql: &str, path: &str, partition_by: Option<&str>) -> String;

    /// The query that reads what was written.
    fn read_back(&self, path: &str, partition_by: Option<&str>) -> String;
}

/// An engine's program that runs one request after another.
pub struct Local<'w> {
    engine: &'static dyn Program,
    process: Process<'w>,
    inputs: Inputs,
    /// What makes the relations known so far.
    views: String,
    written: Vec<spectrum_outputs::Output>,
    /// Where the events go, and what else is asked for. What was not requested is beside the events for a
    /// while.
    outputs: Vec<String>,
    force: bool,
}

impl<'w> Local<'w> {
    /// Finds the program, and looks at the outputs.
    ///
    /// # Errors
    /// When the program is not there, or an output exists.
    pub fn start(
        engine: LocalEngine,
        inputs: &Inputs,
        outputs: &[&str],
        force: bool,
        observer: &'w dyn Observer,
    ) -> Result<Self> {
        let engine: &'static dyn Program = match engine {
            LocalEngine::Duckdb => &Duckdb,
            LocalEngine::Clickhouse => &Clickhouse,
        };
        let title = engine.dialect().title();
        for output in outputs {
            files::check_free(title, output, force)?;
        }
        if let [a, b] = outputs
            && std::path::absolute(a).ok() == std::path::absolute(b).ok()
        {
            return Err(SubmitError::OutputTwice((*b).to_owned()));
        }
        let program = engine.names().iter().find_map(|name| find::on_path(name));
        let program = program.ok_or_else(|| SubmitError::NoProgram {
            program: engine.names()[0].into(),
            looked: " on the PATH".into(),
            remedies: vec![Remedy::Other(engine.how_to_get())],
        })?;
        Ok(Self {
            engine,
            process: Process::new(engine, program, observer),
            inputs: inputs.clone(),
            views: engine.settings().to_owned(),
            written: Vec::new(),
            outputs: outputs.iter().map(|output| (*output).to_owned()).collect(),
            force,
        })
    }

    fn ask(&self, step: &str, sql: &str) -> Result<Vec<Row>> {
        self.process.ask(step, &format!("{}{sql};\n", self.views))
    }
}

impl Runner for Local<'_> {
    fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    fn read(&mut self) -> Result<Found> {
        let mut files = files::inputs(self.dialect().title(), &self.inputs)?;
        for output in &self.outputs {
            files::check_is_no_input(output, &files.names)?;
        }
        let sql = self.engine.read(&mut files, &self.inputs.csv, &self.process)?;
        self.view(INPUT, &sql)?;
        let described = self.ask(LOOKING, &format!("DESCRIBE SELECT * FROM {INPUT}"))?;
        let columns = described.into_iter().filter_map(|row| {
            let mut values = row.into_iter().flatten();
            Some(Column { name: values.next()?, ty: values.next()? })
        });
        Ok(Found { columns: columns.collect(), format: files.format, files: files.count })
    }

    fn view(&mut self, name: &str, sql: &str) -> Result<()> {
        self.views += &format!("CREATE VIEW {name} AS\n{sql};\n");
        Ok(())
    }

    fn rows(&mut self, step: &str, sql: &str) -> Result<Vec<Row>> {
        self.ask(step, sql)
    }

    fn write(&mut self, step: &str, sql: &str, output: Destination<'_>) -> Result<()> {
        let beside = self.outputs.first().map_or("", String::as_str);
        // A folder is written where the events are partitioned, and only an empty one is ever replaced by it.
        let replaces = self.force && output.partition_by.is_none();
        let written = files::begin(output.path, beside, replaces)?;
        let path = written.path().display().to_string();
        self.written.push(written);
        self.ask(step, &self.engine.write(sql, &path, output.partition_by))?;
        self.view(output.view, &self.engine.read_back(&path, output.partition_by))
    }

    fn publish(&mut self) -> Result<()> {
        files::publish(self.dialect().title(), std::mem::take(&mut self.written), self.force)
    }
}

/// The path of a name, as the process is told, since it runs where this one does.
fn path_of(name: &str) -> PathBuf {
    std::path::absolute(name).unwrap_or_else(|_| PathBuf::from(name))
}

/// A value that was printed as JSON.
fn as_text(value: serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

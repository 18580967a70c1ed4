//! One process per engine, which lives for as long as its holder: 150 cases do not pay its start each time.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use arrow_array::RecordBatch;
use serde::Deserialize;
use serde_json::json;

use super::python::Python;
use super::table;
use crate::column::Column;

/// A running engine with one table, `events`. It ends when it is dropped, or with this process, because its standard
/// input ends then.
#[derive(Debug)]
pub struct Worker {
    version: String,
    folder: tempfile::TempDir,
    process: Child,
    /// Both ends of the talk with it; none when it has been ended.
    talk: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Version(String),
    Loaded(usize),
    Rows(Vec<Vec<Option<String>>>),
    Error(String),
}

impl Worker {
    /// Starts a script of `conformance/`. The error holds what it said when it does not start.
    pub fn start(python: &Python, script: &str, arguments: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut process = python
            .command()
            .arg(PathBuf::from("conformance").join(script))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Engines warn a lot; it is shown when one ends before it should.
            .stderr(File::create(folder.path().join("log"))?)
            .spawn()
            .with_context(|| format!("starting {script}"))?;
        let talk = process.stdin.take().zip(process.stdout.take().map(BufReader::new));
        let mut worker = Self { version: String::new(), folder, process, talk: Mutex::new(talk) };
        match worker.ask(&json!({ "version": true }))? {
            Answer::Version(version) => worker.version = version,
            other => bail!("{script} said {other:?} where it should tell its version"),
        }
        Ok(worker)
    }

    /// The engine's version, as the engine reports it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Makes the table `events` of these columns of a batch. Each becomes what the engine makes of the expression of the
    /// same place in `casts`, in which `{}` is the column as it comes by way of Arrow.
    pub fn load(&self, columns: &[Column], batch: &RecordBatch, casts: &[String]) -> Result<()> {
        let path = self.folder.path().join("events.json");
        let mut file = BufWriter::new(File::create(&path)?);
        table::write(&mut file, columns, batch, casts)?;
        file.flush()?;
        match self.ask(&json!({ "load": path }))? {
            Answer::Loaded(rows) if rows == batch.num_rows() => Ok(()),
            Answer::Error(error) => Err(anyhow!("loading the events: {error}")),
            other => bail!("loading {} events was answered by {other:?}", batch.num_rows()),
        }
    }

    /// Makes a view of a query, or replaces it.
    pub fn view(&self, name: &str, sql: &str) -> Result<()> {
        match self.ask(&json!({ "view": name, "sql": sql }))? {
            Answer::Loaded(_) => Ok(()),
            Answer::Error(error) => Err(anyhow!("{error}")),
            other => bail!("making a view was answered by {other:?}"),
        }
    }

    /// Runs dbt with these arguments, in a worker that has it. The error holds what dbt said of what failed.
    pub fn dbt(&self, arguments: &[&str]) -> Result<()> {
        match self.ask(&json!({ "dbt": arguments }))? {
            Answer::Loaded(_) => Ok(()),
            Answer::Error(error) => Err(anyhow!("dbt {}: {error}", arguments.join(" "))),
            other => bail!("dbt was answered by {other:?}"),
        }
    }

    /// The rows that a query gives, with these columns only and every value as text; NULL is `None`. Times are
    /// nanoseconds since 1970.
    pub fn query(&self, sql: &str, columns: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        match self.ask(&json!({ "sql": sql, "columns": columns }))? {
            Answer::Rows(rows) => Ok(rows),
            Answer::Error(error) => Err(anyhow!("{error}")),
            other => bail!("a query was answered by {other:?}"),
        }
    }

    /// Says a line and waits for the answer, with nobody in between.
    fn ask(&self, request: &serde_json::Value) -> Result<Answer> {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, stdout) = talk.as_mut().context("the engine was never started")?;
        // When the worker is gone, what it wrote before says more than a broken pipe.
        let said = stdin.write_all(format!("{request}\n").as_bytes());
        match said {
            Ok(()) => self.read_answer(stdout),
            Err(_) => Err(self.ended()),
        }
    }

    fn read_answer(&self, stdout: &mut BufReader<ChildStdout>) -> Result<Answer> {
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        if line.is_empty() {
            return Err(self.ended());
        }
        serde_json::from_str(&line).with_context(|| format!("an engine answered {}", line.trim_end()))
    }

    /// The end of what the worker wrote before it ended.
    fn ended(&self) -> anyhow::Error {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        anyhow!("the engine ended:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.talk.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing can be done about a failure here.
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// A worker whose interpreter is a shell that runs these lines.
    fn started(lines: &str) -> Result<Worker> {
        let root = tempfile::tempdir()?;
        let program = root.path().join("conformance/venv/bin/python");
        fs::create_dir_all(root.path().join("conformance/venv/bin"))?;
        fs::write(&program, format!("#!/bin/sh\n{lines}"))?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        Worker::start(&Python::in_folder(root.path(), "conformance/venv"), "any_worker.py", &[])
    }

    #[test]
    fn an_engine_that_does_not_start_is_quoted() {
        let error = started("echo 'no Java here' >&2").unwrap_err().to_string();
        assert_eq!(error, "the engine ended:\nno Java here");
    }

    #[test]
    fn an_error_is_the_answer_to_one_query_and_an_end_to_all_that_follow() {
        let worker = started(
            "read line; echo '{\"version\": \"7\"}'
             read line; echo '{\"error\": \"no such table\"}'
             read line; echo '{\"rows\": [[\"e1\", null]]}'
             echo 'out of memory' >&2",
        );
        let worker = worker.unwrap();
        assert_eq!(worker.version(), "7");
        let query = || worker.query("SELECT 1", &["event_id", "session_id"]);
        assert_eq!(query().unwrap_err().to_string(), "no such table");
        assert_eq!(query().unwrap(), [[Some("e1".to_owned()), None]]);
        assert_eq!(query().unwrap_err().to_string(), "the engine ended:\nout of memory");
    }
}

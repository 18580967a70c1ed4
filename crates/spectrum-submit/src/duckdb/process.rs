//! One request, one process.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::ENGINE;
use crate::error::{Result, SubmitError};
use crate::runner::Watch;

const GLANCE: Duration = Duration::from_millis(20);

pub(super) struct Process<'w> {
    program: PathBuf,
    watch: &'w dyn Watch,
}

/// A row, with its columns in their order, every value as text.
pub(super) struct Row(pub(super) Vec<(String, Option<String>)>);

impl<'w> Process<'w> {
    pub(super) fn new(program: PathBuf, watch: &'w dyn Watch) -> Self {
        Self { program, watch }
    }

    /// The rows of the last statement of a script.
    pub(super) fn ask(&self, step: &str, script: &str) -> Result<Vec<Row>> {
        self.watch.progress(step, 0, 0);
        let temporary = || tempfile::tempfile().map_err(SubmitError::io("making", "a temporary file"));
        let (mut input, mut output, mut errors) = (temporary()?, temporary()?, temporary()?);
        let starting = || SubmitError::io("starting", self.program.display().to_string());
        input.write_all(script.as_bytes()).and_then(|()| input.rewind()).map_err(starting())?;
        let shared = |file: &File| file.try_clone().map_err(starting());
        let mut child = Command::new(&self.program)
            // What the user has in ~/.duckdbrc is for people.
            .args(["-no-init", "-batch", "-bail", "-json", ":memory:"])
            .stdin(input)
            .stdout(shared(&output)?)
            .stderr(shared(&errors)?)
            .process_group(0)
            .spawn()
            .map_err(starting())?;
        let status = loop {
            match child.try_wait().map_err(starting())? {
                Some(status) => break status,
                None if self.watch.is_stopped() => {
                    // Gone already is as good.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(SubmitError::Interrupted);
                }
                None => std::thread::sleep(GLANCE),
            }
        };
        let said = text(&mut errors);
        if !status.success() || !said.trim().is_empty() {
            return Err(failed(step, &said));
        }
        let answers = text(&mut output);
        // One array a statement that gives rows; the last is the answer.
        let arrays = serde_json::Deserializer::from_str(&answers).into_iter::<Vec<Row>>();
        let mut last = Vec::new();
        for array in arrays {
            last = array.map_err(|_| SubmitError::Answer {
                engine: ENGINE,
                answer: answers.trim().chars().take(200).collect(),
            })?;
        }
        Ok(last)
    }
}

fn failed(step: &str, said: &str) -> SubmitError {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let cause = lines.next().unwrap_or("it did not say why").to_owned();
    SubmitError::Failed { engine: ENGINE, step: step.to_owned(), cause, more: String::new() }
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    // What cannot be read was not said.
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Row, A::Error> {
                let mut row = Vec::new();
                while let Some((column, value)) = map.next_entry::<String, Value>()? {
                    let value = match value {
                        Value::Null => None,
                        Value::String(text) => Some(text),
                        other => Some(other.to_string()),
                    };
                    row.push((column, value));
                }
                Ok(Row(row))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

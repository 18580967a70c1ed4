//! One request, one process.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::Program;
use crate::apart::apart;
use crate::error::{Log, Result, SubmitError};
use crate::runner::Observer;

const GLANCE: Duration = Duration::from_millis(20);

pub(super) struct Process<'w> {
    engine: &'static dyn Program,
    program: PathBuf,
    observer: &'w dyn Observer,
}

/// A row, with its columns in their order, every value as text.
pub(super) type Row = Vec<Option<String>>;

impl<'w> Process<'w> {
    pub(super) fn new(engine: &'static dyn Program, program: PathBuf, observer: &'w dyn Observer) -> Self {
        Self { engine, program, observer }
    }

    /// The rows of the last statement of a script.
    pub(super) fn ask(&self, step: &str, script: &str) -> Result<Vec<Row>> {
        self.observer.progress(step, 0, 0);
        let temporary = || tempfile::tempfile().map_err(SubmitError::io("making", "a temporary file"));
        let (mut input, mut output, mut errors) = (temporary()?, temporary()?, temporary()?);
        let starting = || SubmitError::io("starting", self.program.display().to_string());
        input.write_all(script.as_bytes()).and_then(|()| input.rewind()).map_err(starting())?;
        let shared = |file: &File| file.try_clone().map_err(starting());
        let mut command = self.engine.command(&self.program);
        command.stdin(input).stdout(shared(&output)?).stderr(shared(&errors)?);
        let mut child = apart(&mut command).spawn().map_err(starting())?;
        let status = loop {
            match child.try_wait().map_err(starting())? {
                Some(status) => break status,
                None if self.observer.is_stopped() => {
                    // Gone already is as good.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(SubmitError::Interrupted);
                }
                None => std::thread::sleep(GLANCE),
            }
        };
        let engine = self.engine.dialect().title();
        if let Some(cause) = self.engine.cause(status.success(), &text(&mut errors)) {
            let (step, log) = (step.to_owned(), Log::Told);
            return Err(SubmitError::Failed { engine, step, cause, log });
        }
        let printed = text(&mut output);
        self.engine.rows(&printed).ok_or_else(|| {
            let answer = printed.trim().chars().take(200).collect();
            SubmitError::Answer { engine, answer }
        })
    }
}

/// The first line that says something.
pub(super) fn first_line(said: &str) -> Option<&str> {
    said.lines().map(str::trim).find(|line| !line.is_empty())
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    // Output that cannot be read counts as none.
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

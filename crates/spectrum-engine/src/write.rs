//! Batches from elsewhere into a file, and text.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::Input;
use crate::output::batches::{BatchEncoder, BatchFile};
use crate::output::run_outputs::{OutputFile, RunOutputs};
use crate::output::target::Target;
use crate::parallel::in_order;
use crate::store::{LocalFiles, Store};
use crate::watch::Watch;

/// How batches are written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The format, where the target's name does not tell.
    pub to: Option<Format>,
    /// How many rows are expected, for progress; 0 if nobody knows.
    pub rows: u64,
    /// Threads to encode text on, at least one.
    pub threads: usize,
    /// Whether a file may be replaced.
    pub replace: bool,
    /// Where files lie; on this machine, unless it is said.
    pub store: Option<Arc<dyn Store>>,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { to: None, rows: 0, threads: 1, replace: false, store: None }
    }
}

/// Writes batches in their order. The file appears under its name when it is complete.
///
/// # Errors
/// When the target exists (unless it may be replaced) or cannot be written.
pub fn write_batches(
    batches: impl Iterator<Item = RecordBatch> + Send,
    schema: &SchemaRef,
    target: &Target,
    options: &WriteOptions,
    watch: &Watch,
) -> Result<()> {
    let (format, compression) = target.format(options.to)?;
    let mut outputs = RunOutputs::new(options.store.clone().unwrap_or_else(|| Arc::new(LocalFiles)));
    outputs.check(std::iter::once(target), std::iter::empty(), options.replace)?;
    let out = outputs.begin(target, options.replace)?;
    let name = out.name.clone();
    let encoder = BatchEncoder::new(format, compression);
    let mut out = BatchFile::begin(out, format, compression, schema, None)?;
    watch.begin("writing", options.rows);
    in_order(
        batches.map(Ok),
        options.threads,
        |batch| {
            let rows = batch.num_rows() as u64;
            Ok((encoder.encode(batch, &name)?, rows))
        },
        |(encoded, rows)| {
            out.write(encoded)?;
            watch.advance(rows)
        },
    )?;
    outputs.finished(out.finish()?)?;
    outputs.commit()
}

/// A text that becomes a file, once it is there.
#[derive(Debug)]
pub struct TextOutput {
    outputs: RunOutputs,
    out: OutputFile,
    left_behind: Vec<PathBuf>,
}

impl TextOutput {
    /// Begins the file, so that what keeps it from being written is known before the work and not after it.
    ///
    /// # Errors
    /// When the target is one of the inputs, exists (unless it may be replaced) or cannot be written.
    pub fn begin(target: &Target, input: &Input, replace: bool) -> Result<Self> {
        let mut outputs = RunOutputs::new(Arc::clone(&input.store));
        outputs.check(std::iter::once(target), input.paths(), replace)?;
        let left_behind = outputs.left_behind(std::iter::once(target), false)?;
        let out = outputs.begin(target, replace)?;
        Ok(Self { outputs, out, left_behind })
    }

    /// What a killed run left under hidden names of the file.
    pub fn left_behind(&self) -> &[PathBuf] {
        &self.left_behind
    }

    /// Writes all of it. Only then does the file have its name.
    ///
    /// # Errors
    /// When it cannot be written, as on a full disk.
    pub fn finish(self, text: &str) -> Result<()> {
        let Self { mut outputs, mut out, .. } = self;
        let written = out.write_all(text.as_bytes());
        written.map_err(EngineError::writing(&out.name))?;
        outputs.finished(out)?;
        outputs.commit()
    }
}

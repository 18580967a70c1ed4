//! Batches from elsewhere into a file.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::error::Result;
use crate::format::Format;
use crate::output::batches::{BatchEncoder, BatchFile};
use crate::output::run_outputs::RunOutputs;
use crate::output::target::Target;
use crate::parallel::in_order;
use crate::store::LocalFiles;
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
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { to: None, rows: 0, threads: 1, replace: false }
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
    let mut outputs = RunOutputs::new(Arc::new(LocalFiles));
    outputs.check(std::iter::once(target), std::iter::empty(), options.replace)?;
    let out = outputs.begin(target, options.replace)?;
    let name = out.name.clone();
    let encoder = BatchEncoder::new(format);
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

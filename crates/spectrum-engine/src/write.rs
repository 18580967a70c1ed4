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

/// Writes batches in their order, encoding text on `threads` threads. The file appears under its name when it
/// is complete; `rows` is how many are expected, for progress.
///
/// # Errors
/// When the target exists (unless `replace`) or cannot be written.
#[allow(clippy::too_many_arguments)]
pub fn write_batches(
    batches: impl Iterator<Item = RecordBatch> + Send,
    schema: &SchemaRef,
    target: &Target,
    to: Option<Format>,
    rows: u64,
    threads: usize,
    replace: bool,
    watch: &Watch,
) -> Result<()> {
    let (format, compression) = target.format(to)?;
    let mut outputs = RunOutputs::new(Arc::new(LocalFiles));
    outputs.check(std::iter::once(target), std::iter::empty(), replace)?;
    let out = outputs.begin(target, replace)?;
    let name = out.name.clone();
    let encoder = BatchEncoder::new(format);
    let mut out = BatchFile::begin(out, format, compression, schema, None)?;
    watch.begin("writing", rows);
    in_order(
        batches.map(Ok),
        threads,
        |batch| {
            let rows = batch.num_rows() as u64;
            Ok((encoder.encode(batch, &name)?, rows))
        },
        |(encoded, rows)| {
            out.write(encoded)?;
            watch.advance(rows)
        },
    )?;
    outputs.finished(out.finish()?);
    outputs.commit()
}

//! From one format to another: rows are decoded, get their session, and are encoded.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;

use super::{Job, SecondPass};
use crate::error::{EngineError, Result};
use crate::input::{InputFile, constant_column};
use crate::output::batches::{BatchEncoder, BatchFile};
use crate::output::run_outputs::OutputFile;
use crate::parallel::in_order;
use crate::table::{Table, TableSource};

pub(super) fn write(pass: &SecondPass<'_>, job: &Job, out: OutputFile) -> Result<OutputFile> {
    let files = pass.files(job);
    let table = Table::open(TableSource {
        files,
        format: pass.input.format,
        text: &pass.input.text,
        key: &pass.labelled.key_fields,
        time: pass.time,
        time_type: &pass.labelled.time_type,
        threads: pass.threads,
        watch: pass.watch,
    })?;
    let partition = match job.with_partition {
        true => partition_columns(files, table.schema()),
        false => Vec::new(),
    };
    let schema = output_schema(table.schema(), &partition, pass);
    let encoder = BatchEncoder::new(job.format, job.compression);
    let name = out.name.clone();
    let mut out = BatchFile::begin(out, job.format, job.compression, &schema, table.key_values())?;
    pass.watch.begin("writing", files.iter().map(|file| file.bytes).sum());
    let mut rows = 0;
    in_order(
        table.pieces(pass.parts(job)),
        pass.threads,
        |piece| {
            let (bytes, in_piece) = (piece.bytes, piece.rows.clone());
            let (file, part) = (&files[piece.file], piece.part);
            let batch = table.decode(piece)?;
            let rows = in_piece.unwrap_or(0..batch.num_rows());
            let count = batch.num_rows();
            let batch = with_sessions(pass, file, batch, part, rows, &partition, &schema)?;
            pass.lost_numbers.fetch_add(encoder.lost_numbers(&batch), Ordering::Relaxed);
            Ok((encoder.encode(batch, &name)?, count as u64, bytes))
        },
        |(encoded, count, bytes)| {
            rows += count;
            out.write(encoded)?;
            pass.watch.advance(bytes)
        },
    )?;
    let expected: u64 = pass.parts(job).map(|part| pass.sessions(part).len() as u64).sum();
    if rows != expected {
        return Err(EngineError::Changed(files[0].name.clone()));
    }
    out.finish()
}

/// Adds the partition and session columns, and leaves out events without a time.
fn with_sessions(
    pass: &SecondPass<'_>,
    file: &InputFile,
    batch: RecordBatch,
    part: usize,
    rows: std::ops::Range<usize>,
    partition: &[String],
    schema: &SchemaRef,
) -> Result<RecordBatch> {
    let cannot = |source: ArrowError| EngineError::Arrow { name: file.name.clone(), source };
    let sessions: Vec<_> = pass.labelled.sessions(part, rows).collect();
    if sessions.len() != batch.num_rows() {
        return Err(EngineError::Changed(file.name.clone()));
    }
    let kept: Vec<_> = sessions.iter().flatten().copied().collect();
    let batch = if kept.len() < sessions.len() {
        let has_time: BooleanArray = sessions.iter().map(|session| Some(session.is_some())).collect();
        filter_record_batch(&batch, &has_time).map_err(cannot)?
    } else {
        batch
    };
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    for name in partition {
        let column = constant_column(file.told_by_folder(name).flatten(), batch.num_rows());
        columns.push(arrow_cast::cast(&column, &DataType::Utf8).map_err(cannot)?);
    }
    columns.extend(pass.added.plain(&pass.labelled.resolution.sessions, &kept));
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(cannot)
}

/// Columns that come from folder names and are not in the files themselves, in the order of the first file
/// that has them.
fn partition_columns(files: &[InputFile], schema: &Schema) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in files.iter().flat_map(|file| &file.partition) {
        if !names.contains(name) && schema.field_with_name(name).is_err() {
            names.push(name.clone());
        }
    }
    names
}

fn output_schema(table: &SchemaRef, partition: &[String], pass: &SecondPass<'_>) -> SchemaRef {
    let mut fields: Vec<_> = table.fields().iter().cloned().collect();
    fields.extend(partition.iter().map(|name| Arc::new(Field::new(name, DataType::Utf8, true))));
    fields.extend(pass.added.fields());
    Arc::new(Schema::new_with_metadata(fields, table.metadata().clone()))
}

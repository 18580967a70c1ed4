//! Record batches into a file of any format.

use std::io::BufWriter;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, make_array};
use arrow_json::writer::{LineDelimited, WriterBuilder};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression as Codec;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use spectrum_core::text::uuid;

use super::csv_text;
use super::run_outputs::OutputFile;
use super::text_file::TextFile;
use super::text_times;
use crate::error::{EngineError, Result};
use crate::format::{Compression, Format};

/// Turns batches into what is written: for text formats the text itself, which any thread can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchEncoder {
    format: Format,
}

/// A batch on its way to a file.
pub(crate) enum EncodedBatch {
    Text(Vec<u8>),
    Batch(RecordBatch),
}

impl BatchEncoder {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// `name` is the file that it is for.
    pub(crate) fn encode(self, batch: RecordBatch, name: &str) -> Result<EncodedBatch> {
        if self.format != Format::Parquet {
            text_times::check(&batch, name)?;
        }
        let cannot = |source| EngineError::Arrow { name: name.to_owned(), source };
        Ok(match self.format {
            Format::Parquet => EncodedBatch::Batch(batch),
            Format::Csv(dialect) => {
                let batch = with_plain_types(&batch).map_err(cannot)?;
                EncodedBatch::Text(csv_text::lines(&batch, dialect, name)?)
            }
            Format::Ndjson => EncodedBatch::Text(ndjson_lines(&batch).map_err(cannot)?),
        })
    }
}

fn ndjson_lines(batch: &RecordBatch) -> std::result::Result<Vec<u8>, ArrowError> {
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::new());
    writer.write(&with_plain_types(batch)?)?;
    writer.finish()?;
    Ok(writer.into_inner())
}

/// A file that takes encoded batches.
pub(crate) enum BatchFile {
    Text(Box<TextFile>),
    Parquet(Box<ArrowWriter<BufWriter<OutputFile>>>, String),
}

impl BatchFile {
    /// Begins a file of batches with this schema. `key_values` is a Parquet source's own metadata.
    pub(crate) fn begin(
        file: OutputFile,
        format: Format,
        compression: Compression,
        schema: &SchemaRef,
        key_values: Option<Vec<KeyValue>>,
    ) -> Result<Self> {
        if format == Format::Parquet {
            let name = file.name.clone();
            let properties = WriterProperties::builder()
                .set_compression(Codec::SNAPPY)
                .set_key_value_metadata(key_values)
                .set_created_by(crate::CREATED_BY.to_owned())
                .build();
            let writer = ArrowWriter::try_new(
                BufWriter::with_capacity(1 << 20, file),
                Arc::clone(schema),
                Some(properties),
            );
            return Ok(Self::Parquet(Box::new(writer.map_err(|e| writing_parquet(&name, e))?), name));
        }
        let name = file.name.clone();
        let mut text = TextFile::begin(file, compression)?;
        if let Format::Csv(dialect) = format {
            text.write(&csv_text::header(schema, dialect, &name)?)?;
        }
        Ok(Self::Text(Box::new(text)))
    }

    pub(crate) fn write(&mut self, encoded: EncodedBatch) -> Result<()> {
        match (self, encoded) {
            (Self::Text(file), EncodedBatch::Text(text)) => file.write(&text),
            (Self::Parquet(writer, name), EncodedBatch::Batch(batch)) => {
                writer.write(&batch).map_err(|e| writing_parquet(name, e))
            }
            _ => Err(EngineError::Mistake("a batch was encoded for another format")),
        }
    }

    /// Writes what is still held back and gives the file back.
    pub(crate) fn finish(self) -> Result<OutputFile> {
        match self {
            Self::Text(file) => file.finish(),
            Self::Parquet(writer, name) => {
                let buffered = writer.into_inner().map_err(|e| writing_parquet(&name, e))?;
                buffered.into_inner().map_err(|e| EngineError::writing(&name)(e.into_error()))
            }
        }
    }
}

/// A failed write looks like a Parquet error with the system's reason inside.
pub(crate) fn writing_parquet(name: &str, error: parquet::errors::ParquetError) -> EngineError {
    use parquet::errors::ParquetError;

    let source = match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => *io,
            Err(other) => std::io::Error::other(other),
        },
        other => std::io::Error::other(other),
    };
    EngineError::writing(name)(source)
}

/// Text formats know neither uuids nor named zones: uuids are written as PostgreSQL writes them, and times with
/// a zone in UTC, which is how they are stored.
fn with_plain_types(batch: &RecordBatch) -> std::result::Result<RecordBatch, ArrowError> {
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let column: ArrayRef = match field.data_type() {
            DataType::FixedSizeBinary(16) => Arc::new(uuid_text(column)),
            DataType::Timestamp(unit, Some(_)) => {
                let utc = DataType::Timestamp(*unit, Some("+00:00".into()));
                make_array(column.to_data().into_builder().data_type(utc).build()?)
            }
            _ => Arc::clone(column),
        };
        fields.push(Field::new(field.name(), column.data_type().clone(), field.is_nullable()));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn uuid_text(column: &ArrayRef) -> arrow_array::StringArray {
    let uuids = column.as_fixed_size_binary();
    let mut text = StringBuilder::with_capacity(uuids.len(), uuids.len() * 36);
    for uuid in uuids.iter() {
        text.append_option(uuid.map(|uuid| uuid::text(uuid.try_into().unwrap_or_default())));
    }
    text.finish()
}

//! Record batches into a file of any format.

use std::io::BufWriter;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_json::writer::{LineDelimited, WriterBuilder};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression as Codec;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::csv_text;
use super::not_in_json;
use super::plain_types::with_plain_types;
use super::run_outputs::OutputFile;
use super::text_file::{Packed, TextFile};
use super::text_times;
use crate::error::{EngineError, OutputError, Result};
use crate::format::{Compression, Format};

/// Turns batches into what is written: for text formats the text itself, which any thread can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchEncoder {
    format: Format,
    compression: Compression,
}

/// A batch on its way to a file.
pub(crate) enum EncodedBatch {
    Text(Packed),
    Batch(RecordBatch),
}

impl BatchEncoder {
    pub(crate) fn new(format: Format, compression: Compression) -> Self {
        Self { format, compression }
    }

    /// How many numbers of a batch its format has no words for, and writes as null.
    pub(crate) fn lost_numbers(self, batch: &RecordBatch) -> u64 {
        if self.format == Format::Ndjson { not_in_json::count(batch) } else { 0 }
    }

    /// `name` is the file that it is for.
    pub(crate) fn encode(self, batch: RecordBatch, name: &str) -> Result<EncodedBatch> {
        if self.format != Format::Parquet {
            text_times::check(&batch, name)?;
        }
        let cannot = |source| EngineError::Arrow { name: name.to_owned(), source };
        let text = match self.format {
            Format::Parquet => return Ok(EncodedBatch::Batch(batch)),
            Format::Csv(dialect) => {
                let batch = with_plain_types(&batch).map_err(cannot)?;
                csv_text::lines(&batch, dialect, name)?
            }
            Format::Ndjson => ndjson_lines(&batch).map_err(cannot)?,
        };
        Ok(EncodedBatch::Text(Packed::of(text, self.compression, name)?))
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
            if let Some(field) = schema.fields().iter().find(|field| has_empty_struct(field.data_type())) {
                return Err(OutputError::EmptyStruct { column: field.name().clone(), name }.into());
            }
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
            let header = csv_text::header(schema, dialect, &name)?;
            text.write(&Packed::of(header, compression, &name)?)?;
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

fn has_empty_struct(data_type: &DataType) -> bool {
    match data_type {
        DataType::Struct(fields) => {
            fields.is_empty() || fields.iter().any(|field| has_empty_struct(field.data_type()))
        }
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => has_empty_struct(item.data_type()),
        _ => false,
    }
}

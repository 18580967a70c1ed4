//! A part of a state: a Parquet file that other tools can read, and whose content is known again.

use std::fs::{self, File};
use std::io::{self, Write};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use md5::{Digest, Md5};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use super::error::StateError;
use super::folder::Folder;
use crate::CREATED_BY;

/// Rows read at a time.
const BATCH_ROWS: usize = 65_536;

/// A file of the state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) md5: String,
}

/// The MD5 of some bytes, as text.
pub(super) fn md5(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Passes bytes on, counts them, and knows their MD5.
pub(super) struct Hashed<W> {
    inner: W,
    md5: Md5,
    bytes: u64,
}

impl<W> Hashed<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, md5: Md5::new(), bytes: 0 }
    }

    /// What is behind it, how many bytes went there, and their MD5.
    pub(super) fn finish(self) -> (W, u64, String) {
        (self.inner, self.bytes, hex(&self.md5.finalize()))
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.md5.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Part {
    /// Writes a part. It counts as soon as the manifest names it.
    pub(super) fn write(folder: &Folder, name: String, batch: &RecordBatch) -> Result<Self, StateError> {
        let path = folder.file(&name);
        let cannot = |error: parquet::errors::ParquetError| {
            StateError::io("writing", &path)(match error {
                parquet::errors::ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                    Ok(io) => *io,
                    Err(other) => io::Error::other(other),
                },
                other => io::Error::other(other),
            })
        };
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            // Most values are there once, and what is not is short.
            .set_dictionary_enabled(false)
            .set_column_compression(ColumnPath::from("session_id"), Compression::UNCOMPRESSED)
            .set_column_compression(ColumnPath::from("session_id_before"), Compression::UNCOMPRESSED)
            .set_column_compression(ColumnPath::from("key_md5"), Compression::UNCOMPRESSED)
            .build();
        let file = File::create(&path).map_err(StateError::io("writing", &path))?;
        let out = Hashed::new(io::BufWriter::with_capacity(1 << 18, file));
        let mut writer = ArrowWriter::try_new(out, batch.schema(), Some(properties)).map_err(cannot)?;
        writer.write(batch).map_err(cannot)?;
        let (buffered, bytes, md5) = writer.into_inner().map_err(cannot)?.finish();
        buffered.into_inner().map_err(|error| StateError::io("writing", &path)(error.into_error()))?;
        Ok(Self { name, rows: batch.num_rows() as u64, bytes, md5 })
    }

    /// Reads it whole, and refuses it when it is not what was written.
    pub(super) fn read(&self, folder: &Folder) -> Result<(SchemaRef, Vec<RecordBatch>), StateError> {
        let path = folder.file(&self.name);
        let content = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StateError::damaged(&path, "it is not there"),
            _ => StateError::io("reading", &path)(error),
        })?;
        if content.len() as u64 != self.bytes {
            let why = format!("it has {} bytes, and had {}", content.len(), self.bytes);
            return Err(StateError::damaged(&path, why));
        }
        if md5(&content) != self.md5 {
            return Err(StateError::damaged(&path, "its bytes are others"));
        }
        let damaged = |error: &dyn ToString| StateError::damaged(&path, error.to_string());
        let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(content))
            .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
            .map_err(|error| damaged(&error))?;
        let schema = arrow_array::RecordBatchReader::schema(&reader);
        let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|error| damaged(&error))?;
        Ok((schema, batches))
    }
}

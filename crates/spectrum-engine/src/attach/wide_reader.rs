//! Reading a source in large pieces, for copying; and telling errors of reading from errors of writing.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::error::{EngineError, Result};
use crate::parquet_file::ParquetFile;

/// Bytes copied at a time: many enough to ask the system seldom, few enough to stay in the processor's cache.
pub(super) const COPIED: usize = 1 << 18;

/// Reads a file in large pieces.
pub(super) struct WideReader {
    file: File,
    length: u64,
    failure: Arc<std::sync::Mutex<Option<io::Error>>>,
}

impl WideReader {
    pub(super) fn open(file: &ParquetFile) -> Result<Self> {
        let opened = File::open(&file.input.path).map_err(EngineError::reading(&file.input.name))?;
        Ok(Self { file: opened, length: file.input.bytes, failure: Arc::default() })
    }

    /// Why reading failed, if it did; what the writer returns does not tell the two apart.
    pub(super) fn failed(&self) -> Option<io::Error> {
        self.failure.lock().ok().and_then(|mut failure| failure.take())
    }
}

impl Length for WideReader {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for WideReader {
    type T = BufReader<Noting>;

    fn get_read(&self, start: u64) -> std::result::Result<Self::T, ParquetError> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(BufReader::with_capacity(COPIED, Noting { file, failure: Arc::clone(&self.failure) }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> std::result::Result<bytes::Bytes, ParquetError> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} on reach beyond the file")));
        }
        let mut buffer = Vec::with_capacity(length);
        let read = self.get_read(start)?.take(length as u64).read_to_end(&mut buffer)?;
        if read != length {
            return Err(ParquetError::EOF(format!("expected {length} bytes, read {read}")));
        }
        Ok(buffer.into())
    }
}

/// A file that remembers its error.
pub(super) struct Noting {
    file: File,
    failure: Arc<std::sync::Mutex<Option<io::Error>>>,
}

impl Read for Noting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer).inspect_err(|error| {
            if let Ok(mut failure) = self.failure.lock() {
                *failure = Some(io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}

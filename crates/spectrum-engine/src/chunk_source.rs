//! A file's bytes in the way in which the parquet library asks for them.

use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::error::Result;
use crate::input::InputFile;
use crate::store::{ReadOrder, Source, SourceReader, again};

/// Bytes read at a time where little is wanted: page headers, footers.
const FEW: usize = 8 << 10;

/// Bytes read at a time for copying: many enough to ask the system seldom, few enough to stay in the processor's cache.
pub(crate) const MANY: usize = 1 << 18;

/// An open file, read in pieces of some length.
#[derive(Debug)]
pub(crate) struct ChunkSource {
    source: Arc<dyn Source>,
    piece: usize,
    failure: Arc<Mutex<Option<io::Error>>>,
}

impl ChunkSource {
    /// Opens a file to decode what is in it.
    pub(crate) fn open(file: &InputFile) -> Result<Self> {
        Ok(Self { source: file.open()?, piece: FEW, failure: Arc::default() })
    }

    /// Opens a file to copy much of it.
    pub(crate) fn open_wide(file: &InputFile) -> Result<Self> {
        Ok(Self { piece: MANY, ..Self::open(file)? })
    }

    /// Says which parts are going to be read, so that what lies far away is on its way by then.
    pub(crate) fn will_read(&self, ranges: &[Range<u64>], order: ReadOrder) {
        self.source.will_read(ranges, order);
    }

    /// The same for something of this length, of which no more is read than there is.
    pub(crate) fn of_length(&self, length: usize) -> Self {
        let piece = self.piece.min(length.max(1));
        Self { source: Arc::clone(&self.source), piece, failure: Arc::clone(&self.failure) }
    }

    fn noting(&self, start: u64) -> Noting {
        let reader = SourceReader::new(Arc::clone(&self.source), start);
        Noting { reader, failure: Arc::clone(&self.failure) }
    }

    /// Why reading failed, if it did; what a writer returns does not tell reading from writing.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.failure.lock().ok().and_then(|mut failure| failure.take())
    }
}

impl Length for ChunkSource {
    fn len(&self) -> u64 {
        self.source.len()
    }
}

impl ChunkReader for ChunkSource {
    type T = BufReader<Noting>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(BufReader::with_capacity(self.piece, self.noting(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.source.len()) {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} on reach beyond the file")));
        }
        let mut buffer = Vec::with_capacity(length);
        let read = self.noting(start).take(length as u64).read_to_end(&mut buffer)?;
        if read != length {
            return Err(ParquetError::EOF(format!("expected {length} bytes, read {read}")));
        }
        Ok(buffer.into())
    }
}

/// A reader that remembers its error.
#[derive(Debug)]
pub(crate) struct Noting {
    reader: SourceReader,
    failure: Arc<Mutex<Option<io::Error>>>,
}

impl Read for Noting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).inspect_err(|error| {
            if let Ok(mut failure) = self.failure.lock() {
                *failure = Some(again(error));
            }
        })
    }
}

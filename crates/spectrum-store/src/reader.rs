//! A file from an offset on.

use std::io::{self, Read};
use std::sync::Arc;

use super::Source;

/// Reads on from an offset. Several may read one file, since none of them moves the others.
#[derive(Debug)]
pub struct SourceReader {
    source: Arc<dyn Source>,
    offset: u64,
}

impl SourceReader {
    /// Begins at an offset.
    pub fn new(source: Arc<dyn Source>, offset: u64) -> Self {
        Self { source, offset }
    }
}

impl Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read_at(self.offset, buffer)?;
        self.offset += read as u64;
        Ok(read)
    }
}

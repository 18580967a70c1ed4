//! Text files as plain bytes, whatever their compression.

use std::io::{BufReader, Read};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::InputFile;
use crate::error::{EngineError, Result};
use crate::format::Compression;
use crate::store::Source;

impl InputFile {
    /// Opens the file, whatever is in it.
    pub(crate) fn open(&self) -> Result<Arc<dyn Source>> {
        self.store.open(&self.path).map_err(EngineError::reading(&self.name))
    }

    /// A failed read of a text file: what the system does not explain is the compression's complaint.
    pub(crate) fn unreadable(&self, source: std::io::Error) -> EngineError {
        let compression = match self.compression {
            Compression::Gzip => "gzip",
            Compression::Zstd => "Zstandard",
            Compression::None => return EngineError::reading(&self.name)(source),
        };
        match source.raw_os_error() {
            Some(_) => EngineError::reading(&self.name)(source),
            None => EngineError::Compressed { name: self.name.clone(), compression, source },
        }
    }
}

/// Opens a text file and undoes its compression.
pub(crate) fn open_text(file: &InputFile) -> Result<Box<dyn Read + Send>> {
    let opened = file.open()?.stream();
    Ok(match file.compression {
        Compression::None => opened,
        // Several gzip members one after another are one file, as gzip itself has it.
        Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, opened))),
        Compression::Zstd => {
            Box::new(zstd::stream::read::Decoder::new(opened).map_err(EngineError::reading(&file.name))?)
        }
    })
}

//! Text files as plain bytes, whatever their compression.

use std::fs::File;
use std::io::{BufReader, Read};

use flate2::read::MultiGzDecoder;

use super::InputFile;
use crate::error::{EngineError, Result};
use crate::format::Compression;

impl InputFile {
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
    let opened = File::open(&file.path).map_err(EngineError::reading(&file.name))?;
    Ok(match file.compression {
        Compression::None => Box::new(opened),
        // Several gzip members one after another are one file, as gzip itself has it.
        Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, opened))),
        Compression::Zstd => {
            Box::new(zstd::stream::read::Decoder::new(opened).map_err(EngineError::reading(&file.name))?)
        }
    })
}

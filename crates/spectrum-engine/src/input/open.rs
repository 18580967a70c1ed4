//! Text files as plain bytes, whatever their compression.

use std::fs::File;
use std::io::{BufReader, Read};

use flate2::read::MultiGzDecoder;

use super::InputFile;
use crate::error::{EngineError, Result};
use crate::format::Compression;

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

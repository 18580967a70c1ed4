//! Text files as plain bytes, whatever their compression.

use std::io::{BufReader, Read};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::InputFile;
use crate::error::{EngineError, Result, TextError};
use crate::format::Compression;
use crate::store::{Source, StoreError, Version};
use crate::text::json_array::JsonLines;

impl InputFile {
    /// Opens the file, whatever is in it.
    pub(crate) fn open(&self) -> Result<Arc<dyn Source>> {
        self.store.open(&self.path).map_err(EngineError::reading(&self.name))
    }

    /// The version that it has now.
    pub(crate) fn version(&self) -> Result<Version> {
        self.store.version(&self.path).map_err(EngineError::reading(&self.name))
    }

    /// A failed read of a text file: an error that is not the system's comes from the compression.
    pub(crate) fn unreadable(&self, source: std::io::Error) -> EngineError {
        let compression = match self.compression {
            Compression::Gzip => "gzip",
            Compression::Zstd => "Zstandard",
            Compression::None => return EngineError::reading(&self.name)(source),
        };
        match source.raw_os_error() {
            None if StoreError::of(&source).is_some() => EngineError::reading(&self.name)(source),
            Some(_) => EngineError::reading(&self.name)(source),
            None => TextError::Compressed { name: self.name.clone(), compression, source }.into(),
        }
    }
}

/// Opens a text file, undoes its compression and encoding, and has a record of JSON on every line.
pub(crate) fn open_text(file: &InputFile) -> Result<Box<dyn Read + Send>> {
    let text = open_as_written(file)?;
    Ok(if file.is_json { Box::new(JsonLines::new(text)) } else { text })
}

/// The number of the line at an offset of a file's text, from 1. Reads the file again.
pub(crate) fn line_of_text(file: &InputFile, offset: u64) -> Result<u64> {
    if file.is_json {
        return JsonLines::new(open_as_written(file)?)
            .line_of(offset)
            .map_err(|error| file.unreadable(error));
    }
    let mut reader = open_as_written(file)?.take(offset);
    let mut buffer = vec![0; 1 << 18];
    let mut line = 1;
    loop {
        let read = reader.read(&mut buffer).map_err(|error| file.unreadable(error))?;
        if read == 0 {
            return Ok(line);
        }
        line += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64;
    }
}

/// A text in UTF-8, with the lines that the file has.
fn open_as_written(file: &InputFile) -> Result<Box<dyn Read + Send>> {
    let opened = file.open()?.stream();
    Ok(file.encoding.decoded(match file.compression {
        Compression::None => opened,
        // Several gzip members one after another are one file, as gzip itself has it.
        Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, opened))),
        Compression::Zstd => {
            Box::new(zstd::stream::read::Decoder::new(opened).map_err(EngineError::reading(&file.name))?)
        }
    }))
}

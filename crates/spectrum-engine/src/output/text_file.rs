//! Text outputs, compressed as their names say.

use std::io::{BufWriter, Write};

use super::gzip::{Deflated, GzipFile, deflate};
use super::run_outputs::OutputFile;
use crate::error::{EngineError, Result};
use crate::format::Compression;

/// A text output and its compression.
pub(crate) struct TextFile {
    name: String,
    encoder: Encoder,
}

/// A piece of text as its file takes it.
pub(crate) enum Packed {
    Text(Vec<u8>),
    Deflated(Deflated),
}

impl Packed {
    /// What any thread can do of the compression is done here. `name` is the file that it is for.
    pub(crate) fn of(text: Vec<u8>, compression: Compression, name: &str) -> Result<Self> {
        Ok(match compression {
            Compression::Gzip => Self::Deflated(deflate(&text).map_err(EngineError::writing(name))?),
            Compression::None | Compression::Zstd => Self::Text(text),
        })
    }
}

enum Encoder {
    Plain(BufWriter<OutputFile>),
    Gzip(GzipFile<BufWriter<OutputFile>>),
    Zstd(zstd::stream::write::Encoder<'static, BufWriter<OutputFile>>),
}

impl TextFile {
    pub(crate) fn begin(file: OutputFile, compression: Compression) -> Result<Self> {
        let name = file.name.clone();
        let file = BufWriter::with_capacity(1 << 18, file);
        let encoder = match compression {
            Compression::None => Encoder::Plain(file),
            Compression::Gzip => Encoder::Gzip(GzipFile::begin(file).map_err(EngineError::writing(&name))?),
            // 0 is zstd's own default level.
            Compression::Zstd => {
                let encoder = zstd::stream::write::Encoder::new(file, 0);
                Encoder::Zstd(encoder.map_err(EngineError::writing(&name))?)
            }
        };
        Ok(Self { name, encoder })
    }

    /// Writes a piece that was packed for this compression.
    pub(crate) fn write(&mut self, piece: &Packed) -> Result<()> {
        match (&mut self.encoder, piece) {
            (Encoder::Plain(file), Packed::Text(text)) => file.write_all(text),
            (Encoder::Zstd(file), Packed::Text(text)) => file.write_all(text),
            (Encoder::Gzip(file), Packed::Deflated(piece)) => file.write(piece),
            _ => return Err(EngineError::Mistake("a piece of text was packed for another file")),
        }
        .map_err(EngineError::writing(&self.name))
    }

    /// Writes what is still held back and gives the file back.
    pub(crate) fn finish(self) -> Result<OutputFile> {
        let name = self.name;
        let buffered = match self.encoder {
            Encoder::Plain(file) => Ok(file),
            Encoder::Gzip(file) => file.finish(),
            Encoder::Zstd(file) => file.finish(),
        }
        .map_err(EngineError::writing(&name))?;
        buffered.into_inner().map_err(|e| EngineError::writing(&name)(e.into_error()))
    }
}

//! Text outputs, compressed as their names say.

use std::io::{BufWriter, Write};

use flate2::write::GzEncoder;

use super::run_outputs::OutputFile;
use crate::error::{EngineError, Result};
use crate::format::Compression;

/// A text output and its compression.
pub(crate) struct TextFile {
    name: String,
    encoder: Encoder,
}

enum Encoder {
    Plain(BufWriter<OutputFile>),
    Gzip(GzEncoder<BufWriter<OutputFile>>),
    Zstd(zstd::stream::write::Encoder<'static, BufWriter<OutputFile>>),
}

impl TextFile {
    pub(crate) fn begin(file: OutputFile, compression: Compression) -> Result<Self> {
        let name = file.name.clone();
        let file = BufWriter::with_capacity(1 << 18, file);
        let encoder = match compression {
            Compression::None => Encoder::Plain(file),
            Compression::Gzip => Encoder::Gzip(GzEncoder::new(file, flate2::Compression::new(6))),
            // 0 is zstd's own default level.
            Compression::Zstd => {
                let encoder = zstd::stream::write::Encoder::new(file, 0);
                Encoder::Zstd(encoder.map_err(EngineError::writing(&name))?)
            }
        };
        Ok(Self { name, encoder })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.encoder {
            Encoder::Plain(file) => file.write_all(bytes),
            Encoder::Gzip(file) => file.write_all(bytes),
            Encoder::Zstd(file) => file.write_all(bytes),
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

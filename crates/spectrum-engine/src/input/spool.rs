//! Standard input as a temporary file, because a run reads its input twice.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

use tempfile::TempDir;

use super::InputFile;
use crate::error::{EngineError, Result};
use crate::format::{Compression, Format};

/// Copies standard input. Compressed text is recognised by its first bytes, since there is no name to tell.
pub(super) fn standard_input(from: Option<Format>) -> Result<(InputFile, Format, TempDir)> {
    let name = "standard input";
    let format = from.ok_or_else(|| EngineError::UnknownFormat { name: name.into(), flag: "--from" })?;
    let folder = tempfile::Builder::new()
        .prefix("spectrum-")
        .tempdir()
        .map_err(EngineError::writing("a temporary folder (set TMPDIR to choose where)"))?;
    let path = folder.path().join("stdin");
    let mut copy = File::create(&path).map_err(EngineError::writing(path.display().to_string()))?;
    let mut stdin = std::io::stdin().lock();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    let mut head = Vec::new();
    loop {
        let read = stdin.read(&mut buffer).map_err(EngineError::reading(name))?;
        if read == 0 {
            break;
        }
        if head.len() < 4 {
            head.extend_from_slice(&buffer[..read.min(4)]);
        }
        copy.write_all(&buffer[..read]).map_err(EngineError::writing(path.display().to_string()))?;
        bytes += read as u64;
    }
    let compression = match format {
        Format::Parquet => Compression::None,
        _ if head.starts_with(&[0x1f, 0x8b]) => Compression::Gzip,
        _ if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => Compression::Zstd,
        _ => Compression::None,
    };
    let file = InputFile {
        path,
        name: name.into(),
        compression,
        bytes,
        relative: PathBuf::from("stdin"),
        partition: Vec::new(),
    };
    Ok((file, format, folder))
}

//! What a file's first bytes say of it: endings are given by people, and downloads lose or keep them as they like.

use std::io::Read;

use super::{InputFile, open_text};
use crate::error::{EngineError, FoundFormat, InputError, Result};
use crate::format::{Compression, Format};
use crate::parallel::in_order;
use crate::watch::Watch;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const ZIP: &[u8] = b"PK\x03\x04";
const PARQUET: &[u8] = b"PAR1";
const ARROW: &[u8] = b"ARROW1";

/// How many files elsewhere are looked at together, since each answer takes a while.
const AT_ONCE: usize = 32;

/// Settles the same for all files.
pub(super) fn all(mut files: Vec<InputFile>, format: Format, watch: &Watch) -> Result<Vec<InputFile>> {
    if !files.iter().any(|file| file.store.is_elsewhere(&file.path)) {
        files.iter_mut().try_for_each(|file| recognize(file, format))?;
        return Ok(files);
    }
    let mut recognized = Vec::with_capacity(files.len());
    in_order(
        files.into_iter().map(Ok),
        AT_ONCE,
        |mut file| recognize(&mut file, format).map(|()| file),
        |file| {
            recognized.push(file);
            watch.advance(0)
        },
    )?;
    Ok(recognized)
}

/// Settles how a file is compressed and whether its JSON is one object a line, and refuses what is of another format.
pub(super) fn recognize(file: &mut InputFile, format: Format) -> Result<()> {
    let mut head = [0; 8];
    let read = file.open()?.read_at(0, &mut head).map_err(EngineError::reading(&file.name))?;
    let begins_with = |bytes: &[u8]| head[..read].starts_with(bytes);
    let found = match format {
        _ if begins_with(ZIP) => Some(FoundFormat::Zip),
        _ if begins_with(ARROW) => Some(FoundFormat::Arrow),
        Format::Parquet if begins_with(GZIP) => Some(FoundFormat::Gzip),
        Format::Parquet if begins_with(ZSTD) => Some(FoundFormat::Zstd),
        Format::Parquet => None,
        _ => begins_with(PARQUET).then_some(FoundFormat::Parquet),
    };
    if let Some(found) = found {
        return Err(
            InputError::OtherFormat { name: file.name.clone(), found, format: format.to_string() }.into()
        );
    }
    if format == Format::Parquet {
        return Ok(());
    }
    if begins_with(GZIP) {
        file.compression = Compression::Gzip;
    } else if begins_with(ZSTD) {
        file.compression = Compression::Zstd;
    }
    if format == Format::Ndjson {
        file.is_json = has_json_ending(file) || begins_an_array(file)?;
    }
    Ok(())
}

fn has_json_ending(file: &InputFile) -> bool {
    let name = file.name.to_ascii_lowercase();
    Compression::of_name(&name).0.ends_with(".json")
}

/// Whether the first thing in a text is an array. Of one that cannot be read, whoever reads it says why.
fn begins_an_array(file: &InputFile) -> Result<bool> {
    let mut text = Vec::new();
    if open_text(file)?.take(1 << 12).read_to_end(&mut text).is_err() {
        return Ok(false);
    }
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
    Ok(text.trim_ascii_start().first() == Some(&b'['))
}

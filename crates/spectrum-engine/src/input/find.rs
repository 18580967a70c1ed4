//! From what the user named to files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;

use super::{InputFile, partition};
use crate::error::{EngineError, Result};
use crate::format::{Compression, Format};
use crate::store::{Kind, Store};
use crate::text::encoding::Encoding;

/// All files that `names` mean and their one format. `from` overrides what names tell.
pub(super) fn files(
    store: &Arc<dyn Store>,
    names: &[String],
    from: Option<Format>,
) -> Result<(Vec<InputFile>, Format)> {
    if names.is_empty() {
        return Err(EngineError::NoInput);
    }
    let mut found = Vec::new();
    for name in names {
        let path = Path::new(name);
        let kind = store.kind(path);
        if kind == Kind::Folder {
            found.extend(below(&**store, path, name, usize::MAX, |file| known(file, from))?);
        } else if kind != Kind::Nothing {
            let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
            found.push((path.to_path_buf(), relative));
        } else if name == "-" {
            return Err(EngineError::StandardInputAmongOthers);
        } else if name.contains(['*', '?', '[', '{']) {
            found.extend(matching(&**store, name, from)?);
        } else {
            return Err(EngineError::NoSuchFile(path.to_path_buf()));
        }
    }
    let mut seen = HashSet::new();
    let mut files: Vec<InputFile> = Vec::with_capacity(found.len());
    let mut first: Option<Format> = None;
    for (path, relative) in found {
        if store.kind(&path) == Kind::Other {
            return Err(EngineError::NotAFile(path));
        }
        let reading = || EngineError::reading(path.display().to_string());
        let bytes = store.length(&path).map_err(reading())?;
        let real = store.real_name(&path).map_err(reading())?;
        if !seen.insert(real) {
            return Err(EngineError::NamedTwice(path));
        }
        let (format, compression) = format_of(&path, from)?;
        match first {
            Some(other) if other != format => {
                return Err(EngineError::MixedFormats {
                    a: files[0].path.clone(),
                    a_format: other.to_string(),
                    b: path,
                    b_format: format.to_string(),
                });
            }
            _ => first = Some(format),
        }
        let partition = partition::of_path(&path);
        files.push(InputFile {
            store: Arc::clone(store),
            name: path.display().to_string(),
            path,
            compression,
            bytes,
            relative,
            partition,
            encoding: Encoding::Utf8,
            is_json: false,
        });
    }
    let format = first.ok_or(EngineError::NoInput)?;
    Ok((files, format))
}

fn format_of(path: &Path, from: Option<Format>) -> Result<(Format, Compression)> {
    if let Some(format) = from {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
        return Ok((format, Compression::of_name(&name).1));
    }
    Format::of_input(path).ok_or_else(|| EngineError::UnknownInputFormat(path.display().to_string()))
}

fn known(path: &Path, from: Option<Format>) -> bool {
    from.is_some() || Format::of_input(path).is_some()
}

/// The wanted files below a folder, at most `depth` folders deep, by path, each with its place below the folder.
fn below(
    store: &dyn Store,
    folder: &Path,
    name: &str,
    depth: usize,
    wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<(PathBuf, PathBuf)>> {
    let listed = store.list(folder, depth).map_err(|source| EngineError::Io {
        action: "listing",
        name: folder.display().to_string(),
        source,
    })?;
    let files: Vec<_> = listed
        .into_iter()
        .filter(|file| wanted(file))
        .map(|file| {
            let relative = file.strip_prefix(folder).unwrap_or(&file).to_path_buf();
            (file, relative)
        })
        .collect();
    if files.is_empty() { Err(EngineError::NoMatch(name.to_owned())) } else { Ok(files) }
}

/// Files that a pattern matches, by path.
fn matching(store: &dyn Store, pattern: &str, from: Option<Format>) -> Result<Vec<(PathBuf, PathBuf)>> {
    let malformed = |error: globset::Error| EngineError::Pattern {
        pattern: pattern.to_owned(),
        problem: error.kind().to_string(),
    };
    let matcher =
        GlobBuilder::new(pattern).literal_separator(true).build().map_err(malformed)?.compile_matcher();
    // Walk from the last folder before the first wildcard.
    let fixed: PathBuf = Path::new(pattern)
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']))
        .collect();
    let root = if fixed.as_os_str().is_empty() { PathBuf::from(".") } else { fixed.clone() };
    if store.kind(&root) != Kind::Folder {
        return Err(EngineError::NoMatch(pattern.to_owned()));
    }
    let written = |file: &Path| match fixed.as_os_str().is_empty() {
        true => file.strip_prefix(".").unwrap_or(file).to_path_buf(),
        false => file.to_path_buf(),
    };
    // No deeper than the pattern reaches: `*.csv` in a home folder must not visit all of it.
    let depth = if pattern.contains("**") {
        usize::MAX
    } else {
        Path::new(pattern).components().count() - fixed.components().count()
    };
    let files =
        below(store, &root, pattern, depth, |file| matcher.is_match(written(file)) && known(file, from))?;
    Ok(files.into_iter().map(|(file, relative)| (written(&file), relative)).collect())
}

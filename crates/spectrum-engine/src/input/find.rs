//! From what the user named to files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use super::{InputFile, partition};
use crate::error::{EngineError, Result};
use crate::format::{Compression, Format};

/// All files that `names` mean and their one format. `from` overrides what names tell.
pub(super) fn files(names: &[String], from: Option<Format>) -> Result<(Vec<InputFile>, Format)> {
    if names.is_empty() {
        return Err(EngineError::NoInput);
    }
    let mut found = Vec::new();
    for name in names {
        let path = Path::new(name);
        if path.is_dir() {
            found.extend(below(path, name, usize::MAX, |file| known(file, from))?);
        } else if path.exists() {
            let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
            found.push((path.to_path_buf(), relative));
        } else if name == "-" {
            return Err(EngineError::Unsupported(
                "- (standard input) cannot be read together with other inputs; name only one of them".into(),
            ));
        } else if name.contains(['*', '?', '[', '{']) {
            found.extend(matching(name, from)?);
        } else {
            return Err(EngineError::NoSuchFile(path.to_path_buf()));
        }
    }
    let mut seen = HashSet::new();
    let mut files: Vec<InputFile> = Vec::with_capacity(found.len());
    let mut first: Option<Format> = None;
    for (path, relative) in found {
        let metadata = path.metadata().map_err(EngineError::reading(path.display().to_string()))?;
        if !metadata.is_file() {
            return Err(EngineError::NotAFile(path));
        }
        let real = path.canonicalize().map_err(EngineError::reading(path.display().to_string()))?;
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
        let bytes = metadata.len();
        let partition = partition::of_path(&path);
        files.push(InputFile {
            name: path.display().to_string(),
            path,
            compression,
            bytes,
            relative,
            partition,
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
    Format::of_path(path)
        .ok_or_else(|| EngineError::UnknownFormat { name: path.display().to_string(), flag: "--from" })
}

fn known(path: &Path, from: Option<Format>) -> bool {
    from.is_some() || Format::of_path(path).is_some()
}

/// Files below a folder, at most `depth` folders deep, by path. Names that begin with `.` or `_` are other programs' bookkeeping.
fn below(
    folder: &Path,
    name: &str,
    depth: usize,
    wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<(PathBuf, PathBuf)>> {
    let visible = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_str().is_some_and(|name| name.starts_with(['.', '_']))
    };
    let mut files = Vec::new();
    let walk = WalkDir::new(folder).max_depth(depth).follow_links(true).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(visible) {
        let entry = entry.map_err(|error| EngineError::Io {
            action: "listing",
            name: folder.display().to_string(),
            source: error.into(),
        })?;
        if entry.file_type().is_file() && wanted(entry.path()) {
            let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_path_buf();
            files.push((entry.path().to_path_buf(), relative));
        }
    }
    if files.is_empty() { Err(EngineError::NoMatch(name.to_owned())) } else { Ok(files) }
}

/// Files that a pattern matches, by path.
fn matching(pattern: &str, from: Option<Format>) -> Result<Vec<(PathBuf, PathBuf)>> {
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
    if !root.is_dir() {
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
    let files = below(&root, pattern, depth, |file| matcher.is_match(written(file)) && known(file, from))?;
    Ok(files.into_iter().map(|(file, relative)| (written(&file), relative)).collect())
}

//! Local files: which are meant, and how outputs get their names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::path_of;
use crate::error::{Result, SubmitError};
use crate::runner::{InputFormat, Inputs};

/// What a program is to read.
pub(super) struct Files {
    /// Files, and patterns as the program knows them.
    pub(super) names: Vec<String>,
    /// The format of all.
    pub(super) format: InputFormat,
    /// How many there are, as far as patterns tell.
    pub(super) count: u64,
}

/// The files that the names stand for, without what lies behind patterns.
pub(super) fn inputs(engine: &str, inputs: &Inputs) -> Result<Files> {
    let (mut names, mut formats, mut count) = (Vec::new(), Vec::new(), 0);
    for name in &inputs.names {
        if name == "-" {
            let message = format!("- (standard input) cannot be read by {engine}; name files");
            return Err(SubmitError::Refused(message));
        }
        let path = Path::new(name);
        if path.is_dir() {
            let mut found = Vec::new();
            below(path, &mut found)?;
            found.retain(|file| inputs.format.is_some() || format_of(file).is_some());
            if found.is_empty() {
                return Err(SubmitError::NoMatch(name.clone()));
            }
            found.sort();
            count += found.len() as u64;
            formats.extend(found.iter().filter_map(|file| format_of(file)));
            names.extend(found.iter().map(|file| path_of(&file.display().to_string()).display().to_string()));
        } else if path.exists() || name.contains(['*', '?', '[']) || name.contains("://") {
            count += 1;
            formats.extend(format_of(path));
            names.push(name.clone());
        } else {
            return Err(SubmitError::NoSuchInput(name.clone()));
        }
    }
    let first = inputs.format.or_else(|| formats.first().copied());
    match first {
        None => Err(SubmitError::NoMatch(inputs.names.join(", "))),
        Some(first) if inputs.format.is_none() && formats.iter().any(|format| *format != first) => {
            Err(SubmitError::MixedFormats(inputs.names.join(" and ")))
        }
        Some(format) => Ok(Files { names, format, count }),
    }
}

/// Files below a folder; names that begin with . or _ are bookkeeping.
fn below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let listing = || SubmitError::io("listing", folder.display().to_string());
    for entry in fs::read_dir(folder).map_err(listing())? {
        let path = entry.map_err(listing())?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
        if is_hidden {
            continue;
        }
        if path.is_dir() { below(&path, found)? } else { found.push(path) }
    }
    Ok(())
}

fn format_of(path: &Path) -> Option<InputFormat> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match plain.rsplit('.').next()? {
        "parquet" | "pq" | "parq" => Some(InputFormat::Parquet),
        "csv" => Some(InputFormat::Csv),
        "tsv" => Some(InputFormat::Tsv),
        "ndjson" | "jsonl" => Some(InputFormat::Ndjson),
        _ => None,
    }
}

/// Refuses what cannot be written to, and what is there already.
pub(super) fn check_free(engine: &str, output: &str, force: bool) -> Result<()> {
    if output == "-" || output.contains("://") {
        return Err(SubmitError::Refused(format!(
            "{output} cannot be written aside and renamed by {engine}; name a local file"
        )));
    }
    let path = Path::new(output);
    if path.is_dir() && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(SubmitError::Refused(format!("{output} is a folder that is not empty; name another")));
    }
    if path.is_file() && !force {
        return Err(SubmitError::Refused(format!("{output} exists; say --force to replace it")));
    }
    Ok(())
}

/// Refuses to replace what is read. A pattern may mean all that lies below the folder before its first wildcard.
pub(super) fn check_is_no_input(output: &str, inputs: &[String]) -> Result<()> {
    let Ok(output_at) = fs::canonicalize(output) else { return Ok(()) };
    let is_wild = |part: &&str| part.contains(['*', '?', '[']);
    for input in inputs {
        let fixed: Vec<&str> = input.split('/').take_while(|part| !is_wild(part)).collect();
        let fixed = match fixed.join("/") {
            fixed if fixed.is_empty() && !input.starts_with('/') => ".".to_owned(),
            fixed => fixed,
        };
        if fs::canonicalize(fixed).is_ok_and(|input| output_at.starts_with(input)) {
            return Err(SubmitError::OutputIsInput(output.to_owned()));
        }
    }
    Ok(())
}

/// An output under its temporary name, which goes away with this.
pub(super) struct Aside {
    pub(super) path: PathBuf,
    target: Option<PathBuf>,
}

impl Aside {
    /// A name beside the target, or beside another output when nobody asked for this one.
    pub(super) fn new(target: Option<&str>, beside: &str) -> Result<Self> {
        let called = target.unwrap_or(beside);
        let near = path_of(called);
        let target = target.map(path_of);
        let folder = near.parent().unwrap_or(Path::new("/"));
        let name = near.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let named = tempfile::Builder::new().prefix(&format!(".{name}.spectrum-")).tempfile_in(folder);
        let named = named.map_err(|error| SubmitError::io("writing", called)(without_path(&error)))?;
        // Only the name is wanted: it is a folder for some outputs.
        let path = named.path().to_path_buf();
        drop(named);
        Ok(Self { path, target })
    }
}

/// tempfile adds the temporary name to the system's reason; nobody knows a file by that name.
fn without_path(error: &io::Error) -> io::Error {
    let reason = error.to_string();
    io::Error::new(error.kind(), reason.split(" at path ").next().unwrap_or_default().to_owned())
}

impl Drop for Aside {
    fn drop(&mut self) {
        // It has its name by now, or it never came to be.
        let _ = if self.path.is_dir() { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) };
    }
}

/// Gives all outputs their names; when one cannot have it, none has.
pub(super) fn publish(engine: &str, aside: &mut [Aside], force: bool) -> Result<()> {
    let targets = || aside.iter().filter_map(|aside| Some((&aside.path, aside.target.as_ref()?)));
    for (_, target) in targets() {
        check_free(engine, &target.display().to_string(), force)?;
    }
    let mut named: Vec<(&PathBuf, &PathBuf)> = Vec::new();
    for (path, target) in targets() {
        if let Err(error) = fs::rename(path, target) {
            for (path, target) in named {
                // As it was before, as far as that goes.
                let _ = fs::rename(target, path);
            }
            return Err(SubmitError::io("writing", target.display().to_string())(error));
        }
        named.push((path, target));
    }
    Ok(())
}

//! Local files: which are meant, and how outputs get their names.

use std::fs;
use std::path::{Path, PathBuf};

use spectrum_outputs::{CommitError, Output, commit};

use super::path_of;
use crate::error::{Result, SubmitError};
use crate::runner::{InputFormat, Inputs};

/// What a program is to read.
pub(super) struct Files {
    /// Files, and patterns as the program knows them.
    pub(super) names: Vec<String>,
    /// The format of all.
    pub(super) format: InputFormat,
    /// How many there are, as far as patterns show.
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
    if let Some(table) = delta_table_around(path) {
        return Err(SubmitError::Refused(format!(
            "{output} lies in the folder of the Delta table {}, whose cleanup, as by a vacuum, deletes files that its log does \
             not name; name an output outside of it",
            table.display()
        )));
    }
    if path.is_file() && !force {
        return Err(SubmitError::FileExists(output.to_owned()));
    }
    Ok(())
}

/// The folder of the Delta table that a file lies in, or below. The file, and folders above it, may be yet to be made.
fn delta_table_around(file: &Path) -> Option<PathBuf> {
    let real = |folder: &Path| {
        fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()
    };
    let folder = file.ancestors().skip(1).find_map(real)?;
    folder.ancestors().find(|folder| folder.join("_delta_log").exists()).map(Path::to_path_buf)
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

/// An output under a hidden name, beside the requested one or, if it was not requested, beside another.
pub(super) fn begin(asked: Option<&str>, beside: &str, replaces: bool) -> Result<Output> {
    let called = asked.unwrap_or(beside);
    let name = path_of(called);
    let output = match asked {
        Some(_) => Output::of_a_program(&name, replaces),
        None => Output::for_the_way(&name),
    };
    output.map_err(SubmitError::io("writing", called))
}

/// Gives all outputs their names; when one cannot have it, none has.
pub(super) fn publish(engine: &str, outputs: Vec<Output>, force: bool) -> Result<()> {
    for name in outputs.iter().filter_map(Output::name) {
        check_free(engine, &name.display().to_string(), force)?;
    }
    commit(outputs).map_err(|error| match error {
        CommitError::Taken { name } => SubmitError::FileExists(name.display().to_string()),
        CommitError::Refused { name, source } => {
            SubmitError::io("writing", name.display().to_string())(source)
        }
        CommitError::NotPutBack(error) => SubmitError::NotPutBack(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_into_the_folder_of_a_delta_table() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        fs::create_dir_all(real.join("t/_delta_log")).unwrap();
        let check = |name: &str| check_free("DuckDB", &real.join(name).display().to_string(), true);
        for name in ["t/out.parquet", "t/new/deep/out.parquet"] {
            let said = check(name).unwrap_err().to_string();
            let start = format!("{0}/{name} lies in the folder of the Delta table {0}/t, ", real.display());
            assert!(said.contains(&start), "{said}");
        }
        check("out.parquet").unwrap();
    }

    /// The second output is a file, and its name that of an empty folder.
    #[test]
    fn when_one_output_cannot_have_its_name_all_is_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("old.parquet"), "precious").unwrap();
        fs::create_dir(path("folder")).unwrap();
        let outputs = ["old.parquet", "folder"].map(|name| begin(Some(&path(name)), "", true).unwrap());
        for output in &outputs {
            fs::write(output.path(), "fresh").unwrap();
        }
        let error = publish("DuckDB", outputs.into(), true).unwrap_err();
        let SubmitError::Io { action: "writing", name, source } = error else { panic!("{error}") };
        assert_eq!((name, source.kind()), (path("folder"), std::io::ErrorKind::IsADirectory));
        assert_eq!(fs::read_to_string(path("old.parquet")).unwrap(), "precious");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }
}

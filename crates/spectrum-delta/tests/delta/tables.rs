//! The tables, copies of them, and runs over them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use spectrum_core::{IdScheme, SessionDefinition};
use spectrum_delta::At;
use spectrum_engine::store::{LocalFiles, Store};
use spectrum_engine::{EngineError, Input, InputOptions, RunOptions, RunReport, Target, Watch};
use tempfile::TempDir;

pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

pub(crate) fn definition() -> SessionDefinition {
    SessionDefinition::builder()
        .key(["user_id", "account_id"])
        .time("occurred_at")
        .id(IdScheme::Encoded)
        .build()
        .unwrap()
}

pub(crate) fn table(folder: &Path, at: At) -> Result<Input, Box<dyn std::error::Error>> {
    let store: Arc<dyn Store> = Arc::new(LocalFiles);
    Ok(Input::of_lake_table(spectrum_delta::read(&store, folder, at)?, &InputOptions::default())?)
}

/// The rows that a table holds, as the file beside it has them.
pub(crate) fn expected(name: &str) -> Input {
    let path = data(&format!("{name}.parquet")).display().to_string();
    Input::find(&[path], &InputOptions::default(), &Watch::default()).unwrap()
}

/// Runs into a file of a folder.
pub(crate) fn run_into(
    input: &Input,
    folder: &Path,
    name: &str,
) -> Result<(RunReport, PathBuf), EngineError> {
    let out = folder.join(name);
    let mut options = RunOptions::new(Target::File(out.clone()));
    options.with_sequence = true;
    options.threads = 2;
    Ok((spectrum_engine::run(input, &definition(), &options, &Watch::default())?, out))
}

/// The header of the events with their sessions as CSV, then the rows, in an order of their own.
pub(crate) fn lines(input: &Input) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let (_, out) = run_into(input, folder.path(), "out.csv").unwrap();
    let text = fs::read_to_string(out).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[1..].sort();
    lines
}

/// A copy of a table that may be broken.
pub(crate) struct Copy(pub(crate) TempDir);

impl Copy {
    pub(crate) fn of(name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        copy(&data(name), &folder.path().join("t"));
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        // Without a slash at the end.
        if name.is_empty() { self.0.path().join("t") } else { self.0.path().join("t").join(name) }
    }

    pub(crate) fn log(&self, version: u64) -> PathBuf {
        self.path(&format!("_delta_log/{version:020}.json"))
    }

    /// Replaces a text in a commit, which must be there.
    pub(crate) fn edit(&self, version: u64, from: &str, to: &str) {
        let text = fs::read_to_string(self.log(version)).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(self.log(version), text.replacen(from, to, 1)).unwrap();
    }

    /// What reading says, with its reasons, and with the folder's own name left out.
    pub(crate) fn refusal(&self, at: At) -> String {
        let error = table(&self.path(""), at).map(drop).unwrap_err();
        self.said(&*error)
    }

    pub(crate) fn said(&self, error: &dyn std::error::Error) -> String {
        let mut said = error.to_string();
        let mut cause = error.source();
        while let Some(source) = cause {
            said = format!("{said}: {source}");
            cause = source.source();
        }
        let real = self.0.path().canonicalize().unwrap();
        said.replace(&format!("{}/", real.display()), "")
            .replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

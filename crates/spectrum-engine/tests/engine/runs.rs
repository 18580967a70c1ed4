//! A run in a folder of its own, and what came of it.

use std::error::Error;
use std::path::PathBuf;

use spectrum_core::{IdScheme, SessionDefinition};
use spectrum_engine::{EngineError, Input, InputOptions, RunOptions, RunReport, Target, Watch, run};
use tempfile::TempDir;

/// A temporary folder with inputs and outputs.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// Every file below the folder, by name.
    pub(crate) fn files(&self) -> Vec<String> {
        let root = self.0.path();
        let mut found = Vec::new();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()),
                }
            }
        }
        found.sort();
        found
    }

    /// A run of `input`, which is a path or pattern in this folder, to `output` in this folder.
    pub(crate) fn run(&self, input: &str, output: &str) -> Run {
        let mut options = RunOptions::new(Target::File(self.path(output)));
        options.threads = 2;
        options.with_sequence = true;
        Run {
            inputs: vec![self.path(input).to_str().unwrap().to_owned()],
            input: InputOptions::default(),
            definition: SessionDefinition::default(),
            options,
        }
    }
}

/// What is to be run; adjust its parts and call [`Run::done`].
pub(crate) struct Run {
    pub(crate) inputs: Vec<String>,
    pub(crate) input: InputOptions,
    pub(crate) definition: SessionDefinition,
    pub(crate) options: RunOptions,
}

impl Run {
    pub(crate) fn input_options(mut self, adjust: impl FnOnce(&mut InputOptions)) -> Self {
        adjust(&mut self.input);
        self
    }

    pub(crate) fn definition(self, definition: SessionDefinition) -> Self {
        Self { definition, ..self }
    }

    pub(crate) fn options(mut self, adjust: impl FnOnce(&mut RunOptions)) -> Self {
        adjust(&mut self.options);
        self
    }

    pub(crate) fn key<const N: usize>(mut self, columns: [&str; N]) -> Self {
        self.definition = self.definition.to_builder().key(columns).build().unwrap();
        self
    }

    pub(crate) fn time(mut self, column: &str) -> Self {
        self.definition = self.definition.to_builder().time(column).build().unwrap();
        self
    }

    pub(crate) fn gap(mut self, gap: &str) -> Self {
        self.definition = self.definition.to_builder().gap(gap.parse().unwrap()).build().unwrap();
        self
    }

    pub(crate) fn id(mut self, scheme: IdScheme) -> Self {
        self.definition = self.definition.to_builder().id(scheme).build().unwrap();
        self
    }

    pub(crate) fn sessions(mut self, path: PathBuf) -> Self {
        self.options.sessions = Some(Target::File(path));
        self
    }

    /// The report of a run that must succeed.
    pub(crate) fn done(self) -> RunReport {
        self.result().unwrap_or_else(|message| panic!("{message}"))
    }

    /// The message of a run that must fail.
    pub(crate) fn refusal(self) -> String {
        self.result().expect_err("this must be refused")
    }

    /// The report, or the message with its remedies and causes.
    pub(crate) fn result(self) -> Result<RunReport, String> {
        let watch = Watch::default();
        let input = Input::find(&self.inputs, &self.input, &watch).map_err(with_causes)?;
        run(&input, &self.definition, &self.options, &watch).map_err(with_causes)
    }
}

fn with_causes(error: EngineError) -> String {
    let mut text = error.to_string();
    let remedies: Vec<String> = error.remedies().iter().map(ToString::to_string).collect();
    if !remedies.is_empty() {
        text.push_str("; ");
        text.push_str(&remedies.join(", or "));
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

//! Inputs that are taken as they come: of several formats, and without those that cannot be read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Input, InputOptions, find, recognize};
use crate::error::{EngineError, InputError, Result};
use crate::format::Format;
use crate::store::Kind;

/// What there is to read.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct InputsApart {
    /// An input for the files of each format.
    pub inputs: Vec<Input>,
    /// Files that are not what they are called, or cannot be opened, and why.
    pub bad: Vec<(PathBuf, EngineError)>,
}

impl Input {
    /// Finds the files that `names` mean and that are not left out by `takes`: those of each format apart, and those that are
    /// bad by themselves. Nothing is as good as something. Files that are gone when they are looked at are left out.
    ///
    /// # Errors
    /// When a name cannot mean a file.
    pub fn find_apart(
        names: &[String],
        options: &InputOptions,
        takes: impl Fn(&Path) -> bool,
    ) -> Result<InputsApart> {
        let store = options.store();
        let found = match find::all_files(&store, names, options.from) {
            Err(EngineError::Input(InputError::NoMatch(_))) => return Ok(InputsApart::default()),
            found => found?.files,
        };
        let mut apart = InputsApart::default();
        let mut by_format: BTreeMap<String, Input> = BTreeMap::new();
        for file in found {
            let (mut file, format) = match file {
                Ok(found) => found,
                Err((path, _)) if matches!(store.kind(&path), Ok(Kind::Nothing)) => continue,
                Err((path, error)) => {
                    if takes(&path) {
                        apart.bad.push((path, error));
                    }
                    continue;
                }
            };
            let is_settled = options.settle.is_none_or(|settle| store.is_settled(&file.path, settle));
            if !is_settled || !takes(&file.path) {
                continue;
            }
            let format = match format {
                Format::Csv(by_name) => Format::Csv(options.text.dialect.reading(by_name)),
                format => format,
            };
            file.encoding = options.text.encoding;
            if let Err(error) = recognize::recognize(&mut file, format) {
                apart.bad.push((file.path, error));
                continue;
            }
            let input = by_format.entry(format.to_string()).or_insert_with(|| Input {
                files: Vec::new(),
                format,
                text: options.text.clone(),
                usual_times: options.usual_times,
                null_key: options.null_key,
                store: Arc::clone(&store),
                is_stdin: false,
                left_out: BTreeMap::new(),
                version: None,
            });
            input.files.push(file);
        }
        apart.inputs = by_format.into_values().collect();
        Ok(apart)
    }

    /// The first half of the files, and the others.
    pub fn halves(mut self) -> (Self, Self) {
        let files = self.files.split_off(self.files.len().div_ceil(2));
        let rest = Self {
            files,
            format: self.format,
            text: self.text.clone(),
            usual_times: self.usual_times,
            null_key: self.null_key,
            store: Arc::clone(&self.store),
            is_stdin: self.is_stdin,
            left_out: BTreeMap::new(),
            version: None,
        };
        (self, rest)
    }
}

impl EngineError {
    /// Whether it is about the files that were read or what is made of them, so that other files may do.
    pub fn is_of_files(&self) -> bool {
        match self {
            Self::State(error) => error.is_of_files(),
            Self::Io { action, .. } => *action == "reading",
            Self::Input(_)
            | Self::Output(_)
            | Self::AddedColumn(_)
            | Self::Text(_)
            | Self::Parquet(_)
            | Self::Column(_)
            | Self::GivenType(_)
            | Self::Key(_)
            | Self::Time(_)
            | Self::Rule(_)
            | Self::EventId(_)
            | Self::Arrow { .. }
            | Self::Label(_)
            | Self::Collisions(_)
            | Self::Changed(_) => true,
            _ => false,
        }
    }
}

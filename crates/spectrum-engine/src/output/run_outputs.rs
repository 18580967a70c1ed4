//! The outputs of a run. They are written under a hidden name beside their own and get their names together when all is
//! complete; whatever happens until then, what was there before stays, and nothing half-written is left.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use spectrum_outputs::{CommitError, Output, commit_or_keep};

use super::target::Target;
use crate::error::{EngineError, OutputError, Result};
use crate::input::TableFolders;
use crate::store::{Complete, Kind, Passing, Sink, Store, scheme};

/// All outputs of a run, checked before anything is read.
#[derive(Debug)]
pub(crate) struct RunOutputs {
    store: Arc<dyn Store>,
    finished: Vec<Finished>,
    new_folders: Vec<PathBuf>,
}

/// One output while it is written.
#[derive(Debug)]
pub(crate) struct OutputFile {
    sink: Box<dyn Sink>,
    pub(crate) name: String,
}

/// An output that is complete and waits for the others.
#[derive(Debug)]
struct Finished {
    name: String,
    complete: Complete,
}

impl RunOutputs {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, finished: Vec::new(), new_folders: Vec::new() }
    }

    /// Refuses targets that would overwrite an input, each other, or (unless `replace`) anything, or lie in a table's folder.
    pub(crate) fn check<'p>(
        &self,
        targets: impl Iterator<Item = &'p Target>,
        inputs: impl Iterator<Item = &'p Path>,
        replace: bool,
    ) -> Result<()> {
        let real = |path: &Path| self.store.real_name(path).ok();
        let inputs: Vec<PathBuf> = inputs.filter_map(real).collect();
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut tables = TableFolders::default();
        for target in targets {
            let Target::File(path) = target else { continue };
            if scheme(path).is_some() && !self.store.is_elsewhere(path) {
                return Err(OutputError::NotReached(path.clone()).into());
            }
            if real(path).is_some_and(|path| inputs.contains(&path)) {
                return Err(OutputError::OutputIsInput(path.clone()).into());
            }
            let resolved = self.resolved(path);
            if seen.contains(&resolved) {
                return Err(OutputError::OutputTwice(path.clone()).into());
            }
            if !self.store.is_elsewhere(path)
                && let Some((folder, kind)) = tables.around(&*self.store, &resolved)
            {
                return Err(OutputError::WithinTable { output: path.clone(), folder, kind }.into());
            }
            if !replace && self.kind(path)? == Kind::File {
                return Err(OutputError::OutputExists(path.clone()).into());
            }
            seen.push(resolved);
        }
        Ok(())
    }

    /// What a killed run left under hidden names of these targets. Unless it is to be removed, it is returned.
    pub(crate) fn left_behind<'p>(
        &self,
        targets: impl Iterator<Item = &'p Target>,
        remove: bool,
    ) -> Result<Vec<PathBuf>> {
        let paths: Vec<PathBuf> = targets
            .filter_map(|target| match target {
                Target::File(path) => Some(self.resolved(path)),
                Target::Stdout => None,
            })
            .collect();
        let first = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        let found = self.store.left_behind(&paths);
        let found = found.map_err(EngineError::of_store("looking for uploads to", first))?;
        if !remove {
            return Ok(found);
        }
        for path in found {
            self.store.remove_left_behind(&path).map_err(|source| EngineError::Io {
                action: "removing",
                name: path.display().to_string(),
                source,
            })?;
        }
        Ok(Vec::new())
    }

    /// Begins an output. Folders that are missing are made, and taken away again when the run fails.
    pub(crate) fn begin(&mut self, target: &Target, replace: bool) -> Result<OutputFile> {
        let name = target.name();
        let path = match target {
            Target::Stdout => return Ok(OutputFile { sink: Box::new(Passing(io::stdout())), name }),
            Target::File(path) => path,
        };
        // An object stands beside what has its name as a prefix, and whether it may be there was asked before.
        let kind = if self.store.is_elsewhere(path) { Kind::Nothing } else { self.kind(path)? };
        let path = match kind {
            Kind::Folder => return Err(OutputError::OutputIsFolder(name).into()),
            Kind::Other => path.clone(),
            // A symbolic link keeps its place; what it points to is replaced.
            Kind::File | Kind::Nothing => self.resolved(path),
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.make_folders(folder)?;
        let sink = self.store.create(&path, replace).map_err(EngineError::writing(&name))?;
        Ok(OutputFile { sink, name })
    }

    fn kind(&self, path: &Path) -> Result<Kind> {
        self.store.kind(path).map_err(EngineError::writing(path.display().to_string()))
    }

    fn make_folders(&mut self, folder: &Path) -> Result<()> {
        if self.store.is_elsewhere(folder) {
            return Ok(());
        }
        let is_missing = |folder: &Path| matches!(self.store.kind(folder), Ok(Kind::Nothing));
        let ancestors = folder.ancestors().take_while(|f| !f.as_os_str().is_empty() && is_missing(f));
        let missing: Vec<_> = ancestors.collect();
        for folder in missing.into_iter().rev() {
            let made = self.store.create_folder(folder);
            made.map_err(EngineError::writing(folder.display().to_string()))?;
            self.new_folders.push(folder.to_path_buf());
        }
        Ok(())
    }

    /// Keeps an output that was written to its end. It is closed: a folder may have more files than a process can hold
    /// open.
    pub(crate) fn finished(&mut self, file: OutputFile) -> Result<()> {
        let OutputFile { sink, name } = file;
        let complete = sink.complete().map_err(EngineError::writing(&name))?;
        self.finished.push(Finished { name, complete });
        Ok(())
    }

    /// The outputs that are complete: where each lies, the name that it will have, and whether it may replace a file.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = (PathBuf, PathBuf, bool)> {
        self.finished.iter().filter_map(|Finished { complete, .. }| match complete {
            Complete::Hidden(output) => {
                Some((self.resolved(output.path()), self.resolved(output.name()?), output.may_replace()))
            }
            Complete::Elsewhere(_) | Complete::Passed => None,
        })
    }

    /// Gives all finished outputs their names, or none of them.
    pub(crate) fn commit(self) -> Result<()> {
        self.commit_or(|| Ok(()))
    }

    /// The same. If none can have its name, `take_back` is called while they still lie under their hidden names, and they go
    /// only if it succeeds.
    pub(crate) fn commit_or(mut self, take_back: impl FnOnce() -> Result<()>) -> Result<()> {
        let (mut hidden, mut elsewhere, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for Finished { name, complete } in std::mem::take(&mut self.finished) {
            match complete {
                Complete::Hidden(output) => {
                    names.push((output.name().map(Path::to_owned), name));
                    hidden.push(output);
                }
                Complete::Elsewhere(output) => {
                    names.push((Some(output.name().to_owned()), name));
                    elsewhere.push(output);
                }
                Complete::Passed => {}
            }
        }
        if let Err(error) = commit_or_keep(&hidden, &mut elsewhere) {
            if let Err(failed) = take_back() {
                self.new_folders.clear();
                hidden.into_iter().for_each(Output::leave);
                return Err(failed);
            }
            drop(hidden);
            return Err(match error {
                CommitError::Taken { name } => EngineError::from(OutputError::OutputExists(name)),
                CommitError::Refused { name: path, source } => {
                    let called = names.into_iter().find(|(of, _)| of.as_ref() == Some(&path));
                    let called = called.map_or_else(|| path.display().to_string(), |(_, name)| name);
                    EngineError::writing(called)(source)
                }
                CommitError::NotPutBack(error) => EngineError::NotPutBack(error),
            });
        }
        self.new_folders.clear();
        Ok(())
    }

    /// The path with links followed, also where the file itself is not there yet.
    fn resolved(&self, path: &Path) -> PathBuf {
        if let Ok(real) = self.store.real_name(path) {
            return real;
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match (self.store.real_name(folder), path.file_name()) {
            (Ok(folder), Some(name)) => folder.join(name),
            _ => path.to_path_buf(),
        }
    }
}

impl Drop for RunOutputs {
    fn drop(&mut self) {
        self.finished.clear();
        for folder in self.new_folders.iter().rev() {
            // Not empty means that someone else uses it by now.
            let _ = self.store.remove_folder(folder);
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::LocalFiles;

    /// The second output finds a folder in its way when it is to get its name.
    #[test]
    fn when_one_output_cannot_have_its_name_all_is_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("old.csv"), "precious").unwrap();
        let mut outputs = RunOutputs::new(Arc::new(LocalFiles));
        for name in ["old.csv", "new/new.csv", "blocked.csv"] {
            let mut file = outputs.begin(&Target::File(path(name)), true).unwrap();
            file.write_all(b"fresh").unwrap();
            outputs.finished(file).unwrap();
        }
        fs::create_dir(path("blocked.csv")).unwrap();
        let error = outputs.commit().unwrap_err();
        let EngineError::Io { action: "writing", name, source } = error else { panic!("{error}") };
        assert_eq!(
            (name, source.kind()),
            (path("blocked.csv").display().to_string(), io::ErrorKind::IsADirectory)
        );
        assert_eq!(fs::read_to_string(path("old.csv")).unwrap(), "precious");
        let mut left: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["blocked.csv", "old.csv"]);
    }

    /// Somebody else has made the second file meanwhile, and it is theirs.
    #[test]
    fn a_name_that_is_taken_by_now_is_left_to_whoever_took_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut outputs = RunOutputs::new(Arc::new(LocalFiles));
        for name in ["first.csv", "taken.csv"] {
            let file = outputs.begin(&Target::File(path(name)), false).unwrap();
            outputs.finished(file).unwrap();
        }
        fs::write(path("taken.csv"), "theirs").unwrap();
        let error = outputs.commit().unwrap_err();
        assert!(
            matches!(&error, EngineError::Output(OutputError::OutputExists(at)) if *at == path("taken.csv")),
            "{error}"
        );
        assert_eq!(fs::read_to_string(path("taken.csv")).unwrap(), "theirs");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    /// What was to be taken back first could see the outputs, and they stay if it could not be.
    #[test]
    fn outputs_go_only_after_what_knows_of_them() {
        for is_taken_back in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = |name: &str| folder.path().join(name);
            let mut outputs = RunOutputs::new(Arc::new(LocalFiles));
            for name in ["a.csv", "blocked.csv"] {
                let file = outputs.begin(&Target::File(path(name)), true).unwrap();
                outputs.finished(file).unwrap();
            }
            fs::create_dir(path("blocked.csv")).unwrap();
            let hidden: Vec<PathBuf> = outputs.waiting().map(|(hidden, ..)| hidden).collect();
            let are_there = || hidden.iter().filter(|path| path.exists()).count();
            let error = outputs
                .commit_or(|| {
                    assert_eq!(are_there(), 2);
                    if is_taken_back { Ok(()) } else { Err(EngineError::Mistake("it cannot be")) }
                })
                .unwrap_err();
            assert_eq!(matches!(error, EngineError::Mistake(_)), !is_taken_back);
            assert_eq!(are_there(), if is_taken_back { 0 } else { 2 });
            assert!(!path("a.csv").exists());
        }
    }
}

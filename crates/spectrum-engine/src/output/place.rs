//! Output files. They are written under a hidden name beside their own and get their names together when all is
//! complete; whatever happens until then, what was there before stays, and nothing half-written is left.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Stdout, Write};
use std::path::{Path, PathBuf};

use spectrum_outputs::{CommitError, Output, commit};

use crate::error::{EngineError, Result};
use crate::format::{Compression, Format};

/// Where one output goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A file.
    File(PathBuf),
    /// Standard output.
    Stdout,
}

impl Target {
    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdout => "standard output".into(),
        }
    }

    /// The format and compression of an output, by its name unless `to` says it.
    ///
    /// # Errors
    /// When neither tells.
    pub fn format(&self, to: Option<Format>) -> Result<(Format, Compression)> {
        let by_name = match self {
            Self::File(path) => Format::of_path(path),
            Self::Stdout => None,
        };
        match (to, by_name) {
            (Some(format), Some((_, compression))) if format != Format::Parquet => Ok((format, compression)),
            (Some(format), _) => Ok((format, Compression::None)),
            (None, Some(found)) => Ok(found),
            (None, None) => Err(EngineError::UnknownFormat { name: self.name(), flag: "--to" }),
        }
    }
}

/// All outputs of a run, checked before anything is read.
#[derive(Debug, Default)]
pub(crate) struct Places {
    finished: Vec<OutputFile>,
    new_folders: Vec<PathBuf>,
}

/// One output while it is written.
#[derive(Debug)]
pub(crate) struct OutputFile {
    sink: Sink,
    pub(crate) name: String,
}

#[derive(Debug)]
enum Sink {
    /// Gets its name when the run is complete.
    Hidden {
        file: File,
        output: Output,
    },
    /// A device or a pipe, which cannot be replaced by renaming.
    Direct(File),
    Stdout(Stdout),
}

impl Places {
    /// Refuses targets that would overwrite an input, each other, or (unless `replace`) anything.
    pub(crate) fn check<'p>(
        targets: impl Iterator<Item = &'p Target>,
        inputs: impl Iterator<Item = &'p Path>,
        replace: bool,
    ) -> Result<()> {
        let real = |path: &Path| fs::canonicalize(path).ok();
        let inputs: Vec<PathBuf> = inputs.filter_map(real).collect();
        let mut seen: Vec<PathBuf> = Vec::new();
        for target in targets {
            let Target::File(path) = target else { continue };
            if real(path).is_some_and(|path| inputs.contains(&path)) {
                return Err(EngineError::OutputIsInput(path.clone()));
            }
            let resolved = resolved(path);
            if seen.contains(&resolved) {
                return Err(EngineError::OutputTwice(path.clone()));
            }
            if path.is_file() && !replace {
                return Err(EngineError::OutputExists(path.clone()));
            }
            seen.push(resolved);
        }
        Ok(())
    }

    /// Begins an output. Folders that are missing are made, and taken away again when the run fails.
    pub(crate) fn begin(&mut self, target: &Target, replace: bool) -> Result<OutputFile> {
        let name = target.name();
        let path = match target {
            Target::Stdout => return Ok(OutputFile { sink: Sink::Stdout(io::stdout()), name }),
            Target::File(path) => path,
        };
        if path.exists() && !path.is_file() {
            if path.is_dir() {
                return Err(EngineError::Unsupported(format!("{name} is a folder, not a file")));
            }
            let file = OpenOptions::new().write(true).open(path).map_err(EngineError::writing(&name))?;
            return Ok(OutputFile { sink: Sink::Direct(file), name });
        }
        // A symbolic link keeps its place; what it points to is replaced.
        let path = resolved(path);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.make_folders(folder)?;
        let (output, file) = Output::file(&path, replace).map_err(EngineError::writing(&name))?;
        Ok(OutputFile { sink: Sink::Hidden { file, output }, name })
    }

    fn make_folders(&mut self, folder: &Path) -> Result<()> {
        let missing: Vec<_> =
            folder.ancestors().take_while(|f| !f.as_os_str().is_empty() && !f.exists()).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(EngineError::writing(folder.display().to_string()))?;
            self.new_folders.push(folder.to_path_buf());
        }
        Ok(())
    }

    /// Keeps an output that was written to its end.
    pub(crate) fn finished(&mut self, file: OutputFile) {
        self.finished.push(file);
    }

    /// Gives all finished outputs their names, or none of them.
    pub(crate) fn commit(mut self) -> Result<()> {
        let (mut outputs, mut names) = (Vec::new(), Vec::new());
        for OutputFile { sink, name } in std::mem::take(&mut self.finished) {
            match sink {
                Sink::Hidden { output, .. } => {
                    names.push((output.name().map(Path::to_owned), name));
                    outputs.push(output);
                }
                Sink::Direct(mut file) => file.flush().map_err(EngineError::writing(&name))?,
                Sink::Stdout(mut stdout) => stdout.flush().map_err(EngineError::writing(&name))?,
            }
        }
        commit(outputs).map_err(|error| match error {
            CommitError::Taken { name } => EngineError::OutputExists(name),
            CommitError::Refused { name: path, source } => {
                let called = names.into_iter().find(|(of, _)| of.as_ref() == Some(&path));
                let called = called.map_or_else(|| path.display().to_string(), |(_, name)| name);
                EngineError::writing(called)(source)
            }
            CommitError::NotPutBack(error) => EngineError::NotPutBack(error),
        })?;
        self.new_folders.clear();
        Ok(())
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        self.finished.clear();
        for folder in self.new_folders.iter().rev() {
            // Not empty means that someone else uses it by now.
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Hidden { file, .. } => file.write(bytes),
            Sink::Direct(file) => file.write(bytes),
            Sink::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Hidden { file, .. } => file.flush(),
            Sink::Direct(file) => file.flush(),
            Sink::Stdout(stdout) => stdout.flush(),
        }
    }
}

/// The path with links followed, also where the file itself is not there yet.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second output finds a folder in its way when it is to get its name.
    #[test]
    fn when_one_output_cannot_have_its_name_all_is_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("old.csv"), "precious").unwrap();
        let mut places = Places::default();
        for name in ["old.csv", "new/new.csv", "blocked.csv"] {
            let mut output = places.begin(&Target::File(path(name)), true).unwrap();
            output.write_all(b"fresh").unwrap();
            places.finished(output);
        }
        fs::create_dir(path("blocked.csv")).unwrap();
        let error = places.commit().unwrap_err();
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
        let mut places = Places::default();
        for name in ["first.csv", "taken.csv"] {
            let output = places.begin(&Target::File(path(name)), false).unwrap();
            places.finished(output);
        }
        fs::write(path("taken.csv"), "theirs").unwrap();
        let error = places.commit().unwrap_err();
        assert!(matches!(&error, EngineError::OutputExists(at) if *at == path("taken.csv")), "{error}");
        assert_eq!(fs::read_to_string(path("taken.csv")).unwrap(), "theirs");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}

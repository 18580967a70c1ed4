//! Output files. They are written under a temporary name beside their own and renamed when all is complete;
//! until then, whatever happens, what was there before stays, and nothing half-written is left.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Stdout, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{EngineError, Result};

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
    /// Becomes `path` when the run is complete.
    Temporary {
        file: NamedTempFile,
        path: PathBuf,
        replace: bool,
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
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = tempfile::Builder::new()
            .prefix(&format!(".{file_name}."))
            .suffix(".part")
            .permissions(fs::Permissions::from_mode(0o666)) // less the umask, as for any new file
            .tempfile_in(folder)
            .map_err(|error| EngineError::writing(&name)(without_path(error)))?;
        Ok(OutputFile { sink: Sink::Temporary { file, path, replace }, name })
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

    /// Gives all finished outputs their names.
    pub(crate) fn commit(mut self) -> Result<()> {
        for file in std::mem::take(&mut self.finished) {
            file.commit()?;
        }
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

impl OutputFile {
    fn commit(self) -> Result<()> {
        match self.sink {
            Sink::Temporary { file, path, replace: true } => {
                file.persist(&path).map_err(|e| e.error).map_err(EngineError::writing(&self.name))?;
            }
            Sink::Temporary { file, path, replace: false } => {
                file.persist_noclobber(&path).map_err(|e| match e.error.kind() {
                    io::ErrorKind::AlreadyExists => EngineError::OutputExists(path.clone()),
                    _ => EngineError::writing(&self.name)(e.error),
                })?;
            }
            Sink::Direct(mut file) => file.flush().map_err(EngineError::writing(&self.name))?,
            Sink::Stdout(mut stdout) => stdout.flush().map_err(EngineError::writing(&self.name))?,
        }
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Temporary { file, .. } => file.as_file_mut().write(bytes),
            Sink::Direct(file) => file.write(bytes),
            Sink::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Temporary { file, .. } => file.as_file_mut().flush(),
            Sink::Direct(file) => file.flush(),
            Sink::Stdout(stdout) => stdout.flush(),
        }
    }
}

/// tempfile adds the temporary name to the system's reason; nobody knows a file by that name.
fn without_path(error: io::Error) -> io::Error {
    let reason = error.to_string();
    match reason.split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
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

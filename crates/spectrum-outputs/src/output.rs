//! An output on its way to its name.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How many random letters end a hidden name.
pub(crate) const LETTERS: usize = 6;
/// What is added to an output's hidden name for what it replaces.
const REPLACED: &str = "-replaced";
/// The longest name that a file can have nearly everywhere, in bytes.
const LONGEST: usize = 255;
/// What hidden names need beside the output's own: a dot, `.spectrum-`, six letters, and [`REPLACED`].
const ADDED: usize = 32;

/// An output under a hidden name beside its own: `.NAME.spectrum-` and six letters. Dropping it takes it away.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    name: Option<PathBuf>,
    replaces: bool,
}

impl Output {
    /// Begins a file that will be called `name`, and may replace one of that name if `replaces` says so.
    ///
    /// # Errors
    /// When the folder does not exist or cannot be written to.
    pub fn file(name: &Path, replaces: bool) -> io::Result<(Self, File)> {
        let (file, path) = hidden(name)?.keep().map_err(|error| error.error)?;
        let output = Self { path, name: Some(name.to_owned()), replaces };
        output.keep_permissions()?;
        Ok((output, file))
    }

    /// A free hidden name for a file or a folder that another program writes.
    ///
    /// # Errors
    /// When the folder does not exist or cannot be written to.
    pub fn of_a_program(name: &Path, replaces: bool) -> io::Result<Self> {
        Ok(Self { path: free(name)?, name: Some(name.to_owned()), replaces })
    }

    /// A free hidden name for what is only needed on the way and never gets a name of its own.
    ///
    /// # Errors
    /// When the folder does not exist or cannot be written to.
    pub fn for_the_way(beside: &Path) -> io::Result<Self> {
        Ok(Self { path: free(beside)?, name: None, replaces: false })
    }

    /// Leaves it where it lies, for somebody who knows its hidden name.
    pub fn leave(self) {
        std::mem::forget(self);
    }

    /// Where it lies until it has its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name that it will have, if any.
    pub fn name(&self) -> Option<&Path> {
        self.name.as_deref()
    }

    /// What replaces a file can be read by those who could read the file, and by nobody else.
    pub(crate) fn keep_permissions(&self) -> io::Result<()> {
        let Some(name) = self.name().filter(|_| self.replaces) else { return Ok(()) };
        match fs::symlink_metadata(name) {
            Ok(old) if old.is_file() && self.path.is_file() => {
                fs::set_permissions(&self.path, old.permissions())
            }
            _ => Ok(()),
        }
    }

    /// Whether it may replace a file of its name.
    pub fn may_replace(&self) -> bool {
        self.replaces
    }

    /// Where what it replaces lies meanwhile.
    pub(crate) fn replaced(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(REPLACED);
        path.into()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // It has its name by now, or it never came to be.
        let _ = if self.path.is_dir() { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) };
    }
}

fn free(name: &Path) -> io::Result<PathBuf> {
    let file = hidden(name)?;
    // Only the name is wanted: programs write a folder there, or refuse files that exist.
    let path = file.path().to_owned();
    file.close()?;
    Ok(path)
}

/// What hidden names of an output begin with; [`LETTERS`] follow.
pub(crate) fn hidden_prefix(name: &Path) -> String {
    format!(".{}.spectrum-", shortened(name.file_name().unwrap_or_default()))
}

fn hidden(name: &Path) -> io::Result<NamedTempFile> {
    let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let prefix = hidden_prefix(name);
    builder.prefix(&prefix).rand_bytes(LETTERS);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less the umask, as for any new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).map_err(|error| without_path(&error))
}

/// The name, without its end where hidden names would become too long by it. One that is too long as it is stays so:
/// the output could never have it, which should be known before the work begins.
fn shortened(name: &OsStr) -> String {
    // What is no text takes more bytes as one.
    let (bytes, text) = (name.len(), name.to_string_lossy());
    let fits = LONGEST - ADDED;
    if text.len() <= fits || bytes > LONGEST {
        return text.into_owned();
    }
    let end = (0..=fits).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text[..end].to_owned()
}

/// tempfile adds the hidden name to the system's reason, and nobody knows a file by that name.
fn without_path(error: &io::Error) -> io::Error {
    let reason = error.to_string();
    io::Error::new(error.kind(), reason.split(" at path ").next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_length_that_the_system_takes_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a".repeat(255), "ä".repeat(127), "a".repeat(223), "a".into()] {
            let path = folder.path().join(&name);
            fs::write(&path, "old").unwrap();
            let (output, _) = Output::file(&path, true).unwrap();
            fs::write(output.replaced(), "").unwrap();
        }
        assert!(Output::file(&folder.path().join("a".repeat(256)), true).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;

            // No text, and as one three times as long.
            let name = folder.path().join(OsStr::from_bytes(&[0xff; 250]));
            assert!(Output::file(&name, true).is_ok());
        }
    }

    /// A file that others must not read stays so, whoever writes what replaces it.
    #[cfg(unix)]
    #[test]
    fn a_file_that_is_replaced_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let names = ["ours", "programs"].map(|name| folder.path().join(name));
        for name in &names {
            fs::write(name, "old").unwrap();
            fs::set_permissions(name, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (ours, _) = Output::file(&names[0], true).unwrap();
        assert_eq!(mode(ours.path()), 0o600);
        let programs = Output::of_a_program(&names[1], true).unwrap();
        fs::write(programs.path(), "new").unwrap();
        crate::commit(vec![ours, programs]).unwrap();
        assert_eq!(names.each_ref().map(|name| mode(name)), [0o600; 2]);
        assert_eq!(fs::read_to_string(&names[1]).unwrap(), "new");
    }

    #[test]
    fn an_output_that_is_dropped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = Output::file(&folder.path().join("a"), false).unwrap();
        let program = Output::of_a_program(&folder.path().join("b"), false).unwrap();
        fs::create_dir_all(program.path().join("deep")).unwrap();
        let passing = Output::for_the_way(&folder.path().join("b")).unwrap();
        fs::write(passing.path(), "").unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
        drop((file, program, passing));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
}

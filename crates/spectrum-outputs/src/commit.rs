//! Gives all outputs their names, one after another, and takes that back when one of them cannot have its name.
//!
//! For each output, whatever is in its place is set aside and the output is renamed. Files are set aside by a
//! second name (a hard link) where the file system has those, so that a file's name always exists; otherwise,
//! and for folders, by a rename. The files that were set aside are removed when all outputs have their names.

mod disk;
#[cfg(test)]
mod tests;

use std::fs::{self, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use crate::elsewhere::Elsewhere;
use crate::error::{CommitError, Misplaced, NotPutBack};
use crate::output::Output;
use disk::{Disk, FileSystem};

/// Gives all outputs their names, in this order.
///
/// A file replaces a file, and a folder a folder, if the output may replace something; a folder takes the place of an
/// empty folder in any case.
///
/// # Errors
/// When a name is taken by now or the system refuses. Everything is as it was before then, and the outputs are gone,
/// unless the error is [`CommitError::NotPutBack`].
pub fn commit(mut outputs: Vec<Output>) -> Result<(), CommitError> {
    // Hidden files that are found after a crash are then only those of outputs, and show how far the commit
    // got.
    outputs.retain(|output| output.name().is_some());
    commit_on(&mut Disk, &outputs, &mut [])
}

/// The same, where the outputs stay under their hidden names when one of them cannot have its own. Those elsewhere come
/// last, since they are the ones that may not be taken back.
///
/// # Errors
/// As of [`commit`].
pub fn commit_or_keep(outputs: &[Output], elsewhere: &mut [Box<dyn Elsewhere>]) -> Result<(), CommitError> {
    commit_on(&mut Disk, outputs, elsewhere)
}

fn commit_on(
    disk: &mut impl FileSystem,
    outputs: &[Output],
    elsewhere: &mut [Box<dyn Elsewhere>],
) -> Result<(), CommitError> {
    let named: Vec<(&Output, &Path)> =
        outputs.iter().filter_map(|output| Some((output, output.name()?))).collect();
    let mut steps: Vec<Step<'_>> = Vec::with_capacity(named.len());
    let is_alone = named.len() == 1 && elsewhere.is_empty();
    for (output, name) in named {
        let put = Before::set_aside(disk, output, name, is_alone).and_then(|before| {
            let put = put(disk, output, name, &before);
            steps.push(Step { output, name, before, has_its_name: put.is_ok() });
            put
        });
        if let Err(source) = put {
            return Err(failed(name.to_path_buf(), source, take_back(disk, &steps)));
        }
    }
    for at in 0..elsewhere.len() {
        if let Err(source) = elsewhere[at].appear() {
            let name = elsewhere[at].name().to_path_buf();
            let mut misplaced = Vec::new();
            for output in elsewhere[..at].iter_mut().rev() {
                let is_lost = output.has_replaced();
                if let Err(reason) = output.take_back() {
                    let name = output.name().to_path_buf();
                    misplaced.push(Misplaced { name, set_aside: None, is_lost, reason });
                }
            }
            misplaced.extend(take_back(disk, &steps));
            return Err(failed(name, source, misplaced));
        }
    }
    for step in steps {
        if let Before::SetAside(old) = step.before {
            // The outputs are complete and in their places; a run that says it failed would be wrong about them.
            let _ = disk.remove(&old);
        }
    }
    Ok(())
}

/// An output that was given its name, or should have been.
struct Step<'o> {
    output: &'o Output,
    name: &'o Path,
    before: Before,
    has_its_name: bool,
}

/// What was in an output's place.
enum Before {
    /// Nothing, or a file that the only output replaces in one step, so that there is nothing to take back.
    Nothing,
    /// An empty folder. Renaming a folder replaces it in one step, unless it has been filled by then.
    EmptyFolder(Permissions),
    /// A file or a folder, which is here now.
    SetAside(PathBuf),
}

impl Before {
    fn set_aside(
        disk: &mut impl FileSystem,
        output: &Output,
        name: &Path,
        is_alone: bool,
    ) -> io::Result<Self> {
        let Ok(old) = fs::symlink_metadata(name) else { return Ok(Self::Nothing) };
        let is_folder = output.path().is_dir();
        if is_folder && old.is_dir() && fs::read_dir(name)?.next().is_none() {
            return Ok(Self::EmptyFolder(old.permissions()));
        }
        // One in the place of the other is refused by the rename, in the system's own words.
        let is_same_kind = is_folder == old.is_dir();
        if !output.may_replace() || !is_same_kind || (is_alone && !is_folder) {
            return Ok(Self::Nothing);
        }
        let aside = output.replaced();
        if is_folder || disk.link(name, &aside).is_err() {
            disk.rename(name, &aside)?;
        }
        Ok(Self::SetAside(aside))
    }
}

fn put(disk: &mut impl FileSystem, output: &Output, name: &Path, before: &Before) -> io::Result<()> {
    // Of a program's output, which was made by the program's own rules.
    output.keep_permissions()?;
    match before {
        Before::Nothing if !output.may_replace() && !output.path().is_dir() => {
            disk.rename_to_free(output.path(), name)
        }
        _ => disk.rename(output.path(), name),
    }
}

/// Puts everything back, the last step first. Outputs that cannot be put back are returned, and do not keep
/// the rest from it.
fn take_back(disk: &mut impl FileSystem, steps: &[Step<'_>]) -> Vec<Misplaced> {
    let mut misplaced = Vec::new();
    for step in steps.iter().rev() {
        if let Err(reason) = step.take_back(disk) {
            let set_aside = match &step.before {
                Before::SetAside(old) => Some(old.clone()),
                Before::Nothing | Before::EmptyFolder(_) => None,
            };
            misplaced.push(Misplaced { name: step.name.to_owned(), set_aside, is_lost: false, reason });
        }
    }
    misplaced
}

impl Step<'_> {
    fn take_back(&self, disk: &mut impl FileSystem) -> io::Result<()> {
        let hide = |disk: &mut _| match self.has_its_name {
            true => FileSystem::rename(disk, self.name, self.output.path()),
            false => Ok(()),
        };
        match &self.before {
            Before::Nothing => hide(disk),
            Before::EmptyFolder(permissions) if self.has_its_name => {
                hide(disk)?;
                disk.create_folder(self.name, permissions)
            }
            Before::EmptyFolder(_) => Ok(()),
            Before::SetAside(old) if old.is_dir() => {
                hide(disk)?;
                disk.rename(old, self.name)
            }
            Before::SetAside(old) => {
                disk.rename(old, self.name)?;
                // POSIX: two names of one file stay when one is renamed to the other.
                if fs::symlink_metadata(old).is_ok() { disk.remove(old) } else { Ok(()) }
            }
        }
    }
}

fn failed(name: PathBuf, source: io::Error, misplaced: Vec<Misplaced>) -> CommitError {
    match source.kind() {
        _ if !misplaced.is_empty() => NotPutBack { name, reason: source, misplaced }.into(),
        io::ErrorKind::AlreadyExists => CommitError::Taken { name },
        _ => CommitError::Refused { name, source },
    }
}

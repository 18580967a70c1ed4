//! Hidden files that a killed run left beside the names of its outputs.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::output::{LETTERS, hidden_prefix};

/// What lies under hidden names of these outputs, whether the run that made it was killed or still goes on; nobody can
/// tell the two apart by it. What was replaced and set aside is not among it.
pub fn left_behind<'n>(names: impl IntoIterator<Item = &'n Path>) -> Vec<PathBuf> {
    let mut folders: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for name in names {
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folders.entry(folder.to_path_buf()).or_default().push(hidden_prefix(name));
    }
    let mut found = Vec::new();
    for (folder, mut prefixes) in folders {
        prefixes.sort_unstable();
        // A folder that cannot be listed has its say when something is written to it.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(end) = name.len().checked_sub(LETTERS).filter(|end| name.is_char_boundary(*end)) else {
                continue;
            };
            let (prefix, letters) = name.split_at(end);
            let is_random = letters.bytes().all(|letter| letter.is_ascii_alphanumeric());
            if is_random && prefixes.binary_search_by(|known| known.as_str().cmp(prefix)).is_ok() {
                found.push(entry.path());
            }
        }
    }
    found.sort_unstable();
    found
}

/// Removes what a killed run left.
///
/// # Errors
/// When the system refuses.
pub fn remove_left_behind(path: &Path) -> io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Output;

    #[test]
    fn only_what_a_run_hides_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let long = "ä".repeat(127);
        let names = [path("out.csv"), path(&long), path("new/out.csv")];
        let hidden = names[..2].iter().map(|name| Output::file(name, true).unwrap().0).collect::<Vec<_>>();
        for other in
            ["out.csv", ".out.csv.spectrum-abc", ".out.csv.spectrum-abcde-", ".other.csv.spectrum-abcdef"]
        {
            fs::write(path(other), "").unwrap();
        }
        fs::write(hidden[0].replaced(), "what it was").unwrap();
        let mut expected: Vec<PathBuf> = hidden.iter().map(|output| output.path().to_owned()).collect();
        expected.sort();
        assert_eq!(left_behind(names.iter().map(PathBuf::as_path)), expected);
        expected.iter().for_each(|path| remove_left_behind(path).unwrap());
        assert!(left_behind(names.iter().map(PathBuf::as_path)).is_empty());
    }
}

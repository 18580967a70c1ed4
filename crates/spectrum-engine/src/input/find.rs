//! From what the user named to files.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;

use super::table_folder::TableFolders;
use super::{InputFile, partition};
use crate::error::{EngineError, InputError, Result};
use crate::format::{Compression, Format};
use crate::store::{Kind, Store, scheme};
use crate::text::encoding::Encoding;

/// What makes a name a pattern, if no file is called so.
const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

/// What names mean.
pub(super) struct Found {
    pub(super) files: Vec<InputFile>,
    pub(super) format: Format,
    /// How many files of folders and patterns were left out because of their endings, by ending.
    pub(super) left_out: BTreeMap<String, u64>,
}

/// All files that `names` mean and their one format. `from` overrides the names' endings.
pub(super) fn files(store: &Arc<dyn Store>, names: &[String], from: Option<Format>) -> Result<Found> {
    let AllFound { files: all, left_out } = all_files(store, names, from)?;
    let mut files: Vec<InputFile> = Vec::with_capacity(all.len());
    let mut first: Option<Format> = None;
    for file in all {
        let (file, format) = file.map_err(|(_, error)| error)?;
        match first {
            Some(other) if other != format => {
                return Err(InputError::MixedFormats {
                    a: files[0].path.clone(),
                    a_format: other.to_string(),
                    b: file.path,
                    b_format: format.to_string(),
                }
                .into());
            }
            _ => first = Some(format),
        }
        files.push(file);
    }
    let format = first.ok_or(InputError::NoInput)?;
    Ok(Found { files, format, left_out })
}

/// What names mean, of whatever formats.
pub(super) struct AllFound {
    /// Each with its format, or why it cannot be read.
    pub(super) files: Vec<std::result::Result<(InputFile, Format), (PathBuf, EngineError)>>,
    left_out: BTreeMap<String, u64>,
}

/// All files that `names` mean, each with its format.
pub(super) fn all_files(store: &Arc<dyn Store>, names: &[String], from: Option<Format>) -> Result<AllFound> {
    if names.is_empty() {
        return Err(InputError::NoInput.into());
    }
    let (mut found, mut others) = (Vec::new(), Vec::new());
    let mut left_out = BTreeMap::new();
    let mut tables = TableFolders::default();
    // Whoever names a file means that file; of a folder or a pattern nobody knows which files the table still has.
    let mut of_no_table = |files: Vec<(PathBuf, PathBuf)>| {
        files.iter().try_for_each(|(file, _)| tables.check(&**store, file)).map(|()| files)
    };
    for name in names {
        let path = Path::new(name);
        let kind = store.kind(path).map_err(EngineError::reading(path.display().to_string()))?;
        if kind == Kind::Folder {
            found.extend(of_no_table(below(
                &**store,
                path,
                name,
                ("", usize::MAX),
                |_| true,
                from,
                &mut left_out,
            )?)?);
        } else if kind == Kind::Other {
            others.push(path.to_path_buf());
            found.push((path.to_path_buf(), PathBuf::new()));
        } else if kind == Kind::File {
            let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
            found.push((path.to_path_buf(), relative));
        } else if scheme(path).is_some() && !store.is_elsewhere(path) {
            return Err(InputError::NotReached(path.to_path_buf()).into());
        } else if name == "-" {
            return Err(InputError::StandardInputAmongOthers.into());
        } else if name.contains(WILDCARDS) {
            found.extend(of_no_table(matching(&**store, name, from, &mut left_out)?)?);
        } else {
            return Err(InputError::NoSuchFile(path.to_path_buf()).into());
        }
    }
    let mut seen = HashSet::new();
    let mut files = Vec::with_capacity(found.len());
    for (path, relative) in found {
        let file = match others.contains(&path) {
            true => Err(InputError::NotAFile(path.clone()).into()),
            false => one(store, path.clone(), relative, from, &mut seen),
        };
        files.push(file.map_err(|error| (path, error)));
    }
    Ok(AllFound { files, left_out })
}

/// A file that was found, and its format.
fn one(
    store: &Arc<dyn Store>,
    path: PathBuf,
    relative: PathBuf,
    from: Option<Format>,
    seen: &mut HashSet<PathBuf>,
) -> Result<(InputFile, Format)> {
    let reading = || EngineError::reading(path.display().to_string());
    let bytes = store.length(&path).map_err(reading())?;
    let real = store.real_name(&path).map_err(reading())?;
    if !seen.insert(real) {
        return Err(InputError::NamedTwice(path).into());
    }
    let (format, compression) = format_of(&path, from)?;
    let file = InputFile {
        store: Arc::clone(store),
        name: path.display().to_string(),
        partition: partition::of_path(&path),
        path,
        compression,
        bytes,
        relative,
        encoding: Encoding::Utf8,
        is_json: false,
        table: None,
        in_table: None,
    };
    Ok((file, format))
}

/// Refuses folders and patterns that mean files of tables, whoever is to read them.
pub(super) fn refuse_tables(store: &dyn Store, names: &[String]) -> Result<()> {
    let mut tables = TableFolders::default();
    for name in names {
        let (path, mut endings) = (Path::new(name), BTreeMap::new());
        // What is not there is for the one who reads it to say.
        let Ok(kind) = store.kind(path) else { continue };
        let files = match kind {
            Kind::Folder => below(store, path, name, ("", usize::MAX), |_| true, None, &mut endings),
            Kind::Nothing if name.contains(['*', '?', '[']) && !name.contains("://") => {
                matching(store, name, None, &mut endings)
            }
            _ => continue,
        };
        // What cannot be listed is for the one who reads it to say.
        files.unwrap_or_default().iter().try_for_each(|(file, _)| tables.check(store, file))?;
    }
    Ok(())
}

/// The same elsewhere, where a name is a text and the bytes before the first wildcard are known to the listing.
fn matching_elsewhere(
    store: &dyn Store,
    pattern: &str,
    is_match: impl Fn(&Path) -> bool,
    from: Option<Format>,
    left_out: &mut BTreeMap<String, u64>,
) -> Result<Vec<(PathBuf, PathBuf)>> {
    let fixed = &pattern[..pattern.find(WILDCARDS).unwrap_or(pattern.len())];
    let (root, beginning) = fixed.rsplit_once('/').unwrap_or((fixed, ""));
    if !store.is_elsewhere(Path::new(root)) {
        let problem = "a bucket is named and cannot be matched".to_owned();
        return Err(InputError::Pattern { pattern: pattern.to_owned(), problem }.into());
    }
    let depth = match pattern.contains("**") {
        true => usize::MAX,
        false => pattern[root.len()..].matches('/').count(),
    };
    below(store, Path::new(root), pattern, (beginning, depth), is_match, from, left_out)
}

/// The ending of a name, with its dot; nothing where it has none.
fn ending(file: &Path) -> String {
    file.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()))
}

fn format_of(path: &Path, from: Option<Format>) -> Result<(Format, Compression)> {
    if let Some(format) = from {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
        return Ok((format, Compression::of_name(&name).1));
    }
    Format::of_input(path).ok_or_else(|| InputError::UnknownInputFormat(path.display().to_string()).into())
}

fn known(path: &Path, from: Option<Format>) -> bool {
    from.is_some() || Format::of_input(path).is_some()
}

/// The files of a known format that are meant, below a folder, with names that begin with `beginning` and at most `depth`
/// folders deep, by path, each with its place below the folder. Of the others that are meant the endings are counted.
fn below(
    store: &dyn Store,
    folder: &Path,
    name: &str,
    (beginning, depth): (&str, usize),
    meant: impl Fn(&Path) -> bool,
    from: Option<Format>,
    left_out: &mut BTreeMap<String, u64>,
) -> Result<Vec<(PathBuf, PathBuf)>> {
    let listed = store
        .list(folder, beginning, depth)
        .map_err(EngineError::of_store("listing", folder.display().to_string()))?;
    let files: Vec<_> = listed
        .into_iter()
        .filter(|file| meant(file))
        .filter(|file| {
            let is_known = known(file, from);
            if !is_known {
                *left_out.entry(ending(file)).or_default() += 1;
            }
            is_known
        })
        .map(|file| {
            let relative = file.strip_prefix(folder).unwrap_or(&file).to_path_buf();
            (file, relative)
        })
        .collect();
    if files.is_empty() { Err(InputError::NoMatch(name.to_owned()).into()) } else { Ok(files) }
}

/// Files that a pattern matches, by path.
fn matching(
    store: &dyn Store,
    pattern: &str,
    from: Option<Format>,
    left_out: &mut BTreeMap<String, u64>,
) -> Result<Vec<(PathBuf, PathBuf)>> {
    let malformed = |error: globset::Error| InputError::Pattern {
        pattern: pattern.to_owned(),
        problem: error.kind().to_string(),
    };
    let matcher =
        GlobBuilder::new(pattern).literal_separator(true).build().map_err(malformed)?.compile_matcher();
    if store.is_elsewhere(Path::new(pattern)) {
        return matching_elsewhere(store, pattern, |file| matcher.is_match(file), from, left_out);
    }
    // Walk from the last folder before the first wildcard.
    let fixed: PathBuf = Path::new(pattern)
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(WILDCARDS))
        .collect();
    let root = if fixed.as_os_str().is_empty() { PathBuf::from(".") } else { fixed.clone() };
    if !matches!(store.kind(&root), Ok(Kind::Folder)) {
        return Err(InputError::NoMatch(pattern.to_owned()).into());
    }
    let written = |file: &Path| match fixed.as_os_str().is_empty() {
        true => file.strip_prefix(".").unwrap_or(file).to_path_buf(),
        false => file.to_path_buf(),
    };
    // No deeper than the pattern reaches: `*.csv` in a home folder must not visit all of it.
    let depth = if pattern.contains("**") {
        usize::MAX
    } else {
        Path::new(pattern).components().count() - fixed.components().count()
    };
    let files =
        below(store, &root, pattern, ("", depth), |file| matcher.is_match(written(file)), from, left_out)?;
    Ok(files.into_iter().map(|(file, relative)| (written(&file), relative)).collect())
}

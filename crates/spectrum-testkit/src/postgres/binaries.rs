//! Finding PostgreSQL's programs on this machine.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The variable that overrides the search with a folder.
const OVERRIDE: &str = "SPECTRUM_PG_BIN";

/// The programs a private server needs.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// The folder with `initdb` and `postgres`.
    pub folder: PathBuf,
    /// The client.
    pub psql: PathBuf,
}

/// Finds the server's programs: in `SPECTRUM_PG_BIN` if that is set, else where `pg_config` says,
/// else in Debian's folders, newest version first, else in `PATH`. The error says what to install.
pub fn find_binaries() -> Result<Binaries> {
    if let Some(folder) = env::var_os(OVERRIDE).map(PathBuf::from) {
        return match binaries_in(&folder) {
            Some(binaries) => Ok(binaries),
            None => bail!("{OVERRIDE} is {}, but initdb, postgres or psql is not there", folder.display()),
        };
    }
    let folders = pg_config_folder().into_iter().chain(debian_folders()).chain(path_folders());
    for folder in folders {
        if let Some(binaries) = binaries_in(&folder) {
            return Ok(binaries);
        }
    }
    bail!(
        "no PostgreSQL server programs (initdb, postgres, psql) on this machine; \
         install them (Debian and Ubuntu: apt-get install postgresql; or let cargo xtask test do it), \
         or name their folder in {OVERRIDE}"
    )
}

/// The programs in a folder that somebody named.
pub(super) fn binaries_of(folder: &Path) -> Result<Binaries> {
    binaries_in(folder).with_context(|| format!("initdb, postgres or psql is not in {}", folder.display()))
}

/// Some distributions of the server come without psql; then any psql of the machine will do.
fn binaries_in(folder: &Path) -> Option<Binaries> {
    let server = ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file());
    let mut psql = std::iter::once(folder.to_owned()).chain(path_folders()).map(|folder| folder.join("psql"));
    match psql.find(|program| program.is_file()) {
        Some(psql) if server => Some(Binaries { folder: folder.to_owned(), psql }),
        _ => None,
    }
}

fn pg_config_folder() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

fn debian_folders() -> Vec<PathBuf> {
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    let mut folders: Vec<_> = versions.flatten().map(|entry| entry.path().join("bin")).collect();
    folders.sort_by_key(|folder| {
        let version =
            folder.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok());
        std::cmp::Reverse(version)
    });
    folders
}

fn path_folders() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

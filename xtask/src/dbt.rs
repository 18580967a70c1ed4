//! `cargo xtask dbt`: writes the generated macros of the dbt package, or with `--check` tells whether they are up to date.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use spectrum_sql::dialect::dbt::{MacroFile, macro_files};

/// Holds nothing but generated files.
const FOLDER: &str = "integrations/dbt/macros/generated";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => write(),
        [flag] if flag == "--check" => check(),
        _ => bail!("cargo xtask dbt [--check]"),
    }
}

fn write() -> Result<()> {
    let folder = folder();
    let files = macro_files()?;
    fs::create_dir_all(&folder)?;
    for name in names(&folder)?.iter().filter(|name| !files.iter().any(|file| file.name == **name)) {
        fs::remove_file(folder.join(name))?;
        println!("removed {FOLDER}/{name}");
    }
    for MacroFile { name, text } in files {
        let path = folder.join(&name);
        if !fs::read_to_string(&path).is_ok_and(|there| there == text) {
            fs::write(&path, text).with_context(|| format!("writing {FOLDER}/{name}"))?;
            println!("wrote {FOLDER}/{name}");
        }
    }
    Ok(())
}

fn check() -> Result<()> {
    let folder = folder();
    let files = macro_files()?;
    let mut expected: Vec<_> = files.iter().map(|file| file.name.clone()).collect();
    expected.sort();
    ensure!(names(&folder)? == expected, "{FOLDER} has other files than cargo xtask dbt writes");
    for MacroFile { name, text } in files {
        let there = fs::read_to_string(folder.join(&name))?;
        ensure!(there == text, "{FOLDER}/{name} is out of date; cargo xtask dbt writes it");
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {FOLDER}"))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FOLDER)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_generated_macros_are_up_to_date() {
        super::check().unwrap();
    }
}

//! `spectrum man`: the help as manual pages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Command};
use clap_mangen::Man;
use tempfile::NamedTempFile;

use super::print;

/// Print the manual page of spectrum or of one of its commands, or write all of them into a folder
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The command; without one, spectrum itself
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write the pages of all commands into this folder, as spectrum.1, spectrum-run.1 and so on; older ones are replaced
    #[arg(short, long, value_name = "FOLDER", conflicts_with = "command")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  spectrum man run | man -l -
  spectrum man -o ~/.local/share/man/man1";

pub(crate) fn run(arguments: &Arguments, spectrum: Command) -> Result<()> {
    let pages = pages(spectrum)?;
    if let Some(folder) = &arguments.output {
        return write(&pages, folder);
    }
    let name = arguments.command.as_ref().map_or("spectrum".to_owned(), |name| format!("spectrum-{name}"));
    match pages.iter().find(|(page, _)| *page == name) {
        Some((_, page)) => Ok(print(&String::from_utf8_lossy(page))?),
        None => {
            let commands = pages.iter().filter_map(|(page, _)| page.strip_prefix("spectrum-"));
            bail!("there is no page {name}; commands are {}", commands.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The page of each command under its name, that of spectrum first.
fn pages(spectrum: Command) -> Result<Vec<(String, Vec<u8>)>> {
    let mut spectrum = spectrum.disable_help_subcommand(true);
    spectrum.build();
    let rendered = |command: Command, name: String| {
        let mut page = Vec::new();
        Man::new(command).title(name.clone()).render(&mut page).context("writing a page")?;
        Ok((name, page))
    };
    let of_commands = spectrum.get_subcommands().map(|command| {
        let name = format!("spectrum-{}", command.get_name());
        rendered(command.clone(), name)
    });
    let of_commands: Result<Vec<_>> = of_commands.collect();
    let mut pages = vec![rendered(spectrum.clone(), "spectrum".to_owned())?];
    pages.extend(of_commands?);
    Ok(pages)
}

fn write(pages: &[(String, Vec<u8>)], folder: &Path) -> Result<()> {
    let doing = || format!("writing manual pages into {}", folder.display());
    fs::create_dir_all(folder).with_context(doing)?;
    for (name, page) in pages {
        let mut file = NamedTempFile::new_in(folder).with_context(doing)?;
        std::io::Write::write_all(&mut file, page).with_context(doing)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).with_context(doing)?;
        }
        file.persist(folder.join(format!("{name}.1"))).with_context(doing)?;
    }
    Ok(())
}

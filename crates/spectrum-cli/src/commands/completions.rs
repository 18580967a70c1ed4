//! `spectrum completions`: what a shell needs to complete the command.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};

use super::print;
use crate::completion::VARIABLE;

/// Print what a shell needs to complete spectrum's commands, flags, values, and columns of the files that are named
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  spectrum completions bash > ~/.local/share/bash-completion/completions/spectrum
  spectrum completions zsh > ~/.zfunc/_spectrum
  spectrum completions fish > ~/.config/fish/completions/spectrum.fish
  spectrum completions powershell >> $PROFILE

For zsh, fpath+=~/.zfunc has to stand before compinit in ~/.zshrc. The shell asks the spectrum of its PATH each time, so columns are those of the files that stand on the command line: after \
spectrum run events.parquet --key, TAB offers the columns of events.parquet.";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let shell: &dyn EnvCompleter = match arguments.shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::Powershell => &Powershell,
    };
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, "spectrum", "spectrum", "spectrum", &mut script)
        .context("writing the script")?;
    Ok(print(&String::from_utf8_lossy(&script))?)
}

//! One file a subcommand.

pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod drop;
pub(crate) mod erase;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod history;
pub(crate) mod load;
pub(crate) mod man;
pub(crate) mod presets;
pub(crate) mod refresh;
pub(crate) mod report;
pub(crate) mod resolve;
pub(crate) mod run;
pub(crate) mod sql;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod summary;
pub(crate) mod verify;

use std::io::{self, Write};
use std::path::PathBuf;

use spectrum_engine::Target;

use crate::places::named;

/// Where an output flag points: `-` is standard output.
pub(crate) fn target(path: &str) -> Target {
    if path == "-" { Target::Stdout } else { Target::File(PathBuf::from(named(path))) }
}

/// Prints a text on standard output; a closed pipe is an error like any other.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let print = || {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            stdout.write_all(b"\n")?;
        }
        stdout.flush()
    };
    print().map_err(|e: io::Error| io::Error::new(e.kind(), format!("writing standard output: {e}")))
}

/// Prints a text on standard error. When that fails there is nobody left to tell.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

//! The columns of the files that stand on the command line so far.

use std::ffi::OsStr;
use std::path::Path;

use clap_complete::engine::CompletionCandidate;
use spectrum_engine::{Input, InputOptions, Watch};

/// Columns whose names begin like this, of the first word that is a file or a folder; in a list, those that are not in it.
/// Whatever goes wrong, nothing is offered: nobody reads errors between two keystrokes.
pub(super) fn columns_of_inputs(begun: &OsStr) -> Vec<CompletionCandidate> {
    let begun = begun.to_string_lossy();
    // What the shell passes on stands behind `--`, and begins with the command's own name.
    let words: Vec<String> = std::env::args().skip_while(|word| word != "--").skip(2).collect();
    let names = names_in(&words).unwrap_or_default();
    // Of a list, only its last name is passed on.
    let lists = words.iter().filter_map(|word| word.strip_suffix(&*begun)?.strip_suffix(','));
    let given: Vec<&str> = lists.flat_map(|list| list.split(',')).collect();
    let fitting =
        names.into_iter().filter(|name| name.starts_with(&*begun) && !given.contains(&name.as_str()));
    fitting.map(CompletionCandidate::new).collect()
}

fn names_in(words: &[String]) -> Option<Vec<String>> {
    let mut inputs = words.iter().filter(|word| !word.starts_with('-'));
    let input = inputs.find(|word| Path::new(word).exists())?.clone();
    let input = Input::find(&[input], &InputOptions::default(), &Watch::default()).ok()?;
    input.column_names().ok()
}

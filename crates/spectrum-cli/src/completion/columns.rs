//! The columns of the files that stand on the command line so far.

use std::ffi::OsStr;
use std::path::Path;

use clap::Command;
use clap_complete::engine::CompletionCandidate;
use spectrum_engine::{Input, InputOptions, Watch};

use super::positional::positional;
use crate::given;
use crate::tables;

/// Columns whose names begin like this, of the first input that can be read; in a list, those that are not in it.
/// Whatever goes wrong, nothing is offered: nobody reads errors between two keystrokes.
pub(super) fn columns_of_inputs(command: Command, begun: &OsStr) -> Vec<CompletionCandidate> {
    let begun = begun.to_string_lossy();
    // What the shell passes on stands behind `--`, and begins with the command's own name.
    let words: Vec<String> = given::arguments()
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .skip_while(|word| word != "--")
        .skip(2)
        .collect();
    let names = names_in(command, &words).unwrap_or_default();
    // Of a list, only its last name is passed on.
    let lists = words.iter().filter_map(|word| word.strip_suffix(&*begun)?.strip_suffix(','));
    let given: Vec<&str> = lists.flat_map(|list| list.split(',')).collect();
    let fitting =
        names.into_iter().filter(|name| name.starts_with(&*begun) && !given.contains(&name.as_str()));
    fitting.map(CompletionCandidate::new).collect()
}

fn names_in(command: Command, words: &[String]) -> Option<Vec<String>> {
    let names_of = |word: &str| {
        let find = || Input::find(&[word.to_owned()], &InputOptions::default(), &Watch::default()).ok();
        let input = tables::latest(word).or_else(find)?;
        input.column_names().ok()
    };
    positional(command, words).into_iter().filter(|word| Path::new(word).exists()).find_map(names_of)
}

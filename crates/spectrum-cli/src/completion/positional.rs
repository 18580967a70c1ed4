//! Which words of a command line belong to no option.

use clap::{Arg, Command};

/// The words that are neither a subcommand nor an option nor the value of one, in their order.
pub(super) fn positional(mut command: Command, words: &[String]) -> Vec<&str> {
    // Only then options know how many values they take.
    command.build();
    let mut command = &command;
    let mut positional = Vec::new();
    let mut values = 0;
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--" => {
                positional.extend(words);
                break;
            }
            // Bash cuts `--gap=1h` into three words.
            "=" if values > 0 => {}
            _ if word.starts_with("--") => values = values_after_long(command, &word[2..]),
            _ if word.len() > 1 && word.starts_with('-') => values = values_after_short(command, &word[1..]),
            _ if values > 0 => values -= 1,
            _ => match command.find_subcommand(word) {
                Some(subcommand) if positional.is_empty() => command = subcommand,
                _ => positional.push(word),
            },
        }
    }
    positional
}

/// How many words after `--option` are its values; none where one stands in the same word.
fn values_after_long(command: &Command, option: &str) -> usize {
    let is_it = |arg: &&Arg| {
        arg.get_long() == Some(option) || arg.get_all_aliases().is_some_and(|names| names.contains(&option))
    };
    command.get_arguments().find(is_it).map_or(0, values)
}

/// The same of `-o`, or of several in a word, as in `-qo`: what follows one with a value is its value.
fn values_after_short(command: &Command, options: &str) -> usize {
    let takes_values = |(at, option): (usize, char)| {
        let arg = command.get_arguments().find(|arg| arg.get_short() == Some(option))?;
        let is_last = at + option.len_utf8() == options.len();
        (values(arg) > 0).then(|| if is_last { values(arg) } else { 0 })
    };
    options.char_indices().find_map(takes_values).unwrap_or(0)
}

fn values(option: &Arg) -> usize {
    let is_apart = option.get_action().takes_values() && !option.is_require_equals_set();
    option.get_num_args().filter(|_| is_apart).map_or(0, |range| range.max_values())
}

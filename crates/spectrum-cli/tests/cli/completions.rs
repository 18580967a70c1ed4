//! What shells offer, asked of a shell that really completes; and manual pages.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::spectrum::Folder;

/// What bash offers for the last of these words, which is being written in this folder.
fn offered(folder: &Path, words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
    let script = format!(
        "source <(spectrum completions bash)
         COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9
         _clap_complete_spectrum spectrum '{last}' '{before}' 2>/dev/null
         printf '%s\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1
    );
    let programs = Path::new(env!("CARGO_BIN_EXE_spectrum")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let done =
        Command::new("bash").arg("-c").arg(script).env("PATH", path).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn bash_completes_commands_values_and_columns() {
    let folder = Folder::with(&[
        ("events.csv", "visitor,page,at\na,/,2026-01-01 00:00\n"),
        ("hits.ndjson", "{\"who\": 1, \"when\": 2}\n"),
        ("broken.parquet", "no"),
    ]);
    let offered = |words: &[&str]| offered(folder.path(), words);
    assert_snapshot!(offered(&["spectrum", "re"]), @"report refresh resolve");
    assert_snapshot!(offered(&["spectrum", "run", "ev"]), @"events.csv");
    assert_snapshot!(offered(&["spectrum", "run", "events.csv", "--key", ""]), @"visitor page at");
    assert_snapshot!(offered(&["spectrum", "run", "--time", "a", "events.csv", "--key", "visitor,p"]), @"visitor,page");
    assert_snapshot!(offered(&["spectrum", "run", "events.csv", "--key", "visitor,"]), @"visitor,page visitor,at");
    assert_snapshot!(offered(&["spectrum", "summary", "hits.ndjson", "--time", "w"]), @"who when");
    assert_snapshot!(offered(&["spectrum", "summary", "hits.ndjson", "--preset", "mat"]), @"matomo");
    assert_snapshot!(offered(&["spectrum", "summary", "hits.ndjson", "--id", ""]), @"sequence encoded start persistent");
    // A file that cannot be read offers nothing, and says nothing.
    assert_snapshot!(offered(&["spectrum", "run", "broken.parquet", "--key", ""]), @"");
}

/// Subcommands and the values of options can have the names of files and folders too.
#[test]
fn columns_are_those_of_the_input_alone() {
    let folder = Folder::with(&[("events.csv", "visitor,page,at\n"), ("out.csv", "old,columns\n")]);
    for (name, file) in [("check", "other.csv"), ("st", "sessions.csv")] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join(file), "neither,of,them\n").unwrap();
    }
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for before in [
        "run --state st events.csv",
        "run --state = st events.csv",
        "run --state=st events.csv",
        "run -o out.csv events.csv",
        "run -oout.csv events.csv",
        "run --force events.csv",
        "check events.csv",
        "check empty events.csv",
        "check empty/ events.csv",
    ] {
        let words: Vec<&str> = ["spectrum"].into_iter().chain(before.split(' ')).collect();
        let words = [&words[..], &["--key", ""]].concat();
        assert_eq!(offered(folder.path(), &words), "visitor page at", "{before}");
    }
}

#[test]
fn every_shell_has_a_script_that_asks_spectrum() {
    let folder = Folder::with(&[]);
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = folder.prints(&format!("completions {shell}"));
        assert!(script.contains("SPECTRUM_COMPLETE"), "{shell}: {script}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::with(&[]);
    assert_eq!(folder.prints("man -o share/man/man1"), "");
    let pages = folder.path().join("share/man/man1");
    let help = folder.prints("--help");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let named = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let named: Vec<&str> = named.filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(named.contains(&"run") && named.contains(&"man"), "{named:?}");
    for command in &named {
        let page = std::fs::read_to_string(pages.join(format!("spectrum-{command}.1"))).unwrap();
        assert!(page.contains(".SH OPTIONS") && page.contains(&format!("spectrum\\-{command}")), "{command}");
        assert_eq!(folder.prints(&format!("man {command}")), page);
    }
    assert_eq!(std::fs::read_dir(&pages).unwrap().count(), named.len() + 1, "that of spectrum, and no other");
    assert!(std::fs::read_to_string(pages.join("spectrum.1")).unwrap().contains("Exit codes"));
    let said = folder.refuses("man rum");
    assert!(said.starts_with("error: there is no page spectrum-rum; commands are demo, run, "), "{said}");
}

//! A folder that is followed, with files in it that cannot be taken.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::spectrum::Folder;
use crate::state::{LATE, MONDAY, TUESDAY};

fn until(what: &mut dyn FnMut() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(60), "that takes too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Follows `incoming`; what it says goes to the file `said`.
fn follow(folder: &Folder, flags: &str) -> Child {
    let said = fs::File::options().create(true).append(true).open(folder.path().join("said")).unwrap();
    let id = if flags.contains("--id ") { "" } else { "--id start" };
    let arguments = format!("run incoming/ -o out/ --state state {id} --follow --settle 1ms {flags}");
    Command::new(env!("CARGO_BIN_EXE_spectrum"))
        .args(arguments.split_whitespace())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(said)
        .spawn()
        .unwrap()
}

/// Renamed into its place, so that it is never seen half.
fn put(folder: &Folder, name: &str, text: &str) {
    let hidden = folder.path().join(".hidden");
    fs::write(&hidden, text).unwrap();
    fs::rename(hidden, folder.path().join("incoming").join(name)).unwrap();
}

/// Stops it, and returns its exit code.
fn stop(child: &mut Child) -> i32 {
    let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    child.wait().unwrap().code().unwrap()
}

/// Without the times at which it was said.
fn said(folder: &Folder) -> String {
    let text = fs::read_to_string(folder.path().join("said")).unwrap();
    let line = |line: &str| match line.split_once(' ') {
        Some((at, rest)) if at.ends_with('Z') => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_file_that_cannot_be_taken_is_named_once_and_left_and_the_others_go_on() {
    let folder = Folder::with(&[]);
    fs::create_dir(folder.path().join("incoming")).unwrap();
    let is_there = |name: &str| folder.path().join("out").join(name).exists();
    // Three bad ones, each in its own way, among good ones; and one of another format.
    put(&folder, "1-monday.csv", MONDAY);
    put(&folder, "2-no-time.csv", "event_id,user_id,account_id,occurred_at\nx,ann,acme,soon\n");
    put(&folder, "3-tuesday.csv", TUESDAY);
    put(&folder, "4-no-key.csv", "event_id,occurred_at\nx,2026-03-02T08:00:00Z\n");
    put(&folder, "5-not.parquet", "no Parquet at all");
    put(
        &folder,
        "6.ndjson",
        "{\"event_id\":\"n\",\"user_id\":\"ann\",\"account_id\":\"acme\",\"occurred_at\":\"2026-03-04T08:00:00Z\"}\n",
    );
    let mut child = follow(&folder, "--quiet");
    until(&mut || is_there("1-monday.csv") && is_there("3-tuesday.csv") && is_there("6.ndjson"));
    put(&folder, "7-late.csv", LATE);
    until(&mut || is_there("7-late.csv"));
    // Several looks later it has been said once. What is mended is taken.
    put(&folder, "2-no-time.csv", &LATE.replace("T08", "T06"));
    until(&mut || is_there("2-no-time.csv"));
    fs::remove_file(folder.path().join("incoming/5-not.parquet")).unwrap();
    assert_eq!(stop(&mut child), 3);
    assert_snapshot!(said(&folder), @"
not taken: incoming/2-no-time.csv line 2: 'soon' in column 'occurred_at' is not a time; write RFC 3339 or YYYY-MM-DD HH:MM:SS[.fraction][zone], say what a number counts with --time-unit s, ms, us or ns, or name its form with --time-format, as in '%d/%m/%Y %H:%M:%S'
not taken: column 'user_id' is not in incoming/4-no-key.csv (it has: event_id, occurred_at); name the key with --key
not taken: incoming/5-not.parquet is not readable as Parquet (truncated or corrupt?): Invalid Parquet file. Corrupt footer
error: 1 file was not taken: incoming/4-no-key.csv
");
    let state = folder.json("state state --json");
    assert_eq!(state["files"].as_array().unwrap().len(), 5);
    // A run once is as it was: all or nothing.
    let refused =
        folder.command("run incoming/4-no-key.csv -o out/ --state state --id start").assert().code(1);
    assert!(String::from_utf8_lossy(&refused.get_output().stderr).starts_with("error: column"));
    fs::remove_file(folder.path().join("incoming/4-no-key.csv")).unwrap();
    let mut child = follow(&folder, "--quiet");
    put(&folder, "8.csv", &LATE.replace("T08", "T04"));
    until(&mut || is_there("8.csv"));
    assert_eq!(stop(&mut child), 0);
}

/// Published ids are for the run that begins the state, which the first look is.
#[test]
fn published_ids_are_kept_once() {
    let folder = Folder::with(&[("monday.csv", MONDAY)]);
    folder.prints("run monday.csv -o published.csv --id encoded --sessions s.csv --quiet");
    fs::create_dir(folder.path().join("incoming")).unwrap();
    put(&folder, "monday.csv", MONDAY);
    let is_there = |name: &str| folder.path().join("out").join(name).exists();
    let mut child = follow(&folder, "--quiet --id persistent --keep-ids s.csv");
    until(&mut || is_there("monday.csv"));
    put(&folder, "tuesday.csv", TUESDAY);
    until(&mut || is_there("tuesday.csv") || child.try_wait().unwrap().is_some());
    assert_eq!((said(&folder).as_str(), stop(&mut child)), ("", 0));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("out/monday.csv"), read("published.csv"));
    // Whoever begins to follow a state that has begun asks for what cannot be.
    let refused = follow(&folder, "--id persistent --keep-ids s.csv").wait().unwrap();
    assert_eq!(refused.code(), Some(1));
    assert!(said(&folder).contains("and this one has had 2 runs; leave them out"), "{}", said(&folder));
}

/// The state is of another definition: no file will do.
#[test]
fn what_is_wrong_with_the_state_ends_it() {
    let folder = Folder::with(&[]);
    fs::create_dir(folder.path().join("incoming")).unwrap();
    put(&folder, "monday.csv", MONDAY);
    folder.prints("run incoming/ -o out/ --state state --id start --quiet");
    put(&folder, "tuesday.csv", TUESDAY);
    assert_eq!(follow(&folder, "--gap 1h").wait().unwrap().code(), Some(1));
    assert_snapshot!(said(&folder), @"error: the state in state is of another definition: gap is 30m there and 1h here; give it the definition that it was made with, or take all files into a new state");
    assert!(!Path::new(&folder.path().join("out/tuesday.csv")).exists());
}

//! `spectrum demo`.

use std::fs;
use std::process::Command;

use crate::spectrum::Folder;

/// What the demonstration prints, but for how long things took.
fn timeless(text: &str) -> String {
    let lines = text.lines().map(|line| match line {
        _ if line.starts_with("  took ") => "  took   [time]".to_owned(),
        _ if line.starts_with("wrote ") => format!("{} in [time]", line.split(" in ").next().unwrap()),
        _ => line.replace(env!("CARGO_BIN_EXE_spectrum"), "spectrum"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_small_demonstration() {
    let folder = Folder::with(&[]);
    insta::assert_snapshot!("demo_of_5000_events", timeless(&folder.prints("demo --events 5000")));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_single_event_is_enough() {
    let shown = Folder::with(&[]).prints("demo --events 1");
    assert!(
        shown.contains("\n1 event of 1 key in 1 session\n") && !shown.contains("$ spectrum explain"),
        "{shown}"
    );
}

/// What is suggested in the end can be pasted, whether the files were kept or not.
#[test]
fn what_comes_next_can_be_pasted() {
    for line in ["demo --events 500", "demo --events 500 --keep kept"] {
        let folder = Folder::with(&[]);
        let shown = folder.prints(line);
        let next =
            shown.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with('/'));
        let next: Vec<_> = next.collect();
        assert!(next.len() >= 3, "{shown}");
        for command in next {
            // A million events are too many for a test.
            let command = command.replace("--events 1000000", "--events 1000");
            let done = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).output().unwrap();
            assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
        }
    }
}

#[test]
fn files_are_kept_on_request_and_nothing_is_replaced() {
    let folder = Folder::with(&[]);
    folder.prints("demo --events 100 --keep here/kept");
    for name in ["events.parquet", "with_sessions.parquet", "sessions.csv"] {
        assert!(folder.path().join("here/kept").join(name).is_file(), "{name}");
    }
    let again = folder.refuses("demo --events 100 --keep here/kept");
    assert_eq!(again, "error: folder here/kept is not empty; name a new one with --keep\n");
}

/// Every step is a command that prints the same when it is typed.
#[test]
fn the_steps_are_real_commands() {
    let folder = Folder::with(&[]);
    let shown = folder.prints("demo --events 800 --keep kept");
    let again = Folder::with(&[]);
    let steps: Vec<_> = shown.lines().filter_map(|line| line.strip_prefix("$ spectrum ")).collect();
    assert_eq!(steps.len(), 4, "{shown}");
    for step in steps {
        let printed = timeless(&again.prints(step));
        assert!(timeless(&shown).contains(&printed), "{step} printed {printed}");
    }
}

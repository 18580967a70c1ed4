//! Runs that are asked to stop, by a signal or because nobody reads on.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::spectrum::{EVENTS, Folder, common};

#[test]
fn a_reader_that_has_seen_enough() {
    let folder = Folder::with(&[]);
    folder.done("generate -o in.csv --events 20000");
    folder.done("generate -o in.parquet --events 20000");
    let before = folder.names();
    for arguments in [
        "run in.csv -o -",
        "run in.csv -o - --to ndjson",
        "run in.parquet -o - --to csv",
        "run in.csv -o /dev/null --to csv --sessions -",
        "generate -o - --to csv --events 20000",
    ] {
        let mut child =
            folder.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(!first.is_empty(), "{arguments}");
        let output = child.wait_with_output().unwrap();
        assert_eq!(folder.message(&output, 141), "", "{arguments}");
        assert_eq!(folder.names(), before, "{arguments}");
    }
    // The report goes to the same reader here, and has none either.
    let mut shell = Command::new("bash");
    let line = "spectrum run in.csv -o - 2>&1 | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}";
    let line = line.replace("spectrum", env!("CARGO_BIN_EXE_spectrum"));
    let output = shell.args(["-c", &line]).current_dir(folder.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "141\n");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until something is so.
pub(crate) fn until(mut what: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(60), "that takes too long");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn spawn(mut command: Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What it said once it has ended, which it does.
fn ended(mut child: Child) -> Output {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

/// While the output is half-written under its temporary name. Lines that are only passed on are compressed, so
/// that the signal comes in time on quick machines too.
#[test]
fn ctrl_c_and_sigterm_while_writing() {
    let folder = Folder::with(&[("out.csv.gz", "precious")]);
    folder.done("generate -o in.csv --events 150000");
    let before = folder.names();
    let runs = [("INT", "out.csv.gz"), ("TERM", "new/out.ndjson"), ("INT", "out.parquet")];
    let messages = runs.map(|(name, output)| {
        let child =
            spawn(folder.command(&format!("run in.csv -o {output} --force --threads 1 --id encoded")));
        let is_writing = || {
            let folder = folder.path(output).parent().unwrap().to_path_buf();
            std::fs::read_dir(folder).is_ok_and(|mut entries| {
                entries.any(|entry| {
                    entry.is_ok_and(|entry| entry.file_name().to_string_lossy().contains(".spectrum-"))
                })
            })
        };
        until(is_writing);
        signal(&child, name);
        let output = ended(child);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert_eq!(folder.names(), before);
        assert_eq!(folder.text("out.csv.gz"), "precious");
        folder.message(&output, 130)
    });
    assert_snapshot!(common(messages), @"error: interrupted; nothing was written");
}

/// While standard input is copied, from someone who has nothing to say.
#[test]
fn ctrl_c_while_waiting_for_standard_input() {
    let messages = ["INT", "TERM"].map(|name| {
        let folder = Folder::with(&[]);
        let mut child = spawn(folder.command("run - --from csv -o out.csv"));
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(EVENTS.as_bytes()).unwrap();
        stdin.flush().unwrap();
        until(|| folder.has_unnamed_file(child.id()));
        signal(&child, name);
        let output = ended(child);
        drop(stdin);
        assert_eq!(folder.names(), [""; 0]);
        folder.message(&output, 130)
    });
    assert_snapshot!(common(messages), @"error: interrupted; nothing was written");
}

/// Not even a run that is killed leaves the copy of standard input behind: it never had a name for long.
#[test]
fn a_killed_run_leaves_no_copy_of_standard_input() {
    let folder = Folder::with(&[]);
    let mut child = spawn(folder.command("run - --from csv -o out.csv"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(EVENTS.as_bytes()).unwrap();
    until(|| folder.has_unnamed_file(child.id()));
    child.kill().unwrap();
    assert!(!ended(child).status.success());
    folder.check_temporary_folder();
}

/// Whoever reads the events is stuck, so the run is too; the second signal ends it without further ado. It says nothing
/// then, whereas a run that stops by itself says that it does.
#[test]
fn a_second_ctrl_c_ends_at_once() {
    let folder = Folder::with(&[]);
    folder.done("generate -o in.csv --events 20000");
    let mut child = spawn(folder.command("run in.csv -o -"));
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    // The pipe is full once nothing more is worked on, because nobody takes more.
    let mut worked = work(&child);
    until(|| {
        std::thread::sleep(Duration::from_millis(100));
        let before = std::mem::replace(&mut worked, work(&child));
        before == worked
    });
    signal(&child, "INT");
    // Two that come together are one, so there is a third and a fourth if need be.
    until(|| {
        signal(&child, "INT");
        std::thread::sleep(Duration::from_millis(20));
        child.try_wait().unwrap().is_some()
    });
    let output = ended(child);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(130));
    drop(stdout);
}

/// How many bytes a process has read and written, and how long it computed.
fn work(child: &Child) -> Vec<String> {
    let of = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap();
    let computed = of("stat").split_whitespace().skip(13).take(2).map(str::to_owned).collect::<Vec<_>>();
    [computed, vec![of("io")]].concat()
}

/// It may still go on, for all that anybody knows, so it takes a word to remove what it wrote.
#[test]
fn what_a_killed_run_left_is_named_and_removed_when_asked() {
    let folder = Folder::with_events("in.csv");
    for left in ["out/.in.csv.spectrum-aB3dE6", "out/.other.csv.spectrum-aB3dE6", ".s.csv.spectrum-aaaaaa"] {
        folder.write(left, "half a li");
    }
    let said = |arguments: &str| folder.message(&folder.command(arguments).output().unwrap(), 0);
    let named = said("run in.csv -o out/ --sessions s.csv --quiet");
    let lines: Vec<&str> = named.lines().collect();
    assert_eq!(lines.len(), 2, "{named}");
    assert!(lines[0].contains(".s.csv.spectrum-aaaaaa is of a run that was killed"), "{named}");
    assert!(lines[1].contains("out/.in.csv.spectrum-aB3dE6 is of a run that was killed"), "{named}");
    assert_eq!(said("run in.csv -o out/ --sessions s.csv --quiet --force --clean"), "");
    let names = folder.names();
    let hidden: Vec<&String> = names.iter().filter(|name| name.contains(".spectrum-")).collect();
    assert_eq!(hidden, ["out/.other.csv.spectrum-aB3dE6"]);
}

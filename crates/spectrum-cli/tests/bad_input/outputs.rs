//! Outputs that would harm something, or cannot be written.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::interrupted::until;
use crate::spectrum::{EVENTS, Folder, common};

#[test]
fn an_output_that_is_an_input() {
    let folder = Folder::with_events("in.csv");
    fs::create_dir(folder.path("below")).unwrap();
    symlink("in.csv", folder.path("link.csv")).unwrap();
    symlink(".", folder.path("here")).unwrap();
    let messages =
        ["in.csv", "./in.csv", "below/../in.csv", "link.csv", "here/in.csv"].map(|output| {
            common(["-o", "--force -o", "-o out.csv --sessions", "-o out.csv --force --sessions"].map(
                |flags| folder.refusal(&format!("run in.csv {flags} {output}")).replace(output, "OUTPUT"),
            ))
        });
    assert_snapshot!(common(messages), @"error: OUTPUT is an input and cannot be the output as well");
    assert_snapshot!(folder.refusal("run link.csv -o in.csv --force"), @"error: in.csv is an input and cannot be the output as well");
    assert_snapshot!(folder.refusal("run in.csv -o ./ --force"), @"error: ./in.csv is an input and cannot be the output as well");
    assert_snapshot!(folder.refusal("report in.csv -o link.csv --force"), @"error: link.csv is an input and cannot be the output as well");
}

#[test]
fn an_output_that_exists() {
    let folder = Folder::with(&[("in.csv", EVENTS), ("out.csv", "precious"), ("s.csv", "also precious")]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: out.csv exists; say --force to replace it");
    assert_snapshot!(folder.refusal("run in.csv -o new.csv --sessions s.csv"), @"error: s.csv exists; say --force to replace it");
    folder.done("run in.csv -o out.csv --sessions s.csv --force");
    assert!(folder.text("out.csv").starts_with("event_id,user_id,account_id,occurred_at,session_id\n"));
    assert!(folder.text("s.csv").starts_with("session_id,user_id,account_id,session_seq,"));
    assert_snapshot!(folder.refusal("report in.csv -o s.csv"), @"error: s.csv exists; say --force to replace it");
    // Even --force destroys nothing when the run fails.
    folder.write("broken.csv", format!("{EVENTS}e4\n"));
    folder.refusal("run broken.csv -o out.csv --sessions s.csv --force");
    folder.refusal("report broken.csv -o out.csv --force");
    folder.done("report in.csv -o out.csv --force");
    assert!(folder.text("out.csv").starts_with("<!doctype html>"));
}

#[test]
fn a_link_as_output_stays_a_link() {
    let folder = Folder::with(&[("in.csv", EVENTS), ("real/out.csv", "precious")]);
    symlink("real/out.csv", folder.path("out.csv")).unwrap();
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: out.csv exists; say --force to replace it");
    folder.done("run in.csv -o out.csv --force");
    assert!(folder.path("out.csv").is_symlink());
    assert!(folder.text("real/out.csv").starts_with("event_id,"));
}

/// What the link points to is made, and may be replaced; the link stays.
#[test]
fn a_link_to_nothing_as_output() {
    let folder = Folder::with_events("in.csv");
    symlink("out.csv", folder.path("link.csv")).unwrap();
    folder.done("run in.csv -o link.csv");
    assert!(folder.path("link.csv").is_symlink());
    assert!(folder.text("out.csv").starts_with("event_id,"));
    assert_snapshot!(folder.refusal("run in.csv -o link.csv"), @"error: link.csv exists; say --force to replace it");
    // A link to a link, into a folder that is not there either.
    symlink("new/out.csv", folder.path("far.csv")).unwrap();
    symlink("far.csv", folder.path("farther.csv")).unwrap();
    folder.done("run in.csv -o farther.csv");
    assert!(folder.path("far.csv").is_symlink() && folder.path("farther.csv").is_symlink());
    assert!(folder.text("new/out.csv").starts_with("event_id,"));
}

#[test]
fn a_link_to_nothing_among_the_inputs() {
    let folder = Folder::with(&[("in/a.csv", EVENTS)]);
    symlink("gone.csv", folder.path("in/b.csv")).unwrap();
    assert_snapshot!(folder.refusal("run in -o out.csv"), @"error: listing in: in/b.csv: No such file or directory (os error 2)");
}

/// A run holds few files open, however many it writes.
#[test]
fn more_outputs_than_a_process_can_hold_open() {
    let folder = Folder::with(&[]);
    for at in 0..60 {
        folder.write(&format!("in/{at}.csv"), EVENTS.replace(",u,", &format!(",u{at},")));
    }
    let line = "ulimit -n 40; exec spectrum run in -o out/ --sessions s.csv --threads 2 --quiet";
    let output = folder.shell(line).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(folder.names().iter().filter(|name| name.starts_with("out/")).count(), 60);
    let output = folder.shell("ulimit -n 40; exec spectrum run in -o parquet/ --to parquet --quiet").output();
    assert!(output.unwrap().status.success());
    folder.done("run parquet -o again/ --quiet --session-column again");
    let line = "ulimit -n 40; exec spectrum run parquet -o again/ --quiet --session-column again --force";
    assert!(folder.shell(line).output().unwrap().status.success());
}

#[test]
fn a_folder_with_files_that_exist() {
    let folder = Folder::with(&[
        ("in/a.csv", EVENTS),
        ("in/b.csv", EVENTS),
        ("out/b.csv", "precious"),
        ("out/c.csv", ""),
    ]);
    assert_snapshot!(folder.refusal("run in -o out"), @"error: out/b.csv exists; say --force to replace it");
    folder.done("run in -o out --force --id encoded");
    assert!(folder.text("out/b.csv").starts_with("event_id,"));
    assert_eq!(folder.text("out/c.csv"), "");
}

/// The second of three outputs finds a folder under its name, which was made while the outputs were written.
#[test]
fn when_one_of_several_outputs_cannot_have_its_name_none_has() {
    let folder = Folder::with(&[("out/a.csv", "precious"), ("out/c.csv.gz", "precious")]);
    for made in ["in/a.csv --events 10", "in/b.csv --events 10", "in/c.csv.gz --events 150000"] {
        folder.done(&format!("generate -o {made}"));
    }
    let child =
        folder.command("run in -o out --force --id encoded --threads 1").stderr(Stdio::piped()).spawn();
    until(|| folder.names().iter().any(|name| name.contains(".c.csv.gz.spectrum-")));
    folder.write("out/b.csv/theirs", "");
    let output = child.unwrap().wait_with_output().unwrap();
    assert_snapshot!(folder.message(&output, 1), @"error: writing out/b.csv: Is a directory (os error 21)");
    assert_eq!(folder.text("out/a.csv"), "precious");
    assert_eq!(folder.text("out/c.csv.gz"), "precious");
    let names = folder.names();
    let out: Vec<_> = names.iter().filter(|name| name.starts_with("out/")).collect();
    assert_eq!(out, ["out/a.csv", "out/b.csv", "out/b.csv/theirs", "out/c.csv.gz"]);
}

#[test]
fn two_outputs_under_one_name() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --sessions ./out.csv"), @"error: ./out.csv is named for two outputs");
    assert_snapshot!(folder.refusal("run in.csv -o - --sessions -"), @"error: the events and the sessions cannot both go to standard output; name a file for one of them");
    folder.write("more/in.csv.gz", "");
    folder.write("more/in.csv", EVENTS);
    assert_snapshot!(folder.refusal("run more -o out/ --to parquet"), @"error: out/in.parquet is named for two outputs");
}

#[test]
fn an_output_that_tells_no_format() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run in.csv -o out.txt"), @"error: the format of out.txt is not known; say --to parquet, csv, tsv or ndjson");
    assert_snapshot!(folder.refusal("run in.csv -o out"), @"error: the format of out is not known; say --to parquet, csv, tsv or ndjson");
    assert_snapshot!(folder.refusal("run in.csv -o out.parquet.gz"), @"error: the format of out.parquet.gz is not known; say --to parquet, csv, tsv or ndjson");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --sessions sessions"), @"error: the format of sessions is not known; say --to parquet, csv, tsv or ndjson");
    folder.done("run in.csv -o out.txt --sessions sessions --to ndjson");
    assert!(folder.text("sessions").starts_with("{\"session_id\":"));
    assert_snapshot!(folder.refusal("generate -o events --events 3"), @"error: the format of events is not known; say --to parquet, csv, tsv or ndjson");
}

/// As root every folder can be written to, but no folder can be made below a file.
#[test]
fn a_place_where_nothing_can_be_written() {
    let folder = Folder::with(&[("in.csv", EVENTS), ("file", "")]);
    assert_snapshot!(folder.refusal("run in.csv -o file/out.csv"), @"error: writing file/out.csv: Not a directory (os error 20)");
    assert_snapshot!(folder.refusal("run in.csv -o file/deeper/out.csv"), @"error: writing file/deeper: Not a directory (os error 20)");
    assert_snapshot!(folder.refusal("run in.csv -o file/"), @"error: writing file/in.csv: Not a directory (os error 20)");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --sessions file/s.csv"), @"error: writing file/s.csv: Not a directory (os error 20)");
    assert_snapshot!(folder.refusal("run in.csv -o /proc/nothing/out.csv"), @"error: writing /proc/nothing: No such file or directory (os error 2)");
    assert_snapshot!(folder.refusal("generate -o file/out.csv --events 3"), @"error: writing file/out.csv: Not a directory (os error 20)");
}

#[test]
fn folders_that_were_made_go_away_with_a_failed_run() {
    let folder = Folder::with(&[("in.csv", &format!("{EVENTS}e4,u,a,noon\n"))]);
    folder.refusal("run in.csv -o new/deeper/out.csv");
    folder.write("in.csv", EVENTS);
    folder.done("run in.csv -o new/deeper/out.csv --sessions new/other/s.csv");
    assert_eq!(
        folder.names(),
        ["in.csv", "new", "new/deeper", "new/deeper/out.csv", "new/other", "new/other/s.csv"]
    );
}

/// A disk that is full: files may not grow beyond a few kilobytes. The signal that says so ends nothing, so writes fail as
/// they do when the disk is full.
#[test]
fn a_full_disk() {
    let folder = Folder::with(&[]);
    folder.done("generate -o in.csv --events 2000");
    folder.done("generate -o in.parquet --events 2000");
    let pairs = [
        ("in.csv", "out.csv"),
        ("in.csv", "out.ndjson"),
        ("in.csv", "out.parquet"),
        ("in.csv", "out.csv.gz"),
        ("in.csv", "out.csv.zst"),
        ("in.parquet", "out.parquet"),
    ];
    let messages = pairs.map(|(input, output)| {
        let line = format!("ulimit -f 8; exec spectrum run {input} -o {output}");
        folder.refused(folder.shell(&line), 1).replace(output, "OUTPUT")
    });
    assert_snapshot!(common(messages), @"error: writing OUTPUT: File too large (os error 27)");
    let line = "ulimit -f 8; exec spectrum run in.csv -o - --sessions s.csv --to csv >/dev/null";
    assert_snapshot!(folder.refused(folder.shell(line), 1), @"error: writing s.csv: File too large (os error 27)");
    let line = "ulimit -f 8; exec spectrum generate -o out.csv --events 2000";
    assert_snapshot!(folder.refused(folder.shell(line), 1), @"error: writing out.csv: File too large (os error 27)");
    let line = "ulimit -f 8; exec spectrum report in.csv -o page.html";
    assert_snapshot!(folder.refused(folder.shell(line), 1), @"error: writing page.html: File too large (os error 27)");
}

#[test]
fn a_full_device() {
    let folder = Folder::with_events("in.csv");
    folder.done("run in.csv -o in.parquet");
    let lines = [
        "spectrum run in.csv -o - >/dev/full",
        "spectrum run in.csv -o - --to parquet >/dev/full",
        "spectrum run in.parquet -o - --session-column s >/dev/full",
        "spectrum run in.csv -o /dev/null --to csv --sessions - >/dev/full",
        "spectrum report in.csv -o - >/dev/full",
    ];
    assert_snapshot!(common(lines.map(|line| folder.refused(folder.shell(line), 1))), @"error: writing standard output: No space left on device (os error 28)");
    assert_snapshot!(folder.refusal("run in.csv -o /dev/full --to csv"), @"error: writing /dev/full: No space left on device (os error 28)");
    // The report is output as well.
    let output = folder.shell("spectrum run in.csv -o out.csv >/dev/full").output().unwrap();
    assert_snapshot!(folder.message(&output, 1), @r"
    note: the outputs are complete; only the report was not printed
    error: writing standard output: No space left on device (os error 28)
    ");
    assert!(folder.text("out.csv").starts_with("event_id,"));
}

/// Where standard error cannot be written to, nobody hears of a problem, and none arises from it.
#[test]
fn a_closed_standard_error() {
    let folder = Folder::with_events("in.csv");
    let output = folder.shell("spectrum run in.csv -o - 2>/dev/full >/dev/null").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let output = folder.shell("spectrum run nothere.csv -o - 2>/dev/full").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn json_is_written_as_ndjson() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run in.csv -o out.json"), @"error: the format of out.json is not known; JSON is written as NDJSON, an object per line: say --to ndjson, or name the output .ndjson");
    folder.done("run in.csv -o out.json --to ndjson");
}

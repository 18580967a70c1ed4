//! Runs that go on where the last one ended: what they print, and that nothing is lost when they are killed.

use std::fs;

use insta::assert_snapshot;

use crate::spectrum::Folder;

pub(crate) const MONDAY: &str = "\
event_id,user_id,account_id,occurred_at
a1,ann,acme,2026-03-02T23:30:00Z
a2,ann,acme,2026-03-02T23:50:00Z
b1,bob,acme,2026-03-02T10:00:00Z
";
pub(crate) const TUESDAY: &str = "\
event_id,user_id,account_id,occurred_at
a3,ann,acme,2026-03-03T00:10:00Z
c1,cat,acme,2026-03-03T09:00:00Z
";
/// Joins what bob did on Monday with nothing, and comes before it.
pub(crate) const LATE: &str = "\
event_id,user_id,account_id,occurred_at
b0,bob,acme,2026-03-02T08:00:00Z
";

pub(crate) fn folder() -> Folder {
    Folder::with(&[("monday.csv", MONDAY), ("tuesday.csv", TUESDAY), ("late.csv", LATE)])
}

/// What a run printed, without how long it took.
pub(crate) fn run(folder: &Folder, files: &str, flags: &str) -> String {
    let text = folder.prints(&format!("run {files} -o out/ --state state {flags}"));
    text.lines().filter(|line| !line.starts_with("  took")).collect::<Vec<_>>().join("\n")
}

/// When a file was taken is compressed a little more or less well.
pub(crate) fn without_sizes(text: &str) -> String {
    let is_size = |word: &str| word.chars().all(|c| c.is_ascii_digit() || c == '.') && !word.is_empty();
    let mut before = "";
    let word = |word: &str| word.trim_end_matches(';').to_owned();
    let words = text.split(' ').map(|next| {
        let hides = ["had", "has", "size"].contains(&before) && is_size(&word(next));
        before = if next.is_empty() { before } else { next };
        if hides { next.replace(|c: char| c.is_ascii_digit() || c == '.', "#") } else { next.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn sessions_go_on_where_the_last_file_ended() {
    let folder = folder();
    assert_snapshot!(run(&folder, "monday.csv", "--id encoded"), @"
3 events of 1 new file
  gap    30m, ids encoded
  span   2026-03-02T10:00:00Z to 2026-03-02T23:50:00Z, of the sessions that they are in
  sessions: 2 new
  state  2 sessions of 3 events after run 1 in state
  wrote  out/
");
    assert_snapshot!(run(&folder, "tuesday.csv", "--id encoded"), @"
2 events of 1 new file
  gap    30m, ids encoded
  span   2026-03-02T23:30:00Z to 2026-03-03T09:00:00Z, of the sessions that they are in
  sessions: 1 new, 1 longer than before
  state  3 sessions of 5 events after run 2 in state
  wrote  out/
");
    assert_snapshot!(run(&folder, "late.csv tuesday.csv", "--id encoded"), @"
1 event of 1 new file
  gap    30m, ids encoded
  span   2026-03-02T08:00:00Z to 2026-03-02T10:00:00Z, of the sessions that they are in
  sessions: 1 new, 1 renumbered
  left out 1 file taken before
  state  4 sessions of 6 events after run 3 in state
  wrote  out/
");
    assert_snapshot!(run(&folder, "late.csv tuesday.csv", "--id encoded"), @"
nothing new: all 2 files were taken before
  state  4 sessions of 6 events after run 3 in state
");
    assert_snapshot!(folder.prints("state state --sessions - --to csv --quiet"), @"
session_id,user_id,account_id,session_seq,started_at,ended_at,duration_seconds,events
a5d1826ac685104a1e19e96610959c25,bob,acme,1,2026-03-02T08:00:00Z,2026-03-02T08:00:00Z,0.0,1
abe0e678826f5698cb92b74e3ea97123,bob,acme,2,2026-03-02T10:00:00Z,2026-03-02T10:00:00Z,0.0,1
f6927f96b7813c599e3359b0a38af1e9,ann,acme,1,2026-03-02T23:30:00Z,2026-03-03T00:10:00Z,2400.0,3
d6341192bf66742b8b4338a43fb51482,cat,acme,1,2026-03-03T09:00:00Z,2026-03-03T09:00:00Z,0.0,1
");
    let state = folder.prints("state state --verify");
    let path = folder.path().canonicalize().unwrap().display().to_string();
    assert_snapshot!(without_sizes(&state.replace(&path, "PATH")), @"
4 sessions of 6 events after 3 runs over 3 files
  key    user_id, account_id, time occurred_at
  gap    30m, ids encoded
  latest 2026-03-03T09:00:00Z; 1 session was not over then
  size   # kB in 1 file of sessions
  last   PATH/late.csv in run 3: 1 event
  behind 1 output with ids from before; a run with --rewrite writes it anew
  verify all 4 sessions of the files are here, and no other
");
    folder.prints("run monday.csv tuesday.csv late.csv -o all/ --id encoded --sessions all.csv");
    folder.prints("state state --sessions kept.csv");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("kept.csv"), read("all.csv"));
    // Tuesday's output has the id of the session that began on Monday.
    assert_eq!(read("out/tuesday.csv"), read("all/tuesday.csv"));
}

#[test]
fn what_a_run_changed_is_told() {
    let folder = folder();
    run(&folder, "monday.csv", "--id encoded");
    run(&folder, "tuesday.csv", "--id encoded");
    run(&folder, "late.csv", "--id encoded");
    let changes = |number: u32| {
        let name = format!("state/changes-{number}.parquet");
        // Any command that reads Parquet shows it as text.
        folder.prints(&format!(
            "run {name} -o - --to csv --key user_id --time started_at --id encoded --session-column x --quiet"
        ))
    };
    let without_ids = |text: String| {
        let is_id = |field: &&str| field.len() == 32;
        let line = |line: &str| line.split(',').filter(|field| !is_id(field)).collect::<Vec<_>>().join(",");
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(without_ids(changes(2)), @"
change,session_id_before,started_at_before,ended_at_before,events_before,session_id,user_id,account_id,started_at,ended_at,events,x
extended,2026-03-02T23:30:00Z,2026-03-02T23:50:00Z,2,ann,acme,2026-03-02T23:30:00Z,2026-03-03T00:10:00Z,3
new,,,,,cat,acme,2026-03-03T09:00:00Z,2026-03-03T09:00:00Z,1
");
    assert_snapshot!(without_ids(changes(3)), @"
change,session_id_before,started_at_before,ended_at_before,events_before,session_id,user_id,account_id,started_at,ended_at,events,x
new,,,,,bob,acme,2026-03-02T08:00:00Z,2026-03-02T08:00:00Z,1
renumbered,2026-03-02T10:00:00Z,2026-03-02T10:00:00Z,1,bob,acme,2026-03-02T10:00:00Z,2026-03-02T10:00:00Z,1
");
}

/// ann's two visits become one when the event between them comes; bob's begins earlier than was known, and stays who he is.
#[test]
fn an_id_that_was_published_leads_to_its_session() {
    let folder = folder();
    let event = |lines: &str| format!("event_id,user_id,account_id,occurred_at\n{lines}");
    let first = "a1,ann,acme,2026-03-02T10:00:00Z\na3,ann,acme,2026-03-02T11:00:00Z\nb2,bob,acme,2026-03-02T10:00:00Z\n";
    let late = "a2,ann,acme,2026-03-02T10:30:00Z\nb1,bob,acme,2026-03-02T09:45:00Z\n";
    fs::write(folder.path().join("first.csv"), event(first)).unwrap();
    fs::write(folder.path().join("second.csv"), event(late)).unwrap();
    run(&folder, "first.csv", "--id persistent");
    let ids = |name: &str| -> Vec<String> {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().to_owned()).collect()
    };
    let before = ids("out/first.csv");
    assert_snapshot!(run(&folder, "second.csv", "--id persistent --rewrite"), @"
2 events of 1 new file
  gap    30m, ids persistent
  span   2026-03-02T09:45:00Z to 2026-03-02T11:00:00Z, of the sessions that they are in
  sessions: 1 longer than before, 1 joined of several
  state  2 sessions of 5 events after run 2 in state
  wrote  out/
  anew   1 output of an earlier run
");
    assert_eq!(ids("out/second.csv"), [before[0].clone(), before[2].clone()]);
    assert_eq!(ids("out/first.csv"), [before[0].clone(), before[0].clone(), before[2].clone()]);
    for (at, id) in before.iter().enumerate() {
        let told = folder.prints(&format!("resolve {id} --state state"));
        let json = folder.json(&format!("resolve {id} --state state --json"));
        assert_eq!(json["current_id"], before[[0, 0, 2][at]]);
        match at {
            0 => assert_snapshot!(told, @"
5a52347be30fddbabb3a2ac322625f6a is the id of a session
  user_id ann, account_id acme: 2026-03-02T10:00:00Z to 2026-03-02T11:00:00Z, 3 events
  its own id was given first in run 1
"),
            1 => assert_snapshot!(told, @"
df6ecd8cfc631a5dfaa10cc6ec54b2f4 leads to 5a52347be30fddbabb3a2ac322625f6a, since run 2
  user_id ann, account_id acme: 2026-03-02T10:00:00Z to 2026-03-02T11:00:00Z, 3 events
  its own id was given first in run 1
"),
            _ => assert_snapshot!(told, @"
48810ae3921ae5b03bdb9eca059d95a2 is the id of a session
  user_id bob, account_id acme: 2026-03-02T09:45:00Z to 2026-03-02T10:00:00Z, 2 events
  its own id was given first in run 1
"),
        }
    }
    assert_snapshot!(folder.refuses("resolve 0123 --state state"), @"error: no session ever had the id '0123' in state; an id is 32 characters of 0-9 and a-f");
    let state = folder.prints("state state");
    assert!(state.contains("\n  ids    1 leads to another now\n"), "{state}");
}

/// The same bytes are other events where the folder's name is in the key; and a file without events says nothing of zones.
#[test]
fn partitions_and_files_without_events() {
    let folder = folder();
    for day in ["2026-03-01", "2026-03-02"] {
        fs::create_dir_all(folder.path().join(format!("lake/date={day}"))).unwrap();
        fs::write(folder.path().join(format!("lake/date={day}/p.csv")), MONDAY).unwrap();
    }
    fs::write(folder.path().join("empty.csv"), MONDAY.lines().next().unwrap()).unwrap();
    let report = folder.json("run lake/ -o out/ --state state --id start --key user_id,date --json");
    assert_eq!((report["events"].as_u64(), report["new_files"].as_u64()), (Some(6), Some(2)));
    let zoned = "--id start --split-at midnight --timezone Europe/Paris --quiet";
    folder.prints(&format!("run monday.csv -o p/ --state paris {zoned}"));
    folder.prints(&format!("run empty.csv -o p/ --state paris {zoned}"));
    folder.prints(&format!("run empty.csv -o empty-out.csv {zoned}"));
    folder.prints("summary empty.csv --split-at midnight --timezone Europe/Paris");
}

/// So they are where links name one file in several folders, also when it was looked at before.
#[test]
fn one_file_in_two_partitions() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    for name in ["real", "lake/date=1", "lake/date=2"] {
        fs::create_dir_all(path(name)).unwrap();
    }
    fs::write(path("lake/date=1/p.csv"), MONDAY).unwrap();
    fs::write(path("real/p.csv"), MONDAY).unwrap();
    for day in ["1", "2"] {
        std::os::unix::fs::symlink(path("real/p.csv"), path(&format!("lake/date={day}/link.csv"))).unwrap();
    }
    let take = |name: &str| {
        let report = folder
            .json(&format!("run lake/{name} -o out/ --state state --id start --key user_id,date --json"));
        (report["events"].as_u64(), report["new_files"].as_u64())
    };
    assert_eq!(take("date=1/p.csv"), (Some(3), Some(1)));
    assert_eq!(take("date=1/link.csv").1, Some(0));
    assert_eq!(take("date=2/link.csv"), (Some(3), Some(1)));
}

#[test]
fn files_are_known_again_by_name_and_by_content() {
    let folder = folder();
    run(&folder, "monday.csv", "");
    fs::copy(folder.path().join("monday.csv"), folder.path().join("copy.csv")).unwrap();
    let path = folder.path().canonicalize().unwrap().display().to_string();
    let text = run(&folder, "copy.csv tuesday.csv", "").replace(&path, "PATH");
    assert_snapshot!(text, @"
2 events of 1 new file
  gap    30m, ids sequence
  span   2026-03-02T23:30:00Z to 2026-03-03T09:00:00Z, of the sessions that they are in
  sessions: 1 new, 1 longer than before
  left out copy.csv, which has the bytes of PATH/monday.csv
  state  3 sessions of 5 events after run 2 in state
  wrote  out/
");
    fs::write(folder.path().join("monday.csv"), MONDAY.replace("bob", "rob")).unwrap();
    let refused = folder.refuses("run monday.csv -o out/ --state state --force").replace(&path, "PATH");
    assert_snapshot!(refused, @"error: PATH/monday.csv was taken in run 1 with other bytes, whose events are in the state already; put new events into files of names of their own, or take all files into a new state");
    assert_snapshot!(run(&folder, "late.csv", "").lines().last().unwrap(), @"  wrote  out/");
}

/// A file that has the bytes of another is left out, whatever would be wrong with a new one: its output is there already, and its
/// events come too late.
#[test]
fn a_file_with_the_bytes_of_another_is_left_out_before_anything_else_is_said_of_it() {
    let folder = folder();
    run(&folder, "monday.csv tuesday.csv", "--id encoded");
    fs::copy(folder.path().join("monday.csv"), folder.path().join("copy.csv")).unwrap();
    fs::write(folder.path().join("out/copy.csv"), "mine").unwrap();
    let flags = "--id encoded --lateness 1m --json";
    let report = folder.json(&format!("run copy.csv -o out/ --state state {flags}"));
    assert_eq!((report["new_files"].as_u64(), report["run"].as_u64()), (Some(0), Some(1)));
    assert!(report["left_out"][0]["same_as"].as_str().unwrap().ends_with("monday.csv"));
    assert_eq!(fs::read_to_string(folder.path().join("out/copy.csv")).unwrap(), "mine");
    // Beside one that is new, and twice among new ones.
    for name in ["new.csv", "again.csv"] {
        fs::write(folder.path().join(name), TUESDAY.replace("03-03", "03-04")).unwrap();
    }
    let report = folder.json(&format!("run copy.csv new.csv again.csv -o out/ --state state {flags}"));
    assert_eq!((report["new_files"].as_u64(), report["events"].as_u64()), (Some(1), Some(2)));
    assert_eq!(report["left_out"].as_array().unwrap().len(), 2);
    let hidden = |folder: &std::path::Path| {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with('.')).collect::<Vec<_>>()
    };
    assert_eq!(hidden(&folder.path().join("out")), [""; 0]);
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 4);
}

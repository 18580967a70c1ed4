//! Runs that go on where the last one ended: what they print, and that nothing is lost when they are killed.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::spectrum::Folder;

const MONDAY: &str = "\
event_id,user_id,account_id,occurred_at
a1,ann,acme,2026-03-02T23:30:00Z
a2,ann,acme,2026-03-02T23:50:00Z
b1,bob,acme,2026-03-02T10:00:00Z
";
const TUESDAY: &str = "\
event_id,user_id,account_id,occurred_at
a3,ann,acme,2026-03-03T00:10:00Z
c1,cat,acme,2026-03-03T09:00:00Z
";
/// Joins what bob did on Monday with nothing, and comes before it.
const LATE: &str = "\
event_id,user_id,account_id,occurred_at
b0,bob,acme,2026-03-02T08:00:00Z
";

fn folder() -> Folder {
    Folder::with(&[("monday.csv", MONDAY), ("tuesday.csv", TUESDAY), ("late.csv", LATE)])
}

/// What a run printed, without how long it took.
fn run(folder: &Folder, files: &str, flags: &str) -> String {
    let text = folder.prints(&format!("run {files} -o out/ --state state {flags}"));
    text.lines().filter(|line| !line.starts_with("  took")).collect::<Vec<_>>().join("\n")
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
  size   ### kB in 1 file of sessions
  last   PATH/late.csv in run 3: 1 event
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

/// A late event gives bob's session of Monday another number; Tuesday has nothing to do with it.
#[test]
fn outputs_of_earlier_runs_are_written_anew() {
    let folder = folder();
    run(&folder, "monday.csv", "--id encoded");
    run(&folder, "tuesday.csv", "--id encoded");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let before = read("out/monday.csv");
    assert_snapshot!(run(&folder, "late.csv", "--id encoded --rewrite"), @"
1 event of 1 new file
  gap    30m, ids encoded
  span   2026-03-02T08:00:00Z to 2026-03-02T10:00:00Z, of the sessions that they are in
  sessions: 1 new, 1 renumbered
  state  4 sessions of 6 events after run 3 in state
  wrote  out/
  anew   1 output of an earlier run
");
    folder.prints("run monday.csv tuesday.csv late.csv -o all/ --id encoded");
    for name in ["monday.csv", "tuesday.csv", "late.csv"] {
        assert_eq!(read(&format!("out/{name}")), read(&format!("all/{name}")), "{name}");
    }
    assert_ne!(read("out/monday.csv"), before);
    // What is gone stays so, and is named.
    fs::write(folder.path().join("later.csv"), LATE.replace("b0", "b-").replace("08:00", "06:00")).unwrap();
    fs::remove_file(folder.path().join("out/late.csv")).unwrap();
    fs::write(folder.path().join("monday.csv"), MONDAY.replace("acme", "acne")).unwrap();
    let done = folder
        .command("run later.csv -o out/ --state state --id encoded --rewrite --quiet")
        .assert()
        .success();
    let path = folder.path().canonicalize().unwrap().display().to_string();
    let notes = String::from_utf8_lossy(&done.get_output().stderr).replace(&path, "PATH");
    assert_snapshot!(notes, @"
note: PATH/out/late.csv was not written anew: it is not there any more
note: PATH/out/monday.csv was not written anew: PATH/monday.csv has other bytes now
");
}

/// Two of four events are older than an hour before the latest of Tuesday, one of them by a minute.
#[test]
fn events_that_come_too_late_go_to_the_rejects_as_they_came() {
    let csv = "\
event_id,user_id,account_id,occurred_at,note
x1,ann,acme,2026-03-03T07:59:00Z,\"one, two\"
x2,ann,acme,2026-03-03T08:00:00Z,
x3,dan,acme,2026-03-03T09:30:00Z,\"a \"\"b\"\"\"
x4,ann,acme,2026-03-01T00:00:00Z,  four
";
    let ndjson = "\
{\"event_id\":\"x1\", \"user_id\":\"ann\",\"account_id\":\"acme\",\"occurred_at\":\"2026-03-03T07:59:00Z\"}
{\"event_id\":\"x2\",\"user_id\":\"ann\",\"account_id\":\"acme\",\"occurred_at\":\"2026-03-03T08:00:00Z\"}
";
    let folder = folder();
    for (name, text) in [("new.csv", csv), ("new.ndjson", ndjson)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder.prints("run new.csv -o new.parquet --id encoded --session-column first --quiet");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    for (new, rejects) in [
        ("new.csv", "rejects.csv"),
        ("new.ndjson", "rejects.ndjson"),
        ("new.parquet", "rejects-of-parquet.csv"),
    ] {
        let _ = fs::remove_dir_all(folder.path().join("state"));
        run(&folder, "monday.csv tuesday.csv", "--id encoded --force");
        let refused = folder.refuses(&format!("run {new} -o out/ --state state --id encoded --lateness 1h"));
        let number = if new == "new.ndjson" { "1 event is" } else { "2 events are" };
        assert!(
            refused.starts_with(&format!("error: {number} earlier than the latest by more than")),
            "{refused}"
        );
        assert!(refused.contains("--rejects"), "{refused}");
        assert!(!folder.path().join(format!("out/{new}")).exists());
        let flags = format!("--id encoded --lateness 1h --rejects {rejects} --json");
        let report = folder.json(&format!("run {new} -o out/ --state state {flags}"));
        let expected = if new == "new.ndjson" { (1, 1) } else { (2, 2) };
        assert_eq!((report["rejected"].as_i64().unwrap(), report["events"].as_i64().unwrap()), expected);
    }
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(read("rejects.csv").lines().collect::<Vec<_>>(), [lines[0], lines[1], lines[4]]);
    assert_eq!(read("rejects.ndjson").lines().collect::<Vec<_>>(), [ndjson.lines().next().unwrap()]);
    assert_snapshot!(read("rejects-of-parquet.csv"), @r#"
event_id,user_id,account_id,occurred_at,note,first
x1,ann,acme,2026-03-03T07:59:00Z,"one, two",464de997c8fe61ecfbf69ec91213e676
x4,ann,acme,2026-03-01T00:00:00Z,  four,f6927f96b7813c599e3359b0a38af1e9
"#);
    assert_eq!(read("out/new.csv").lines().count(), 3);
    // Rejects are events as any others, for whoever wants them all the same.
    run(&folder, "rejects.csv", "--id encoded");
    // Where none is too late there is no such file.
    fs::write(folder.path().join("in-time.csv"), MONDAY.replace("03-02", "03-04")).unwrap();
    run(&folder, "in-time.csv", "--id encoded --lateness 1h --rejects none.csv");
    assert!(!folder.path().join("none.csv").exists());
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

/// An hour earlier than what the state has, and a minute after that.
const TOO_LATE: &str = "\
event_id,user_id,account_id,occurred_at
z1,ann,acme,2026-03-03T07:00:00Z
z2,ann,acme,2026-03-03T08:59:00Z
";

#[test]
fn rejects_of_every_run_have_a_place_of_their_own() {
    let folder = folder();
    let refused = |flags: &str| {
        let path = folder.path().canonicalize().unwrap().display().to_string();
        folder
            .refuses(&format!("run again.csv -o out/ --state state --lateness 1h {flags}"))
            .replace(&path, "PATH")
    };
    run(&folder, "monday.csv tuesday.csv", "");
    fs::write(folder.path().join("new.csv"), TOO_LATE).unwrap();
    fs::write(folder.path().join("again.csv"), TOO_LATE.replace("z1", "z3")).unwrap();
    run(&folder, "new.csv", "--lateness 1h --rejects rejected.csv");
    assert_snapshot!(refused("--rejects rejected.csv --force"), @"error: rejected.csv exists, and the rejects of an earlier run are in no other place; name another file, or a folder, which gets a file of each run");
    assert_snapshot!(refused("--rejects state/"), @"error: state/ would lie in the state's folder; name another place");
    run(&folder, "again.csv", "--lateness 1h --rejects rejected/");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("rejected.csv"), read("rejected/late-3.csv").replace("z3", "z1"));
    // What was left out then is no fault of the state, and is named.
    let verified = folder.command("state state --verify").assert().code(3);
    let verified = String::from_utf8_lossy(&verified.get_output().stdout).into_owned();
    assert_snapshot!(verified.lines().last().unwrap(), @"  verify of 5 sessions: 1 missing or otherwise; 2 events were left out when the files were taken, too late or without a time or key, and may be the reason");
}

/// What `--rewrite` cannot make as it was it leaves as it is, and says so.
#[test]
fn outputs_that_would_not_be_what_they_were_are_not_written_anew() {
    let folder = folder();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let path = folder.path().canonicalize().unwrap().display().to_string();
    // Begins a session of ann's before all others, so that every number changes.
    let first = |number: u32| {
        write(
            &format!("first-{number}.csv"),
            &LATE.replace("bob", "ann").replace("b0", "f").replace("T08", &format!("T0{number}")),
        )
    };
    (1..=5).for_each(first);
    let anew = |number: u32, flags: &str| {
        let arguments =
            format!("run first-{number}.csv -o out/ --state state --id encoded --rewrite --quiet {flags}");
        let done = folder.command(&arguments).assert().success();
        String::from_utf8_lossy(&done.get_output().stderr).replace(&path, "PATH")
    };
    // A rejected event would come back.
    run(&folder, "monday.csv tuesday.csv", "--id encoded");
    write("new.csv", TOO_LATE);
    run(&folder, "new.csv", "--id encoded --lateness 1h --rejects late/");
    let before = read("out/new.csv");
    assert_snapshot!(anew(1, ""), @"note: PATH/out/new.csv was not written anew: PATH/new.csv gives other events than when it was taken");
    assert_eq!(read("out/new.csv"), before);
    // Another name for the ids would be another file.
    assert_snapshot!(anew(2, "--session-column sid"), @"
note: PATH/out/monday.csv was not written anew: it was written in another form, or with other columns
note: PATH/out/new.csv was not written anew: it was written in another form, or with other columns
note: PATH/out/tuesday.csv was not written anew: it was written in another form, or with other columns
");
    // Two files that changed places are known, and not as these.
    let (monday, tuesday) = (read("monday.csv"), read("tuesday.csv"));
    write("monday.csv", &tuesday);
    write("tuesday.csv", &monday);
    assert_snapshot!(anew(3, ""), @"
note: PATH/out/monday.csv was not written anew: PATH/monday.csv has other bytes now
note: PATH/out/new.csv was not written anew: PATH/new.csv gives other events than when it was taken
note: PATH/out/tuesday.csv was not written anew: PATH/tuesday.csv has other bytes now
");
    write("monday.csv", &monday);
    write("tuesday.csv", &tuesday);
    // One output of two runs: the later one's events are there, and no other.
    write("third.csv", &TUESDAY.replace("03-03", "03-04").replace("a3", "t"));
    write("fourth.csv", &TUESDAY.replace("03-03", "03-05").replace("a3", "u"));
    folder.prints("run third.csv -o one.csv --state state --id encoded --quiet");
    folder.prints("run fourth.csv -o one.csv --state state --id encoded --force --quiet");
    let before = read("one.csv");
    anew(4, "");
    assert_eq!(read("one.csv").lines().count(), 3);
    assert_ne!(read("one.csv"), before);
    assert!(read("one.csv").contains("\nu,ann"));
}

/// What looks like a part of a state, and is not.
#[test]
fn other_files_in_the_folder_are_left_alone() {
    let folder = folder();
    fs::create_dir(folder.path().join("data")).unwrap();
    let data = |name: &str| folder.path().join("data").join(name);
    for name in ["sessions-2026-01.parquet", "files-archive.parquet"] {
        fs::write(data(name), "mine").unwrap();
    }
    assert_snapshot!(folder.refuses("run monday.csv -o out/ --state data"), @"error: data holds files and no state.json, so it is not a state; name a folder that is empty or not there yet");
    run(&folder, "monday.csv", "");
    folder.prints("state state --sessions state/sessions-all.parquet");
    run(&folder, "tuesday.csv", "");
    assert!(folder.path().join("state/sessions-all.parquet").exists());
    assert!(data("sessions-2026-01.parquet").exists() && data("files-archive.parquet").exists());
    assert_snapshot!(folder.refuses("run late.csv -o state/sessions-3-1.parquet --state state"), @"error: state/sessions-3-1.parquet would lie in the state's folder; name another place");
}

/// The key's texts have one width in the first file alone.
#[test]
fn ids_that_could_be_shared_are_refused_from_the_first_run_on() {
    let folder = folder();
    fs::write(folder.path().join("wide.csv"), MONDAY.replace("bob", "roberta")).unwrap();
    assert_snapshot!(folder.refuses("run wide.csv -o out/ --state wide"), @"error: ids of the scheme sequence could be shared with sessions that this run does not look at, because the key's texts are not of one width; take all files into a new state with ids of another scheme; use --id encoded or --id start, or accept it with --allow-id-collisions");
    run(&folder, "wide.csv", "--allow-id-collisions");
}

#[test]
fn keys_and_times_of_another_kind_are_refused_by_name() {
    let folder = folder();
    run(&folder, "monday.csv", "--id start");
    let refuses = |name: &str, text: String, flags: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.refuses(&format!("run {name} -o out/ --state state --id start {flags}"))
    };
    assert_snapshot!(refuses("naive.csv", TUESDAY.replace('Z', ""), ""), @"error: the times in column 'occurred_at' have no zone here, and those in the state have one; make them the same");
    folder.prints(
        "run tuesday.csv -o numbers.parquet --id start --session-column x --types account_id=text --quiet",
    );
    fs::write(folder.path().join("n.csv"), TUESDAY.replace("acme", "123")).unwrap();
    folder.prints("run n.csv -o n.parquet --id start --session-column x --types account_id=integer --quiet");
    assert_snapshot!(folder.refuses("run n.parquet -o out/ --state state --id start"), @"error: key column 'account_id' is integer here, and text in the state, whose texts differ; say --key-type account_id=text if its values are to be read as text");
    run(&folder, "n.parquet", "--id start --key-type account_id=text");
    let named = |key: &str| {
        let flags = format!("run named.csv -o out/ --state new --id start --key {key}");
        fs::write(folder.path().join("named.csv"), MONDAY.replace("user_id", key)).unwrap();
        folder.refuses(&flags)
    };
    assert_snapshot!(named("change"), @"error: key column 'change' has the name of a column of the state's tables; rename it");
    assert_snapshot!(named("events"), @"error: key column 'events' has the name of a column of the state's tables; rename it");
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
}

/// Nanoseconds since 1970 have no year 9999.
#[test]
fn times_that_do_not_fit_into_a_finer_unit() {
    let folder = folder();
    let event = |time: &str| format!("event_id,user_id,account_id,occurred_at\nx,ann,acme,{time}\n");
    fs::write(folder.path().join("far.csv"), event("9999-01-01T00:00:00Z")).unwrap();
    fs::write(folder.path().join("fine.csv"), event("2026-01-01T00:00:00.000000001Z")).unwrap();
    // Which is unusual, and said.
    folder.command("run far.csv -o out/ --state state --id start").assert().success();
    assert_snapshot!(folder.refuses("run fine.csv -o out/ --state state --id start"), @"error: there are times here that count nanoseconds, and those in the state do not fit into 64 bits of these; give the new times a coarser unit");
    assert!(folder.prints("state state --verify").contains("all 1 session of the files are here"));
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

#[test]
fn what_a_state_cannot_do_is_refused_before_anything_is_written() {
    let folder = folder();
    let refuses = |flags: &str| {
        let refused = folder.refuses(&format!("run monday.csv --state new {flags}"));
        assert!(!folder.path().join("new/state.json").exists() && !folder.path().join("out").exists());
        refused
    };
    assert_snapshot!(refuses("-o out/ --max-duration 1h"), @"error: a state keeps sessions and no events, and the rule max_duration needs the events around a late one; take it out, or run over all files at once without a state");
    assert_snapshot!(refuses("-o out/ --split-on account_id --key user_id"), @"error: a state keeps sessions and no events, and the rule split_on needs the events around a late one; take it out, or run over all files at once without a state");
    assert_snapshot!(refuses("-o -"), @"error: an output to standard output cannot be had with a state: outputs get their names together with the state; name a file or a folder");
    assert_snapshot!(refuses("-o out/ --sessions s.csv"), @"error: a sessions table of one run cannot be had with a state: the state has the sessions of all runs; write its table afterwards");
    assert_snapshot!(refuses("-o out/ --with-reason"), @"error: started_by cannot be had with a state: the sessions before are not always looked at; leave it out");
    assert_snapshot!(refuses("-o out/ --with-sequence --id start"), @"error: session_seq cannot be had with a state: numbers are kept where ids hold them; name sessions by the scheme encoded, or leave it out");
    assert_snapshot!(refuses("-o out/ --engine duckdb"), @"error: a state is kept by spectrum itself; leave out --engine or --state");
    assert_snapshot!(refuses("-o out.csv --follow"), @"error: with --follow every file has an output of its own; name a folder, as in -o out.csv/");
    assert_snapshot!(folder.refuses("run monday.csv -o out/ --id persistent"), @"error: ids of the scheme persistent need a memory of what was there before, as `spectrum run --state FOLDER` and `spectrum deploy --mode incremental` have; --id start names sessions by the events alone");
    // Where no session is named, the scheme is as good as any.
    folder.prints("summary monday.csv --id persistent");
    assert_snapshot!(folder.refuses("state nowhere"), @"error: nowhere holds no state; a run makes one");
    fs::create_dir(folder.path().join("full")).unwrap();
    fs::write(folder.path().join("full/notes.txt"), "mine").unwrap();
    assert_snapshot!(folder.refuses("run monday.csv -o out/ --state full"), @"error: full holds files and no state.json, so it is not a state; name a folder that is empty or not there yet");
    assert_eq!(fs::read_dir(folder.path().join("full")).unwrap().count(), 1);
}

#[test]
fn a_state_of_another_definition_is_refused_by_what_differs() {
    let folder = folder();
    run(&folder, "monday.csv", "--id encoded --at-gap new");
    assert_snapshot!(folder.refuses("run tuesday.csv -o out/ --state state --gap 45m --id start"), @"error: the state in state is of another definition: id is encoded there and start here, at_gap is new there and not set here, gap is 30m there and 45m here; give it the definition that it was made with, or take all files into a new state");
}

#[test]
fn a_damaged_state_says_which_file() {
    let folder = folder();
    run(&folder, "monday.csv", "--id encoded");
    let file = |name: &str| folder.path().join("state").join(name);
    let refuses = || folder.refuses("run tuesday.csv -o out/ --state state --id encoded");
    let spoil = |name: &str, with: &dyn Fn(&mut Vec<u8>)| {
        let whole = fs::read(file(name)).unwrap();
        let mut spoiled = whole.clone();
        with(&mut spoiled);
        fs::write(file(name), spoiled).unwrap();
        let refused = refuses();
        fs::write(file(name), whole).unwrap();
        without_sizes(&refused)
    };
    assert_snapshot!(spoil("sessions-1-1.parquet", &|bytes| bytes.truncate(100)), @"error: state/sessions-1-1.parquet is not as it was written: it has ### bytes, and had ####; put the state's folder back from a copy, or take all files into a new one");
    assert_snapshot!(spoil("keys-1.parquet", &|bytes| bytes[40] ^= 1), @"error: state/keys-1.parquet is not as it was written: its bytes are others; put the state's folder back from a copy, or take all files into a new one");
    assert_snapshot!(spoil("files-1.parquet", &|bytes| bytes.truncate(0)), @"error: state/files-1.parquet is not as it was written: it has # bytes, and had ####; put the state's folder back from a copy, or take all files into a new one");
    assert_snapshot!(spoil("state.json", &|bytes| bytes.truncate(30)), @"error: state/state.json is not as it was written: EOF while parsing an object at line 1 column 30; put the state's folder back from a copy, or take all files into a new one");
    let edited = |bytes: &mut Vec<u8>| {
        let text = String::from_utf8(bytes.clone()).unwrap().replace("\"run\":1", "\"run\":7");
        *bytes = text.into_bytes();
    };
    assert_snapshot!(spoil("state.json", &edited), @"error: state/state.json is not as it was written: its content has another MD5 than it says; put the state's folder back from a copy, or take all files into a new one");
    let newer = |bytes: &mut Vec<u8>| {
        let text = String::from_utf8(bytes.clone()).unwrap().replace("\"layout\":1", "\"layout\":9");
        *bytes = text.into_bytes();
    };
    assert_snapshot!(spoil("state.json", &newer), @"error: state was written by Spectrum 0.1.0 in layout 9, and this version knows layout 1; use the version that wrote it, or a newer one");
    fs::remove_file(file("sessions-1-1.parquet")).unwrap();
    assert_snapshot!(refuses(), @"error: state/sessions-1-1.parquet is not as it was written: it is not there; put the state's folder back from a copy, or take all files into a new one");
    assert!(!folder.path().join("out/tuesday.csv").exists());
}

/// When a file was taken is compressed a little more or less well.
fn without_sizes(text: &str) -> String {
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

/// Days of events, a file each, in the folder `days`.
fn days(folder: &Folder, days: u64) {
    folder.prints("generate -o all.csv --events 4000 --quiet");
    let text = fs::read_to_string(folder.path().join("all.csv")).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let lines: Vec<&str> = lines.collect();
    fs::create_dir(folder.path().join("days")).unwrap();
    let size = lines.len().div_ceil(days as usize);
    for (day, lines) in lines.chunks(size).enumerate() {
        let text = format!("{header}\n{}\n", lines.join("\n"));
        fs::write(folder.path().join(format!("days/{day:03}.csv")), text).unwrap();
    }
}

fn spawn(folder: &Folder, arguments: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_spectrum"))
        .args(arguments.split_whitespace())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a run of all files at once gives: the outputs and the sessions.
fn assert_as_at_once(folder: &Folder, days: u64) {
    folder.prints("run days/ -o at-once/ --id start --sessions at-once.csv --quiet");
    folder.prints("state state --sessions kept.csv --quiet");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("kept.csv") == read("at-once.csv"), "the sessions differ");
    for day in 0..days {
        let events = |name: &str| read(&format!("{name}/{day:03}.csv")).lines().count();
        assert_eq!(events("out"), events("at-once"), "day {day}");
    }
    let hidden: Vec<_> = fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("-replaced"))
        .collect();
    assert_eq!(hidden, [""; 0]);
}

/// A hundred runs are killed at any moment of what they do; those that were not yet done are done again.
#[test]
fn a_run_that_is_killed_has_not_happened_or_is_brought_to_its_end() {
    const DAYS: u64 = 20;
    let folder = folder();
    days(&folder, DAYS);
    let mut kills = 0_u64;
    let mut longest = Duration::from_millis(40);
    for day in 0..DAYS {
        let arguments = format!("run days/{day:03}.csv -o out/ --state state --id start --clean --quiet");
        for kill in 0..5 {
            let begun = Instant::now();
            let mut child = spawn(&folder, &arguments);
            // Spread over all that a run does, by numbers that look random.
            let share = (kills.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1_u64 << 24) as f64;
            std::thread::sleep(longest.mul_f64(share * 1.1));
            let killed = child.try_wait().unwrap().is_none();
            child.kill().unwrap();
            child.wait().unwrap();
            if !killed && kill == 0 {
                longest = longest.max(begun.elapsed());
            }
            kills += 1;
        }
        let begun = Instant::now();
        folder.command(&arguments).assert().success();
        longest = (longest + begun.elapsed()) / 2;
    }
    assert_eq!(kills, 100);
    assert_as_at_once(&folder, DAYS);
    let state = folder.json("state state --json --verify");
    assert_eq!(state["files"].as_array().unwrap().len(), DAYS as usize);
}

/// Files arrive while it runs, some of them written slowly; it is stopped and killed, and started again.
#[test]
fn a_folder_is_followed() {
    const DAYS: u64 = 6;
    let folder = folder();
    days(&folder, DAYS);
    fs::create_dir(folder.path().join("incoming")).unwrap();
    let follow = "run incoming/ -o out/ --state state --id start --follow --settle 300ms --clean --quiet";
    let place = |name: String| folder.path().join(name);
    let is_there = |day: u64| place(format!("out/{day:03}.csv")).exists();
    let until = |what: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !what() {
            assert!(begun.elapsed() < Duration::from_secs(60), "that takes too long");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let mut child = spawn(&folder, follow);
    for day in 0..DAYS {
        let (from, to) = (place(format!("days/{day:03}.csv")), place(format!("incoming/{day:03}.csv")));
        if day % 2 == 0 {
            // Half of it, and later the rest.
            let text = fs::read(&from).unwrap();
            fs::write(&to, &text[..text.len() / 2]).unwrap();
            std::thread::sleep(Duration::from_millis(100));
            fs::write(&to, &text).unwrap();
        } else {
            fs::copy(&from, &to).unwrap();
        }
        match day {
            1 => {
                until(&|| is_there(0));
                child.kill().unwrap();
                child.wait().unwrap();
                child = spawn(&folder, follow);
            }
            3 => {
                let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
                assert!(stopped.success());
                assert!(child.wait().unwrap().success());
                child = spawn(&folder, follow);
            }
            _ => {}
        }
    }
    until(&|| (0..DAYS).all(is_there));
    let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(child.wait().unwrap().success());
    assert_as_at_once(&folder, DAYS);
}

#[test]
fn two_runs_at_once() {
    let folder = folder();
    run(&folder, "monday.csv", "");
    let lock = fs::File::open(folder.path().join("state/lock")).unwrap();
    lock.lock().unwrap();
    let refused = folder.command("run tuesday.csv -o out/ --state state").assert().code(4);
    assert_snapshot!(String::from_utf8_lossy(&refused.get_output().stderr), @"error: state is in use by another run; wait until it has ended");
    // To look at it is no harm.
    assert!(folder.prints("state state").starts_with("2 sessions of 3 events after 1 run over 1 file"));
    drop(lock);
    run(&folder, "tuesday.csv", "");
    assert!(Path::new(&folder.path().join("out/tuesday.csv")).exists());
}

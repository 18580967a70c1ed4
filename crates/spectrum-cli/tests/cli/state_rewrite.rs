//! Outputs of earlier runs that are written anew, and events that come too late.

use std::fs;

use insta::assert_snapshot;

use crate::state::{LATE, MONDAY, TUESDAY, folder, run};

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

/// An output that was not there when ids of its events changed, and one whose input was another then, are brought up to date
/// when they stand again: by the next run that is asked for it, even if nothing is new.
#[test]
fn what_could_not_be_written_anew_is_made_up_for() {
    let folder = folder();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let place = |name: &str| folder.path().join(name);
    run(&folder, "monday.csv", "--id encoded");
    fs::rename(place("out/monday.csv"), place("aside.csv")).unwrap();
    let anew = |flags: &str| {
        let done = folder.command(&format!("run late.csv -o out/ --state state --id encoded {flags}"));
        let done = { done }.assert().success();
        let (out, err) = (&done.get_output().stdout, &done.get_output().stderr);
        let path = folder.path().canonicalize().unwrap().display().to_string();
        let text = format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
            .replace(&path, "PATH");
        text.lines().filter(|line| !line.starts_with("  took")).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(anew("--rewrite --quiet"), @"note: PATH/out/monday.csv was not written anew: it is not there any more");
    let behind = folder.prints("state state");
    assert!(behind.contains("\n  behind 1 output with ids from before;"), "{behind}");
    // Nothing is new, and nothing can be done; and nobody asks for it.
    assert_snapshot!(anew("--rewrite --quiet"), @"");
    fs::rename(place("aside.csv"), place("out/monday.csv")).unwrap();
    let before = read("out/monday.csv");
    anew("");
    assert_eq!(read("out/monday.csv"), before);
    assert_snapshot!(anew("--rewrite"), @"
nothing new: the file was taken before
  state  3 sessions of 4 events after run 3 in state
  anew   1 output of an earlier run
");
    folder.prints("run monday.csv late.csv -o all/ --id encoded");
    assert_eq!(read("out/monday.csv"), read("all/monday.csv"));
    assert!(!folder.prints("state state").contains("behind"));
    folder.prints("state state --verify");
}

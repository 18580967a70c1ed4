//! Sessions of a state explained, of events whose files it has and of those that it has not.

use insta::assert_snapshot;

use crate::state::{folder, run};

#[test]
fn an_event_is_explained_by_the_sessions_before_its_file() {
    let folder = folder();
    let path = folder.path().canonicalize().unwrap().display().to_string();
    let explained =
        |flags: &str| folder.prints(&format!("explain --state state {flags}")).replace(&path, "PATH");
    run(&folder, "monday.csv", "--id encoded");
    // Tuesday's file alone knows nothing of the evening before.
    assert!(folder.prints("explain tuesday.csv --event a3").contains("none: it is the first of its key"));
    assert_snapshot!(explained("tuesday.csv --event a3"), @"
event a3 would be in session 1 of 1 of its key, if run 2 took its file
  key       user_id = ann
            account_id = acme
  time      2026-03-03T00:10:00Z (tuesday.csv line 2)
  previous  none: the state knows no earlier session of its key
  next      none: the state knows no later session of its key
  session   f6927f96b7813c599e3359b0a38af1e9
            3 events in 40m, 2026-03-02T23:30:00Z to 2026-03-03T00:10:00Z
");
    run(&folder, "tuesday.csv", "--id encoded");
    assert_snapshot!(explained("monday.csv tuesday.csv --event a3"), @"
event a3 is in session 1 of 1 of its key, after run 2
  key       user_id = ann
            account_id = acme
  time      2026-03-03T00:10:00Z (tuesday.csv line 2)
  previous  none: the state knows no earlier session of its key
  next      none: the state knows no later session of its key
  session   f6927f96b7813c599e3359b0a38af1e9
            3 events in 40m, 2026-03-02T23:30:00Z to 2026-03-03T00:10:00Z
");
    assert_snapshot!(explained("late.csv --event b0"), @"
event b0 would begin session 1 of 2 of its key, if run 3 took its file
  key       user_id = bob
            account_id = acme
  time      2026-03-02T08:00:00Z (late.csv line 2)
  previous  none: the state knows no earlier session of its key
  next      session 2: 1 event, at 2026-03-02T10:00:00Z
            began 2h after: longer than the gap of 30m by 1h 30m
  session   a5d1826ac685104a1e19e96610959c25
            1 event at 2026-03-02T08:00:00Z
");
    let json = folder.json("explain --state state late.csv --event b0 --json");
    assert_eq!(json["events"][0]["is_taken"], false);
    assert_eq!(json["events"][0]["place"]["next"]["start"], "2026-03-02T10:00:00Z");
    // Nothing was written.
    assert_eq!(folder.json("state state --json")["runs"], 2);
    assert_snapshot!(folder.refuses("explain --state state late.csv --event none"), @"error: no event has event_id 'none'; ids are compared as text, with letter case");
    assert_snapshot!(folder.refuses("explain --state state late.csv --event b0 --gap 1h"), @"error: the state in state is of another definition: gap is 30m there and 1h here; give it the definition that it was made with, or take all files into a new state");
}

#[test]
fn a_session_is_explained_by_its_id_and_by_one_that_leads_to_it() {
    let folder = folder();
    let event = |lines: &str| format!("event_id,user_id,account_id,occurred_at\n{lines}");
    let write = |name: &str, lines: &str| std::fs::write(folder.path().join(name), event(lines)).unwrap();
    write("first.csv", "a1,ann,acme,2026-03-02T10:00:00Z\na3,ann,acme,2026-03-02T11:00:00Z\n");
    write("second.csv", "a2,ann,acme,2026-03-02T10:30:00Z\na4,ann,acme,2026-03-02T20:00:00Z\n");
    let rule = "--id persistent --split-at 10:15";
    run(&folder, "first.csv", rule);
    let ids = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().to_owned()).collect()
    };
    let before = ids("out/first.csv");
    run(&folder, "second.csv", rule);
    let explained = |id: &str| folder.prints(&format!("explain --state state --session {id}"));
    assert_snapshot!(explained(&before[0]), @"
5a52347be30fddbabb3a2ac322625f6a is session 1 of 3 of its key, after run 2
  key       user_id = ann
            account_id = acme
  previous  none: the state knows no earlier session of its key
  next      session 2: 2 events, 2026-03-02T10:30:00Z to 2026-03-02T11:00:00Z
            began 30m after: sessions end at 10:15
  session   5a52347be30fddbabb3a2ac322625f6a
            1 event at 2026-03-02T10:00:00Z
");
    assert_snapshot!(explained(&before[1]), @"
df6ecd8cfc631a5dfaa10cc6ec54b2f4 is session 2 of 3 of its key, after run 2
  key       user_id = ann
            account_id = acme
  previous  session 1: 1 event, at 2026-03-02T10:00:00Z
            ended 30m before: sessions end at 10:15
  next      session 3: 1 event, at 2026-03-02T20:00:00Z
            began 9h after: longer than the gap of 30m by 8h 30m
  session   df6ecd8cfc631a5dfaa10cc6ec54b2f4
            2 events in 30m, 2026-03-02T10:30:00Z to 2026-03-02T11:00:00Z
");
    assert_snapshot!(folder.refuses("explain --state state --session 0123"), @"error: no session in state has the id '0123', and none is known to have had it");
    let json = folder.json(&format!("explain --state state --session {} --json", before[1]));
    assert_eq!(json["place"]["session"]["started_by"], "split_at");
}

//! Rules beyond the gap, from a definition file and from flags.

use insta::assert_snapshot;

use crate::spectrum::Folder;

const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at,event_type,utm_campaign,is_bot
e1,ann,acme,2026-03-01T10:00:00Z,login,spring,false
e2,ann,acme,2026-03-01T10:10:00Z,click,,false
e3,ann,acme,2026-03-01T10:14:00Z,click,summer,false
e4,ann,acme,2026-03-01T10:15:00Z,logout,summer,false
e5,ann,acme,2026-03-01T10:16:00Z,heartbeat,,false
e6,ann,acme,2026-03-01T10:17:00Z,click,,true
e7,ann,acme,2026-03-01T22:50:00Z,click,summer,
e8,ann,acme,2026-03-01T23:10:00Z,click,summer,
";

const DEFINITION: &str = r#"
[events]
where = "is_bot IS NOT TRUE"
[session]
split_on = ["utm_campaign"]
end_when = "event_type = 'logout'"
passive_when = "event_type = 'heartbeat'"
split_at = "midnight"
timezone = "Europe/Paris"
max_duration = "12h"
"#;

fn folder() -> Folder {
    Folder::with(&[("events.csv", EVENTS), ("spectrum.toml", DEFINITION)])
}

#[test]
fn a_run_and_its_sessions() {
    let folder = folder();
    folder.prints("run events.csv -o out.csv --sessions sessions.csv --with-sequence --definition spectrum.toml --quiet");
    assert_snapshot!(
        "rules_run",
        ["out.csv", "sessions.csv"]
            .map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap())
            .join("\n")
    );
}

#[test]
fn reasons_in_words() {
    let folder = folder();
    let explained =
        |event| folder.prints(&format!("explain events.csv --event {event} --definition spectrum.toml"));
    assert_snapshot!("rules_explained", ["e2", "e3", "e5", "e6", "e7", "e8"].map(explained).join("\n\n"));
}

#[test]
fn a_summary_names_the_rules_and_who_is_outside() {
    assert_snapshot!("rules_summary", folder().prints("summary events.csv --definition spectrum.toml"));
}

/// A flag overrides the file, and `none` turns off what it has.
#[test]
fn flags_override_the_file() {
    let sessions = |flags: &str| {
        let folder = folder();
        folder
            .prints(&format!("run events.csv -o out.csv --definition spectrum.toml --quiet --json {flags}"));
        let summary = folder.prints(&format!("summary events.csv --definition spectrum.toml --json {flags}"));
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        let number = |name: &str| summary[name].as_u64().unwrap();
        (number("sessions"), number("not_taking_part"), number("without_session"))
    };
    assert_eq!(sessions(""), (4, 1, 1));
    assert_eq!(sessions("--where none"), (5, 0, 1));
    assert_eq!(sessions("--split-at none --timezone none"), (3, 1, 1));
    assert_eq!(sessions("--split-on none --split-at 04:00"), (2, 1, 1));
    assert_eq!(sessions("--passive-when none"), (5, 1, 0));
    assert_eq!(sessions("--max-events 1"), (6, 1, 1));
    assert_eq!(
        sessions("--gap 1d --split-at none --timezone none --end-when none --split-on none"),
        (2, 1, 0)
    );
    assert_eq!(
        sessions(
            "--gap 1d --split-at none --timezone none --end-when none --split-on none --max-duration none"
        ),
        (1, 1, 0)
    );
}

const VIDEOS: &str = "\
event_id,user_id,account_id,occurred_at,event_type
n1,ann,acme,2026-03-01T09:00:00Z,notification
h2,ann,acme,2026-03-01T09:05:00Z,heartbeat
v3,ann,acme,2026-03-01T10:00:00Z,video_play
c4,ann,acme,2026-03-01T12:00:00Z,click
n5,ann,acme,2026-03-01T12:20:00Z,notification
c6,ann,acme,2026-03-01T12:50:00Z,click
v7,ann,acme,2026-03-01T13:00:00Z,video_play
h8,ann,acme,2026-03-01T18:00:00Z,heartbeat
c9,ann,acme,2026-03-01T18:10:00Z,click
";

const GAPS: &str = r#"
[session]
gap_when = [{ when = "event_type = 'video_play'", gap = "4h" }]
passive_when = "event_type = 'heartbeat'"
ignore_when = "event_type = 'notification'"
"#;

/// The moment before is the last that counted, the gap the one that counts after it, and an event without a session is told
/// what it is and what had ended the session before.
#[test]
fn what_counted_and_what_had_no_say() {
    let folder = Folder::with(&[("events.csv", VIDEOS), ("spectrum.toml", GAPS)]);
    let explain = |event| format!("explain events.csv --event {event} --definition spectrum.toml");
    let explained = |event| folder.prints(&explain(event));
    assert_snapshot!(
        "rules_explained_by_what_counts",
        ["n1", "h2", "v3", "c4", "n5", "c6", "h8", "c9"].map(explained).join("\n\n")
    );

    let json = |event| folder.json(&format!("{} --json", explain(event)))["events"][0].clone();
    let (n1, h8, c9) = (json("n1"), json("h8"), json("c9"));
    assert_eq!((&n1["standing"], &n1["after_session"]), (&"ignored".into(), &serde_json::Value::Null));
    assert_eq!(n1["time"], "2026-03-01T09:00:00Z");
    assert_eq!(h8["standing"], "passive");
    assert_eq!(
        h8["after_session"],
        serde_json::json!({ "number": 2, "end": "2026-03-01T13:00:00Z", "ended_by": "gap" })
    );
    assert_eq!((&c9["standing"], &c9["previous"]["event_id"]), (&"active".into(), &"v7".into()));
    assert_eq!((&c9["previous"]["gap"], &c9["previous"]["longer_than_gap"]), (&"4h".into(), &true.into()));
    let c4 = json("c4");
    assert_eq!((&c4["previous"]["gap"], &c4["previous"]["longer_than_gap"]), (&"4h".into(), &false.into()));
    // It joins the session, beyond the last event that counts for the session's end.
    assert_eq!((&c4["next"]["event_id"], &c4["next"]["same_session"]), (&"n5".into(), &true.into()));
}

/// Whether a pause was longer than the gap is one thing, and whether it parted two sessions another.
#[test]
fn json_tells_the_gap_from_what_parted_sessions() {
    let explained = folder().json("explain events.csv --event e3 --definition spectrum.toml --json");
    let event = &explained["events"][0];
    let previous = &event["previous"];
    assert_eq!((&previous["longer_than_gap"], &previous["same_session"]), (&false.into(), &false.into()));
    assert_eq!(event["session"]["started_by"], "split_on");
    // What began the next session of its key ended it, and nothing has ended the latest.
    let ended = |event| {
        folder().json(&format!("explain events.csv --event {event} --definition spectrum.toml --json"))["events"][0]["session"]
            ["ended_by"]
            .clone()
    };
    assert_eq!(
        ["e1", "e3", "e7", "e8"].map(ended),
        ["split_on".into(), "gap".into(), "split_at".into(), serde_json::Value::Null]
    );
}

/// What is printed for the summary runs as it is.
#[test]
fn the_summary_of_rules_is_one_statement() {
    let sql = folder().prints("sql --dialect postgres --table shop.events --summary --start-when 'a = 1'");
    assert!(sql.contains("FROM named)\nSELECT MIN(session_id)"), "{sql}");
}

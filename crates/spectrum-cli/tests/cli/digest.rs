//! The digest that a run reports.

use insta::assert_snapshot;

use crate::spectrum::Folder;

const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at
e1,ann,acme,2026-01-01 10:00
e2,ann,acme,2026-01-01 10:30
e3,ann,acme,2026-01-01 11:01
,bob,acme,2026-01-01 09:00
";

#[test]
fn a_digest_stands_in_the_report_where_it_was_asked_for() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    let report = folder.prints("run events.csv -o out.csv --digest");
    let settled: Vec<_> = report.lines().filter(|line| !line.starts_with("  took")).collect();
    assert_snapshot!(settled.join("\n"), @r"
    4 events of 2 keys in 3 sessions
      gap    30m, ids sequence
      span   2026-01-01T09:00:00 to 2026-01-01T11:01:00
      digest 8b8ae989fa11247526412d453093eccd
      wrote  out.csv
    ");
    assert!(!folder.prints("run events.csv -o without.csv").contains("digest"));

    let json = folder.json("run events.csv -o out.csv --force --digest --json");
    assert_eq!(json["digest"].as_str(), report.lines().find_map(|line| line.strip_prefix("  digest ")));
    assert!(folder.json("run events.csv -o out.csv --force --json")["digest"].is_null());
}

#[test]
fn standard_input_has_the_digest_of_the_file() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    let of_file = folder.json("run events.csv -o out.csv --digest --json");
    let mut command = folder.command("run - --from csv -o - --to ndjson --digest --json");
    let done = command.write_stdin(EVENTS).assert().success();
    let output = done.get_output();
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 4);
    let report: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(report["digest"], of_file["digest"]);
    assert!(report["digest"].is_string());
}

/// A run without a digest asks for no event id; a run with one does, before it writes anything.
#[test]
fn a_digest_needs_the_event_id_column() {
    let ndjson = "{\"user_id\":\"ann\",\"account_id\":\"acme\",\"occurred_at\":\"2026-01-01\"}\n";
    let folder =
        Folder::with(&[("events.csv", &EVENTS.replace("event_id", "id")), ("events.ndjson", ndjson)]);
    folder.prints("run events.csv -o events.parquet");
    let refused = |input: &str, name: &str| {
        let message = folder.refuses(&format!("run {input} -o {name} --digest --session-column session"));
        assert!(!folder.path().join(name).exists());
        message
    };
    assert_snapshot!(refused("events.csv", "out.csv"), @"error: column 'event_id' is not in events.csv (it has: id, user_id, account_id, occurred_at), and a digest is made of event ids; name the column that tells events apart with --event-id COLUMN, or leave out --digest");
    assert_snapshot!(refused("events.parquet", "out.parquet"), @"error: column 'event_id' is not in events.parquet (it has: id, user_id, account_id, occurred_at, session_id), and a digest is made of event ids; name the column that tells events apart with --event-id COLUMN, or leave out --digest");
    assert_snapshot!(refused("events.ndjson", "out.ndjson"), @"error: column 'event_id' is not in events.ndjson (it has: user_id, account_id, occurred_at), and a digest is made of event ids; name the column that tells events apart with --event-id COLUMN, or leave out --digest");
    let named = folder.json("run events.csv -o out.csv --digest --event-id id --json");
    let renamed = Folder::with(&[("events.csv", EVENTS)]).json("run events.csv -o out.csv --digest --json");
    assert_eq!(named["digest"], renamed["digest"]);
}

//! The check of a deployment finds what the check of a file with the same rows finds.

use serde_json::Value;

use crate::database::Database;
use crate::spectrum::Folder;

/// Faults laid into the table after its deployment: copies, NULL times and keys, the future, and a key that is too fast.
const FAULTS: &str = "
    INSERT INTO warehouse.fact_events (event_id, user_id, account_id, occurred_at, event_type)
      SELECT event_id, user_id, account_id, occurred_at, event_type FROM warehouse.fact_events ORDER BY event_id LIMIT 40;
    INSERT INTO warehouse.fact_events (event_id, user_id, account_id, occurred_at, event_type)
      SELECT 900000 + n, 7, 7, NULL, 'x' FROM generate_series(1, 5) n;
    INSERT INTO warehouse.fact_events (event_id, user_id, account_id, occurred_at, event_type)
      SELECT 910000 + n, NULL, 7, '2026-01-10 00:00:01Z'::timestamptz + n * interval '1 minute', 'x' FROM generate_series(1, 900) n;
    INSERT INTO warehouse.fact_events (event_id, user_id, account_id, occurred_at, event_type)
      SELECT 920000 + n, 11, 11, '2190-01-10Z'::timestamptz + n * interval '1 minute', 'x' FROM generate_series(1, 3) n;
    INSERT INTO warehouse.fact_events (event_id, user_id, account_id, occurred_at, event_type)
      SELECT 930000 + n, 99999, 1, '2026-01-12 09:00:00.123Z'::timestamptz + n * interval '0.3 seconds', 'x' FROM generate_series(1, 150) n;";

/// A report of findings without what only files have.
fn comparable(command: &mut assert_cmd::Command) -> Value {
    let done = command.args(["--type", "event_type", "--json", "--quiet"]).assert().code(3);
    let mut report: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let findings = report["findings"].as_array_mut().unwrap();
    findings.retain(|finding| finding["check"] != "late-events");
    for example in findings.iter_mut().flat_map(|finding| finding["examples"].as_array_mut().unwrap()) {
        example.as_object_mut().unwrap().remove("place");
        example.as_object_mut().unwrap().remove("text");
    }
    report
}

#[test]
fn a_table_has_the_findings_of_a_file_of_its_rows() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    folder.command("generate -o events.csv --events 30000 --ids int --quiet").assert().success();
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id bigint, user_id bigint, account_id bigint, occurred_at timestamptz,
                                             event_type text);",
    );
    database
        .command(&folder, "load events.csv --quiet --ignore-columns page,utm_campaign")
        .assert()
        .success();
    database.prints(&folder, "deploy --yes --create-index", 0);
    database.run(FAULTS);
    let rows = database.run(
        "COPY (SELECT * FROM warehouse.fact_events ORDER BY occurred_at) TO STDOUT (FORMAT csv, HEADER)",
    );
    std::fs::write(folder.path().join("rows.csv"), rows + "\n").unwrap();
    let of_file =
        comparable(&mut folder.command("check rows.csv --key-type user_id=integer,account_id=integer"));
    let of_table = comparable(&mut database.command(&folder, "check --schema analytics"));
    assert_eq!(of_table, of_file);
    let named: Vec<(&str, u64)> = of_table["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["check"].as_str().unwrap(), finding["count"].as_u64().unwrap()))
        .collect();
    for expected in
        [("null-times", 5), ("future-times", 3), ("repeated-event-ids", 40), ("stand-in-keys", 900)]
    {
        assert!(named.contains(&expected), "{expected:?} in {named:?}");
    }
    assert!(named.iter().any(|(check, _)| *check == "fast-keys"), "{named:?}");
    // Who may read the events, and nothing else, finds the same.
    database.run(
        "CREATE ROLE only_reads LOGIN; GRANT USAGE ON SCHEMA warehouse TO only_reads;
         GRANT SELECT ON warehouse.fact_events TO only_reads;",
    );
    let of_reader =
        comparable(database.command(&folder, "check --schema analytics").env("PGUSER", "only_reads"));
    assert_eq!(of_reader, of_table);
}

//! What `spectrum refresh` says where what is written does not reach the sessions.

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

#[test]
fn it_is_told_and_ends_with_3() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
         CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);
         INSERT INTO warehouse.fact_events VALUES ('e1', 'u1', 'a', '2026-01-01 10:00Z');",
    );
    database.prints(&folder, "deploy --schema s --mode incremental", 0);
    database.run("DROP TRIGGER s_spectrum_changes_inserted ON warehouse.fact_events;");
    let (report, error) = database.prints(&folder, "refresh --schema s", 3);
    // The table above it is as wide as the time it took.
    assert_snapshot!(report.lines().last().unwrap(), @"not all that is written to warehouse.fact_events is noted, because triggers are missing (s_spectrum_changes_inserted); spectrum deploy --schema s makes them again, spectrum verify --schema s --repair then takes in what was missed");
    assert_snapshot!(error, @"error: the sessions may lack what was written to the events");
    let (report, error) = database.prints(&folder, "refresh --schema s --quiet", 3);
    assert_eq!(report, "");
    assert_snapshot!(error, @r"
    not all that is written to warehouse.fact_events is noted, because triggers are missing (s_spectrum_changes_inserted); spectrum deploy --schema s makes them again, spectrum verify --schema s --repair then takes in what was missed
    error: the sessions may lack what was written to the events
    ");
    let done = database.command(&folder, "refresh --schema s --json").assert().code(3);
    let json: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(json["missed"].as_array().unwrap().len(), 1);
    // The advice is followed as it stands.
    database.prints(&folder, "deploy --schema s", 0);
    database.prints(&folder, "refresh --schema s", 0);
}

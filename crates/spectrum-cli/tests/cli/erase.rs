//! `spectrum erase`, as people use and read it.

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

/// What is printed, without what differs from run to run.
fn untimed(text: &str, database: &Database) -> String {
    let name = database.run("SELECT current_database();");
    let at = |line: &str| match line.strip_prefix("  at ") {
        Some(time) => {
            assert!(time.len() == 23 && time.ends_with(" UTC"), "{time}");
            "  at TIME UTC".to_owned()
        }
        None => line.replace(&name, "DATABASE"),
    };
    text.lines().map(at).collect::<Vec<_>>().join("\n")
}

fn people(mode: &str) -> (Database, Folder) {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
         INSERT INTO warehouse.fact_events VALUES
           ('e1', 'u1', 'a', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', '2026-01-01 10:10Z'),
           ('e3', 'u1', 'b', '2026-01-01 12:00Z'), ('e4', 'u2', 'a', '2026-01-01 10:00Z');",
    );
    database.prints(&folder, &format!("deploy --mode {mode} --create-index --quiet"), 0);
    (database, folder)
}

#[test]
fn a_receipt() {
    let (database, folder) = people("incremental");
    database.run(
        "INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, reason, outcome, error)
         VALUES (7, 'analytics.mv_sessions', now(), now(), 'x', 'failed', 'more than one event has event_id e1');",
    );
    let (printed, _) = database.prints(&folder, "erase --key user_id=u1 --dry-run", 0);
    assert_snapshot!(untimed(&printed, &database), @r"
    would erase user_id 'u1' in database DATABASE
      analytics.mv_sessions: 3 rows
      analytics.mv_session_summary: 2 rows
      analytics.spectrum_changes: 0 rows
      the refresh log: 1 error text that named them or their events, would be cleared
    refused while warehouse.fact_events holds 3 events of them; delete them there first, or say --events to delete them too
    ");
    assert_snapshot!(database.prints(&folder, "erase --key user_id=u1 --yes", 1).1, @"error: warehouse.fact_events still holds 3 events with user_id 'u1', from which the next refresh would make the sessions again; delete them there first, or say --events to delete them too, in the same transaction");
    assert_snapshot!(database.prints(&folder, "erase --key user_id=u1 --events", 1).1, @"error: spectrum erase asks before it erases, and there is no terminal to ask on; say --yes");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), "4");
    let (printed, notes) = database.prints(&folder, "erase --key user_id=u1 --events --vacuum --yes", 0);
    assert_snapshot!(untimed(&printed, &database), @r"
    erased user_id 'u1' in database DATABASE
      at TIME UTC
      warehouse.fact_events: 3 rows removed, 0 remain
      analytics.mv_sessions: 3 rows removed, 0 remain
      analytics.mv_session_summary: 2 rows removed, 0 remain
      analytics.spectrum_changes: 2 rows removed, 0 remain
      the refresh log: 1 error text that named them or their events, cleared
      vacuumed
    not covered:
      the server's log, its write-ahead log, backups and replicas
      partitions that were detached from the events table
      files that spectrum run made
    ");
    assert_eq!(notes, "");
    assert_eq!(database.run("SELECT event_id FROM analytics.mv_sessions;"), "e4");
    database.prints(&folder, "refresh", 0);
    database.prints(&folder, "verify", 0);
    let (printed, _) = database.prints(&folder, "erase --key user_id=u1 --yes", 0);
    assert_snapshot!(untimed(&printed, &database), @r"
    erased user_id 'u1' in database DATABASE
      at TIME UTC
      analytics.mv_sessions: 0 rows removed, 0 remain
      analytics.mv_session_summary: 0 rows removed, 0 remain
      analytics.spectrum_changes: 0 rows removed, 0 remain
      warehouse.fact_events: held no event of them
    not covered:
      dead row versions and planner statistics of these relations, until VACUUM (ANALYZE)
      the server's log, its write-ahead log, backups and replicas
      partitions that were detached from the events table
      files that spectrum run made
    ");
}

#[test]
fn a_receipt_for_programs() {
    let (database, folder) = people("view");
    let mut plan =
        database.json(&folder, "erase --key user_id=u1 --key account_id=a --events --dry-run --json");
    assert_eq!(plan["relations"][0]["would_remove"], 2);
    let mut receipt =
        database.json(&folder, "erase --key user_id=u1 --key account_id=a --events --yes --json");
    for json in [&mut plan, &mut receipt] {
        assert_eq!(json["database"], database.run("SELECT current_database();").as_str());
        json["database"] = "DATABASE".into();
        json["at"] = "TIME".into();
    }
    assert_snapshot!(serde_json::to_string_pretty(&receipt).unwrap(), @r#"
        {
          "at": "TIME",
          "database": "DATABASE",
          "events": {
            "found": 2,
            "relation": "warehouse.fact_events"
          },
          "key": {
            "account_id": "a",
            "user_id": "u1"
          },
          "not_covered": [
            "dead row versions and planner statistics of these relations, until VACUUM (ANALYZE)",
            "the server's log, its write-ahead log, backups and replicas",
            "partitions that were detached from the events table",
            "files that spectrum run made"
          ],
          "refresh_log_texts": 0,
          "relations": [
            {
              "relation": "warehouse.fact_events",
              "remain": 0,
              "removed": 2
            },
            {
              "relation": "analytics.mv_sessions",
              "remain": 0,
              "removed": 2
            },
            {
              "relation": "analytics.mv_session_summary",
              "remain": 0,
              "removed": 1
            }
          ]
        }
        "#);
    assert_eq!(database.run("SELECT event_id FROM analytics.mv_sessions ORDER BY 1;"), "e3\ne4");
}

#[test]
fn whose_rows_must_be_said() {
    let (database, folder) = people("view");
    assert_snapshot!(database.prints(&folder, "erase --key user_id --yes", 2).1, @r"
    error: invalid value 'user_id' for '--key <COLUMN=VALUE>': write a column of the key and its value, as in user_id=42

    For more information, try '--help'.
    ");
    assert!(database.prints(&folder, "erase --yes", 2).1.contains("--key"), "no word of --key");
    let refuses = |flags: &str| database.prints(&folder, &format!("erase --yes {flags}"), 1).1;
    assert_snapshot!(refuses("--key event_id=e1"), @"error: column 'event_id' is not of the key (user_id, account_id), and nothing else says whose a session is");
    assert_snapshot!(refuses("--key user_id=u1 --schema elsewhere"), @"error: there is no elsewhere.mv_sessions here; make it with spectrum deploy --schema elsewhere");
}

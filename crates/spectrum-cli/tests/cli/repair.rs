//! `spectrum verify --repair`, as people use and read it.

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

/// What is printed, without times.
fn untimed(text: &str) -> String {
    let line = |line: &str| match line.trim_start().strip_prefix("took ") {
        Some(_) => format!("{}took TIME", &line[..line.len() - line.trim_start().len()]),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_was_written_while_triggers_were_disabled() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
         INSERT INTO warehouse.fact_events VALUES
           ('e1', 'u1', 'a', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', '2026-01-01 10:10Z'),
           ('e3', 'u1', 'b', '2026-01-01 12:00Z'), ('e4', 'u2', 'a', '2026-01-01 10:00Z');",
    );
    database.prints(&folder, "deploy --mode incremental --create-index --quiet", 0);
    database.run(
        "ALTER TABLE warehouse.fact_events DISABLE TRIGGER analytics_spectrum_changes_inserted;
         INSERT INTO warehouse.fact_events VALUES ('e5', 'u1', 'a', '2026-01-01 10:20Z'), ('e6', 'u1', 'a', '2026-01-01 12:00Z'), ('e7', 'u3', 'a', '2026-01-01Z');
         ALTER TABLE warehouse.fact_events ENABLE TRIGGER analytics_spectrum_changes_inserted;
         INSERT INTO warehouse.fact_events VALUES ('e8', 'u2', 'a', '2026-01-01 10:20Z');",
    );
    let (report, error) = database.prints(&folder, "verify", 3);
    assert_snapshot!(untimed(&report), @r"
    analytics.mv_sessions against the reference SQL
      FAILED   missing     events missing from the sessions: 3, such as e5, e6, e7; nothing was noted of it, so no refresh mends it; spectrum verify --repair computes these keys again
      ok       extra       no sessions' events that the events table does not have
      ok       different   no events with another session or other values than the reference SQL gives
      FAILED   sessions    sessions of the reference SQL that the summary does not have: 3, such as 0dc32bd23a542830c84e269d6d375790, 227421172c592895ecc40b2b8719154c, 701c624f1caf1a90004704f55153f273; others that it has: 1; nothing was noted of it, so no refresh mends it; spectrum verify --repair computes these keys again
      ok       duplicates  no event id stands for more than one event
      ok       times       every event has a time
      ok       null-keys   no event lacks a session id for a NULL in its key
      ok       collisions  no session id stands for more than one session
      ok       future      no event lies in the future
      ok       bound       everything is bound to PostgreSQL's own functions and operators
      ok       watched     everything that is written to the events is noted
    6 events in 4 sessions, 3 in the relation
    1 key has changes that wait for the next refresh and was not compared
    digest 8caed93306286774b0009c31d735b322
    took TIME
    ");
    assert_snapshot!(error, @"error: 2 checks did not hold");
    let (report, error) = database.prints(&folder, "verify --repair", 0);
    assert_snapshot!(untimed(&report), @r"
    computed again 2 keys that differed from the reference SQL
      3 events added, of 2 keys
      2 sessions created
      took TIME
    analytics.mv_sessions against the reference SQL
      ok       missing     no events missing from the sessions
      ok       extra       no sessions' events that the events table does not have
      ok       different   no events with another session or other values than the reference SQL gives
      ok       sessions    no session differs from the reference SQL
      ok       duplicates  no event id stands for more than one event
      ok       times       every event has a time
      ok       null-keys   no event lacks a session id for a NULL in its key
      ok       collisions  no session id stands for more than one session
      ok       future      no event lies in the future
      ok       bound       everything is bound to PostgreSQL's own functions and operators
      ok       watched     everything that is written to the events is noted
    8 events in 5 sessions, 8 in the relation
    digest b2971ec7f6dc5ac835888a7c1c6e8f23
    took TIME
    everything holds
    ");
    assert_eq!(error, "");
    let (report, _) = database.prints(&folder, "verify --repair", 0);
    assert!(report.starts_with("nothing to repair: "), "{report}");

    database.run("UPDATE analytics.mv_sessions SET session_id = NULL WHERE event_id = 'e3'; DELETE FROM analytics.mv_session_summary WHERE user_id = 'u3';");
    let json = database.json(&folder, "verify --repair --json");
    assert_eq!(json["holds"], true);
    assert_eq!(json["waiting"], serde_json::json!({ "keys": 0, "partitions": 0 }));
    assert_snapshot!(json["repaired"], @r#"{"copies":0,"events_added":0,"events_changed":0,"events_future":0,"events_late":0,"events_null_key":0,"events_removed":0,"events_renamed":1,"ids_changed":1,"keys":2,"largest_session":1,"sessions_created":0,"sessions_dropped":0,"sessions_extended":0,"sessions_merged":0,"sessions_retold":0,"sessions_split":0,"written_meanwhile":0}"#);
    database.run("INSERT INTO warehouse.fact_events VALUES ('e9', 'u1', 'a', '2026-01-02Z');");
    assert_eq!(database.json(&folder, "verify --json")["waiting"]["keys"], 1);

    database.run("ALTER TABLE warehouse.fact_events DISABLE TRIGGER analytics_spectrum_changes_deleted;");
    let (report, error) = database.prints(&folder, "verify --repair --quiet", 3);
    assert!(report.contains("FAILED   watched"), "{report}");
    assert_eq!(error, "error: 1 check did not hold\n");
    database.prints(&folder, "verify --repair --allow watched", 0);
    database.prints(&folder, "deploy --mode incremental", 0);
    database.prints(&folder, "verify", 0);
}

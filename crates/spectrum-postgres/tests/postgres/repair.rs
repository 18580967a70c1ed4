//! `verify` and `repair` of maintained tables: what waits is not wrong, and what is wrong is mended.

use insta::assert_snapshot;
use spectrum_postgres::{
    DeployOptions, Deployment, NotCompared, OnDetach, PgError, Repaired, Sample, VerifyOptions, VerifyReport,
    deploy, repair, verify,
};
use spectrum_sql::TableName;
use spectrum_sql::postgres::{Events, Incremental, IncrementalNames};
use spectrum_testkit::PrivatePostgres;

use crate::incremental::{Maintained, defined};
use crate::refresh::Database;

const COLUMNS: &str =
    "event_id bigint, user_id text, account_id text, occurred_at timestamptz, event_type text";

/// 300 events of five users, one of them NULL, and two accounts, one of them NULL; in sessions of one to three events.
const EVENTS: &str = "INSERT INTO warehouse.fact_events
    SELECT n, 'u' || NULLIF(n % 5, 0), CASE WHEN n % 2 = 0 THEN 'a' END,
           TIMESTAMPTZ '2026-01-01Z' + (n / 10) * INTERVAL '29 minutes' + (n % 7) * INTERVAL '2 minutes', 'view'
    FROM generate_series(1, 300) n;";

fn maintained() -> (Database, Maintained) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database
        .run(&format!("CREATE SCHEMA warehouse; CREATE TABLE warehouse.fact_events ({COLUMNS}); {EVENTS}"));
    let deployment = Deployment { carried: vec!["event_type".to_owned()], ..defined(|d| d) };
    let maintained = Maintained::deploy(&database, deployment);
    (database, maintained)
}

fn partitioned(on_detach: OnDetach) -> (Database, Maintained) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(&format!(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events ({COLUMNS}) PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.morning PARTITION OF warehouse.fact_events FOR VALUES FROM (MINVALUE) TO ('2026-01-01 06:00Z');
         CREATE TABLE warehouse.rest PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01 06:00Z') TO (MAXVALUE);
         {EVENTS}"
    ));
    let maintained = Maintained::deploy(&database, Deployment { on_detach, ..defined(|d| d) });
    (database, maintained)
}

fn verified(database: &Database, maintained: &Maintained) -> VerifyReport {
    // Events with a NULL in their key have no id under `sequence`.
    let options = VerifyOptions { allowed: vec!["null-keys".to_owned()], ..VerifyOptions::default() };
    verify(&mut database.connect(), &maintained.deployment, &options, |_| ()).unwrap()
}

fn repaired(database: &Database, maintained: &Maintained) -> (Repaired, VerifyReport) {
    let options = VerifyOptions { allowed: vec!["null-keys".to_owned()], ..VerifyOptions::default() };
    repair(&mut database.connect(), &maintained.deployment, &options, |_| ()).unwrap()
}

/// What does not hold, a line a check.
fn told(report: &VerifyReport) -> String {
    let failed = report.checks.iter().filter(|check| !check.holds());
    failed
        .map(|check| format!("{} {}: {}", check.name, check.found, check.words))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What somebody did to the tables, and how many keys of the ten are wrong then.
const DAMAGE: [(&str, &str, u64); 32] = [
    (
        "rows of one key are gone",
        "DELETE FROM analytics.mv_sessions WHERE user_id = 'u1' AND account_id = 'a'",
        1,
    ),
    ("rows of all keys are gone", "DELETE FROM analytics.mv_sessions WHERE event_id % 3 = 0", 10),
    ("all rows are gone", "TRUNCATE analytics.mv_sessions", 10),
    ("all is gone", "TRUNCATE analytics.mv_sessions, analytics.mv_session_summary", 10),
    ("the summary is gone", "DELETE FROM analytics.mv_session_summary", 10),
    (
        "a session is not in the summary",
        "DELETE FROM analytics.mv_session_summary WHERE user_id = 'u1' AND account_id = 'a' AND session_seq = 2",
        1,
    ),
    (
        "ids are others",
        "UPDATE analytics.mv_sessions SET session_id = MD5(session_id) WHERE event_id BETWEEN 1 AND 4",
        2,
    ),
    (
        "ids are NULL",
        "UPDATE analytics.mv_sessions SET session_id = NULL WHERE user_id = 'u1' AND account_id = 'a'",
        1,
    ),
    (
        "what is carried along is other",
        "UPDATE analytics.mv_sessions SET event_type = 'x' WHERE event_id = 6",
        1,
    ),
    (
        "times are later",
        "UPDATE analytics.mv_sessions SET occurred_at = occurred_at + INTERVAL '1 hour' WHERE event_id = 6",
        1,
    ),
    ("a time is NULL", "UPDATE analytics.mv_sessions SET occurred_at = NULL WHERE event_id = 6", 1),
    (
        "a time is before all times",
        "UPDATE analytics.mv_sessions SET occurred_at = '-infinity' WHERE event_id IN (5, 6)",
        2,
    ),
    (
        "a time is after all times",
        "UPDATE analytics.mv_sessions SET occurred_at = 'infinity' WHERE event_id = 6",
        1,
    ),
    ("a row has another key", "UPDATE analytics.mv_sessions SET user_id = 'u2' WHERE event_id = 6", 2),
    (
        "a row has a key that nobody has",
        "UPDATE analytics.mv_sessions SET user_id = 'nobody' WHERE event_id = 6",
        2,
    ),
    (
        "a row has a key of NULLs",
        "UPDATE analytics.mv_sessions SET user_id = NULL, account_id = NULL WHERE event_id = 6",
        2,
    ),
    (
        "a row of the key of NULLs has another",
        "UPDATE analytics.mv_sessions SET user_id = 'u1', account_id = 'a' WHERE event_id = 5",
        2,
    ),
    (
        "two rows have each other's key",
        "UPDATE analytics.mv_sessions m SET user_id = o.user_id FROM analytics.mv_sessions o WHERE (m.event_id, o.event_id) IN ((6, 12), (12, 6))",
        2,
    ),
    ("a row has an id of its own", "UPDATE analytics.mv_sessions SET event_id = 9999 WHERE event_id = 6", 1),
    (
        "a row has the id of another that is gone",
        "DELETE FROM analytics.mv_sessions WHERE event_id = 7; UPDATE analytics.mv_sessions SET event_id = 7 WHERE event_id = 6",
        2,
    ),
    ("a row has no id", "UPDATE analytics.mv_sessions SET event_id = NULL WHERE event_id = 6", 1),
    (
        "rows that no event has",
        "INSERT INTO analytics.mv_sessions SELECT user_id, account_id, occurred_at, event_id + 1000, event_type, session_id FROM analytics.mv_sessions WHERE event_id < 3",
        2,
    ),
    (
        "a session that nobody has",
        "INSERT INTO analytics.mv_session_summary SELECT session_id, 'nobody', account_id, session_seq, started_at, ended_at, duration, events, first_event_id, last_event_id FROM analytics.mv_session_summary WHERE user_id = 'u1'",
        2,
    ),
    (
        "a session has a number that does not exist",
        "UPDATE analytics.mv_session_summary SET session_seq = 777 WHERE user_id = 'u1' AND session_seq = 1",
        2,
    ),
    (
        "a session has no number",
        "UPDATE analytics.mv_session_summary SET session_seq = NULL WHERE user_id = 'u1' AND session_seq = 1",
        2,
    ),
    (
        "sessions are numbered from two",
        "UPDATE analytics.mv_session_summary SET session_seq = session_seq + 1 WHERE user_id = 'u1' AND account_id = 'a'",
        1,
    ),
    (
        "a session has another key",
        "UPDATE analytics.mv_session_summary SET account_id = 'b' WHERE user_id = 'u1' AND account_id = 'a' AND session_seq = 1",
        2,
    ),
    (
        "sessions end never",
        "UPDATE analytics.mv_session_summary SET ended_at = NULL WHERE user_id = 'u1' AND session_seq < 3",
        2,
    ),
    (
        "a session ended before all times",
        "UPDATE analytics.mv_session_summary SET ended_at = '-infinity' WHERE user_id = 'u1' AND session_seq = 1",
        2,
    ),
    (
        "sessions of NULL keys are there twice",
        "INSERT INTO analytics.mv_session_summary SELECT * FROM analytics.mv_session_summary WHERE user_id IS NULL",
        2,
    ),
    (
        "counts are others",
        "UPDATE analytics.mv_session_summary SET events = events + 1, first_event_id = 1 WHERE user_id = 'u2' AND account_id = 'a'",
        1,
    ),
    (
        "ids of sessions are others",
        "UPDATE analytics.mv_session_summary SET session_id = 'x' WHERE user_id = 'u2' AND account_id = 'a'",
        1,
    ),
];

#[test]
fn every_kind_of_damage_is_found_and_mended() {
    let (database, maintained) = maintained();
    let mut client = database.connect();
    assert!(verified(&database, &maintained).holds(), "{}", told(&verified(&database, &maintained)));
    let (nothing, _) = repaired(&database, &maintained);
    assert_eq!(nothing, Repaired::default());
    for (what, sql, keys) in DAMAGE {
        database.run(&format!("{sql};"));
        let report = verified(&database, &maintained);
        let failed = report.checks[..4].iter().any(|check| !check.holds());
        // Sessions that are there twice share their ids.
        let others = report.checks[4..].iter().all(|check| check.holds() || check.name == "collisions");
        assert!(failed && others, "{what}: {}", told(&report));
        let (done, report) = repaired(&database, &maintained);
        assert!(report.holds(), "{what}: {}", told(&report));
        assert_eq!((done.keys, done.written_meanwhile), (keys, 0), "{what}");
        assert_eq!(maintained.differing(&mut client), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn damage_is_mended_beside_changes_that_wait() {
    let (database, maintained) = maintained();
    let mut client = database.connect();
    for (at, (what, sql, _)) in DAMAGE.into_iter().enumerate() {
        // Later than all that is there, in the midst of it, and an event that is gone, of keys that are damaged mostly.
        database.run(&format!(
            "{sql};
             INSERT INTO warehouse.fact_events VALUES
               ({n}0, 'u1', 'a', TIMESTAMPTZ '2026-01-05Z' + {at} * INTERVAL '20 minutes', 'late'),
               ({n}1, 'u2', NULL, TIMESTAMPTZ '2026-01-01Z' + {at} * INTERVAL '20 minutes', 'in the midst');
             DELETE FROM warehouse.fact_events WHERE event_id = {at} + 200;",
            n = 1000 + at
        ));
        let (_, report) = repaired(&database, &maintained);
        assert!(report.holds(), "{what}: {}", told(&report));
        assert_eq!(report.waiting, Some(NotCompared::default()), "{what}");
        assert_eq!(maintained.differing(&mut client), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn what_was_written_while_triggers_were_disabled_is_found_and_taken_in() {
    let (database, maintained) = maintained();
    database.run(
        "ALTER TABLE warehouse.fact_events DISABLE TRIGGER USER;
         INSERT INTO warehouse.fact_events VALUES (1001, 'u1', 'a', '2026-01-01 00:20Z', 'view'), (1002, 'new', NULL, '2026-01-01Z', 'view');
         DELETE FROM warehouse.fact_events WHERE event_id BETWEEN 1 AND 3;
         UPDATE warehouse.fact_events SET occurred_at = occurred_at - INTERVAL '1 hour' WHERE event_id = 50;
         UPDATE warehouse.fact_events SET user_id = 'u2' WHERE event_id = 56;",
    );
    assert_snapshot!(told(&verified(&database, &maintained)), @r"
    missing 2: events missing from the sessions: 2, such as 1001, 1002; nothing was noted of it, so no refresh mends it; spectrum verify --repair computes these keys again
    extra 3: sessions' events that the events table does not have: 3, such as 1, 2, 3; nothing was noted of it, so no refresh mends it; spectrum verify --repair computes these keys again
    different 31: events with another session or other values than the reference SQL gives: 31, such as 102, 112, 12; nothing was noted of it, so no refresh mends it; spectrum verify --repair computes these keys again
    sessions 58: sessions of the reference SQL that the summary does not have: 55, such as 045817ff20ef91a27639b2a4a280feb7, 0dc32bd23a542830c84e269d6d375790, 18b235efba6a8a065a4890ec6510d2f5; others that it has: 58; nothing was noted of it, so no refresh mends it; spectrum verify --repair computes these keys again
    watched 5: not all that is written to the events is noted: trigger analytics_spectrum_changes_inserted on warehouse.fact_events is disabled, trigger analytics_spectrum_changes_deleted on warehouse.fact_events is disabled, trigger analytics_spectrum_changes_updated on warehouse.fact_events is disabled and 2 more; spectrum deploy restores it, and spectrum verify --repair then takes in what was missed
    ");
    let (done, report) = repaired(&database, &maintained);
    assert_eq!(done.keys, 6);
    let counts = done.counts.unwrap();
    assert_eq!((counts.events_added, counts.events_removed, counts.events_changed), (2, 3, 2));
    assert_eq!(maintained.differing(&mut database.connect()), Vec::<String>::new());
    // The triggers stay as they are, and are told of.
    assert_snapshot!(told(&report), @"watched 5: not all that is written to the events is noted: trigger analytics_spectrum_changes_inserted on warehouse.fact_events is disabled, trigger analytics_spectrum_changes_deleted on warehouse.fact_events is disabled, trigger analytics_spectrum_changes_updated on warehouse.fact_events is disabled and 2 more; spectrum deploy restores it, and spectrum verify --repair then takes in what was missed");
    database.run("ALTER TABLE warehouse.fact_events ENABLE TRIGGER USER; DROP TRIGGER analytics_spectrum_changes_deleted ON warehouse.fact_events;");
    assert_snapshot!(told(&verified(&database, &maintained)), @"watched 3: not all that is written to the events is noted: trigger analytics_spectrum_changes_deleted on warehouse.fact_events is missing, trigger analytics_spectrum_changes_truncated on warehouse.fact_events fires in other sessions than it should, trigger analytics_spectrum_changes_applied on warehouse.fact_events fires in other sessions than it should; spectrum deploy restores it, and spectrum verify --repair then takes in what was missed");
}

#[test]
fn keys_that_wait_are_not_compared_and_others_are() {
    let (database, maintained) = maintained();
    database.run(
        "INSERT INTO warehouse.fact_events VALUES (1001, 'u1', 'a', '2026-01-01 00:20Z', 'view'), (1002, NULL, NULL, '2026-01-03Z', 'view'),
           (1003, 'new', 'a', '2026-01-01Z', 'view');
         DELETE FROM warehouse.fact_events WHERE event_id = 2;",
    );
    let report = verified(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    assert_eq!(report.waiting, Some(NotCompared { keys: 4, partitions: 0 }));
    // Events of six keys; each has thirty.
    assert_eq!((report.events, report.rows), (210, 210));

    // Damage of a key that waits is not seen, and that of another is.
    database.run(
        "UPDATE analytics.mv_sessions SET session_id = 'x' WHERE event_id = 6;
         UPDATE analytics.mv_session_summary SET events = 0 WHERE user_id = 'u3' AND account_id = 'a' AND session_seq = 1;",
    );
    let report = verified(&database, &maintained);
    let failed: Vec<_> =
        report.checks.iter().filter(|check| !check.holds()).map(|check| (check.name, check.found)).collect();
    assert_eq!(failed, [("sessions", 1)]);
    // A writer that has not committed yet is waited for by nobody, and nothing of it is lost.
    let mut writer = database.connect();
    writer
        .batch_execute(
            "BEGIN; INSERT INTO warehouse.fact_events VALUES (1004, 'u3', 'a', '2026-01-01Z', 'view')",
        )
        .unwrap();
    let (done, report) = repaired(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    // What waited was taken in first, which does not reach the damaged row of u1.
    assert_eq!(done.keys, 2);
    writer.batch_execute("COMMIT").unwrap();
    assert_eq!(verified(&database, &maintained).waiting, Some(NotCompared { keys: 1, partitions: 0 }));
    maintained.refresh(&mut database.connect());
}

#[test]
fn a_truncate_that_waits_leaves_nothing_to_compare() {
    let (database, maintained) = maintained();
    database.run("TRUNCATE warehouse.fact_events; INSERT INTO warehouse.fact_events VALUES (1, 'u1', 'a', '2026-01-01Z', 'view');");
    let error = verify(&mut database.connect(), &maintained.deployment, &VerifyOptions::default(), |_| ());
    assert_snapshot!(error.unwrap_err(), @"warehouse.fact_events was truncated since the last refresh, so every key waits for the next one and nothing can be compared; run spectrum refresh first");
    let (done, report) = repaired(&database, &maintained);
    assert!(report.holds() && done == Repaired::default(), "{done:?}\n{}", told(&report));
    assert_eq!((report.events, report.rows), (1, 1));
}

#[test]
fn partitions_that_came_or_went_wait_too() {
    let (database, maintained) = partitioned(OnDetach::Remove);
    let report = verified(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    database.run(
        "CREATE TABLE warehouse.night (LIKE warehouse.fact_events);
         INSERT INTO warehouse.night SELECT event_id + 1000, 'u1', 'a', occurred_at, event_type FROM warehouse.morning WHERE event_id < 10;
         ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.morning;
         ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.night FOR VALUES FROM (MINVALUE) TO ('2026-01-01 06:00Z');",
    );
    let report = verified(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    assert_eq!(report.waiting, Some(NotCompared { keys: 10, partitions: 2 }));
    let (done, report) = repaired(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    assert_eq!((done.keys, report.waiting), (0, Some(NotCompared::default())));
    assert_eq!(maintained.differing(&mut database.connect()), Vec::<String>::new());
    // A partition without its triggers is named.
    database.run("ALTER TABLE warehouse.night DISABLE TRIGGER analytics_spectrum_changes_inserted;");
    assert_snapshot!(told(&verified(&database, &maintained)), @"watched 1: not all that is written to the events is noted: trigger analytics_spectrum_changes_inserted on warehouse.night is disabled; spectrum deploy restores it, and spectrum verify --repair then takes in what was missed");
}

#[test]
fn events_that_are_kept_count_as_events() {
    let (database, mut maintained) = partitioned(OnDetach::Keep);
    database.run("ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.morning;");
    let report = verified(&database, &maintained);
    assert!(report.holds() && report.waiting.unwrap().keys > 0, "{}", told(&report));
    database.connect().batch_execute(&maintained.refresh_sql()).unwrap();
    let report = verified(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    assert_eq!((report.events, report.rows, report.waiting), (300, 300, Some(NotCompared::default())));

    database.run(
        "DELETE FROM analytics.mv_sessions WHERE event_id < 20; UPDATE analytics.mv_sessions SET occurred_at = '2026-01-01Z' WHERE event_id = 299;",
    );
    let (_, report) = repaired(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    database.run(
        "CREATE VIEW public.all_events AS TABLE warehouse.fact_events UNION ALL TABLE warehouse.morning;",
    );
    maintained.reference = Some(TableName::parse("public.all_events").unwrap());
    assert_eq!(maintained.differing(&mut database.connect()), Vec::<String>::new());
}

#[test]
fn a_sample_is_repaired_alone() {
    let (database, maintained) = maintained();
    let options = VerifyOptions {
        sample: Some("40%".parse::<Sample>().unwrap()),
        allowed: vec!["null-keys".to_owned()],
        ..VerifyOptions::default()
    };
    let sampled = || verify(&mut database.connect(), &maintained.deployment, &options, |_| ()).unwrap();
    let all = verified(&database, &maintained).events;
    assert!((1..all).contains(&sampled().events), "the sample is none or all of {all}");
    // Every event of the sample stands under a key that is not in it or the other way round, for one pair at least.
    for sql in [
        "UPDATE analytics.mv_sessions SET session_id = 'x'",
        "UPDATE analytics.mv_sessions m SET user_id = o.user_id, account_id = o.account_id FROM analytics.mv_sessions o
         WHERE o.event_id = m.event_id % 300 + 1",
    ] {
        database.run(&format!("{sql};"));
        assert!(!sampled().holds());
        let (done, report) =
            repair(&mut database.connect(), &maintained.deployment, &options, |_| ()).unwrap();
        assert!(report.holds() && done.keys > 0, "{sql}: {}", told(&report));
        assert!(sampled().holds());
    }
    let (_, report) = repaired(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    assert_eq!(maintained.differing(&mut database.connect()), Vec::<String>::new());
}

#[test]
fn what_cannot_be_repaired() {
    let (database, maintained) = maintained();
    let deployment = &maintained.deployment;
    let refusal = || {
        repair(&mut database.connect(), deployment, &VerifyOptions::default(), |_| ())
            .unwrap_err()
            .to_string()
    };
    // Another one at work.
    let mut other = database.connect();
    other
        .batch_execute(
            "SET application_name = 'another'; SELECT pg_advisory_lock(1397769539, hashtext('analytics'))",
        )
        .unwrap();
    assert!(refusal().starts_with("another (pid "), "{}", refusal());
    drop(other);
    crate::refresh::until("the lock is free", || {
        !matches!(
            repair(&mut database.connect(), deployment, &VerifyOptions::default(), |_| ()),
            Err(PgError::Locked { .. })
        )
    });
    // Events that are wrong themselves. Nothing is changed then.
    database.run(
        "ALTER TABLE warehouse.fact_events DISABLE TRIGGER USER;
         INSERT INTO warehouse.fact_events VALUES (6, 'u1', 'a', '2026-01-02Z', 'copy');
         DELETE FROM analytics.mv_sessions WHERE event_id = 2;",
    );
    assert_snapshot!(refusal(), @"running analytics.refresh_sessions(): more than one event has event_id 6 (The sessions stay as they were, and what was noted waits.); Remove the copies; a unique index on event_id keeps new ones out.");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), "299");
    database.run("DELETE FROM warehouse.fact_events WHERE event_type = 'copy'; INSERT INTO warehouse.fact_events VALUES (7777, 'u1', 'a', NULL, 'when?');");
    assert_snapshot!(refusal(), @"running analytics.refresh_sessions(): an event has no finite time: event_id 7777 (No session can be made of it. The sessions stay as they were, and what was noted waits.); Give it a time, or leave events without one out with spectrum deploy --null-time drop.");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), "299");
    database.run("DELETE FROM warehouse.fact_events WHERE event_id = 7777; DROP FUNCTION analytics.refresh_sessions();");
    assert_snapshot!(refusal(), @"there is no function analytics.refresh_sessions(); spectrum deploy restores it");
}

#[test]
fn a_materialized_view_is_refreshed_and_not_repaired() {
    let database = Database::new();
    let error = repair(&mut database.connect(), &database.deployment(), &VerifyOptions::default(), |_| ())
        .unwrap_err();
    assert_snapshot!(error, @"analytics.mv_sessions is a materialized view, and every refresh computes it anew; run spectrum refresh. --repair is for mode incremental");
}

/// However many keys wait, the condition that leaves them out is a hash, and no loop over all of them for each row.
#[test]
fn keys_that_wait_are_left_out_by_a_hash() {
    let (database, maintained) = maintained();
    let deployment = &maintained.deployment;
    database.run(
        "INSERT INTO analytics.spectrum_changes (user_id, account_id, times)
         SELECT 'w' || n, 'a', ARRAY['2026-01-01Z'::timestamptz] FROM generate_series(1, 200000) n;
         ANALYZE analytics.spectrum_changes;",
    );
    let events = Events::new(&deployment.definition, deployment.events.clone());
    let names = IncrementalNames {
        sessions: deployment.sessions(),
        summary: deployment.summary(),
        changes: deployment.changes(),
        partitions: deployment.partitions(),
        kept: deployment.kept_events(),
        refresh: deployment.refresh_function(),
        log: deployment.refresh_log(),
    };
    let incremental = Incremental::new(&events, names, "1, 2");
    let waits = incremental.key_among(&incremental.waiting_keys(&[], false));
    let plan = database.run(&format!("EXPLAIN SELECT * FROM analytics.mv_sessions WHERE NOT {waits};"));
    assert!(plan.contains("Hash") && plan.contains("Anti Join") && !plan.contains("SubPlan"), "{plan}");
    let report = verified(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    assert_eq!(report.waiting, Some(NotCompared { keys: 200_000, partitions: 0 }));
}

/// Nothing keeps copies out when somebody dropped the unique index: they are found, removed, and kept out again.
#[test]
fn rows_that_are_there_twice_are_found_and_removed() {
    let (database, maintained) = maintained();
    let sessions = maintained.deployment.sessions();
    database.run(&format!(
        "DROP INDEX analytics.mv_sessions_event_id_key, analytics.mv_sessions_key_time_idx;
         INSERT INTO {sessions} SELECT * FROM {sessions} WHERE event_id IN (1, 2, 3);
         INSERT INTO {sessions} SELECT * FROM {sessions} WHERE event_id = 3;"
    ));
    let report = verified(&database, &maintained);
    assert_snapshot!(told(&report), @"extra 5: rows of the sessions beyond one an event: 5, such as of 1, 2, 3; spectrum verify --repair removes them, and spectrum deploy makes the unique index that keeps them out");
    assert_eq!((report.events, report.rows), (300, 305));
    let (done, report) = repaired(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    assert_eq!((done.copies, done.keys), (5, 0));
    let mut steps = Vec::new();
    deploy(&mut database.connect(), &maintained.deployment, &DeployOptions::default(), |does| {
        steps.push(does.to_owned());
    })
    .unwrap();
    let indexing: Vec<_> = steps.iter().filter(|does| does.starts_with("indexing")).collect();
    assert_eq!(
        indexing,
        [
            "indexing analytics.mv_sessions on (event_id)",
            "indexing analytics.mv_sessions on (user_id, account_id, occurred_at)"
        ]
    );
    let copy =
        database.connect().batch_execute(&format!("INSERT INTO {sessions} SELECT * FROM {sessions} LIMIT 1"));
    assert_eq!(copy.unwrap_err().code(), Some(&postgres::error::SqlState::UNIQUE_VIOLATION));
    assert_eq!(maintained.differing(&mut database.connect()), Vec::<String>::new());
}

//! What waits for the next refresh is not compared, and not wrong.

use insta::assert_snapshot;
use spectrum_postgres::{CheckName, NotCompared, OnDetach, Repaired, VerifyOptions, verify};
use spectrum_sql::TableName;
use spectrum_sql::postgres::{Events, Incremental, IncrementalNames};

use super::{maintained, partitioned, repaired, told, verified};

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
    assert_eq!(failed, [(CheckName::Sessions, 1)]);
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
    let error =
        verify(&mut database.connect(), &maintained.deployment, &VerifyOptions::default(), &mut |_| ());
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
    assert_snapshot!(told(&verified(&database, &maintained)), @"watched 1: not all that is written to the events is noted: trigger analytics_spectrum_changes_inserted on warehouse.night is disabled; spectrum deploy restores it, and a repair then takes in what was missed");
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
        ids: deployment.session_ids(),
        history: deployment.session_history(),
        as_of: deployment.sessions_as_of(),
    };
    let incremental = Incremental::new(&events, names, "1, 2");
    let waits = incremental.key_among(&incremental.waiting_keys(&[], false));
    let plan = database.run(&format!("EXPLAIN SELECT * FROM analytics.mv_sessions WHERE NOT {waits};"));
    assert!(plan.contains("Hash") && plan.contains("Anti Join") && !plan.contains("SubPlan"), "{plan}");
    let report = verified(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    assert_eq!(report.waiting, Some(NotCompared { keys: 200_000, partitions: 0 }));
}

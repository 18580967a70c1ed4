//! What triggers and indexes did not see because somebody had disabled or dropped them.

use crate::hearing;
use insta::assert_snapshot;
use spectrum_postgres::{DeployOptions, Stop, deploy};

use super::{maintained, repaired, told, verified};

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
    missing 2: events missing from the sessions: 2, such as 1001, 1002; nothing was noted of it, so no refresh mends it; a repair computes these keys again
    extra 3: sessions' events that the events table does not have: 3, such as 1, 2, 3; nothing was noted of it, so no refresh mends it; a repair computes these keys again
    different 31: events with another session or other values than the reference SQL gives: 31, such as 102, 112, 12; nothing was noted of it, so no refresh mends it; a repair computes these keys again
    sessions 58: sessions of the reference SQL that the summary does not have: 55, such as 045817ff20ef91a27639b2a4a280feb7, 0dc32bd23a542830c84e269d6d375790, 18b235efba6a8a065a4890ec6510d2f5; others that it has: 58; nothing was noted of it, so no refresh mends it; a repair computes these keys again
    watched 5: not all that is written to the events is noted: trigger analytics_spectrum_changes_inserted on warehouse.fact_events is disabled, trigger analytics_spectrum_changes_deleted on warehouse.fact_events is disabled, trigger analytics_spectrum_changes_updated on warehouse.fact_events is disabled and 2 more; spectrum deploy restores it, and a repair then takes in what was missed
    ");
    let (done, report) = repaired(&database, &maintained);
    assert_eq!(done.keys, 6);
    let counts = done.counts.unwrap();
    assert_eq!((counts.events_added, counts.events_removed, counts.events_changed), (2, 3, 2));
    assert_eq!(maintained.differing(&mut database.connect()), Vec::<String>::new());
    // The triggers stay as they are, and are told of.
    assert_snapshot!(told(&report), @"watched 5: not all that is written to the events is noted: trigger analytics_spectrum_changes_inserted on warehouse.fact_events is disabled, trigger analytics_spectrum_changes_deleted on warehouse.fact_events is disabled, trigger analytics_spectrum_changes_updated on warehouse.fact_events is disabled and 2 more; spectrum deploy restores it, and a repair then takes in what was missed");
    database.run("ALTER TABLE warehouse.fact_events ENABLE TRIGGER USER; DROP TRIGGER analytics_spectrum_changes_deleted ON warehouse.fact_events;");
    assert_snapshot!(told(&verified(&database, &maintained)), @"watched 3: not all that is written to the events is noted: trigger analytics_spectrum_changes_deleted on warehouse.fact_events is missing, trigger analytics_spectrum_changes_truncated on warehouse.fact_events fires in other sessions than it should, trigger analytics_spectrum_changes_applied on warehouse.fact_events fires in other sessions than it should; spectrum deploy restores it, and a repair then takes in what was missed");
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
    assert_snapshot!(told(&report), @"extra 5: rows of the sessions beyond one an event: 5, such as of 1, 2, 3; a repair removes them, and spectrum deploy makes the unique index that keeps them out");
    assert_eq!((report.events, report.rows), (300, 305));
    let (done, report) = repaired(&database, &maintained);
    assert!(report.holds(), "{}", told(&report));
    assert_eq!((done.copies, done.keys), (5, 0));
    let mut steps = Vec::new();
    deploy(
        &mut database.connect(),
        &maintained.deployment,
        &DeployOptions::default(),
        &Stop::default(),
        &mut hearing(|does| {
            steps.push(does.to_owned());
        }),
    )
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

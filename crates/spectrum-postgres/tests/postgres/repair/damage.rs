//! Every kind of damage to the tables.

use spectrum_postgres::{CheckName, NotCompared, Repaired};

use super::{maintained, repaired, told, verified};

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
    (
        "a row has no id, which a table of an older version allows",
        "ALTER TABLE analytics.mv_sessions REPLICA IDENTITY FULL; ALTER TABLE analytics.mv_sessions ALTER event_id DROP NOT NULL;
         UPDATE analytics.mv_sessions SET event_id = NULL WHERE event_id = 6",
        1,
    ),
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
        let others =
            report.checks[4..].iter().all(|check| check.holds() || check.name == CheckName::Collisions);
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

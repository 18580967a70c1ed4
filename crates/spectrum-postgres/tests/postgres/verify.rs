//! `verify` on a real server: it finds what is wrong, and nothing else.

use insta::assert_snapshot;
use spectrum_postgres::{
    Check, CheckName, Deployment, PgError, RefreshOptions, Sample, Stop, VerifyOptions, VerifyReport,
    refresh, verify,
};

use crate::deploy::{Database, definition, events, on_table};

fn verified(database: &Database, deployment: &Deployment, options: &VerifyOptions) -> VerifyReport {
    verify(&mut database.connect(), deployment, options, &mut |_| ()).unwrap()
}

/// What does not hold, a line a check.
pub(crate) fn told(report: &VerifyReport) -> String {
    let failed = report.checks.iter().filter(|check| !check.holds());
    failed
        .map(|check| format!("{} {}: {}", check.name, check.found, check.words))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn what_is_not_taken_in_yet_is_found_and_gone_after_a_refresh() {
    let database = events();
    let deployment = definition(|d| d);
    database.deploy(&deployment);
    let before = verified(&database, &deployment, &VerifyOptions::default());
    assert!(before.holds(), "{}", told(&before));
    assert_eq!((before.events, before.rows, before.sessions), (4, 4, 3));
    // Nothing is watched where a refresh reads everything, and ids do not depend on what was there before.
    let made = before.checks.iter().map(|check| check.name);
    let of_incremental = [CheckName::Ids, CheckName::History, CheckName::Watched];
    let expected = CheckName::ALL.into_iter().filter(|check| !of_incremental.contains(check));
    assert_eq!(made.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    assert_eq!(before.waiting, None);

    database.run(
        "INSERT INTO warehouse.fact_events VALUES ('e5', 'u1', 'a', 'view', '2026-01-01 11:00Z');
         DELETE FROM warehouse.fact_events WHERE event_id = 'e4';
         UPDATE warehouse.fact_events SET occurred_at = occurred_at - INTERVAL '1 hour' WHERE event_id = 'e1';",
    );
    let report = verified(&database, &deployment, &VerifyOptions::default());
    assert_snapshot!(told(&report), @r"
    missing 1: events missing from the sessions: 1, such as e5; spectrum refresh takes in what was written since the last one
    extra 1: sessions' events that the events table does not have: 1, such as e4; spectrum refresh takes in what was written since the last one
    different 3: events with another session or other values than the reference SQL gives: 3, such as e1, e2, e3; spectrum refresh takes in what was written since the last one
    sessions 4: sessions of the reference SQL that the summary does not have: 4, such as 0dc32bd23a542830c84e269d6d375790, 701c624f1caf1a90004704f55153f273, 8ed7954ea2c55691800917571b3382bf; others that it has: 3; spectrum refresh takes in what was written since the last one
    ");
    // The digest is of what stands there, so it has not changed.
    assert_eq!(report.digest, before.digest);

    refresh(&mut database.connect(), &deployment, &RefreshOptions::default(), &Stop::default(), &mut |_| ())
        .unwrap();
    let after = verified(&database, &deployment, &VerifyOptions::default());
    assert!(after.holds(), "{}", told(&after));
    assert_ne!(after.digest, before.digest);
}

#[test]
fn a_summary_that_differs_is_found() {
    let database = events();
    let deployment = definition(|d| d);
    database.deploy(&deployment);
    // Nobody can write into a materialized view; but its query can be another.
    database.run(
        "CREATE TEMP TABLE was AS SELECT obj_description('analytics.mv_session_summary'::regclass) AS comment;
         DROP MATERIALIZED VIEW analytics.mv_session_summary CASCADE;
         CREATE MATERIALIZED VIEW analytics.mv_session_summary AS
           SELECT MD5('x') AS session_id, 'u1' AS user_id, 'a' AS account_id, 1::bigint AS session_seq, NOW() AS started_at, NOW() AS ended_at,
                  INTERVAL '0' AS duration, 1::bigint AS events, 'e1' AS first_event_id, 'e1' AS last_event_id;
         DO $$ BEGIN EXECUTE FORMAT('COMMENT ON MATERIALIZED VIEW analytics.mv_session_summary IS %L', (SELECT comment FROM was)); END $$;",
    );
    let report = verified(&database, &deployment, &VerifyOptions::default());
    let failed: Vec<&Check> = report.checks.iter().filter(|check| !check.holds()).collect();
    assert_eq!(
        failed.iter().map(|check| (check.name, check.found)).collect::<Vec<_>>(),
        [(CheckName::Sessions, 3)]
    );
}

#[test]
fn what_is_wrong_with_the_events_is_told_and_can_be_allowed() {
    let database = events();
    database.run(
        "CREATE TABLE public.numbers (event_id int, user_id int, account_id int, occurred_at timestamptz);
         INSERT INTO public.numbers VALUES (1, 1, 23, '2026-01-01Z'), (2, 12, 3, '2026-01-01Z'), (3, NULL, 3, '2026-01-01Z'),
                                           (4, 4, 4, '2999-01-01Z');",
    );
    let deployment = on_table("public.numbers", definition(|d| d));
    database.deploy(&deployment);
    assert_snapshot!(told(&verified(&database, &deployment, &VerifyOptions::default())), @r#"
    null-keys 1: events with a NULL in their key: 1; their session_id is NULL, and id = "encoded" gives them one
    collisions 1: 1 session id stands for more than one session, such as 6c14da109e294d1e8155be8aa4b1ce8e for (1, 23 session 1) and (12, 3 session 1); id = "encoded" gives each its own
    future 1: events in the future: 1; look at the clocks of what sends them
    "#);
    let allowing =
        |names: &[CheckName]| VerifyOptions { allowed: names.to_vec(), ..VerifyOptions::default() };
    assert!(
        verified(
            &database,
            &deployment,
            &allowing(&[CheckName::NullKeys, CheckName::Collisions, CheckName::Future])
        )
        .holds()
    );
    assert_snapshot!("everything".parse::<CheckName>().unwrap_err(), @"there is no check 'everything' to allow; the checks are missing, extra, different, sessions, ids, history, duplicates, times, null-keys, collisions, future, bound, watched");

    // What the unique index keeps out of the sessions can still come into the events.
    database.run("INSERT INTO public.numbers VALUES (1, 1, 23, '2026-01-02Z'), (9, 9, 9, NULL), (10, 9, 9, 'infinity');");
    let error = verify(&mut database.connect(), &deployment, &VerifyOptions::default(), &mut |_| ());
    match error {
        // Versions before 17 cannot subtract from infinity, so the reference SQL itself fails.
        Err(error) => assert!(matches!(error, PgError::Statement { .. }), "{error}"),
        Ok(report) => assert!(!report.holds()),
    }
    database.run("DELETE FROM public.numbers WHERE occurred_at = 'infinity';");
    let report = verified(&database, &deployment, &VerifyOptions::default());
    let found: Vec<_> = report
        .checks
        .iter()
        .filter(|check| !check.holds())
        .map(|check| (check.name.name(), check.found))
        .collect();
    // The copy of event 1 is another row than the one in the sessions.
    assert_eq!(
        found,
        [
            ("missing", 1),
            ("different", 1),
            ("sessions", 2),
            ("duplicates", 1),
            ("times", 1),
            ("null-keys", 1),
            ("collisions", 1),
            ("future", 1)
        ]
    );
}

#[test]
fn a_sample_takes_the_same_keys_on_both_sides() {
    let database = events();
    database.run(
        "INSERT INTO warehouse.fact_events
         SELECT 'g' || n, 'u' || n % 500, 'a', 'view', TIMESTAMPTZ '2026-01-01Z' + n * INTERVAL '7 minutes' FROM generate_series(1, 5000) n;",
    );
    let deployment = definition(|d| d);
    database.deploy(&deployment);
    let sampled = |share: &str| VerifyOptions {
        sample: Some(share.parse::<Sample>().unwrap()),
        ..VerifyOptions::default()
    };
    let tenth = verified(&database, &deployment, &sampled("10%"));
    assert!(tenth.holds(), "{}", told(&tenth));
    assert_eq!(tenth.events, tenth.rows);
    // Keys are chosen by their MD5, so about a tenth of them: 500 keys give 50 with a standard deviation of 7.
    assert!((100..=1000).contains(&tenth.events), "{}", tenth.events);
    assert_eq!(verified(&database, &deployment, &sampled("10%")).digest, tenth.digest);
    assert_eq!(verified(&database, &deployment, &sampled("100%")).events, 5004);
}

#[test]
fn nothing_to_verify() {
    let database = events();
    let error = verify(&mut database.connect(), &definition(|d| d), &VerifyOptions::default(), &mut |_| ())
        .unwrap_err();
    assert_snapshot!(error, @"there is no analytics.mv_sessions here; make it with spectrum deploy");
    database.deploy(&definition(|d| d));
    database.run("REFRESH MATERIALIZED VIEW analytics.mv_session_summary WITH NO DATA;");
    let error = verify(&mut database.connect(), &definition(|d| d), &VerifyOptions::default(), &mut |_| ())
        .unwrap_err();
    assert_snapshot!(error, @"analytics.mv_session_summary holds nothing yet; run spectrum refresh");
    database.run("DROP TABLE warehouse.fact_events CASCADE; CREATE SCHEMA analytics2;");
    let error = verify(&mut database.connect(), &definition(|d| d), &VerifyOptions::default(), &mut |_| ())
        .unwrap_err();
    assert_snapshot!(error, @"there is no analytics.mv_sessions here; make it with spectrum deploy");
}

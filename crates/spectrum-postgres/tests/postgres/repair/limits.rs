//! What a repair leaves alone, and what it refuses.

use insta::assert_snapshot;
use spectrum_postgres::{CheckName, PgError, Sample, VerifyOptions, repair, verify};

use super::{maintained, repaired, told, verified};
use crate::refresh::{Database, hold_lock};

#[test]
fn a_sample_is_repaired_alone() {
    let (database, maintained) = maintained();
    let options = VerifyOptions {
        sample: Some("40%".parse::<Sample>().unwrap()),
        allowed: vec![CheckName::NullKeys],
        ..VerifyOptions::default()
    };
    let sampled = || verify(&mut database.connect(), &maintained.deployment, &options, &mut |_| ()).unwrap();
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
            repair(&mut database.connect(), &maintained.deployment, &options, &mut |_| ()).unwrap();
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
        repair(&mut database.connect(), deployment, &VerifyOptions::default(), &mut |_| ())
            .unwrap_err()
            .to_string()
    };
    // Another one at work.
    let mut other = database.connect();
    other.batch_execute("SET application_name = 'another'").unwrap();
    hold_lock(&mut other, "analytics");
    assert!(refusal().starts_with("another (pid "), "{}", refusal());
    drop(other);
    crate::refresh::until("the lock is free", || {
        !matches!(
            repair(&mut database.connect(), deployment, &VerifyOptions::default(), &mut |_| ()),
            Err(PgError::Locked { .. })
        )
    });
    // Events that are wrong themselves. Nothing is changed then.
    database.run(
        "ALTER TABLE warehouse.fact_events DISABLE TRIGGER USER;
         INSERT INTO warehouse.fact_events VALUES (6, 'u1', 'a', '2026-01-02Z', 'copy');
         DELETE FROM analytics.mv_sessions WHERE event_id = 2;",
    );
    assert_snapshot!(refusal(), @"running analytics.refresh_sessions(): more than one event has event_id 6 (Key (event_id)=(6) is duplicated. The sessions stay as they were, and what was noted waits.); Remove the copies; a unique index on event_id keeps new ones out.");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), "299");
    database.run("DELETE FROM warehouse.fact_events WHERE event_type = 'copy'; INSERT INTO warehouse.fact_events VALUES (7777, 'u1', 'a', NULL, 'when?');");
    assert_snapshot!(refusal(), @"running analytics.refresh_sessions(): an event has no finite time: event_id 7777 (No session can be made of it. The sessions stay as they were, and what was noted waits.); Give it one. Events whose time is NULL, and no others, are left out if spectrum deploy is told to drop them.");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), "299");
    database.run("DELETE FROM warehouse.fact_events WHERE event_id = 7777; DROP FUNCTION analytics.refresh_sessions();");
    assert_snapshot!(refusal(), @"there is no function analytics.refresh_sessions(); spectrum deploy restores it");
}

#[test]
fn a_materialized_view_is_refreshed_and_not_repaired() {
    let database = Database::new();
    let error =
        repair(&mut database.connect(), &database.deployment(), &VerifyOptions::default(), &mut |_| ())
            .unwrap_err();
    assert_snapshot!(error, @"analytics.mv_sessions is a materialized view, and every refresh computes it anew; run spectrum refresh, because a repair is for mode incremental");
}

//! What goes, in every relation.

use insta::assert_snapshot;
use spectrum_postgres::{Deployment, Mode, OnDetach, plan_erase};
use spectrum_testkit::PrivatePostgres;

use super::{contents, erased, is_sound, people, told, with_events};
use crate::incremental::{Maintained, defined};
use crate::refresh::Database;

#[test]
fn a_person_goes_with_their_events_and_nobody_else() {
    let (database, deployment) = people(Mode::Incremental);
    // Something waits, of them and of others.
    database.run(
        "INSERT INTO warehouse.fact_events VALUES ('e8', 'u1', 'c', 'view', '2026-01-02Z'), ('e9', 'u2', 'a', 'view', '2026-01-02Z');",
    );
    let others = contents(&database, "user_id IS DISTINCT FROM 'u1'");
    let plan = plan_erase(&mut database.connect(), &deployment, &with_events(&[("user_id", "u1")])).unwrap();
    assert_snapshot!(told(&plan), @r#"
    [("user_id", "u1")], 5 events found
    analytics.mv_sessions: 4 removed, 4 remain
    analytics.mv_session_summary: 3 removed, 3 remain
    analytics.spectrum_changes: 1 removed, 1 remain
    log texts: 0
    "#);
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "u1")]));
    assert_snapshot!(told(&receipt), @r#"
    [("user_id", "u1")], 5 events found
    warehouse.fact_events: 5 removed, 0 remain
    analytics.mv_sessions: 4 removed, 0 remain
    analytics.mv_session_summary: 3 removed, 0 remain
    analytics.spectrum_changes: 4 removed, 0 remain
    log texts: 0
    "#);
    assert_eq!(receipt.database, database.name());
    assert_eq!(contents(&database, "user_id IS DISTINCT FROM 'u1'"), others);
    assert_eq!(contents(&database, "t::text LIKE '%u1,%'").matches("u1,").count(), 0);
    is_sound(&database, &deployment);
    // Again there is nothing to do.
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "u1")]));
    assert!(receipt.relations.iter().all(|erased| erased.removed == 0) && receipt.events_found == 0);
}

#[test]
fn one_account_of_a_person() {
    let (database, deployment) = people(Mode::Incremental);
    let key = [("user_id", "u1"), ("account_id", "a")];
    let others = contents(&database, "(user_id, account_id) IS DISTINCT FROM ('u1', 'a')");
    assert_snapshot!(told(&erased(&database, &deployment, &with_events(&key))), @r#"
    [("user_id", "u1"), ("account_id", "a")], 3 events found
    warehouse.fact_events: 3 removed, 0 remain
    analytics.mv_sessions: 3 removed, 0 remain
    analytics.mv_session_summary: 2 removed, 0 remain
    analytics.spectrum_changes: 1 removed, 0 remain
    log texts: 0
    "#);
    assert_eq!(contents(&database, "true"), others);
    is_sound(&database, &deployment);
}

#[test]
fn materialized_views_are_computed_anew() {
    let (database, deployment) = people(Mode::View);
    database.run("CREATE MATERIALIZED VIEW public.of_days AS SELECT COUNT(*) FROM analytics.v_sessions;");
    let others = contents(&database, "user_id IS DISTINCT FROM 'u1'");
    assert_snapshot!(told(&erased(&database, &deployment, &with_events(&[("user_id", "u1")]))), @r#"
    [("user_id", "u1")], 4 events found
    warehouse.fact_events: 4 removed, 0 remain
    analytics.mv_sessions: 4 removed, 0 remain
    analytics.mv_session_summary: 3 removed, 0 remain
    log texts: 0
    not covered: public.of_days, a materialized view that reads these sessions; refresh it
    "#);
    assert_eq!(contents(&database, "true"), others);
    is_sound(&database, &deployment);
    // What holds nothing is left alone.
    database.run("REFRESH MATERIALIZED VIEW analytics.mv_session_summary WITH NO DATA;");
    assert_snapshot!(told(&erased(&database, &deployment, &with_events(&[("user_id", "u2")]))), @r#"
    [("user_id", "u2")], 1 events found
    warehouse.fact_events: 1 removed, 0 remain
    analytics.mv_sessions: 1 removed, 0 remain
    log texts: 0
    not covered: public.of_days, a materialized view that reads these sessions; refresh it
    "#);
}

#[test]
fn events_that_are_kept_go_too() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz) PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.january PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
         CREATE TABLE warehouse.rest PARTITION OF warehouse.fact_events DEFAULT;
         INSERT INTO warehouse.fact_events VALUES ('e1', 'u1', 'a', '2026-01-05Z'), ('e2', 'u1', 'a', '2026-02-05Z'), ('e3', 'u2', 'a', '2026-01-05Z');",
    );
    let deployment = Deployment { on_detach: OnDetach::Keep, ..defined(|d| d) };
    Maintained::deploy(&database, deployment.clone());
    database.run("DROP TABLE warehouse.january;");
    database.run("SELECT keys FROM analytics.refresh_sessions();");
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "u1")]));
    assert_snapshot!(told(&receipt), @r#"
    [("user_id", "u1")], 1 events found
    warehouse.fact_events: 1 removed, 0 remain
    analytics.mv_sessions: 2 removed, 0 remain
    analytics.mv_session_summary: 2 removed, 0 remain
    analytics.spectrum_changes_kept_events: 1 removed, 0 remain
    analytics.spectrum_changes: 1 removed, 0 remain
    log texts: 0
    "#);
    is_sound(&database, &deployment);
    assert_eq!(database.run("SELECT event_id FROM analytics.mv_sessions;"), "e3");
}

#[test]
fn texts_of_the_refresh_log_that_name_somebody_are_cleared() {
    let (database, deployment) = people(Mode::Incremental);
    database.run(
        "INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, reason, outcome, error)
         SELECT 7, 'x', now(), now(), 'x', 'failed', e
         FROM UNNEST(ARRAY['Key (event_id)=(e1) already exists.', 'Key (event_id)=(e11) already exists.', 'more than one event has event_id e3',
                           'Key (user_id, account_id)=(u1, a)', 'Key (user_id, account_id)=(u11, a)', 'no space left', NULL]) e;",
    );
    let person = with_events(&[("user_id", "u1")]);
    assert_eq!(plan_erase(&mut database.connect(), &deployment, &person).unwrap().log_texts, 3);
    assert_eq!(erased(&database, &deployment, &person).log_texts, 3);
    assert_snapshot!(database.run("SELECT COALESCE(error, '-') FROM analytics.spectrum_refresh_log WHERE run_id = 7 ORDER BY id;"), @r"
    (text removed by spectrum erase)
    Key (event_id)=(e11) already exists.
    (text removed by spectrum erase)
    (text removed by spectrum erase)
    Key (user_id, account_id)=(u11, a)
    no space left
    -
    ");
    // Words with signs that mean something in a pattern.
    database.run(
        "INSERT INTO warehouse.fact_events VALUES ('(x).*', 'u5', 'a', 'view', '2026-01-01Z');
         INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, reason, outcome, error)
         SELECT 8, 'x', now(), now(), 'x', 'failed', e FROM UNNEST(ARRAY['Key (event_id)=((x).*) already exists.', 'xyz']) e;",
    );
    assert_eq!(erased(&database, &deployment, &with_events(&[("user_id", "u5")])).log_texts, 1);
}

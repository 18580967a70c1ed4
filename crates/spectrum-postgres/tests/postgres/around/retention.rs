//! A month that is dropped takes the first events of most keys with it: what stays is computed anew where that is cheaper
//! than giving nearly every session another number, and otherwise maintained. The sessions are the same.

use spectrum_core::IdScheme;
use spectrum_postgres::{
    DeployOptions, Deployment, Method, Mode, Outcome, RefreshOptions, Refreshed, Stop, deploy, refresh,
};
use spectrum_sql::postgres::OnDetach;

use super::{advice, found};
use crate::deploy::definition;
use crate::refresh::Database;

/// 120,000 events in two months, of so many keys that each has some in both; the first month goes.
fn after_a_drop(deployment: &Deployment) -> (Database, Vec<String>, Refreshed) {
    let database = crate::deploy::events();
    database.run(
        "DROP TABLE warehouse.fact_events;
         CREATE TABLE warehouse.fact_events (event_id bigint, user_id integer, account_id integer, occurred_at timestamptz)
           PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.january PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
         CREATE TABLE warehouse.february PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z');
         INSERT INTO warehouse.fact_events
           SELECT n, 1000 + n % 1000, 1, '2026-01-01Z'::timestamptz + n * INTERVAL '40 seconds' FROM generate_series(1, 120000) n;",
    );
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    deploy(&mut database.connect(), deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
    let warned = advice(&database, deployment);
    database.run("DROP TABLE warehouse.january;");
    let mut report = refresh(
        &mut database.connect(),
        deployment,
        &RefreshOptions::default(),
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap();
    let refreshed = report.views.remove(0);
    assert_eq!(
        (refreshed.outcome, refreshed.method),
        (Outcome::Ok, Some(Method::Incremental)),
        "{refreshed:?}"
    );
    assert_eq!(found(&mut database.connect(), deployment), "everything holds");
    (database, warned, refreshed)
}

fn sequence() -> Deployment {
    Deployment { mode: Mode::Incremental, ..definition(|d| d) }
}

#[test]
fn what_stays_is_computed_anew_where_nearly_everything_is_renumbered() {
    let (database, warned, refreshed) = after_a_drop(&sequence());
    assert!(warned.iter().any(|words| words.contains("on_detach keep")), "{warned:?}");
    assert_eq!(
        refreshed.reason,
        "computed anew, because a partition went and about 100 % of the events were of keys that it began"
    );
    let rows: i64 = database.run("SELECT COUNT(*) FROM warehouse.fact_events;").parse().unwrap();
    assert_eq!((refreshed.rows, refreshed.counts), (Some(rows), None));
    // It goes on as before.
    database.run("INSERT INTO warehouse.fact_events VALUES (0, 1007, 1, '2026-02-10Z');");
    assert_eq!(super::refreshed(&database, &sequence()), "ok");
    assert_eq!(found(&mut database.connect(), &sequence()), "everything holds");
    let built = "SELECT COUNT(*) FROM analytics.v_refresh_log WHERE reason LIKE 'built by%';";
    assert_eq!(database.run(built), "2");
}

#[test]
fn ids_that_stay_are_maintained() {
    let start = Deployment { mode: Mode::Incremental, ..definition(|d| d.id(IdScheme::Start)) };
    let keep = Deployment { on_detach: OnDetach::Keep, ..sequence() };
    for deployment in [start, keep] {
        let (_, warned, refreshed) = after_a_drop(&deployment);
        assert!(!warned.iter().any(|words| words.contains("on_detach keep")), "{warned:?}");
        assert!(refreshed.counts.is_some(), "{refreshed:?}");
    }
}

//! Partitions, and the events of those that are gone.

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{Change, Deployment, Mode, OnDetach};

use super::{Database, NONE, in_mode, incremental, many_events};

/// The same events in two partitions, of which the default one holds most.
pub(super) fn divided() -> Database {
    let database = many_events();
    database.run(
        "ALTER TABLE warehouse.fact_events RENAME TO whole;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, event_type text, occurred_at timestamptz)
           PARTITION BY RANGE (occurred_at);
         CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);
         CREATE TABLE warehouse.first PARTITION OF warehouse.fact_events FOR VALUES FROM (MINVALUE) TO ('2026-01-03Z');
         CREATE TABLE warehouse.rest PARTITION OF warehouse.fact_events DEFAULT;
         INSERT INTO warehouse.fact_events SELECT * FROM warehouse.whole;",
    );
    database
}

pub(super) fn keeping() -> Deployment {
    Deployment { on_detach: OnDetach::Keep, ..incremental() }
}

#[test]
fn a_partitioned_table_is_built_and_watched() {
    let database = divided();
    let report = database.deploy_in_parts(&incremental());
    assert_eq!((report.rows, report.parts), (6000, Some((7, 2))));
    assert_eq!(database.differing(&incremental()), NONE);
    // A partition that the next refresh is going to watch is nothing to restore; triggers of one that is known are.
    database.run(
        "ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.rest;
         CREATE TABLE warehouse.later PARTITION OF warehouse.fact_events FOR VALUES FROM ('2027-01-01Z') TO ('2028-01-01Z');",
    );
    assert_eq!(database.deploy_in_parts(&incremental()).plan.change, Change::Unchanged);
    database
        .run("SELECT * FROM analytics.refresh_sessions(); ALTER TABLE warehouse.first DISABLE TRIGGER ALL;");
    let report = database.deploy_in_parts(&incremental());
    assert_eq!(report.plan.change, Change::Completed);
    assert_snapshot!(messages(&report.plan.notes).join("\n"), @"what was written to warehouse.first while triggers were missing there was not noted; a repair finds and takes it in");
    database
        .run("DELETE FROM warehouse.first WHERE user_id = 'u5'; SELECT * FROM analytics.refresh_sessions();");
    assert_eq!(database.differing(&incremental()), NONE);
}

#[test]
fn kept_events_outlive_another_definition_and_are_never_lost() {
    let database = divided();
    database.deploy_in_parts(&keeping());
    database.run("ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.first; SELECT * FROM analytics.refresh_sessions();");
    let kept = "SELECT COUNT(*) > 100 FROM analytics.spectrum_changes_kept_events;";
    assert_eq!(database.run(kept), "t");
    let count = "SELECT COUNT(*) FROM analytics.mv_sessions;";
    assert_eq!(database.run(count), "6000");

    // Another gap: the same columns.
    let mut other = keeping();
    other.definition = other.definition.to_builder().gap("5m".parse().unwrap()).build().unwrap();
    let report = database.deploy_in_parts(&other);
    assert_snapshot!(format!("{:?}", report.plan.change), @r#"Exchanged(["gap 30m is now 5m"])"#);
    assert_eq!((database.run(kept).as_str(), database.run(count).as_str()), ("t", "6000"));
    // Those that are gone and those that are not, together, are what the sessions are of.
    let whole =
        Deployment { events: spectrum_sql::TableName::parse("warehouse.whole").unwrap(), ..other.clone() };
    assert_eq!(database.differing(&whole), NONE);
    assert_eq!(database.deploy_in_parts(&other).plan.change, Change::Unchanged);

    let carrying = Deployment { carried: vec!["event_type".into()], ..other.clone() };
    assert_snapshot!(database.refusal(&carrying), @"analytics.spectrum_changes_kept_events holds 237 events of partitions that are gone, and this deployment has other columns, so they would be lost; if they may be, TRUNCATE analytics.spectrum_changes_kept_events, and if not, bring them back first (INSERT INTO warehouse.fact_events SELECT ... FROM analytics.spectrum_changes_kept_events) or save a copy of it");
    let removing = Deployment { on_detach: OnDetach::Remove, ..other.clone() };
    assert_snapshot!(database.refusal(&removing), @"analytics.spectrum_changes_kept_events holds 237 events of partitions that are gone, and this deployment keeps none, so they would be lost; if they may be, TRUNCATE analytics.spectrum_changes_kept_events, and if not, bring them back first (INSERT INTO warehouse.fact_events SELECT ... FROM analytics.spectrum_changes_kept_events) or save a copy of it");
    let refusal = database.refusal(&in_mode(other.clone(), Mode::View));
    assert!(refusal.contains("this deployment keeps none"), "{refusal}");

    database.run("TRUNCATE analytics.spectrum_changes_kept_events;");
    database.deploy_in_parts(&in_mode(other, Mode::View));
    assert_eq!(database.run("SELECT to_regclass('analytics.spectrum_changes_kept_events') IS NULL;"), "t");
}

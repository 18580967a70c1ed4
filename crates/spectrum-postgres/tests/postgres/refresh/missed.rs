//! What is written to the events and noted nowhere: no refresh says that nothing changed and leaves it at that.

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{RefreshOptions, Stop, refresh};

use super::Database;

#[test]
fn triggers_that_are_disabled_or_gone() {
    let database = Database::maintained();
    assert!(database.refresh(&RefreshOptions::default()).missed.is_empty());
    database.run("ALTER TABLE warehouse.fact_events DISABLE TRIGGER ALL;");
    database.add_event("e5");
    let report = database.refresh(&RefreshOptions::default());
    assert!(report.is_complete());
    assert_snapshot!(messages(&report.missed).join("\n"), @"not all that is written to warehouse.fact_events is noted, because triggers are disabled; ALTER TABLE warehouse.fact_events ENABLE TRIGGER analytics_spectrum_changes_inserted, ENABLE TRIGGER analytics_spectrum_changes_deleted, ENABLE TRIGGER analytics_spectrum_changes_updated, ENABLE ALWAYS TRIGGER analytics_spectrum_changes_truncated, ENABLE REPLICA TRIGGER analytics_spectrum_changes_applied; a repair then takes in what was missed");
    database.run("DROP TRIGGER analytics_spectrum_changes_inserted ON warehouse.fact_events;");
    let report = database.refresh(&RefreshOptions::default());
    assert!(
        report.missed[0].to_string().contains("triggers are missing (analytics_spectrum_changes_inserted)"),
        "{report:?}"
    );
    // A run that is not about the sessions does not speak of them.
    database.run("CREATE MATERIALIZED VIEW public.one AS SELECT 1 AS one;");
    let only =
        RefreshOptions { only: true, views: vec![super::view("public.one")], ..RefreshOptions::default() };
    assert!(database.refresh(&only).missed.is_empty());
}

/// A role that may do no more than refresh is told the same, and takes no partition that is new for one that is missed.
#[test]
fn a_role_that_may_only_refresh() {
    let database = Database::empty(spectrum_testkit::PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz)
           PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.one PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');",
    );
    database.deploy_maintained();
    let role = format!("refresher_{}", database.name());
    database.run(&format!(
        "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA analytics TO {role};
         GRANT EXECUTE ON FUNCTION analytics.refresh_sessions() TO {role};"
    ));
    let refreshed = || {
        let mut connection = database.server_as(&role).connect("spectrum refresh").unwrap();
        let options = RefreshOptions::default();
        refresh(&mut connection, &database.deployment(), &options, &Stop::default(), &mut |_| ())
            .unwrap()
            .missed
    };
    assert!(refreshed().is_empty());
    database.run("ALTER TABLE warehouse.one DISABLE TRIGGER ALL;");
    assert!(refreshed()[0].to_string().starts_with("not all that is written to warehouse.one is noted"));
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role};"));
}

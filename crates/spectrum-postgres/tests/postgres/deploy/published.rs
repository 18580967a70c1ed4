//! Databases whose tables are all published, as Debezium and blue/green upgrades have it: there PostgreSQL refuses to
//! update or delete rows of a table without a replica identity (its manual, "Logical Replication", "Publication").

use std::sync::OnceLock;

use spectrum_postgres::{
    Change, DeployOptions, Deployment, EraseOptions, Mode, OnDetach, RefreshOptions, Stop, deploy, erase,
};
use spectrum_testkit::PrivatePostgres;
use spectrum_testkit::postgres::ServerOptions;

use super::definition;
use super::incremental::{NONE, in_mode, in_parts};
use crate::refresh::Database;

const PUBLISH: &str = "CREATE PUBLICATION everything FOR ALL TABLES;";

/// Tables of ours of which PostgreSQL would refuse to delete a row.
const WITHOUT_IDENTITY: &str = "
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind = 'r' AND c.relreplident <> 'f'
      AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid
                      AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END)
    ORDER BY 1;";

/// Two months, of which the first can go.
const EVENTS: &str = "CREATE SCHEMA warehouse;
    CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz)
      PARTITION BY RANGE (occurred_at);
    CREATE TABLE warehouse.january PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
    CREATE TABLE warehouse.february PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z');
    ALTER TABLE warehouse.january REPLICA IDENTITY FULL;
    ALTER TABLE warehouse.february REPLICA IDENTITY FULL;
    ALTER TABLE warehouse.fact_events REPLICA IDENTITY FULL;
    INSERT INTO warehouse.fact_events
    SELECT 'e' || n, 'u' || n % 7, 'a', TIMESTAMPTZ '2026-01-30Z' + n * INTERVAL '7 minutes' FROM generate_series(1, 2000) n;
    CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);";

fn database() -> Database {
    static SERVER: OnceLock<PrivatePostgres> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        PrivatePostgres::start_with(&ServerOptions::default().setting("wal_level = logical")).unwrap()
    });
    let database = Database::empty(server);
    database.run(EVENTS);
    database
}

fn maintained(gap: &str) -> Deployment {
    Deployment {
        on_detach: OnDetach::Keep,
        ..in_mode(definition(|d| d.gap(gap.parse().unwrap())), Mode::Incremental)
    }
}

/// Changes of every kind, an erasure, and another gap, each of which deletes and updates rows of ours.
fn used(database: &Database, deployment: &Deployment, other: &Deployment) {
    for change in [
        "INSERT INTO warehouse.fact_events VALUES ('late', 'u1', 'a', '2026-01-30 00:01Z');",
        "UPDATE warehouse.fact_events SET user_id = 'u2' WHERE event_id < 'e12';",
        "DELETE FROM warehouse.fact_events WHERE event_id < 'e11';",
        "ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.january;",
        "ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.january FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');",
    ] {
        database.run(change);
        let report = database.refresh(&RefreshOptions::default());
        assert!(report.views.iter().all(|view| view.error.is_none()), "{change}: {:?}", report.views);
        // The reference SQL knows nothing of kept events.
        if !change.contains("DETACH") {
            assert_eq!(database.differing(deployment), NONE, "{change}");
        }
    }
    let whom =
        EraseOptions { key: vec![("user_id".into(), "u3".into())], events: true, ..EraseOptions::default() };
    erase(&mut database.connect(), deployment, &whom).unwrap();
    let changed = deploy(&mut database.connect(), other, &in_parts(), &Stop::default(), &mut |_| ()).unwrap();
    assert!(matches!(changed.plan.change, Change::Exchanged(_)));
    assert_eq!(database.run(WITHOUT_IDENTITY), "");
    database.run("DELETE FROM warehouse.fact_events WHERE event_id < 'e13';");
    let report = database.refresh(&RefreshOptions::default());
    assert!(report.views.iter().all(|view| view.error.is_none()), "{:?}", report.views);
    assert_eq!(database.differing(other), NONE);
}

#[test]
fn a_deployment_among_published_tables_is_refreshed_and_erased_and_exchanged() {
    for (deployment, other) in [
        (maintained("30m"), maintained("5m")),
        (definition(|d| d), definition(|d| d.gap("5m".parse().unwrap()))),
    ] {
        let database = database();
        database.run(PUBLISH);
        deploy(&mut database.connect(), &deployment, &in_parts(), &Stop::default(), &mut |_| ()).unwrap();
        assert_eq!(database.run(WITHOUT_IDENTITY), "");
        used(&database, &deployment, &other);
    }
}

#[test]
fn a_deployment_whose_tables_are_published_later_goes_on() {
    let database = database();
    deploy(&mut database.connect(), &maintained("30m"), &in_parts(), &Stop::default(), &mut |_| ()).unwrap();
    database.run(PUBLISH);
    used(&database, &maintained("30m"), &maintained("5m"));
}

/// What older versions left without one is mended where it stands: no row is written again.
#[test]
fn a_deployment_without_identities_is_given_them() {
    let database = database();
    let deployment = maintained("30m");
    deploy(&mut database.connect(), &deployment, &in_parts(), &Stop::default(), &mut |_| ()).unwrap();
    let tables = ["mv_sessions", "mv_session_summary", "spectrum_changes", "spectrum_changes_kept_events"];
    for table in tables {
        database.run(&format!("ALTER TABLE analytics.{table} REPLICA IDENTITY DEFAULT;"));
    }
    database.run("ALTER TABLE analytics.mv_sessions ALTER event_id DROP NOT NULL;");
    assert_eq!(database.run(WITHOUT_IDENTITY).lines().count(), tables.len());
    database.run(PUBLISH);
    let stood =
        "SELECT 'analytics.mv_sessions'::regclass::oid, pg_relation_filenode('analytics.mv_sessions');";
    let before = database.run(stood);
    let report = deploy(
        &mut database.connect(),
        &deployment,
        &DeployOptions::default(),
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap();
    assert_eq!(report.plan.change, Change::Completed);
    assert_eq!((database.run(WITHOUT_IDENTITY).as_str(), database.run(stood)), ("", before));
    let again = deploy(
        &mut database.connect(),
        &deployment,
        &DeployOptions::default(),
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap();
    assert_eq!(again.plan.change, Change::Unchanged);
    used(&database, &deployment, &maintained("5m"));
}

/// What a replica identity needs is what pg_repack and others ask of a table they copy: a unique index without NULLs.
#[test]
fn the_sessions_have_a_key_without_nulls() {
    let database = database();
    deploy(&mut database.connect(), &maintained("30m"), &in_parts(), &Stop::default(), &mut |_| ()).unwrap();
    let keys = "SELECT i.indexrelid::regclass FROM pg_index i
                WHERE i.indrelid = 'analytics.mv_sessions'::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                  AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) AND NOT a.attnotnull);";
    assert_eq!(database.run(keys), "analytics.mv_sessions_event_id_key");
}

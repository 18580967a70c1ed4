//! Functions, aggregates, operators, types and views that fit better than PostgreSQL's own are never run with the rights
//! of whoever uses Spectrum.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use spectrum_postgres::{
    Connection, DeployOptions, Deployment, DropOptions, EraseOptions, LoadBatch, LoadOptions, Mode,
    OnConflict, Outcome, RefreshOptions, Stop, VerifyOptions, deploy, drift, drop_deployment, erase, load,
    plan_deployment, plan_drop, plan_erase, refresh, repair, status, vacuum_erased, verify,
};
use spectrum_sql::TableName;

use super::Hostile;
use crate::deploy::definition;

/// Every command but load, by whom nothing may capture, over a deployment of which the second has another gap.
fn every_command(victim: &mut Connection, hostile: &Hostile, deployments: [&Deployment; 2]) {
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    for deployment in deployments {
        plan_deployment(victim, deployment, &options).unwrap();
        deploy(victim, deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
        drift(victim, deployment).unwrap();
        hostile.database.run(
            "DELETE FROM warehouse.fact_events WHERE event_id = 'e5';
             INSERT INTO warehouse.fact_events VALUES ('e5', 'U1', 'a', 'view', '2026-01-01 10:20Z');
             UPDATE warehouse.fact_events SET account_id = 'b', event_type = 'click' WHERE event_id = 'e4';
             DELETE FROM warehouse.fact_events WHERE event_id = 'e3';",
        );
        let report =
            refresh(victim, deployment, &RefreshOptions::default(), &Stop::default(), &mut |_| ()).unwrap();
        assert!(report.views.iter().all(|view| view.outcome == Outcome::Ok), "{report:?}");
        assert_eq!(report.notes, [], "the refresh log");
        let verified = verify(victim, deployment, &VerifyOptions::default(), &mut |_| ()).unwrap();
        assert!(verified.holds(), "{:?}", verified.checks);
        if deployment.mode == Mode::Incremental {
            repair(victim, deployment, &VerifyOptions::default(), &mut |_| ()).unwrap();
        }
        status(victim, deployment).unwrap();
        let whom = EraseOptions {
            key: vec![("user_id".into(), "u1".into())],
            events: true,
            ..EraseOptions::default()
        };
        plan_erase(victim, deployment, &whom).unwrap();
        let receipt = erase(victim, deployment, &whom).unwrap();
        vacuum_erased(victim, &receipt).unwrap();
    }
}

fn mode(mode: Mode) -> [Deployment; 2] {
    ["30m", "5m"].map(|gap| Deployment {
        mode,
        carried: vec!["event_type".into()],
        ..definition(|d| d.gap(gap.parse().unwrap()))
    })
}

#[test]
fn nothing_is_captured_whatever_the_search_path_is() {
    let hostile = Hostile::new();
    for path in [Hostile::connect, Hostile::connect_by_default] {
        for kept in [Mode::View, Mode::Incremental] {
            let [first, second] = mode(kept);
            let mut victim = path(&hostile, "spectrum");
            every_command(&mut victim, &hostile, [&first, &second]);
            plan_drop(&mut victim, &second, &DropOptions::default()).unwrap();
            drop_deployment(&mut victim, &second, &DropOptions::default()).unwrap();
        }
    }
}

#[test]
fn nothing_is_captured_where_the_schema_of_a_type_of_the_key_is_open_to_all() {
    let hostile = Hostile::new();
    hostile.database.run(
        "CREATE EXTENSION citext SCHEMA public;
         ALTER TABLE warehouse.fact_events ALTER user_id TYPE public.citext, ALTER event_type TYPE public.citext;",
    );
    for kept in [Mode::View, Mode::Incremental] {
        let [first, second] = mode(kept);
        let mut victim = hostile.connect("spectrum");
        every_command(&mut victim, &hostile, [&first, &second]);
        // U1 and u1 are one, and both went.
        let left = "SELECT COUNT(*) FROM warehouse.fact_events WHERE user_id::text IN ('u1', 'U1');";
        assert_eq!(hostile.database.run(left), "0");
        drop_deployment(&mut victim, &second, &DropOptions::default()).unwrap();
    }
}

#[test]
fn writers_and_callers_cannot_capture_what_runs_with_the_rights_of_the_operator() {
    let hostile = Hostile::new();
    let [deployment, _] = mode(Mode::Incremental);
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    deploy(&mut hostile.connect("spectrum"), &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
    hostile.database.run(&format!(
        "GRANT USAGE ON SCHEMA analytics TO {0}; GRANT EXECUTE ON FUNCTION analytics.refresh_sessions() TO {0};",
        hostile.maker
    ));
    let settings = hostile.database.settings(&hostile.maker) + " options='-c search_path=public,pg_catalog'";
    let mut maker = postgres::Client::connect(&settings, postgres::NoTls).unwrap();
    // Temporary things come before those of the path, too.
    maker
        .batch_execute(
            "CREATE TEMP TABLE pg_class AS SELECT * FROM pg_catalog.pg_class;
             CREATE TEMP TABLE pg_attribute AS SELECT attrelid, attname, atttypid, atttypmod FROM pg_catalog.pg_attribute;
             CREATE TEMP TABLE added (user_id text); CREATE TEMP TABLE removed (user_id text);
             CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (public.spring_check(VALUE));",
        )
        .unwrap();
    for change in [
        "INSERT INTO warehouse.fact_events VALUES ('e5', 'u9', 'a', 'view', '2026-01-01 10:20Z')",
        "UPDATE warehouse.fact_events SET event_type = 'click'",
        "DELETE FROM warehouse.fact_events",
        "INSERT INTO warehouse.fact_events VALUES ('e6', 'u9', 'a', 'view', '2026-01-01 10:20Z')",
        "TRUNCATE warehouse.fact_events",
    ] {
        maker.batch_execute(change).unwrap();
        maker.batch_execute("SELECT analytics.refresh_sessions()").unwrap();
    }
    assert_eq!(hostile.database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), "0");
    drop(maker);
}

#[test]
fn a_load_is_not_captured_and_triggers_of_the_events_find_what_they_always_found() {
    let hostile = Hostile::new();
    hostile.database.run(
        "CREATE FUNCTION public.stamp() RETURNS text LANGUAGE sql AS 'SELECT ''stamped''::pg_catalog.text';
         CREATE FUNCTION warehouse.stamps() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN NEW.event_type := stamp(); RETURN NEW; END';
         CREATE TRIGGER stamps BEFORE INSERT ON warehouse.fact_events FOR EACH ROW EXECUTE FUNCTION warehouse.stamps();
         ALTER TABLE warehouse.fact_events ADD COLUMN address inet, ADD COLUMN short bit(3);",
    );
    let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let time = TimestampMicrosecondArray::from_iter_values([1_767_225_600_000_000]).with_timezone("UTC");
    let rows = RecordBatch::try_from_iter([
        ("event_id", text("e9")),
        ("user_id", text("u9")),
        ("account_id", text("a")),
        ("address", text("10.0.0.1")),
        ("short", text("101")),
        ("occurred_at", Arc::new(time) as ArrayRef),
    ])
    .unwrap();
    let options = LoadOptions {
        table: TableName::parse("warehouse.fact_events").unwrap(),
        definition: definition(|d| d).definition,
        create_table: false,
        properties: "properties".into(),
        ignored: std::collections::HashSet::new(),
        on_conflict: OnConflict::Skip,
        makes_event_ids: false,
        time_unit: None,
    };
    let mut victim = hostile.connect("spectrum");
    for inserted in [1, 0] {
        let batch = LoadBatch { file: "events".into(), rows: rows.clone() };
        let report =
            load(&mut victim, &options, [Ok::<_, std::convert::Infallible>(batch)].into_iter(), &mut |_| ());
        assert_eq!(report.unwrap().inserted, inserted);
    }
    let row = "SELECT event_type, address, short FROM warehouse.fact_events WHERE event_id = 'e9';";
    assert_eq!(hostile.database.run(row), "stamped|10.0.0.1|101");
    // A table without a schema is made where the path leads.
    let options = LoadOptions { table: TableName::parse("loaded").unwrap(), create_table: true, ..options };
    let batch = LoadBatch { file: "events".into(), rows: rows.project(&[0, 1, 2, 5]).unwrap() };
    load(&mut victim, &options, [Ok::<_, std::convert::Infallible>(batch)].into_iter(), &mut |_| ()).unwrap();
    assert_eq!(hostile.database.run("SELECT COUNT(*) FROM public.loaded;"), "1");
    drop(victim);
    hostile.database.run("DROP TABLE public.loaded;");
}

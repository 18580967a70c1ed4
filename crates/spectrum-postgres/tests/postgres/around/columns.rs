//! Columns of the events that are renamed, dropped or given another type under a deployment in mode incremental. Writers go
//! on; status, refresh and verify say what changed; one deployment follows it, and nothing that was written is missing.

use insta::assert_snapshot;
use spectrum_core::DefinitionBuilder;
use spectrum_postgres::{DeployOptions, Deployment, Mode, Stop, deploy};

use super::{advice, found, in_mode, refreshed};
use crate::deploy::{definition, events};
use crate::incremental::Maintained;
use crate::refresh::Database;

struct Changed {
    database: Database,
    deployment: Deployment,
}

impl Changed {
    /// Deploys over events whose columns have these types, and changes one of them.
    fn by(columns: &str, change: &str) -> Self {
        let database = events();
        database.run(columns);
        let deployment = in_mode(Mode::Incremental);
        Maintained::deploy(&database, deployment.clone());
        database.run(change);
        Self { database, deployment }
    }

    /// What follows a change, when events are written in all ways meanwhile: what refresh, status and verify say.
    fn told(&self, written: &str) -> String {
        self.database.run(written);
        let refused = refreshed(&self.database, &self.deployment);
        let advice = advice(&self.database, &self.deployment);
        let found = found(&mut self.database.connect(), &self.deployment);
        format!(
            "refresh: {refused}\nstatus: {}\nverify: {found}",
            advice.first().cloned().unwrap_or_default()
        )
    }

    /// One deployment follows.
    fn follows(&self, change: impl FnOnce(DefinitionBuilder) -> DefinitionBuilder) {
        let deployment = Deployment { mode: Mode::Incremental, ..definition(change) };
        let options = DeployOptions { create_index: true, ..DeployOptions::default() };
        let report =
            deploy(&mut self.database.connect(), &deployment, &options, &Stop::default(), &mut |_| ())
                .unwrap();
        assert!(report.plan.builds(), "{:?}", report.plan.change);
        assert_eq!(found(&mut self.database.connect(), &deployment), "everything holds");
        self.database.run("UPDATE warehouse.fact_events SET event_id = event_id WHERE true;");
        assert_eq!(refreshed(&self.database, &deployment), "ok");
        assert_eq!(found(&mut self.database.connect(), &deployment), "everything holds");
    }
}

/// Writes of every kind, with values that the old columns could not hold.
fn writes(user: &str, id: &str, time: &str) -> String {
    format!(
        "INSERT INTO warehouse.fact_events VALUES ({id}, {user}, 'a', 'view', {time});
         UPDATE warehouse.fact_events SET account_id = 'c' WHERE event_type = 'click';
         DELETE FROM warehouse.fact_events WHERE event_type = 'gone';"
    )
}

const TIME: &str = "'2026-01-01 10:20:00.4Z'";

#[test]
fn a_key_column_of_another_type() {
    let changed = Changed::by(
        "UPDATE warehouse.fact_events SET user_id = 1;
         ALTER TABLE warehouse.fact_events ALTER user_id TYPE integer USING user_id::integer;",
        "ALTER TABLE warehouse.fact_events ALTER user_id TYPE bigint;",
    );
    assert_snapshot!(changed.told(&writes("3000000000", "'e9'", TIME)), @r"
    refresh: column user_id of warehouse.fact_events is now bigint, and was integer when the sessions were deployed (The sessions stay as they were, and what was noted waits.); Run spectrum deploy, which rebuilds them from the columns as they are now.
    status: in warehouse.fact_events column user_id was integer and is now bigint; run spectrum deploy, which rebuilds the sessions
    verify: the sessions cannot be compared with warehouse.fact_events, whose columns have changed: column user_id was integer and is now bigint; run spectrum deploy, which rebuilds the sessions
    ");
    changed.follows(|d| d);
}

#[test]
fn a_key_column_that_becomes_text() {
    let changed = Changed::by(
        "UPDATE warehouse.fact_events SET user_id = '0199f2c1-0000-7000-8000-000000000001';
         ALTER TABLE warehouse.fact_events ALTER user_id TYPE uuid USING user_id::uuid;",
        "ALTER TABLE warehouse.fact_events ALTER user_id TYPE text;",
    );
    assert_snapshot!(changed.told(&writes("'no uuid'", "'e9'", TIME)), @r"
    refresh: column user_id of warehouse.fact_events is now text, and was uuid when the sessions were deployed (The sessions stay as they were, and what was noted waits.); Run spectrum deploy, which rebuilds them from the columns as they are now.
    status: in warehouse.fact_events column user_id was uuid and is now text; run spectrum deploy, which rebuilds the sessions
    verify: the sessions cannot be compared with warehouse.fact_events, whose columns have changed: column user_id was uuid and is now text; run spectrum deploy, which rebuilds the sessions
    ");
    changed.follows(|d| d);
}

#[test]
fn a_column_that_is_renamed() {
    let changed = Changed::by("", "ALTER TABLE warehouse.fact_events RENAME user_id TO person;");
    assert_snapshot!(changed.told(&writes("'u9'", "'e9'", TIME)), @r"
    refresh: warehouse.fact_events no longer has a column user_id (The sessions stay as they were, and what was noted waits.); Run spectrum deploy, which rebuilds them from the columns as they are now.
    status: in warehouse.fact_events column user_id is gone, or was renamed; run spectrum deploy with a definition that names the column that takes its place
    verify: the sessions cannot be compared with warehouse.fact_events, whose columns have changed: column user_id is gone, or was renamed; run spectrum deploy with a definition that names the column that takes its place
    ");
    changed.follows(|d| d.key(["person", "account_id"]));
}

#[test]
fn a_column_that_is_renamed_and_back_misses_nothing() {
    let changed = Changed::by("", "ALTER TABLE warehouse.fact_events RENAME user_id TO person;");
    changed.database.run(&writes("'u9'", "'e9'", TIME));
    changed.database.run("ALTER TABLE warehouse.fact_events RENAME person TO user_id;");
    assert_eq!(refreshed(&changed.database, &changed.deployment), "ok");
    assert_eq!(found(&mut changed.database.connect(), &changed.deployment), "everything holds");
}

#[test]
fn a_key_column_that_is_dropped() {
    let changed = Changed::by("", "ALTER TABLE warehouse.fact_events DROP account_id;");
    let told = changed.told(
        "INSERT INTO warehouse.fact_events VALUES ('e9', 'u9', 'view', '2026-01-01 10:20Z');
         UPDATE warehouse.fact_events SET user_id = 'u8' WHERE event_id = 'e2';
         DELETE FROM warehouse.fact_events WHERE event_id = 'e1';",
    );
    assert_snapshot!(told, @r"
    refresh: warehouse.fact_events no longer has a column account_id (The sessions stay as they were, and what was noted waits.); Run spectrum deploy, which rebuilds them from the columns as they are now.
    status: in warehouse.fact_events column account_id is gone, or was renamed; run spectrum deploy with a definition that names the column that takes its place
    verify: the sessions cannot be compared with warehouse.fact_events, whose columns have changed: column account_id is gone, or was renamed; run spectrum deploy with a definition that names the column that takes its place
    ");
    changed.follows(|d| d.key(["user_id"]));
}

#[test]
fn a_time_that_becomes_finer() {
    let changed = Changed::by(
        "ALTER TABLE warehouse.fact_events ALTER occurred_at TYPE timestamptz(0);",
        "ALTER TABLE warehouse.fact_events ALTER occurred_at TYPE timestamptz(6);",
    );
    assert_snapshot!(changed.told(&writes("'u1'", "'e9'", TIME)), @r"
    refresh: column occurred_at of warehouse.fact_events is now timestamp(6) with time zone, and was timestamp(0) with time zone when the sessions were deployed (The sessions stay as they were, and what was noted waits.); Run spectrum deploy, which rebuilds them from the columns as they are now.
    status: in warehouse.fact_events column occurred_at was timestamp(0) with time zone and is now timestamp(6) with time zone; run spectrum deploy, which rebuilds the sessions
    verify: the sessions cannot be compared with warehouse.fact_events, whose columns have changed: column occurred_at was timestamp(0) with time zone and is now timestamp(6) with time zone; run spectrum deploy, which rebuilds the sessions
    ");
    changed.follows(|d| d);
}

#[test]
fn times_without_a_zone_that_get_one_and_dates_that_get_a_clock() {
    for (was, is) in [("timestamp", "timestamptz"), ("date", "timestamp")] {
        let changed = Changed::by(
            &format!("ALTER TABLE warehouse.fact_events ALTER occurred_at TYPE {was};"),
            &format!("ALTER TABLE warehouse.fact_events ALTER occurred_at TYPE {is};"),
        );
        let told = changed.told(&writes("'u1'", "'e9'", TIME));
        assert!(told.starts_with("refresh: column occurred_at of warehouse.fact_events is"), "{told}");
        changed.follows(|d| d);
    }
}

#[test]
fn ids_that_may_be_longer() {
    let changed = Changed::by(
        "ALTER TABLE warehouse.fact_events ALTER event_id TYPE varchar(2);",
        "ALTER TABLE warehouse.fact_events ALTER event_id TYPE varchar(40);",
    );
    assert_snapshot!(changed.told(&writes("'u1'", "'a longer one'", TIME)), @r"
    refresh: column event_id of warehouse.fact_events is now character varying(40), and was character varying(2) when the sessions were deployed (The sessions stay as they were, and what was noted waits.); Run spectrum deploy, which rebuilds them from the columns as they are now.
    status: in warehouse.fact_events column event_id was character varying(2) and is now character varying(40); run spectrum deploy, which rebuilds the sessions
    verify: the sessions cannot be compared with warehouse.fact_events, whose columns have changed: column event_id was character varying(2) and is now character varying(40); run spectrum deploy, which rebuilds the sessions
    ");
    changed.follows(|d| d);
}

#[test]
fn partitions_follow_their_parent() {
    let changed = Changed::by(
        "ALTER TABLE warehouse.fact_events RENAME TO plain;
         CREATE TABLE warehouse.fact_events (LIKE warehouse.plain) PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.first PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
         INSERT INTO warehouse.fact_events SELECT * FROM warehouse.plain;",
        "ALTER TABLE warehouse.fact_events ALTER account_id TYPE varchar(1);",
    );
    let told = changed.told(
        "INSERT INTO warehouse.fact_events VALUES ('e9', 'u9', 'a', 'view', '2026-01-01 10:20Z');
         INSERT INTO warehouse.first VALUES ('e8', 'u9', 'a', 'view', '2026-01-01 10:20Z');",
    );
    assert!(
        told.starts_with("refresh: column account_id of warehouse.fact_events is now character varying(1)"),
        "{told}"
    );
    changed.follows(|d| d);
}

/// What a replica applies fires triggers of rows instead, which read columns in another way.
#[test]
fn what_a_replica_applies_goes_on_too() {
    for (change, user) in [("RENAME user_id TO person", "9"), ("ALTER user_id TYPE bigint", "3000000000")] {
        let changed = Changed::by(
            "UPDATE warehouse.fact_events SET user_id = 1;
             ALTER TABLE warehouse.fact_events ALTER user_id TYPE integer USING user_id::integer;",
            &format!("ALTER TABLE warehouse.fact_events {change};"),
        );
        let written = format!("SET session_replication_role = replica; {}", writes(user, "'e9'", TIME));
        let told = changed.told(&written);
        let refused =
            ["refresh: warehouse.fact_events no longer has a column user_id", "refresh: column user_id of "];
        assert!(refused.iter().any(|words| told.starts_with(words)), "{told}");
        match change.starts_with("RENAME") {
            true => changed.follows(|d| d.key(["person", "account_id"])),
            false => changed.follows(|d| d),
        }
    }
}

//! Events of partitions that went, where they are kept.

use spectrum_postgres::{Change, Connection, DeployOptions, OnDetach, Stop, deploy};

use super::partitions::{by_days, counted, follow, with_kept};

const DETACH: &str = "ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5";
const ATTACH: &str = "ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.day_5
                      FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z')";

fn ids_kept(client: &mut Connection) -> Vec<i64> {
    let sql = "SELECT event_id FROM analytics.spectrum_changes_kept_events ORDER BY 1";
    client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn events_of_partitions_that_go_are_kept() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    let before = counted(&mut client);
    let steps = [
        ("ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5", 48),
        // Beside kept events: one that extends their last session, and one between sessions.
        ("INSERT INTO warehouse.fact_events VALUES (900, 'u0', 'a', '2026-01-06 00:00Z', 'y')", 49),
        ("DELETE FROM warehouse.fact_events WHERE event_id = 900 OR event_id < 110", 38),
        ("TRUNCATE warehouse.fact_events", 24),
        // What is done to the table that was detached is nothing to the sessions any more.
        ("DELETE FROM warehouse.day_5 WHERE event_id = 3", 24),
    ];
    assert_eq!(before.0, 48);
    follow(&maintained, &mut client, &steps);
    assert_eq!(ids_kept(&mut client).len(), 24);
    // Back again: its rows are the events, and what it lost meanwhile is lost.
    let attach = "ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.day_5
                  FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z')";
    let steps = [(attach, 23), ("DELETE FROM warehouse.fact_events WHERE event_id < 10", 15)];
    follow(&maintained, &mut client, &steps);
    assert_eq!(ids_kept(&mut client), Vec::<i64>::new());
}

#[test]
fn events_that_were_deleted_are_not_kept_with_their_partition() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    // All of it between two refreshes.
    client
        .batch_execute(
            "DELETE FROM warehouse.fact_events WHERE event_id IN (1, 2, 101, 102);
             UPDATE warehouse.fact_events SET event_id = 1000 + event_id WHERE event_id IN (3, 103);
             SET session_replication_role = replica;
             DELETE FROM warehouse.fact_events WHERE event_id IN (4, 104);
             UPDATE warehouse.fact_events SET event_id = 1000 + event_id WHERE event_id IN (5, 105);
             RESET session_replication_role;
             ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5;
             DROP TABLE warehouse.day_6",
        )
        .unwrap();
    maintained.refresh(&mut client);
    let kept = ids_kept(&mut client);
    let gone = [1, 2, 3, 4, 5, 101, 102, 103, 104, 105];
    assert_eq!(kept.iter().filter(|id| gone.contains(id)).count(), 0, "{kept:?}");
    // The detached table has the new ids; those of the dropped one were never seen.
    assert!(kept.contains(&1003) && kept.contains(&1005) && !kept.contains(&1103), "{kept:?}");
    assert_eq!(kept.len(), 21 + 19);
    assert_eq!(counted(&mut client).0, 40);
}

#[test]
fn a_dropped_partition_is_kept_and_can_be_written_again() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    // An event that no refresh has seen goes with its table.
    client
        .batch_execute(
            "CREATE TABLE warehouse.archive AS SELECT * FROM warehouse.day_5;
             INSERT INTO warehouse.day_5 VALUES (950, 'u0', 'a', '2026-01-05 23:59Z', 'y'); DROP TABLE warehouse.day_5",
        )
        .unwrap();
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 48);
    assert_eq!(ids_kept(&mut client).len(), 24);
    let steps = [
        (
            "CREATE TABLE warehouse.day_5_again PARTITION OF warehouse.fact_events
            FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z')",
            48,
        ),
        ("INSERT INTO warehouse.fact_events SELECT * FROM warehouse.archive WHERE event_id < 13", 48),
        ("INSERT INTO warehouse.day_5_again SELECT * FROM warehouse.archive WHERE event_id >= 13", 48),
    ];
    follow(&maintained, &mut client, &steps);
    assert_eq!(ids_kept(&mut client), Vec::<i64>::new());
    let steps = [("DELETE FROM warehouse.fact_events WHERE event_id < 10", 39)];
    follow(&maintained, &mut client, &steps);
}

/// A table that was detached and changed its shape is read no more; what the sessions relation has of it is kept.
#[test]
fn a_detached_partition_that_cannot_be_read_is_kept_as_it_was_seen() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    client
        .batch_execute(
            "DELETE FROM warehouse.fact_events WHERE event_id = 3;
             ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5;
             ALTER TABLE warehouse.day_5 DROP COLUMN event_type",
        )
        .unwrap();
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 47);
    assert_eq!(ids_kept(&mut client).len(), 23);
}

/// What a partition lost while it was away is lost when it comes back, in whatever database.
#[test]
fn a_partition_comes_back_after_a_dump_and_a_restore() {
    let (database, maintained, mut client) = by_days(OnDetach::Keep);
    follow(&maintained, &mut client, &[(DETACH, 48)]);
    let restored = database.restored();
    let mut client = restored.connect();
    follow(
        &maintained,
        &mut client,
        &[("DELETE FROM warehouse.day_5 WHERE event_id < 10", 48), (ATTACH, 39)],
    );
    assert_eq!(ids_kept(&mut client), Vec::<i64>::new());
}

#[test]
fn a_partition_that_comes_back_under_another_name_is_the_same() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    let renamed =
        "ALTER TABLE warehouse.day_5 RENAME TO january_5; ALTER TABLE warehouse.january_5 SET SCHEMA public;
                   DELETE FROM public.january_5 WHERE event_id < 10";
    // A new partition has the old name, and is another one.
    let another = "CREATE TABLE warehouse.day_5 PARTITION OF warehouse.fact_events
                   FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z')";
    let attach =
        "DROP TABLE warehouse.day_5; ALTER TABLE warehouse.fact_events ATTACH PARTITION public.january_5
                  FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z')";
    follow(&maintained, &mut client, &[(DETACH, 48), (renamed, 48), (another, 48)]);
    assert_eq!(ids_kept(&mut client).len(), 24);
    follow(&maintained, &mut client, &[(attach, 39)]);
    assert_eq!(ids_kept(&mut client), Vec::<i64>::new());
}

/// A deployment builds everything anew before any refresh has seen what became of partitions.
#[test]
fn a_partition_that_came_or_went_before_a_deployment_is_seen_by_it() {
    let (database, maintained, mut client) = by_days(OnDetach::Keep);
    follow(&maintained, &mut client, &[(DETACH, 48)]);
    let mut deployed = |gap: &str, statements: &str| {
        client.batch_execute(statements).unwrap();
        let gap = maintained.deployment.definition.to_builder().gap(gap.parse().unwrap()).build().unwrap();
        let other = spectrum_postgres::Deployment { definition: gap, ..maintained.deployment.clone() };
        client.batch_execute("DROP VIEW warehouse.with_kept").unwrap();
        deploy(&mut database.connect(), &other, &DeployOptions::default(), &Stop::default(), &mut |_| ())
            .unwrap();
        client.batch_execute(&with_kept(&other)).unwrap();
        let (time, key, reference) = (maintained.time, maintained.key.clone(), maintained.reference.clone());
        let maintained = super::Maintained { deployment: other, reference, time, key };
        assert_eq!(maintained.differing(&mut client), Vec::<String>::new());
        (counted(&mut client).0, ids_kept(&mut client).len())
    };
    // It comes back, and what it lost meanwhile is lost.
    let came = format!("DELETE FROM warehouse.day_5 WHERE event_id < 10; {ATTACH}");
    assert_eq!(deployed("29m", &came), (39, 0));
    assert_eq!(deployed("28m", DETACH), (39, 15));
}

/// What went since the last refresh is kept by nobody yet, so other columns would lose it as they would lose what is kept.
#[test]
fn a_deployment_with_other_columns_does_not_lose_what_no_refresh_has_seen() {
    let (database, maintained, mut client) = by_days(OnDetach::Keep);
    client
        .batch_execute("ALTER TABLE warehouse.fact_events ADD COLUMN page text; DROP VIEW warehouse.with_kept; DROP TABLE warehouse.day_5")
        .unwrap();
    let carried = ["event_type", "page"].map(str::to_owned).to_vec();
    let other = spectrum_postgres::Deployment { carried, ..maintained.deployment };
    let options = DeployOptions::default();
    let refused =
        deploy(&mut database.connect(), &other, &options, &Stop::default(), &mut |_| ()).unwrap_err();
    insta::assert_snapshot!(refused.to_string(), @"events of warehouse.fact_events went since the last refresh and are not in analytics.spectrum_changes_kept_events yet, and this deployment has other columns, so they would be lost; spectrum refresh keeps them");
    assert_eq!(counted(&mut client).0, 48);
    // Nor one that would keep them no more, or only older ones.
    for on_detach in [OnDetach::Remove, OnDetach::Keep] {
        let retention = Some("3650d".parse().unwrap());
        let other = spectrum_postgres::Deployment {
            on_detach,
            retention,
            carried: vec!["event_type".into()],
            ..other.clone()
        };
        let refused =
            deploy(&mut database.connect(), &other, &options, &Stop::default(), &mut |_| ()).unwrap_err();
        assert!(
            refused.to_string().contains("events of warehouse.fact_events went since the last refresh"),
            "{refused}"
        );
    }
    assert_eq!(counted(&mut client).0, 48);
}

/// A number that stands for a table that is gone could be another table's in the database where a dump is restored.
#[test]
fn nothing_points_to_a_table_that_is_gone() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    follow(&maintained, &mut client, &[(DETACH, 48), ("DROP TABLE warehouse.day_5", 48)]);
    let from = "SELECT COUNT(*), COUNT(kept_from) FROM analytics.spectrum_changes_kept_events";
    let row = client.query_one(from, &[]).unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (24, 0));
}

/// Older versions wrote numbers, which after a restore are those of other tables, or of none.
#[test]
fn events_that_an_older_version_kept_are_told_by_their_table() {
    let (database, maintained, mut client) = by_days(OnDetach::Keep);
    let detach_both = "ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_6";
    follow(&maintained, &mut client, &[(DETACH, 48), (detach_both, 48)]);
    // As it was, with a number that is that of another table.
    client
        .batch_execute(
            "DROP INDEX analytics.spectrum_changes_kept_events_kept_from_idx;
             ALTER TABLE analytics.spectrum_changes_kept_events ALTER kept_from TYPE oid USING COALESCE(kept_from::oid, 0);
             UPDATE analytics.spectrum_changes_kept_events SET kept_from = 'warehouse.day_5'::regclass WHERE event_id >= 100",
        )
        .unwrap();
    client.batch_execute("UPDATE analytics.spectrum_changes_kept_events SET kept_from = 'pg_class'::regclass WHERE event_id < 100").unwrap();
    let options = DeployOptions::default();
    let report =
        deploy(&mut database.connect(), &maintained.deployment, &options, &Stop::default(), &mut |_| ())
            .unwrap();
    assert_eq!(report.plan.change, Change::Completed);
    assert_eq!(ids_kept(&mut client).len(), 48);
    let from = "SELECT pg_typeof(kept_from)::text, COUNT(*), COUNT(kept_from) FROM analytics.spectrum_changes_kept_events GROUP BY 1";
    let row = client.query_one(from, &[]).unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), ("regclass", 48, 0));
    let again =
        deploy(&mut database.connect(), &maintained.deployment, &options, &Stop::default(), &mut |_| ())
            .unwrap();
    assert_eq!(again.plan.change, Change::Unchanged);
    follow(&maintained, &mut client, &[(ATTACH, 48)]);
    assert_eq!(ids_kept(&mut client).len(), 24);
}

/// A number that is right stays: the partition's own kept events are known again.
#[test]
fn numbers_of_an_older_version_that_are_right_lead_to_their_table() {
    let (database, maintained, mut client) = by_days(OnDetach::Keep);
    follow(&maintained, &mut client, &[(DETACH, 48)]);
    client
        .batch_execute(
            "DROP INDEX analytics.spectrum_changes_kept_events_kept_from_idx;
             ALTER TABLE analytics.spectrum_changes_kept_events ALTER kept_from TYPE oid USING COALESCE(kept_from::oid, 0)",
        )
        .unwrap();
    // Another gap, which builds everything anew and keeps what is kept.
    let gap = maintained.deployment.definition.to_builder().gap("29m".parse().unwrap()).build().unwrap();
    let other = spectrum_postgres::Deployment { definition: gap, ..maintained.deployment.clone() };
    client.batch_execute("DROP VIEW warehouse.with_kept").unwrap();
    deploy(&mut database.connect(), &other, &DeployOptions::default(), &Stop::default(), &mut |_| ())
        .unwrap();
    client.batch_execute(&with_kept(&other)).unwrap();
    let maintained = super::Maintained { deployment: other, ..maintained };
    follow(
        &maintained,
        &mut client,
        &[("DELETE FROM warehouse.day_5 WHERE event_id < 10", 48), (ATTACH, 39)],
    );
    assert_eq!(ids_kept(&mut client), Vec::<i64>::new());
}

/// Nothing but a column that goes along differs from what was kept, and no rule reads it.
#[test]
fn what_is_written_again_has_the_columns_that_it_is_written_with() {
    let again = "INSERT INTO warehouse.fact_events SELECT event_id, user_id, account_id, occurred_at, 'new'
                 FROM analytics.spectrum_changes_kept_events WHERE event_id IN (100, 105, 123)";
    let new = "SELECT COUNT(*) FROM analytics.mv_sessions WHERE event_type = 'new'";
    let partition = "CREATE TABLE warehouse.day_6 PARTITION OF warehouse.fact_events
                     FOR VALUES FROM ('2026-01-06Z') TO ('2026-01-07Z')";
    let count = |client: &mut Connection| client.query_one(new, &[]).unwrap().get::<_, i64>(0);

    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    follow(&maintained, &mut client, &[("DROP TABLE warehouse.day_6", 48), (partition, 48)]);
    follow(&maintained, &mut client, &[(again, 48)]);
    assert_eq!(count(&mut client), 3);
    assert_eq!(ids_kept(&mut client).len(), 21);

    let (database, maintained, mut client) = by_days(OnDetach::Remove);
    let retention = Some("1d".parse().unwrap());
    let retaining = spectrum_postgres::Deployment { retention, ..maintained.deployment };
    deploy(&mut database.connect(), &retaining, &DeployOptions::default(), &Stop::default(), &mut |_| ())
        .unwrap();
    let refresh = "SELECT * FROM analytics.refresh_sessions()";
    for sql in ["DELETE FROM warehouse.fact_events WHERE event_id >= 100", refresh, again, refresh] {
        client.batch_execute(sql).unwrap();
    }
    assert_eq!(count(&mut client), 3);
    assert_eq!(ids_kept(&mut client).len(), 21);
}

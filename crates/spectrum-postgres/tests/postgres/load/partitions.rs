//! The table that loading makes, and partitions of others.

use super::{Database, creating, events, options, uuid};

#[test]
fn a_table_is_made_and_gets_the_months_it_needs() {
    let mut database = Database::new("load_partitions");
    database.run("SET timezone = 'Asia/Tokyo'"); // months begin in UTC all the same
    let report = database.load(&creating(), &[events(&[(1, 0), (2, 31 * 24), (3, -1), (4, 31 * 24 - 1)])]);
    assert!(report.created);
    assert_eq!((report.read, report.inserted, report.skipped()), (4, 4, 0));
    assert_eq!(report.partitions, ["fact_events_2025_12", "fact_events_2026_01", "fact_events_2026_02"]);
    let per_partition =
        "SELECT tableoid::regclass::text, count(*) FROM warehouse.fact_events GROUP BY 1 ORDER BY 1";
    assert_eq!(
        database.rows(per_partition),
        [
            "warehouse.fact_events_2025_12|1",
            "warehouse.fact_events_2026_01|2",
            "warehouse.fact_events_2026_02|1",
        ]
    );
    assert_eq!(
        database.rows(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
             WHERE attrelid = 'warehouse.fact_events'::regclass AND attnum > 0 ORDER BY attnum"
        ),
        [
            "event_id|uuid|t",
            "user_id|uuid|f",
            "account_id|uuid|f",
            "event_type|text|f",
            "occurred_at|timestamp with time zone|t",
            "properties|jsonb|f",
        ]
    );
    let comment = database.rows("SELECT obj_description('warehouse.fact_events'::regclass)").remove(0);
    assert!(comment.starts_with("Made by Spectrum "), "{comment}");
    let indexes = "SELECT indexdef FROM pg_indexes WHERE tablename = 'fact_events' ORDER BY 1";
    assert_eq!(
        database.rows(indexes),
        [
            "CREATE INDEX fact_events_session_order ON ONLY warehouse.fact_events USING btree (user_id, account_id, occurred_at)",
            "CREATE UNIQUE INDEX fact_events_pkey ON ONLY warehouse.fact_events USING btree (event_id, occurred_at)",
        ]
    );
    // Every partition has them too.
    let of_partition = "SELECT count(*) FROM pg_indexes WHERE tablename = 'fact_events_2026_02'";
    assert_eq!(database.rows(of_partition), ["2"]);

    // Another load finds the table and adds one month more; --create-table changes nothing then.
    let report = database.load(&creating(), &[events(&[(1, 0), (5, 60 * 24)])]);
    assert!(!report.created);
    assert_eq!(
        (report.inserted, report.skipped(), report.partitions),
        (1, 1, vec!["fact_events_2026_03".to_owned()])
    );
    assert_eq!(database.count("warehouse.fact_events"), "5");
}

#[test]
fn readers_go_on_while_months_are_added() {
    let mut database = Database::new("load_readers");
    let mut reader = database.another();
    database.load(&creating(), &[events(&[(1, 0)])]);
    // The load stops when its partition is there and its only event is on its way.
    database.run(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_advisory_xact_lock(5); RETURN NEW; END $$;
         CREATE TRIGGER wait BEFORE INSERT ON warehouse.fact_events FOR EACH ROW EXECUTE FUNCTION wait()",
    );
    reader.run("SELECT pg_advisory_lock(5); SET statement_timeout = '20s'");
    std::thread::scope(|scope| {
        let loading = scope.spawn(|| database.load(&options(), &[events(&[(2, 60 * 24)])]));
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'";
        while reader.rows(waits) != ["1"] {
            assert!(!loading.is_finished());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert_eq!(reader.count("warehouse.fact_events"), "1");
        reader.run("SELECT pg_advisory_unlock(5)");
        assert_eq!(loading.join().unwrap().partitions, ["fact_events_2026_03"]);
    });
    assert_eq!(reader.count("warehouse.fact_events"), "2");
}

#[test]
fn two_loads_at_once_share_the_months_they_make() {
    let mut database = Database::new("load_at_once");
    database.load(&creating(), &[events(&[(1, 0)])]);
    let mut others: Vec<Database> = (0..4).map(|_| database.another()).collect();
    std::thread::scope(|scope| {
        for (at, other) in others.iter_mut().enumerate() {
            scope.spawn(move || {
                let own = (100 + at as u64, 60 * 24 + at as i64);
                assert_eq!(other.load(&options(), &[events(&[own, (2, 90 * 24)])]).read, 2);
            });
        }
    });
    assert_eq!(database.count("warehouse.fact_events"), "6");
}

#[test]
fn years_of_months_are_a_mistake() {
    let mut database = Database::new("load_months");
    let scattered: Vec<(u64, i64)> = (0..300).map(|month| (month, month as i64 * 31 * 24)).collect();
    let error = database.refuses(&creating(), &[events(&scattered)]);
    assert!(error.contains("would need") && error.contains("are the times right?"), "{error}");
    assert_eq!(database.rows("SELECT to_regclass('warehouse.fact_events')"), ["-"]);
}

const THEIRS: &str = "CREATE SCHEMA warehouse;
    CREATE TABLE warehouse.fact_events (event_id uuid, user_id uuid, account_id uuid, occurred_at timestamptz)
    PARTITION BY RANGE (occurred_at);
    CREATE TABLE warehouse.week PARTITION OF warehouse.fact_events
    FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-01-08 00:00+00')";

#[test]
fn partitions_of_others_are_theirs_to_make() {
    let mut database = Database::new("load_theirs");
    database.run(THEIRS);
    let report = database.load(&options(), &[events(&[(1, 0), (2, 7 * 24 - 1)])]);
    assert_eq!((report.inserted, report.partitions.len()), (2, 0));
    let error = database.refuses(&options(), &[events(&[(3, 0), (4, 7 * 24), (5, 9 * 24)])]);
    assert_eq!(
        error,
        "2 events fall into no partition of warehouse.fact_events (by RANGE (occurred_at)), with times from 2026-01-08 \
         00:00:00+00 to 2026-01-10 00:00:00+00; Spectrum adds partitions only to tables that it made, so make them first"
    );
    assert_eq!(database.count("warehouse.fact_events"), "2");

    // A default partition takes what is left, and lists and hashes are partitions like others.
    database.run("CREATE TABLE warehouse.rest PARTITION OF warehouse.fact_events DEFAULT");
    assert_eq!(database.load(&options(), &[events(&[(4, 7 * 24)])]).inserted, 1);
    database.run(&format!(
        "DROP TABLE warehouse.fact_events;
         CREATE TABLE warehouse.fact_events (event_id uuid, user_id uuid, account_id uuid, occurred_at timestamptz)
         PARTITION BY LIST (user_id);
         CREATE TABLE warehouse.seven PARTITION OF warehouse.fact_events FOR VALUES IN ('{}') PARTITION BY HASH (event_id);
         CREATE TABLE warehouse.even PARTITION OF warehouse.seven FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE warehouse.odd PARTITION OF warehouse.seven FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
        uuid(7)
    ));
    assert_eq!(database.load(&options(), &[events(&[(1, 0), (2, 1), (3, 2)])]).inserted, 3);
}

//! Times that are numbers.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray,
};
use insta::{allow_duplicates, assert_snapshot};
use spectrum_core::{EpochUnit, sessionize};
use spectrum_postgres::{Deployment, Mode, VerifyOptions, drift, verify};
use spectrum_testkit::PrivatePostgres;

use super::{Database, definition};

const UNITS: [EpochUnit; 4] =
    [EpochUnit::Second, EpochUnit::Millisecond, EpochUnit::Microsecond, EpochUnit::Nanosecond];

/// Times of one key around its gap of 1.5 s, in a unit, before and after 1970, with a digit at the end that counts.
fn times(unit: EpochUnit) -> Vec<i64> {
    let second = (1_000_000_000 / unit.nanoseconds()) as i64;
    let fine = i64::from(second > 1);
    let mut times = Vec::new();
    for start in [-3_000_000_001 * second / 10 - fine, 0, 1_767_225_600 * second + 7 * fine] {
        let (gap, half) = (second + second / 2, second / 2);
        // Exactly the gap, which stays in the session, then a unit more.
        times.extend([start, start + half, start + half + gap, start + half + 2 * gap + fine.max(1)]);
    }
    times
}

/// What the kernel says, by event.
fn of_the_kernel(deployment: &Deployment, unit: EpochUnit, times: &[i64]) -> Vec<String> {
    let at = times.to_vec();
    let at: ArrayRef = match unit {
        EpochUnit::Second => Arc::new(TimestampSecondArray::from(at)),
        EpochUnit::Millisecond => Arc::new(TimestampMillisecondArray::from(at)),
        EpochUnit::Microsecond => Arc::new(TimestampMicrosecondArray::from(at)),
        EpochUnit::Nanosecond => Arc::new(TimestampNanosecondArray::from(at)),
    };
    let ids = Int64Array::from_iter_values(0..times.len() as i64);
    let events = RecordBatch::try_from_iter([
        ("event_id", Arc::new(ids) as ArrayRef),
        ("user_id", Arc::new(StringArray::from(vec!["ann"; times.len()]))),
        ("occurred_at", at),
    ])
    .unwrap();
    let sessionized = sessionize(&[events], &deployment.definition).unwrap();
    sessionized.session_ids()[0].iter().map(|id| id.unwrap().to_owned()).collect()
}

#[test]
fn numbers_give_the_sessions_of_the_times_that_they_stand_for() {
    for mode in [Mode::View, Mode::Incremental] {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        database.run(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id bigint PRIMARY KEY, user_id text, occurred_at bigint);
             CREATE INDEX ON warehouse.fact_events (user_id, occurred_at);",
        );
        for unit in UNITS {
            let times = times(unit);
            let rows = times.iter().enumerate().map(|(id, at)| format!("({id}, 'ann', {at})"));
            database.run(&format!(
                "DROP SCHEMA IF EXISTS analytics CASCADE; TRUNCATE warehouse.fact_events;
                 INSERT INTO warehouse.fact_events VALUES {};",
                rows.collect::<Vec<_>>().join(", ")
            ));
            for id in ["sequence", "encoded", "start"] {
                let mut deployment =
                    definition(|d| d.key(["user_id"]).gap("1500ms".parse().unwrap()).id(id.parse().unwrap()));
                deployment.mode = mode;
                deployment.time_unit = Some(unit);
                let report = database.deploy(&deployment);
                let ids = database.run("SELECT session_id FROM analytics.v_sessions ORDER BY event_id;");
                let expected = of_the_kernel(&deployment, unit, &times);
                assert_eq!(ids.lines().collect::<Vec<_>>(), expected, "{mode:?} {unit} {id}");
                assert_eq!(report.sessions, 6, "{unit}");
                let verified =
                    verify(&mut database.connect(), &deployment, &VerifyOptions::default(), &mut |_| ());
                let verified = verified.unwrap();
                assert!(verified.holds(), "{mode:?} {unit} {id}: {:?}", verified.checks);
                // Nothing has to be said again, and nothing is done then.
                let again = Deployment { time_unit: None, ..deployment };
                let wanted = spectrum_postgres::Wanted { time_unit: None, ..(&again).into() };
                assert_eq!(wanted.over(Some(&report.deployment)).unwrap().time_unit, Some(unit));
            }
        }
    }
}

#[test]
fn a_unit_that_is_said_for_files_says_nothing_of_times() {
    let database = super::events();
    let said = Deployment { time_unit: Some(EpochUnit::Millisecond), ..definition(|d| d) };
    database.deploy(&definition(|d| d));
    let again = database.deploy(&said);
    assert_eq!((again.deployment.time_unit, again.plan.takes.len()), (None, 0));
    assert_eq!(drift(&mut database.connect(), &said).unwrap(), Vec::<String>::new());
    // Of numbers, another unit is another definition.
    database.run(
        "DROP SCHEMA analytics CASCADE;
         ALTER TABLE warehouse.fact_events ALTER occurred_at TYPE bigint USING EXTRACT(EPOCH FROM occurred_at) * 1000;",
    );
    database.deploy(&said);
    let other = Deployment { time_unit: Some(EpochUnit::Second), ..said };
    assert_eq!(drift(&mut database.connect(), &other).unwrap(), ["time unit ms is now s"]);
}

#[test]
fn what_is_long_reads_like_other_durations() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let durations =
        ["1767225600", "1767225600000", "1767225600000000", "1767225600000000000"].iter().zip(UNITS);
    for (start, unit) in durations {
        let day = 86_400 * 1_000_000_000 / unit.nanoseconds();
        database.run(&format!(
            "DROP SCHEMA IF EXISTS warehouse, analytics CASCADE; CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id bigint, user_id text, occurred_at bigint);
             INSERT INTO warehouse.fact_events SELECT i, 'ann', {start} + i::bigint * {day} / 24 FROM generate_series(0, 30) i;"
        ));
        let mut deployment = definition(|d| d.key(["user_id"]).gap("1h".parse().unwrap()));
        deployment.time_unit = Some(unit);
        database.deploy(&deployment);
        let told = database.run("SELECT duration, started_at FROM analytics.v_session_summary;");
        assert_eq!(told, format!("1 day 06:00:00|{start}"));
    }
}

#[test]
fn numbers_without_a_unit_and_of_other_types_are_named() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let refused = |ty: &str, unit: Option<EpochUnit>, values: &str, mode| {
        database.run(&format!(
            "DROP SCHEMA IF EXISTS warehouse CASCADE; CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id text PRIMARY KEY, user_id text, account_id text, occurred_at {ty});
             CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);
             INSERT INTO warehouse.fact_events VALUES {values};"
        ));
        database.refusal(&Deployment { time_unit: unit, mode, ..definition(|d| d) })
    };
    let one = "('a', 'u', 'x', 1)";
    for mode in [Mode::View, Mode::Incremental] {
        allow_duplicates! {
        assert_snapshot!(refused("bigint", None, one, mode), @"time column 'occurred_at' is bigint, a number; say what it counts since 1970 with time_unit");
        assert_snapshot!(refused("integer", Some(EpochUnit::Second), one, mode), @"time column 'occurred_at' is integer; a number that counts from 1970 is bigint: cast it in a view over the events, or change its type");
        assert_snapshot!(refused("numeric", Some(EpochUnit::Second), one, mode), @"time column 'occurred_at' is numeric; the time is timestamptz, timestamp, date or bigint: convert it in a view over the events");
        }
    }
    let far = "('a', 'u', 'x', 1), ('b', 'u', 'x', 9223372036854775807)";
    assert_snapshot!(refused("bigint", Some(EpochUnit::Second), far, Mode::View), @"events at times beyond 62 bits: 1 (event_id b), from where no gap can be counted; fix them (UPDATE warehouse.fact_events SET occurred_at = ... WHERE NOT (occurred_at BETWEEN -4611686018427387903 AND 4611686018427387903)) or deploy on a view without them");
}

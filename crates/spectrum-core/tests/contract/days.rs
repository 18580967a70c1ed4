//! Days of zones: around changes of clocks the kernel has the days that PostgreSQL has by its own zone database.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampSecondArray};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use spectrum_core::{SessionDefinition, sessionize};
use spectrum_testkit::{Definition, PostgresEngine, PrivatePostgres, Rules};

const ZONES: [&str; 8] = [
    "Europe/Paris",
    "America/New_York",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "America/St_Johns",
];
const TIMES: [&str; 4] = ["midnight", "00:30", "02:30", "04:00"];

/// From these days on a zone's next changes of clocks are looked at.
const FROM: [&str; 4] = ["1972-01-01", "1985-06-01", "2007-01-01", "2010-01-01"];

/// Instants every quarter of an hour, and a second before, for a day and a half on either side of a change; each change has
/// a key of its own.
fn around_changes(zone: &str) -> (Vec<i64>, Vec<i64>) {
    let zone = TimeZone::get(zone).unwrap();
    let after = |day: &str| {
        let from: Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
        zone.following(from).take(3).map(|change| change.timestamp().as_second()).collect::<Vec<_>>()
    };
    let mut changes: Vec<i64> = FROM.iter().flat_map(|day| after(day)).collect();
    changes.push(1_750_000_000 / 900 * 900);
    changes.sort_unstable();
    changes.dedup();
    let quarters =
        |at: i64| (-150..150).flat_map(move |quarter| [at + quarter * 900 - 1, at + quarter * 900]);
    let events = (0..).zip(&changes).flat_map(|(key, at)| quarters(*at).map(move |instant| (key, instant)));
    events.unzip()
}

#[test]
fn days_are_those_of_postgresql() {
    let (mut compared, mut refused) = (0, 0);
    for zone in ZONES {
        let (keys, instants) = around_changes(zone);
        let ids = StringArray::from_iter_values((0..keys.len()).map(|row| row.to_string()));
        let batch = RecordBatch::try_from_iter([
            ("event_id", Arc::new(ids) as ArrayRef),
            ("change", Arc::new(Int64Array::from(keys))),
            ("at", Arc::new(TimestampSecondArray::from(instants).with_timezone("UTC"))),
        ])
        .unwrap();
        for time in TIMES {
            let words = Definition {
                key: vec!["change".to_owned()],
                time: "at".to_owned(),
                rules: Rules {
                    split_at: Some(time.to_owned()),
                    timezone: Some(zone.to_owned()),
                    ..Rules::default()
                },
                ..Definition::default()
            };
            let Ok(definition) = SessionDefinition::from_toml(&words.to_toml()) else {
                // Clocks pass it twice.
                refused += 1;
                continue;
            };
            let numbers: Vec<_> =
                sessionize(std::slice::from_ref(&batch), &definition).unwrap().session_numbers().collect();
            let server = PrivatePostgres::shared().unwrap();
            let expected = PostgresEngine::new(server).label(&batch, &words).unwrap();
            let expected: Vec<_> = expected.into_iter().map(|label| label.session_seq).collect();
            assert!(expected.iter().max() > Some(&Some(3)), "no days in {zone}");
            assert_eq!(numbers, expected, "{time} in {zone}");
            compared += numbers.len();
        }
    }
    assert!(compared > 100_000 && refused > 2, "{compared} compared, {refused} times of day refused");
}

//! Random data sets that try to part an engine from PostgreSQL: ties everywhere, pauses at and just beside the gap,
//! NULL keys, keys with quotes and without text, doubled events, any order, and times at both ends of the calendar.

mod conditions;
mod events;
mod keys;
mod rng;
pub(super) mod ruled;

use spectrum_testkit::{Case, Column, ColumnType, Definition, Scheme, TimeUnit};

use rng::Rng;

/// Events in each set.
pub(super) const EVENTS: usize = 20_000;

const KEY_NAMES: [&str; 3] = ["user_id", "the \"account\"", "o'région"];
const KEY_TYPES: [ColumnType; 8] = [
    ColumnType::Utf8,
    ColumnType::Int64,
    ColumnType::Uuid,
    ColumnType::Utf8,
    ColumnType::Boolean,
    ColumnType::Int32,
    ColumnType::UInt64,
    ColumnType::Int16,
];
const EVENT_ID_TYPES: [ColumnType; 3] = [ColumnType::Utf8, ColumnType::Uuid, ColumnType::Int64];
/// With the nanoseconds in one.
const GAPS: [(&str, i128); 8] = [
    ("1us", 1_000),
    ("1500us", 1_500_000),
    ("500ms", 500_000_000),
    ("30m", 1_800_000_000_000),
    ("1h30m", 5_400_000_000_000),
    ("1d", 86_400_000_000_000),
    ("7d", 604_800_000_000_000),
    ("400d", 34_560_000_000_000_000),
];

/// What every random choice of a set comes from: its definition, its columns and how its events lie.
struct Shape {
    definition: Definition,
    columns: Vec<Column>,
    /// The gap in units of the time column, rounded down.
    gap: i64,
    /// How many keys there are about.
    keys: usize,
    /// Whether times reach from the year 1 to the year 9999.
    extreme: bool,
}

/// The set with this number: the same for the same seed, and a case like any other but for what it expects.
pub(super) fn set(seed: u64, number: usize, events: usize) -> Case {
    let mut rng = Rng::new(seed, number);
    let shape = shape(&mut rng, number);
    let extent = if shape.extreme { ", years 1 to 9999" } else { "" };
    let types: Vec<_> = shape.columns.iter().map(|column| format!("{:?}", column.ty)).collect();
    let shows = format!(
        "gap {}, id {}, {} keys or so, columns {}{extent}",
        shape.definition.gap,
        shape.definition.id,
        shape.keys,
        types.join(", ")
    );
    let events = events::events(&shape, &mut rng, events);
    Case {
        theme: "random".to_owned(),
        name: format!("set {number} of seed {seed}"),
        shows,
        definition: shape.definition,
        columns: shape.columns,
        events,
        told: Vec::new(),
        refused: Vec::new(),
    }
}

fn shape(rng: &mut Rng, number: usize) -> Shape {
    let zone = |name: &str| Some(name.into());
    let time = rng.pick(&[
        ColumnType::Timestamp(TimeUnit::Microsecond, None),
        ColumnType::Timestamp(TimeUnit::Microsecond, zone("UTC")),
        ColumnType::Timestamp(TimeUnit::Microsecond, zone("Europe/Berlin")),
        ColumnType::Timestamp(TimeUnit::Millisecond, None),
        ColumnType::Timestamp(TimeUnit::Second, zone("UTC")),
        ColumnType::Date32,
    ]);
    let (gap, nanos) = rng.pick(&GAPS);
    let scheme = [Scheme::Sequence, Scheme::Encoded, Scheme::Start][number % 3];
    let width = 1 + number / 3 % 3;

    let column = |name: &str, ty| Column { name: name.to_owned(), ty };
    let mut columns = vec![column("event_id", rng.pick(&EVENT_ID_TYPES))];
    columns.extend(KEY_NAMES[..width].iter().map(|name| column(name, rng.pick(&KEY_TYPES))));
    let tick = time.tick().unwrap_or(1);
    columns.push(column("occurred_at", time));
    let definition = Definition {
        key: KEY_NAMES[..width].iter().map(|name| (*name).to_owned()).collect(),
        gap: gap.to_owned(),
        id: scheme,
        allow_id_collisions: true,
        ..Definition::default()
    };
    Shape {
        definition,
        columns,
        gap: i64::try_from(nanos / tick).unwrap_or(i64::MAX),
        keys: rng.pick(&[20, 300, 2_000, 10_000]),
        extreme: rng.chance(30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn a_seed_and_a_number_make_one_set() {
        let text = |seed, number| format!("{:?}", set(seed, number, 300));
        assert_eq!(text(1, 7), text(1, 7));
        assert_ne!(text(1, 7), text(1, 8));
        assert_ne!(text(1, 7), text(2, 7));
    }

    #[test]
    fn the_default_sets_have_all_that_they_promise() {
        let sets: Vec<_> = (0..50).map(|number| set(1, number, 2_000)).collect();
        let distinct =
            |of: &dyn Fn(&Case) -> Vec<String>| sets.iter().flat_map(of).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(&|case| vec![case.definition.id.to_string()]), 3);
        assert_eq!(distinct(&|case| vec![case.definition.gap.clone()]), GAPS.len());
        assert_eq!(distinct(&|case| vec![format!("{:?}", case.time_type())]), 6);
        assert_eq!(distinct(&|case| vec![case.definition.key.len().to_string()]), 3);
        let key_types =
            |case: &Case| case.key_columns().iter().map(|column| format!("{:?}", column.ty)).collect();
        assert_eq!(distinct(&key_types), 7);
        assert!(sets.iter().all(|case| case.events.len() == 2_000));

        for what in ["'", "\"", "`", "\\", "\t", "\n", "日", "😀"] {
            let mut keys = sets.iter().flat_map(|case| &case.events).flat_map(|event| &event.values[1..]);
            assert!(
                keys.any(|value| value.as_ref().is_some_and(|text| text.contains(what))),
                "no key with {what:?}"
            );
        }
        let has = |of: &dyn Fn(&Option<String>) -> bool| {
            sets.iter().any(|case| case.events.iter().any(|event| event.values[1..].iter().any(of)))
        };
        assert!(has(&|value| value.is_none()) && has(&|value| value.as_deref() == Some("")));

        for case in &sets {
            let last = case.time_index();
            let mut at: BTreeMap<_, usize> = BTreeMap::new();
            let mut copies: BTreeMap<_, usize> = BTreeMap::new();
            for event in &case.events {
                *at.entry(&event.values[1..]).or_default() += 1;
                *copies.entry(&event.values).or_default() += 1;
            }
            let tied: usize = at.values().filter(|count| **count > 1).sum();
            assert!(tied > 100, "{} has {tied} tied events", case.name);
            assert!(copies.values().any(|count| *count > 1), "{} has no copy of an event", case.name);
            let time = |event: &spectrum_testkit::Event| event.values[last].clone().unwrap();
            let number = |text: String| text[1..].parse::<i64>().unwrap();
            let times: Vec<_> = case.events.iter().map(|event| number(time(event))).collect();
            assert!(!times.is_sorted(), "{} is in order of time", case.name);
        }
        let years = |case: &Case| case.shows.contains("years 1 to 9999");
        assert!(sets.iter().any(years) && !sets.iter().all(years));
    }
}

//! On random events the kernel says what the row-by-row rule says and what PostgreSQL says.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use spectrum_core::internals::session_numbers;
use spectrum_testkit::{
    Case, Column, ColumnType, Definition, Engine, Event, Expected, Labelled, NullTime, PostgresEngine,
    PrivatePostgres, Scheme,
};

use crate::kernel::LongWay;

/// Key values that give ambiguous undelimited texts, and a few that are awkward.
const TEXTS: [&str; 8] =
    ["1", "12", "2", "", "11", "121", "a longer text than a view holds inline", "Ünï'\"\\\t"];
const INTEGERS: [&str; 6] = ["1", "12", "2", "0", "11", "121"];
const NEGATIVE: [&str; 2] = ["-1", "-12"];
const BOOLEANS: [&str; 2] = ["true", "false"];
const UUIDS: [&str; 3] = [
    "00000000-0000-0000-0000-000000000000",
    "0ab1c2d3-e4f5-4678-9abc-def012345678",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
];

/// A key column: its type and the values it draws from.
fn key_column() -> impl Strategy<Value = (ColumnType, Vec<&'static str>)> {
    use ColumnType::*;

    let texts = [Utf8, LargeUtf8, Utf8View, Dictionary].map(|ty| (ty, TEXTS.to_vec()));
    let signed = [Int8, Int16, Int32, Int64].map(|ty| (ty, [&INTEGERS[..], &NEGATIVE].concat()));
    let unsigned = [UInt8, UInt16, UInt32, UInt64].map(|ty| (ty, INTEGERS.to_vec()));
    let others = [(Boolean, BOOLEANS.to_vec()), (Uuid, UUIDS.to_vec())];
    let all: Vec<_> = texts.into_iter().chain(signed).chain(unsigned).chain(others).collect();
    // Few values at a time, so that keys meet.
    select(all).prop_flat_map(|(ty, values)| {
        let most = values.len().min(3);
        (Just(ty), subsequence(values, 1..=most))
    })
}

/// A time type, how many of its ticks the gap is, the gap as text, and the tick that one step of the random
/// instants is; PostgreSQL has no nanoseconds, so those step in thousands.
fn clock() -> impl Strategy<Value = (ColumnType, u64, &'static str, i64)> {
    let clocks = [
        ("timestamp[s]", 7, "7s", 1),
        ("timestamp[ms, Europe/Berlin]", 7, "7ms", 1),
        ("timestamp[us]", 7, "7us", 1),
        ("timestamp[us, UTC]", 1_800_000_000, "30m", 300_000_000),
        ("timestamp[ns]", 7_000, "7us", 1_000),
        ("date32", 7, "7d", 1),
        ("date64", 7, "7ms", 1),
    ];
    select(clocks.to_vec())
        .prop_map(|(ty, ticks, gap, step)| (ColumnType::parse(ty).unwrap(), ticks, gap, step))
}

/// Random events as a case, with every key as the numbers of its values for the row-by-row rule.
#[derive(Debug, Clone)]
struct Sample {
    case: Case,
    keyed_instants: Vec<(Vec<Option<usize>>, i64)>,
    gap_ticks: u64,
}

prop_compose! {
    fn shape()(
        key in prop::collection::vec(key_column(), 1..4),
        clock in clock(),
        id in select(vec![Scheme::Sequence, Scheme::Encoded, Scheme::Start]),
    )(
        rows in prop::collection::vec(
            // Numbers that every column takes modulo its own number of values; one in ten is NULL.
            (prop::collection::vec(prop::option::weighted(0.9, 0..6_usize), key.len()), -60..60_i64),
            1..120,
        ),
        key in Just(key),
        clock in Just(clock),
        id in Just(id),
    ) -> Sample {
        sample(&key, &clock, id, &rows)
    }
}

fn sample(
    key: &[(ColumnType, Vec<&str>)],
    (time_type, gap_ticks, gap, step): &(ColumnType, u64, &str, i64),
    id: Scheme,
    rows: &[(Vec<Option<usize>>, i64)],
) -> Sample {
    let names: Vec<String> = (0..key.len()).map(|at| format!("key {at}")).collect();
    let definition = Definition {
        key: names.clone(),
        time: "time".into(),
        event_id: "event".into(),
        gap: (*gap).to_owned(),
        id,
        null_time: NullTime::Refuse,
        allow_id_collisions: true,
        ..Definition::default()
    };
    let column = |name: &str, ty: &ColumnType| Column { name: name.to_owned(), ty: ty.clone() };
    let mut columns = vec![column("event", &ColumnType::Utf8)];
    columns.extend(names.iter().zip(key).map(|(name, (ty, _))| column(name, ty)));
    columns.push(column("time", time_type));

    let keyed_instants: Vec<(Vec<Option<usize>>, i64)> = rows
        .iter()
        .map(|(numbers, at)| {
            let of_column = |(number, (_, values)): (&Option<usize>, &(ColumnType, Vec<&str>))| {
                number.map(|number| number % values.len())
            };
            (numbers.iter().zip(key).map(of_column).collect(), at * step)
        })
        .collect();
    let events = keyed_instants.iter().enumerate().map(|(row, (numbers, instant))| {
        let keys = numbers.iter().zip(key).map(|(number, (_, values))| number.map(|n| values[n].to_owned()));
        let (event, time) = (Some(row.to_string()), Some(format!("@{instant}")));
        let values = std::iter::once(event).chain(keys).chain([time]).collect();
        Event { values, expected: Expected::Unknown }
    });
    let case = Case {
        theme: "random".into(),
        name: "sample".into(),
        shows: "Anything.".into(),
        definition,
        columns,
        events: events.collect(),
        told: Vec::new(),
        refused: Vec::new(),
    };
    Sample { case, keyed_instants, gap_ticks: *gap_ticks }
}

/// Whether two sessions share an id, by PostgreSQL's own labels.
fn collides(sample: &Sample, labels: &[Labelled]) -> bool {
    let mut sessions_of_id: HashMap<&str, BTreeSet<_>> = HashMap::new();
    for (label, (key, _)) in labels.iter().zip(&sample.keyed_instants) {
        if let Some(id) = &label.session_id {
            sessions_of_id.entry(id).or_default().insert((key, label.session_seq));
        }
    }
    sessions_of_id.values().any(|sessions| sessions.len() > 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_agrees_with_the_plain_rule_and_with_postgresql(
        sample in shape(), batch_rows in 1..60_usize, labellers in 1..4_usize,
    ) {
        let kernel = LongWay { batch_rows, labellers };
        let labels = kernel.run(&sample.case).map_err(TestCaseError::fail)?;

        let numbers: Vec<_> = labels.iter().map(|label| label.session_seq.unwrap()).collect();
        prop_assert_eq!(numbers, session_numbers(&sample.keyed_instants, sample.gap_ticks));

        let postgresql = PostgresEngine::new(PrivatePostgres::shared().unwrap());
        let expected = postgresql.label(&sample.case.batch(), &sample.case.definition).unwrap();
        prop_assert_eq!(&labels, &expected);

        // Collisions are refused where PostgreSQL has some, and nowhere else.
        let mut strict = sample.clone();
        strict.case.definition.allow_id_collisions = false;
        prop_assert_eq!(kernel.run(&strict.case).is_err(), collides(&sample, &expected));
    }
}

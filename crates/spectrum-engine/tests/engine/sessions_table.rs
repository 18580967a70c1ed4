//! The sessions table against the plainest way to make one.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, FixedSizeBinaryArray, Int16Array, Int64Array, RecordBatch,
    StringArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow_schema::{DataType, TimeUnit};
use spectrum_core::{IdScheme, SessionDefinition, sessionize};

use crate::generated::permuted;
use crate::outcome::{self, Row};
use crate::runs::Folder;
use crate::write_inputs;

/// A hundred events of a dozen keys, some of them with NULLs; instants step in seconds.
fn users_and_ranks() -> (Vec<Option<&'static str>>, Vec<Option<i16>>, Vec<i64>) {
    let users = [Some("zoe"), Some("Ann"), None, Some("ann")];
    let ranks = [Some(10), Some(-9), None];
    let rows = 0..100_usize;
    (
        rows.clone().map(|row| users[row * 7 % 4]).collect(),
        rows.clone().map(|row| ranks[row * 5 % 3]).collect(),
        rows.map(|row| (row * row * 37 % 1000) as i64 * 60).collect(),
    )
}

fn milliseconds(seconds: &[i64]) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from_iter_values(seconds.iter().map(|at| at * 1000 + 1)))
}

fn batch() -> RecordBatch {
    let (users, ranks, seconds) = users_and_ranks();
    RecordBatch::try_from_iter_with_nullable([
        ("event_id", Arc::new(Int64Array::from_iter_values(0..100)) as ArrayRef, false),
        ("user", Arc::new(StringArray::from(users)), true),
        ("rank", Arc::new(Int16Array::from(ranks)), true),
        ("at", milliseconds(&seconds), false),
    ])
    .unwrap()
}

/// User, rank, number, start, end and events.
type Session = (Option<&'static str>, Option<i16>, u64, i64, i64, u64);

/// By hand: group, sort, cut where a pause is longer than the gap, and order by start, then key (texts by byte,
/// integers by value, NULL last).
fn by_hand(gap_seconds: i64) -> Vec<Session> {
    let (users, ranks, seconds) = users_and_ranks();
    let mut of_key: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for ((user, rank), at) in users.iter().zip(&ranks).zip(seconds) {
        of_key.entry((*user, *rank)).or_default().push(at);
    }
    let mut sessions = Vec::new();
    for ((user, rank), mut instants) in of_key {
        instants.sort_unstable();
        let runs = instants.chunk_by(|a, b| b - a <= gap_seconds);
        for (number, run) in (1..).zip(runs) {
            sessions.push((user, rank, number, run[0], run[run.len() - 1], run.len() as u64));
        }
    }
    sessions
        .sort_by_key(|(user, rank, _, start, ..)| (*start, (user.is_none(), *user), (rank.is_none(), *rank)));
    sessions
}

#[test]
fn the_table_is_what_a_hand_would_write_in_its_order() {
    let expected = by_hand(300);
    assert!(expected.len() > 50 && expected.iter().any(|session| session.5 > 1));
    let folder = Folder::new();
    folder.write("in.parquet", []);
    for (seed, threads) in [(0, 1), (1, 2), (2, 8)] {
        write_inputs::parquet(&folder.path("in.parquet"), &[permuted(&batch(), seed)], 9);
        let run = |sessions: &str| {
            folder
                .run("in.parquet", "out.parquet")
                .key(["user", "rank"])
                .time("at")
                .gap("5m")
                .id(IdScheme::Encoded)
                .options(|options| (options.threads, options.force) = (threads, true))
                .sessions(folder.path(sessions))
                .done()
        };
        let report = run("sessions.parquet");
        assert_eq!((report.sessions, report.keys), (expected.len() as u64, 12));
        let [table] = &outcome::parquet_batches(&folder.path("sessions.parquet"))[..] else {
            panic!("a batch")
        };
        let names: Vec<_> = table.schema().fields().iter().map(|field| field.name().clone()).collect();
        let columns = [
            "session_id",
            "user",
            "rank",
            "session_seq",
            "started_at",
            "ended_at",
            "duration_seconds",
            "events",
        ];
        assert_eq!(names, columns);
        let types: Vec<_> = table.schema().fields().iter().map(|field| field.data_type().clone()).collect();
        let time = DataType::Timestamp(TimeUnit::Millisecond, None);
        assert_eq!(
            types,
            [
                DataType::Utf8,
                DataType::Utf8,
                DataType::Int16,
                DataType::Int64,
                time.clone(),
                time,
                DataType::Float64,
                DataType::Int64
            ]
        );
        let found: Vec<_> = outcome::rows(&folder.path("sessions.parquet"));
        assert_eq!(found.len(), expected.len());
        for (row, (user, rank, number, start, end, events)) in found.iter().zip(&expected) {
            assert_eq!(row["user"].as_deref(), *user);
            assert_eq!(row["rank"], rank.map(|rank| rank.to_string()));
            assert_eq!(row["session_seq"], Some(number.to_string()));
            let at = |seconds: i64| Some(time_text(seconds * 1000 + 1));
            assert_eq!((&row["started_at"], &row["ended_at"]), (&at(*start), &at(*end)));
            assert_eq!(row["duration_seconds"].as_ref().unwrap().parse(), Ok((end - start) as f64));
            assert_eq!(row["events"], Some(events.to_string()));
        }
        // Its ids are those of the events.
        let key_and_number = |row: &Row| {
            (row["user"].clone(), row["rank"].clone(), row["session_seq"].clone(), row["session_id"].clone())
        };
        let mut of_events: Vec<_> =
            outcome::rows(&folder.path("out.parquet")).iter().map(key_and_number).collect();
        of_events.sort();
        of_events.dedup();
        let mut of_table: Vec<_> = found.iter().map(key_and_number).collect();
        of_table.sort();
        assert_eq!(of_events, of_table);

        // As text it has the same values.
        for format in ["csv", "ndjson"] {
            run(&format!("sessions.{format}"));
            let mut rows = outcome::rows(&folder.path(&format!("sessions.{format}")));
            for row in &mut rows {
                let seconds: f64 = row["duration_seconds"].as_ref().unwrap().parse().unwrap();
                row.insert("duration_seconds".into(), Some(format!("{seconds:?}")));
            }
            assert_eq!(rows, found, "{format}");
        }
    }
}

/// Milliseconds since 1970, of the first day.
fn time_text(milliseconds: i64) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    format!("1970-01-01T{:02}:{:02}:{:02}.{rest:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[test]
fn keys_keep_their_types_and_values() {
    let uuid = |byte: u8| [byte; 16];
    let columns: [(&str, ArrayRef); 5] = [
        ("text", Arc::new(StringArray::from(vec![Some("a"), Some("b"), None]))),
        ("big", Arc::new(UInt64Array::from(vec![Some(u64::MAX), Some(7), None]))),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        (
            "uuid",
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    [Some(uuid(0xff)), Some(uuid(0x01)), None].into_iter(),
                    16,
                )
                .unwrap(),
            ),
        ),
        (
            "word",
            Arc::new(arrow_array::DictionaryArray::<arrow_array::types::Int32Type>::from_iter([
                Some("x"),
                Some("y"),
                None,
            ])),
        ),
    ];
    for (name, column) in columns {
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("key", column.clone(), true),
            ("occurred_at", Arc::new(TimestampNanosecondArray::from(vec![3, 2, 1])) as ArrayRef, true),
        ])
        .unwrap();
        let folder = Folder::new();
        folder.write("in.parquet", []);
        write_inputs::parquet(&folder.path("in.parquet"), &[batch], 10);
        let run = folder.run("in.parquet", "out.parquet").key(["key"]).sessions(folder.path("s.parquet"));
        run.done();
        let [table] = &outcome::parquet_batches(&folder.path("s.parquet"))[..] else { panic!("a batch") };
        let found = table.column_by_name("key").unwrap();
        // By start: the last row first. A dictionary is a way to store text.
        let expected = match column.data_type() {
            DataType::Dictionary(..) => arrow_cast::cast(&column, &DataType::Utf8).unwrap(),
            _ => column.clone(),
        };
        let reversed =
            arrow_select::take::take(&expected, &arrow_array::UInt32Array::from(vec![2, 1, 0]), None);
        assert_eq!(found, &reversed.unwrap(), "{name}");
        let started = table.column_by_name("started_at").unwrap();
        let started = started.as_primitive::<arrow_array::types::TimestampNanosecondType>();
        assert_eq!(started.values(), &[1, 2, 3], "{name}");
    }
}

/// Under `sequence` a key with NULL has no ids, and the table says so too.
#[test]
fn a_key_with_null_has_sessions_without_an_id() {
    let folder = Folder::new();
    folder.write("in.csv", "k,occurred_at\n,2026-01-01 10:00\n,2026-01-01 12:00\n\"\",2026-01-01 10:00\n");
    let report = folder.run("in.csv", "out.csv").key(["k"]).sessions(folder.path("s.csv")).done();
    assert_eq!((report.null_key_events, report.null_id_events), (2, 2));
    assert_eq!(
        folder.text("s.csv"),
        "session_id,k,session_seq,started_at,ended_at,duration_seconds,events\n\
         c4ca4238a0b923820dcc509a6f75849b,\"\",1,2026-01-01T10:00:00,2026-01-01T10:00:00,0.0,1\n\
         ,,1,2026-01-01T10:00:00,2026-01-01T10:00:00,0.0,1\n\
         ,,2,2026-01-01T12:00:00,2026-01-01T12:00:00,0.0,1\n"
    );
}

#[test]
fn files_with_integers_of_several_widths_have_one_table_that_holds_them_all() {
    let batch = |key: ArrayRef| {
        RecordBatch::try_from_iter([
            ("key", key),
            ("occurred_at", Arc::new(TimestampMillisecondArray::from(vec![0])) as ArrayRef),
        ])
        .unwrap()
    };
    let folder = Folder::new();
    folder.write("in/a.parquet", []);
    folder.write("in/b.parquet", []);
    write_inputs::parquet(&folder.path("in/a.parquet"), &[batch(Arc::new(Int16Array::from(vec![1])))], 10);
    write_inputs::parquet(
        &folder.path("in/b.parquet"),
        &[batch(Arc::new(Int64Array::from(vec![5_000_000_000])))],
        10,
    );
    folder.run("in", "out/").key(["key"]).sessions(folder.path("s.parquet")).done();
    let [table] = &outcome::parquet_batches(&folder.path("s.parquet"))[..] else { panic!("a batch") };
    let expected: ArrayRef = Arc::new(Int64Array::from(vec![1, 5_000_000_000]));
    assert_eq!(table.column_by_name("key").unwrap(), &expected);
}

/// Parquet has days and milliseconds and no whole seconds, which would be read as bare numbers.
#[test]
fn bounds_have_the_type_of_the_times() {
    let folder = Folder::new();
    for (name, times, expected, a_day) in [
        ("day", Arc::new(Date32Array::from(vec![1, 2, 9])) as ArrayRef, DataType::Date32, 1),
        (
            "second",
            Arc::new(TimestampSecondArray::from(vec![86_400, 172_800, 777_600]).with_timezone("UTC")),
            DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            86_400_000,
        ),
    ] {
        let key = Arc::new(Int64Array::from(vec![7, 7, 7])) as ArrayRef;
        let batch = RecordBatch::try_from_iter([("key", key), ("occurred_at", times)]).unwrap();
        let (input, table) = (format!("{name}.parquet"), folder.path(&format!("{name}_sessions.parquet")));
        folder.write(&input, []);
        write_inputs::parquet(&folder.path(&input), &[batch], 10);
        folder
            .run(&input, &format!("{name}_out.parquet"))
            .key(["key"])
            .gap("1d")
            .sessions(table.clone())
            .done();
        let [table] = &outcome::parquet_batches(&table)[..] else { panic!("a batch") };
        for (column, days) in [("started_at", [1, 9]), ("ended_at", [2, 9])] {
            let column = table.column_by_name(column).unwrap();
            assert_eq!(column.data_type(), &expected, "{name}");
            let number = if a_day == 1 { DataType::Int32 } else { DataType::Int64 };
            let found =
                arrow_cast::cast(&arrow_cast::cast(column, &number).unwrap(), &DataType::Int64).unwrap();
            assert_eq!(found.as_primitive::<Int64Type>().values(), &days.map(|day| day * a_day), "{name}");
        }
    }
}

#[test]
fn a_key_column_cannot_have_a_name_that_the_table_needs() {
    let folder = Folder::new();
    folder.write("in.csv", "events,occurred_at\na,2026-01-01\n");
    let run = || folder.run("in.csv", "out.csv").key(["events"]);
    let message = run().sessions(folder.path("s.csv")).refusal();
    assert!(
        message.contains("key column 'events'") && message.contains("leave out the sessions table"),
        "{message}"
    );
    assert_eq!(folder.files(), ["in.csv"]);
    run().done();
}

/// What `sessionize` says of the same events, so that the short way and the files agree on every session.
#[test]
fn the_table_agrees_with_sessionize() {
    let batch = permuted(&batch(), 7);
    for scheme in IdScheme::OF_EVENTS {
        let definition = SessionDefinition::builder()
            .key(["user", "rank"])
            .time("at")
            .gap("90s".parse().unwrap())
            .id(scheme)
            .build()
            .unwrap();
        let sessionized = sessionize(std::slice::from_ref(&batch), &definition).unwrap();
        let sessions = sessionized.sessions();
        let expected: Vec<_> = sessions
            .in_order()
            .into_iter()
            .map(|s| {
                (sessions.id(s).map(|id| id.to_string()), sessions.key_text(s, 0), sessions.key_text(s, 1))
            })
            .collect();
        let folder = Folder::new();
        folder.write("in.parquet", []);
        write_inputs::parquet(&folder.path("in.parquet"), std::slice::from_ref(&batch), 30);
        let mut run = folder.run("in.parquet", "out.csv").sessions(folder.path("s.ndjson"));
        run.definition = definition;
        run.done();
        let rows = outcome::rows(&folder.path("s.ndjson"));
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row["session_id"].clone(), row["user"].clone(), row["rank"].clone()))
            .collect();
        assert_eq!(found, expected, "{scheme}");
    }
}

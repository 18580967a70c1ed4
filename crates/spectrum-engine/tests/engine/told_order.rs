//! Which event is the first and the last, when times are counted differently or are the same.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, FixedSizeBinaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampSecondArray,
};

use crate::runs::Folder;
use crate::told::{told, write};

const DEFINITION: &str = r#"
    [events]
    event_id = "id"
    key = ["user"]
    time = "at"
    [summary.columns]
    entry = { first = "page" }
    exit = { last = "page" }
    views = { count = "page is not null" }
    total = { sum = "worth" }"#;

/// The sessions' columns in one text each, from all orders of the files and several threads.
fn told_of(inputs: &[(&str, RecordBatch)]) -> String {
    let mut found: Option<String> = None;
    for turn in 0..inputs.len() {
        for threads in [1, 3] {
            let folder = Folder::new();
            for (at, (format, batch)) in inputs.iter().enumerate() {
                let place = (at + turn) % inputs.len();
                write(&folder, &format!("in/{place}.{format}"), batch.clone());
            }
            let rows = told(&folder, "s.csv", DEFINITION, threads);
            let row = |row: &std::collections::BTreeMap<String, Option<String>>| {
                ["entry", "exit", "views", "total"]
                    .map(|name| row[name].clone().unwrap_or_default())
                    .join(" ")
            };
            let text = rows.iter().map(row).collect::<Vec<_>>().join("; ");
            assert_eq!(*found.get_or_insert(text.clone()), text, "turn {turn}, {threads} threads");
        }
    }
    found.unwrap()
}

/// Events of ann.
fn events(ids: ArrayRef, times: ArrayRef, pages: &[&str], worth: &[f64]) -> RecordBatch {
    let user: ArrayRef = Arc::new(StringArray::from(vec!["ann"; pages.len()]));
    let pages: ArrayRef = Arc::new(StringArray::from(pages.to_vec()));
    let worth: ArrayRef = Arc::new(Float64Array::from(worth.to_vec()));
    let columns = [("id", ids), ("user", user), ("at", times), ("page", pages), ("worth", worth)];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn numbered<const N: usize>(ids: [i64; N]) -> ArrayRef {
    Arc::new(Int64Array::from(ids.to_vec()))
}

/// Files count milliseconds here and microseconds there, or whole seconds.
#[test]
fn times_of_several_units_are_one_order() {
    let minute = |minute: i64| 1_767_261_600 + 60 * minute;
    let milliseconds: ArrayRef =
        Arc::new(TimestampMillisecondArray::from(vec![minute(20) * 1_000]).with_timezone("UTC"));
    let microseconds: ArrayRef = Arc::new(
        TimestampMicrosecondArray::from(vec![minute(0) * 1_000_000, minute(10) * 1_000_000])
            .with_timezone("UTC"),
    );
    let inputs = [
        ("parquet", events(numbered([1]), milliseconds, &["end"], &[1.0])),
        ("parquet", events(numbered([2, 3]), microseconds, &["begin", "middle"], &[2.0, 4.0])),
    ];
    assert_eq!(told_of(&inputs), "begin end 3 7.0");
}

/// Days and seconds.
#[test]
fn days_are_times_too() {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![20_454]));
    let seconds: ArrayRef =
        Arc::new(TimestampSecondArray::from(vec![20_454 * 86_400 - 60, 20_454 * 86_400 + 60]));
    let inputs = [
        ("parquet", events(numbered([1]), days, &["midnight"], &[1.0])),
        ("parquet", events(numbered([2, 3]), seconds, &["before", "after"], &[2.0, 4.0])),
    ];
    assert_eq!(told_of(&inputs), "before after 3 7.0");
}

/// A pass that begins again, because a time is finer than those before it, counts no event twice.
#[test]
fn finer_times_begin_the_pass_again() {
    let folder = Folder::new();
    let line =
        |id: u32, fraction: &str, page: &str| format!("{id},ann,2026-01-01T10:00:00{fraction}Z,{page},1\n");
    let lines =
        [line(1, "", "a"), line(2, ".5", "b"), line(3, ".500000001", "c"), line(4, ".500000002", "d")];
    for (file, lines) in [(1, &lines[..2]), (2, &lines[2..])] {
        folder.write(&format!("in/{file}.csv"), format!("id,user,at,page,worth\n{}", lines.concat()));
    }
    let found = told(&folder, "s.csv", DEFINITION, 1);
    let values = ["entry", "exit", "views", "total"].map(|name| found[0][name].clone().unwrap());
    assert_eq!((found.len(), values), (1, ["a", "d", "4", "4"].map(str::to_owned)));
}

/// Of events at one time the id decides: whole numbers as such, texts and uuids by their bytes.
#[test]
fn ids_settle_which_of_one_time_is_first() {
    let at = |count: usize| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(vec![1_767_261_600_000_000; count]).with_timezone("UTC"))
    };
    let pages = ["nine", "ten", "hundred"];
    // Added in the order of the ids there is a 1 left, in other orders none or two.
    let worth = [1e16, -1e16, 1.0];
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["9", "10", "100"]));
    let uuid = |last: u8| [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let uuids: ArrayRef =
        Arc::new(FixedSizeBinaryArray::try_from_iter([9, 10, 100].map(uuid).into_iter()).unwrap());
    let cut = |ids: &ArrayRef, format: &'static str| {
        [[0_usize, 1], [1, 1], [2, 1]].map(|[from, count]| {
            (
                format,
                events(ids.slice(from, count), at(count), &pages[from..][..count], &worth[from..][..count]),
            )
        })
    };
    let numbers = numbered([9, 10, 100]);
    assert_eq!(told_of(&cut(&numbers, "parquet")), "nine hundred 3 1.0");
    assert_eq!(told_of(&cut(&texts, "parquet")), "ten nine 3 0.0");
    assert_eq!(told_of(&cut(&uuids, "parquet")), "nine hundred 3 1.0");
    for format in ["csv", "ndjson"] {
        let [entry, rest] = ["nine", "hundred 3 "];
        assert!(told_of(&cut(&numbers, format)).starts_with(&format!("{entry} {rest}")), "{format}");
    }
}

/// The least and the greatest time are the earliest and the latest, however they are written.
#[test]
fn extremes_of_the_time_column_are_times() {
    let definition = "
        [events]
        event_id = \"id\"
        key = [\"user\"]
        time = \"at\"
        [summary.columns]
        least = { min = \"at\" }
        most = { max = \"at\" }";
    let written = ["2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00.5Z", "2026-01-01T10:00:00Z"];
    for turn in 0..3 {
        let folder = Folder::new();
        let line = |at: usize| format!("{at},ann,{}\n", written[(at + turn) % 3]);
        folder.write("in/1.csv", format!("id,user,at\n{}", [0, 1, 2].map(line).concat()));
        let found = &told(&folder, "s.csv", definition, 1)[0];
        let values = ["least", "most"].map(|name| found[name].clone().unwrap());
        assert_eq!(values, ["2026-01-01T10:00:00Z", "2026-01-01T10:00:00.5Z"].map(str::to_owned));
    }
}

/// More ties than are kept before those of other times are thrown away, and more distinct values than a mask has bits.
#[test]
fn many_events_share_few_times() {
    const EVENTS: i64 = 15_000;
    // All ids once, in an order that is none.
    let ids: Vec<i64> = (0..EVENTS).map(|at| at * 7_919 % EVENTS).collect();
    let minute = |id: &i64| 1_767_261_600_000_000 + id % 3 * 60_000_000;
    let times = TimestampMicrosecondArray::from_iter_values(ids.iter().map(minute)).with_timezone("UTC");
    let pages: Vec<String> = ids.iter().map(|id| format!("p{id}")).collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let worth = vec![0.5; ids.len()];
    let batch = events(Arc::new(Int64Array::from(ids)), Arc::new(times), &pages, &worth);
    let folder = Folder::new();
    for part in 0..3 {
        write(&folder, &format!("in/{part}.parquet"), batch.slice(part * 5_000, 5_000));
    }
    let definition = format!("{DEFINITION}\npages = {{ count_distinct = \"page\" }}");
    let found = &told(&folder, "s.csv", &definition, 3)[0];
    let values = ["entry", "exit", "views", "pages", "total"].map(|name| found[name].clone().unwrap());
    assert_eq!(values, ["p0", "p14999", "15000", "15000", "7500.0"].map(str::to_owned));
}

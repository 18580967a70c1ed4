//! What the summary tells of the sessions of files: worked out by hand, and by a second reckoning in plain Rust.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use spectrum_core::SessionDefinition;

use crate::outcome::rows;
use crate::runs::Folder;
use crate::write_inputs;

const MINUTE: i64 = 60_000_000;

/// id, user, minute, type, page, cents, size.
type Event = (i64, &'static str, i64, &'static str, Option<&'static str>, Option<i64>, Option<i64>);

/// Two sessions of ann, with ties, NULLs and copies of values, and one of bob.
const EVENTS: [Event; 7] = [
    (10, "ann", 600, "view", None, None, Some(i64::MAX)),
    (9, "ann", 600, "view", Some("home"), None, Some(1)),
    (3, "ann", 610, "purchase", Some("cart"), Some(1990), Some(2)),
    (4, "ann", 620, "view", Some("Zoo"), Some(10), None),
    (8, "ann", 622, "note", Some("note"), None, Some(10)),
    (5, "ann", 720, "view", Some("home"), None, None),
    (6, "bob", 720, "logout", Some("home"), Some(-100), Some(9)),
];

const TOLD: &str = r#"
    [events]
    event_id = "id"
    key = ["user"]
    time = "at"
    [session]
    ignore_when = "type = 'note'"
    [summary.columns]
    entry = { first = "page" }
    first_page = { first = "page", skip_null = true }
    exit = { last = "page", where = "type = 'view' or type = 'note'" }
    views = { count = "type = 'view'" }
    pages = { count_distinct = "page" }
    revenue = { sum = "amount" }
    sizes = { sum = "size" }
    least = { min = "page" }
    largest = { max = "size" }
    bought = { any = "type = 'purchase'" }
    engaged = { when = "duration_seconds >= 600 and (bought or views > 5)" }
    large = { when = "revenue > 10" }"#;

fn batch(events: &[Event]) -> RecordBatch {
    let column = |values: ArrayRef, nullable: bool| (values, nullable);
    let texts = |of: fn(&Event) -> Option<&'static str>| -> ArrayRef {
        Arc::new(events.iter().map(of).collect::<StringArray>())
    };
    let wholes = |of: fn(&Event) -> Option<i64>| -> ArrayRef {
        Arc::new(events.iter().map(of).collect::<Int64Array>())
    };
    let at = events.iter().map(|event| event.2 * MINUTE);
    let amount = events.iter().map(|event| event.5.map(i128::from)).collect::<Decimal128Array>();
    let columns = [
        ("id", column(wholes(|event| Some(event.0)), false)),
        ("user", column(texts(|event| Some(event.1)), false)),
        ("at", column(Arc::new(TimestampMicrosecondArray::from_iter_values(at).with_timezone("UTC")), false)),
        ("type", column(texts(|event| Some(event.3)), true)),
        ("page", column(texts(|event| event.4), true)),
        ("amount", column(Arc::new(amount.with_precision_and_scale(10, 2).unwrap()), true)),
        ("size", column(wholes(|event| event.6), true)),
    ];
    let columns = columns.into_iter().map(|(name, (values, nullable))| (name, values, nullable));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

pub(crate) fn write(folder: &Folder, name: &str, batch: RecordBatch) {
    folder.write(name, []);
    match name.rsplit_once('.').unwrap().1 {
        "parquet" => write_inputs::parquet(&folder.path(name), &[batch], 2),
        "csv" => drop(folder.write(name, write_inputs::csv(&[batch]))),
        _ => drop(folder.write(name, write_inputs::ndjson(&[batch]))),
    }
}

/// The rows of the sessions table, which say what stands in each column.
pub(crate) fn told(
    folder: &Folder,
    sessions: &str,
    definition: &str,
    threads: usize,
) -> Vec<BTreeMap<String, Option<String>>> {
    let target = folder.path(sessions);
    folder
        .run("in", "out/")
        .definition(SessionDefinition::from_toml(definition).unwrap())
        .options(|options| (options.threads, options.force) = (threads, true))
        .sessions(target)
        .done();
    rows(&folder.path(sessions)).into_iter().map(|row| row.into_iter().collect()).collect()
}

const NAMES: [&str; 12] = [
    "entry",
    "first_page",
    "exit",
    "views",
    "pages",
    "revenue",
    "sizes",
    "least",
    "largest",
    "bought",
    "engaged",
    "large",
];

#[test]
fn every_measure_is_what_the_events_say() {
    let by_hand = [
        [
            "home",
            "home",
            "Zoo",
            "3",
            "4",
            "20.00",
            "9223372036854775820",
            "Zoo",
            "9223372036854775807",
            "true",
            "true",
            "true",
        ],
        ["home", "home", "home", "1", "1", "", "", "home", "", "false", "false", ""],
        ["home", "home", "", "0", "1", "-1.00", "9", "home", "9", "false", "false", "false"],
    ];
    for format in ["parquet", "csv", "ndjson"] {
        for turn in 0..EVENTS.len() {
            let mut events = EVENTS;
            events.rotate_left(turn);
            let folder = Folder::new();
            write(&folder, &format!("in/1.{format}"), batch(&events[..3]));
            write(&folder, &format!("in/2.{format}"), batch(&events[3..]));
            for sessions in ["s.csv", "s.parquet", "s.ndjson"] {
                let found = told(&folder, sessions, TOLD, 1 + turn % 3);
                let found: Vec<Vec<String>> = found
                    .iter()
                    .map(|row| NAMES.map(|name| row[name].clone().unwrap_or_default()).to_vec())
                    .collect();
                let number =
                    |text: &str| text.parse::<f64>().map_or(text.to_owned(), |number| number.to_string());
                for (found, by_hand) in found.iter().zip(&by_hand) {
                    for ((found, by_hand), name) in found.iter().zip(by_hand).zip(NAMES) {
                        // Zeros at the end of a fraction are those of the type, where there is one.
                        assert_eq!(
                            number(found),
                            number(by_hand),
                            "{name}: {format} to {sessions}, turn {turn}"
                        );
                    }
                }
                assert_eq!(found.len(), 3);
            }
        }
    }
}

/// Of texts that all stand for numbers the greatest number, and otherwise the greatest text.
#[test]
fn texts_compare_as_numbers_where_all_are() {
    let definition = "
        [events]
        event_id = \"id\"
        key = [\"user\"]
        time = \"at\"
        [summary.columns]
        most = { max = \"n\" }";
    for (values, most) in [(["9", "10", "-3"], "10"), (["9", "10", "x"], "x"), (["9", "10", "1e1"], "10")] {
        let folder = Folder::new();
        let lines: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(at, value)| format!("{at},ann,2026-01-01T10:0{at}:00Z,{value}\n"))
            .collect();
        folder.write("in/1.csv", format!("id,user,at,n\n{}", lines.concat()));
        assert_eq!(told(&folder, "s.csv", definition, 2)[0]["most"].as_deref(), Some(most), "{values:?}");
    }
}

/// The same by maps and loops, over random events.
#[test]
fn a_second_reckoning_comes_to_the_same() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    let pages = [None, Some("home"), Some("cart"), Some("Zoo"), Some("ä")];
    let mut events: Vec<Event> = Vec::new();
    for id in 0..3_000 {
        events.push((
            id,
            ["ann", "bob", "cem", "dot", "eve"][below(5) as usize],
            below(20_000) as i64,
            ["view", "purchase", "note", "logout"][below(4) as usize],
            pages[below(5) as usize],
            [None, Some(below(5_000) as i64 - 500)][below(2) as usize],
            [None, Some(below(50) as i64)][below(2) as usize],
        ));
    }
    let folder = Folder::new();
    write(&folder, "in/1.parquet", batch(&events[..1_000]));
    write(&folder, "in/2.parquet", batch(&events[1_000..]));
    let found = told(&folder, "s.csv", TOLD, 3);
    let mut sessions: Vec<Vec<Event>> = Vec::new();
    events.sort_by_key(|event| (event.1, event.2, event.0));
    let mut last: Option<(&str, i64)> = None;
    for event in &events {
        let goes_on = last.is_some_and(|(user, at)| user == event.1 && event.2 - at <= 30);
        match (event.3 == "note", goes_on) {
            (true, true) => sessions.last_mut().unwrap().push(*event),
            // At the moment of an event that counts it goes with that.
            (true, false)
                if events
                    .iter()
                    .any(|other| (other.1, other.2) == (event.1, event.2) && other.3 != "note") =>
            {
                sessions.push(vec![*event]);
                last = Some((event.1, event.2));
            }
            (true, false) => {}
            (false, true) => sessions.last_mut().unwrap().push(*event),
            (false, false) => sessions.push(vec![*event]),
        }
        if event.3 != "note" {
            last = Some((event.1, event.2));
        }
    }
    let mut expected: Vec<[String; 7]> = Vec::new();
    for session in &sessions {
        let heard: Vec<&Event> = session.iter().filter(|event| event.3 != "note").collect();
        let text = |page: Option<&str>| page.unwrap_or_default().to_owned();
        let distinct: BTreeSet<&str> = session.iter().filter_map(|event| event.4).collect();
        let cents: Vec<i64> = session.iter().filter_map(|event| event.5).collect();
        let sum = cents.iter().sum::<i64>();
        expected.push([
            text(heard.first().unwrap().4),
            text(heard.iter().rev().find(|event| event.3 == "view").and_then(|event| event.4)),
            session.iter().filter(|event| event.3 == "view").count().to_string(),
            distinct.len().to_string(),
            if cents.is_empty() { String::new() } else { format!("{}", sum as f64 / 100.0) },
            text(distinct.first().copied()),
            session.iter().filter_map(|event| event.6).max().map(|most| most.to_string()).unwrap_or_default(),
        ]);
    }
    let names = ["entry", "exit", "views", "pages", "revenue", "least", "largest"];
    let mut found: Vec<[String; 7]> = found
        .iter()
        .map(|row| {
            names.map(|name| {
                let value = row[name].clone().unwrap_or_default();
                if name == "revenue" && !value.is_empty() {
                    value.parse::<f64>().unwrap().to_string()
                } else {
                    value
                }
            })
        })
        .collect();
    assert!(sessions.len() > 500, "{}", sessions.len());
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn what_cannot_be_told_is_refused() {
    let folder = Folder::new();
    write(&folder, "in/1.csv", batch(&EVENTS));
    let refused = |columns: &str| {
        let definition = format!("{}\n[summary.columns]\n{columns}", TOLD.split_once("[summary").unwrap().0);
        let target = folder.path("s.csv");
        folder
            .run("in", "out/")
            .definition(SessionDefinition::from_toml(&definition).unwrap())
            .sessions(target)
            .refusal()
    };
    for (columns, why) in [
        (
            "a = { sum = \"page\" }",
            "line 3: column 'page' is used as a number by summary column 'a', and 'home' is not",
        ),
        ("a = { first = \"pge\" }", "column 'pge' is not in "),
        ("a = { first = \"pge\" }", "; correct the name in [summary.columns]"),
        (
            "a = { count = \"page > 3\" }",
            "column 'page' is used as a number by summary column 'a', and 'home' is not",
        ),
        (
            "a = { sum = \"size\", where = \"page\" }",
            "column 'page' is used as a boolean by summary column 'a', and 'home' is not",
        ),
        ("a = { first = \"page ->> 'x'\" }", "the member 'page.x' of the summary cannot be read: "),
        (
            "a = { first = \"page\" }\nb = { when = \"a > 3\" }",
            "summary column 'b': column 'a' is used as a number by its condition, and 'home' is not",
        ),
    ] {
        let refusal = refused(columns);
        assert!(refusal.contains(why), "{columns}: {refusal}");
    }
    assert!(!folder.path("s.csv").exists() && !folder.path("out.csv").exists());
}

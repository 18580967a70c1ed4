//! How late events are, and what late ones would have changed, worked out by hand.

use insta::assert_snapshot;

use crate::spectrum::Folder;

/// ann's a3 comes a day late and joins two sessions that were shown; bob's b2 comes late before all that he did, so his
/// session gets another number; cat's comes in time, dan's clock is ahead, eve's arrival is not known.
const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at,loaded_at
a1,ann,acme,2026-03-01T10:00:00Z,2026-03-01T10:00:30Z
a2,ann,acme,2026-03-01T10:50:00Z,2026-03-01T10:50:30Z
a3,ann,acme,2026-03-01T10:25:00Z,2026-03-02T11:25:00Z
b1,bob,acme,2026-03-01T10:00:00Z,2026-03-01T10:10:00Z
b2,bob,acme,2026-02-20T10:00:00Z,2026-03-03T10:00:00Z
b3,bob,acme,2026-03-01T10:20:00Z,2026-03-03T10:00:00Z
c1,cat,acme,2026-03-01T23:50:00Z,2026-03-01T23:50:01Z
c2,cat,acme,2026-03-02T00:10:00Z,2026-03-02T00:10:01Z
d1,dan,acme,2026-03-01T12:00:00Z,2026-03-01T11:59:00Z
e1,eve,acme,2026-03-01T12:00:00Z,
";

/// What docs/late-data.md shows is what is printed of the events that it shows.
#[test]
fn the_document_shows_what_is_printed() {
    let document = include_str!("../../../../docs/late-data.md");
    let block = |kind: &str| document.split_once(kind).unwrap().1.split_once("```").unwrap().0;
    assert_eq!(block("```csv\n"), EVENTS);
    let (command, output) = block("```console\n$ spectrum ").split_once('\n').unwrap();
    let printed = folder().prints(command);
    let late = printed.split_once("Late data").unwrap().1;
    assert_eq!(output, format!("...\nLate data{late}"));
}

fn folder() -> Folder {
    Folder::with(&[("events.csv", EVENTS)])
}

#[test]
fn late_data_in_words_and_numbers() {
    let folder = folder();
    assert_snapshot!("late_data", folder.prints("summary events.csv --received loaded_at"));
    let found = folder.json("summary events.csv --received loaded_at --json");
    let found = &found["late_data"];
    let number = |name: &str| found[name].as_u64().unwrap();
    assert_eq!((number("events"), number("late"), number("midnights")), (10, 3, 3));
    assert_eq!((number("received_before_time"), number("received_null")), (1, 1));
    // b2 begins a session; b3 extends b1's, and a3 merges a1's and a2's.
    assert_eq!((number("sessions_begun"), number("sessions_extended")), (1, 1));
    assert_eq!((number("sessions_merged"), number("sessions_merged_into")), (2, 1));
    // Of a2's session the number and the start are another's, of b1's only the number is another one.
    assert_eq!(found["ids_changed"], serde_json::json!({ "sequence": 2, "encoded": 2, "start": 1 }));
    // Nobody's pause is as long as a day here: a longer gap has other sessions.
    let found = folder.json("summary events.csv --received loaded_at --gap 1h --json");
    assert_eq!(found["late_data"]["sessions_merged"], 0);
    // Events that take no part are not looked at.
    let found = folder
        .command("summary events.csv --received loaded_at --json")
        .args(["--where", "user_id <> 'bob'"])
        .assert()
        .success();
    let found: serde_json::Value = serde_json::from_slice(&found.get_output().stdout).unwrap();
    assert_eq!((&found["late_data"]["events"], &found["late_data"]["late"]), (&7.into(), &1.into()));
}

/// The order of the events and the number of threads change nothing, and neither does the format.
#[test]
fn any_order_and_format_says_the_same() {
    let (header, events) = EVENTS.split_once('\n').unwrap();
    let mut backwards: Vec<_> = events.lines().rev().collect();
    backwards.insert(0, header);
    let folder = Folder::with(&[("events.csv", EVENTS), ("backwards.csv", &(backwards.join("\n") + "\n"))]);
    folder.prints("run events.csv -o events.ndjson --quiet");
    let said = |input: &str| {
        folder.json(&format!("summary {input} --received loaded_at --json"))["late_data"].clone()
    };
    let expected = said("events.csv");
    assert_eq!(said("backwards.csv --threads 3"), expected);
    assert_eq!(said("events.ndjson"), expected);
}

#[test]
fn what_cannot_be_said_is_refused() {
    let folder = Folder::with(&[
        ("events.csv", EVENTS),
        ("plain.csv", &EVENTS.replace(":30Z", ":30").replace(":00Z\n", ":00\n").replace(":01Z\n", ":01\n")),
    ]);
    let flags = [
        "events.csv --received nothere",
        "events.csv --received loaded_at --max-events 5",
        "events.csv --received user_id",
        "plain.csv --received loaded_at",
    ];
    let refused = flags.map(|flags| format!("{flags}\n{}", folder.refuses(&format!("summary {flags}"))));
    assert_snapshot!("late_data_refused", refused.join("\n"));
}

//! `spectrum explain`.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, FixedSizeBinaryArray, RecordBatch, TimestampSecondArray};
use insta::assert_snapshot;
use serde_json::json;
use spectrum_engine::{Target, Watch, WriteOptions, write_batches};

use crate::generated::{events, sessions};
use crate::spectrum::Folder;

/// One key with an exact gap, a gap one microsecond longer, ties and a lonely event; and another between.
const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at
e1,ann,acme,2026-01-05T10:00:00Z
e2,ann,acme,2026-01-05T10:30:00Z
e3,bob,acme,2026-01-05T10:45:00Z
e4,ann,acme,2026-01-05T11:00:00.000001Z
e5,ann,acme,2026-01-05T11:20:00Z
e6,ann,acme,2026-01-05T11:20:00Z
e7,ann,acme,2026-01-05T11:20:00Z
e8,ann,acme,2026-01-05T11:25:00Z
e9,ann,acme,2026-01-06T12:00:00Z
";

fn explained(event: &str) -> String {
    Folder::with(&[("events.csv", EVENTS)]).prints(&format!("explain events.csv --event {event}"))
}

#[test]
fn the_first_of_its_key_and_a_pause_of_exactly_the_gap() {
    assert_snapshot!(explained("e1"), @"
    event e1 started session 1 of 3 of its key
      key       user_id = ann
                account_id = acme
      time      2026-01-05T10:00:00Z (events.csv line 2)
      previous  none: it is the first of its key, so it started a session
      next      event e2
                at 2026-01-05T10:30:00Z, 30m after
                that is exactly the gap of 30m, which is not longer, so it joins the same session
      session   7f941495f8835ca7d09c0a63f53bbbbf
                2 events in 30m
                2026-01-05T10:00:00Z to 2026-01-05T10:30:00Z
    ");
    assert_snapshot!(explained("e2"), @"
    event e2 joined session 1 of 3 of its key
      key       user_id = ann
                account_id = acme
      time      2026-01-05T10:30:00Z (events.csv line 3)
      previous  event e1
                at 2026-01-05T10:00:00Z, 30m before
                that is exactly the gap of 30m, which is not longer, so it joined
      next      event e4
                at 2026-01-05T11:00:00.000001Z, 30m 0.000001s after
                that is longer than the gap of 30m by 1 µs, so the session ends here
      session   7f941495f8835ca7d09c0a63f53bbbbf
                2 events in 30m
                2026-01-05T10:00:00Z to 2026-01-05T10:30:00Z
    ");
}

#[test]
fn a_microsecond_more_than_the_gap() {
    assert_snapshot!(explained("e4"), @"
    event e4 started session 2 of 3 of its key
      key       user_id = ann
                account_id = acme
      time      2026-01-05T11:00:00.000001Z (events.csv line 5)
      previous  event e2
                at 2026-01-05T10:30:00Z, 30m 0.000001s before
                that is longer than the gap of 30m by 1 µs, so it started a session
      next      event e5 and 2 others at that instant
                at 2026-01-05T11:20:00Z, 19m 59.999999s after
                that is not longer than the gap of 30m, so it joins the same session
      session   3bc93da269cf8de343653ef46571f732
                5 events in 24m 59.999999s
                2026-01-05T11:00:00.000001Z to 2026-01-05T11:25:00Z
    ");
}

#[test]
fn events_of_one_instant_are_one_moment() {
    assert_snapshot!(explained("e6"), @"
    event e6 joined session 2 of 3 of its key
      key       user_id = ann
                account_id = acme
      time      2026-01-05T11:20:00Z (events.csv line 7)
                2 other events share this instant; events of one instant are one moment
      previous  event e4
                at 2026-01-05T11:00:00.000001Z, 19m 59.999999s before
                that is not longer than the gap of 30m, so it joined
      next      event e8
                at 2026-01-05T11:25:00Z, 5m after
                that is not longer than the gap of 30m, so it joins the same session
      session   3bc93da269cf8de343653ef46571f732
                5 events in 24m 59.999999s
                2026-01-05T11:00:00.000001Z to 2026-01-05T11:25:00Z
    ");
    assert_snapshot!(explained("e8"), @"
    event e8 joined session 2 of 3 of its key
      key       user_id = ann
                account_id = acme
      time      2026-01-05T11:25:00Z (events.csv line 9)
      previous  event e5 and 2 others at that instant
                at 2026-01-05T11:20:00Z, 5m before
                that is not longer than the gap of 30m, so it joined
      next      event e9
                at 2026-01-06T12:00:00Z, 1d 35m after
                that is longer than the gap of 30m by 1d 5m, so the session ends here
      session   3bc93da269cf8de343653ef46571f732
                5 events in 24m 59.999999s
                2026-01-05T11:00:00.000001Z to 2026-01-05T11:25:00Z
    ");
}

#[test]
fn an_event_alone() {
    assert_snapshot!(explained("e3"), @"
    event e3 started session 1 of 1 of its key
      key       user_id = bob
                account_id = acme
      time      2026-01-05T10:45:00Z (events.csv line 4)
      previous  none: it is the first of its key, so it started a session
      next      none: it is the last of its key, so the session ends here
      session   b7ba1647b34229c39236eee95351d936
                1 event at 2026-01-05T10:45:00Z
    ");
    assert_snapshot!(explained("e9"), @"
    event e9 started session 3 of 3 of its key
      key       user_id = ann
                account_id = acme
      time      2026-01-06T12:00:00Z (events.csv line 10)
      previous  event e8
                at 2026-01-05T11:25:00Z, 1d 35m before
                that is longer than the gap of 30m by 1d 5m, so it started a session
      next      none: it is the last of its key, so the session ends here
      session   769ca8e6d22d86b3a8d8864e15d47ae9
                1 event at 2026-01-06T12:00:00Z
    ");
}

#[test]
fn nobody_has_that_id() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    assert_snapshot!(folder.refuses("explain events.csv --event E1"), @"
    error: no event has event_id 'E1'; ids are compared as text, with letter case
    ");
    assert_snapshot!(folder.refuses("explain events.csv --event 17 --event-id account_id"), @"
    error: no event has account_id '17'; ids are compared as text, with letter case
    ");
}

#[test]
fn json_has_all_of_it() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    assert_eq!(
        folder.json("explain events.csv --event e4 --json"),
        json!({
            "event_id": "e4",
            "found": 1,
            "gap": "30m",
            "gap_seconds": 1800.0,
            "unusual_times": null,
            "events": [{
                "place": "events.csv line 5",
                "key": { "user_id": "ann", "account_id": "acme" },
                "time": "2026-01-05T11:00:00.000001Z",
                "null_times_of_key": 0,
                "standing": "active",
                "others_at_instant": 0,
                "started": true,
                "previous": {
                    "event_id": "e2",
                    "time": "2026-01-05T10:30:00Z",
                    "events": 1,
                    "pause": "30m 0.000001s",
                    "pause_seconds": 1800.000001,
                    "gap": "30m",
                    "longer_than_gap": true,
                    "same_session": false,
                },
                "next": {
                    "event_id": "e5",
                    "time": "2026-01-05T11:20:00Z",
                    "events": 3,
                    "pause": "19m 59.999999s",
                    "pause_seconds": 1199.999999,
                    "gap": "30m",
                    "longer_than_gap": false,
                    "same_session": true,
                },
                "session": {
                    "id": "3bc93da269cf8de343653ef46571f732",
                    "number": 2,
                    "of": 3,
                    "events": 5,
                    "start": "2026-01-05T11:00:00.000001Z",
                    "end": "2026-01-05T11:25:00Z",
                    "length_seconds": 1499.999999,
                    "started_by": "gap",
                    "ended_by": "gap",
                    "reasons": ["gap"],
                },
            }],
        })
    );
}

#[test]
fn nanoseconds_count_where_the_data_has_them() {
    let text = "event_id,user_id,account_id,occurred_at\n\
                1,a,b,2026-01-05 10:00:00\n2,a,b,2026-01-05 10:30:00.000000001\n";
    let folder = Folder::with(&[("events.csv", text)]);
    assert_snapshot!(folder.prints("explain events.csv --event 2"), @"
    event 2 started session 2 of 2 of its key
      key       user_id = a
                account_id = b
      time      2026-01-05T10:30:00.000000001 (events.csv line 3)
      previous  event 1
                at 2026-01-05T10:00:00, 30m 0.000000001s before
                that is longer than the gap of 30m by 1 ns, so it started a session
      next      none: it is the last of its key, so the session ends here
      session   53f1ce1310367adfe34e70e39c454d88
                1 event at 2026-01-05T10:30:00.000000001
    ");
}

#[test]
fn null_is_a_key_without_a_session_id_under_sequence() {
    let text = "{\"event_id\": 1, \"account_id\": \"b\", \"occurred_at\": \"2026-01-05\"}\n\
                {\"event_id\": 2, \"user_id\": \"NULL\", \"account_id\": \"b\", \"occurred_at\": \"2026-01-05\"}\n\
                {\"event_id\": 3, \"user_id\": null, \"account_id\": \"b\", \"occurred_at\": \"2026-01-05\"}\n";
    let folder = Folder::with(&[("events.ndjson", text)]);
    assert_snapshot!(folder.prints("explain events.ndjson --event 3"), @"
    event 3 started session 1 of 1 of its key
      key       user_id is NULL
                account_id = b
      time      2026-01-05T00:00:00 (events.ndjson line 3)
                1 other event shares this instant; events of one instant are one moment
      previous  none: it is the first of its key, so it started a session
      next      none: it is the last of its key, so the session ends here
      session   NULL, because a key column is NULL (--id encoded gives it an id)
                2 events at 2026-01-05T00:00:00
    ");
    let encoded = folder.json("explain events.ndjson --event 3 --id encoded --json");
    folder.prints("run events.ndjson -o out.csv --id encoded");
    let out = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let id = encoded["events"][0]["session"]["id"].as_str().unwrap();
    assert_eq!(out.matches(id).count(), 2, "{out}");
}

#[test]
fn an_event_without_a_time_belongs_to_no_session() {
    let text = "event_id,user_id,account_id,occurred_at\n1,a,b,2026-01-05\n2,a,b,\n3,a,b,\n4,c,d,\n";
    let folder = Folder::with(&[("events.csv", text)]);
    assert_snapshot!(folder.prints("explain events.csv --event 2"), @"
    event 2 has no time (occurred_at is NULL), so it belongs to no session
      key       user_id = a
                account_id = b
      place     events.csv line 3
    ");
    assert_snapshot!(folder.prints("explain events.csv --event 1"), @"
    event 1 started session 1 of 1 of its key
      key       user_id = a
                account_id = b
      time      2026-01-05T00:00:00 (events.csv line 2)
      previous  none: it is the first of its key, so it started a session
      next      none: it is the last of its key, so the session ends here
      session   68b6a776378decbb4a79cda89087c4ce
                1 event at 2026-01-05T00:00:00
      ignored   2 events of this key have no time
    ");
    let event = &folder.json("explain events.csv --event 2 --json")["events"][0];
    assert_eq!((&event["time"], &event["session"]), (&json!(null), &json!(null)));
}

#[test]
fn several_events_of_one_id_are_explained_one_by_one() {
    let rows: String = (0..23).map(|n| format!("x,u{},a,2026-01-05 10:{:02}:00\n", n % 3, n)).collect();
    let text = format!("event_id,user_id,account_id,occurred_at\n{rows}y,u1,a,2026-01-06\ny,,a,\n");
    let folder = Folder::with(&[("events.csv", &text)]);
    assert_snapshot!(folder.prints("explain events.csv --event y"), @"
    2 events have event_id 'y'; each of them:

    event y started session 2 of 2 of its key
      key       user_id = u1
                account_id = a
      time      2026-01-06T00:00:00 (events.csv line 25)
      previous  event x
                at 2026-01-05T10:22:00, 13h 38m before
                that is longer than the gap of 30m by 13h 8m, so it started a session
      next      none: it is the last of its key, so the session ends here
      session   701c624f1caf1a90004704f55153f273
                1 event at 2026-01-06T00:00:00

    event y has no time (occurred_at is NULL), so it belongs to no session
      key       user_id is NULL
                account_id = a
      place     events.csv line 26
    ");
    let many = folder.prints("explain events.csv --event x --threads 1");
    assert!(
        many.starts_with("23 events have event_id 'x'; the first 20 of them:\n\nevent x started"),
        "{many}"
    );
    assert_eq!(many.matches("\nevent x joined session 1 of ").count(), 17);
    assert!(many.contains("(events.csv line 21)") && !many.contains("(events.csv line 22)"), "{many}");
}

#[test]
fn the_id_may_be_a_part_of_the_key_or_the_time() {
    let ndjson = "{\"user_id\": \"ann\", \"at\": \"2026-01-05T10:00:00Z\"}\n\
                  {\"user_id\": \"ann\", \"at\": \"2026-01-05T10:01:00Z\"}\n";
    let csv = "user_id,at\nann,2026-01-05T10:00:00Z\nann,2026-01-05T10:01:00Z\n";
    let folder = Folder::with(&[("events.ndjson", ndjson), ("events.csv", csv)]);
    folder.prints("run events.csv -o events.parquet --key user_id --time at");
    for input in ["events.ndjson", "events.csv"] {
        let explain =
            |rest: &str| folder.json(&format!("explain {input} --key user_id --time at --json {rest}"));
        assert_eq!(explain("--event ann --event-id user_id")["found"], json!(2), "{input}");
        assert_eq!(explain("--event 2026-01-05T10:01:00Z --event-id at")["found"], json!(1), "{input}");
    }
    let parquet =
        folder.json("explain events.parquet --key user_id --time at --json --event ann --event-id user_id");
    assert_eq!(parquet["found"], json!(2));
}

/// Everything that is said of an event, against the plainest way to find it, in every format and id type.
#[test]
fn explanations_agree_with_the_oracle_and_with_a_run() {
    let folder = Folder::with(&[]);
    for name in ["events.parquet", "events.ndjson.gz", "shuffled.csv"] {
        let order = if name == "shuffled.csv" { "shuffled" } else { "time" };
        folder.prints(&format!("generate -o {name} --events 6000 --seed 5 --ids int --order {order}"));
    }
    folder.prints("run events.parquet -o out.csv --with-sequence --id encoded");
    let out = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let all = events(6000, 5);
    let sessions = sessions(&all, 1_800_000_000);

    let inputs = ["events.parquet", "events.ndjson.gz", "shuffled.csv"];
    for (at, event) in all.iter().step_by(397).enumerate() {
        let (input, threads) = (inputs[at % 3], at % 2 + 1);
        let line = format!("explain {input} --event {} --id encoded --threads {threads} --json", event.id);
        let explained = &folder.json(&line)["events"][0];
        let row = out.lines().find(|row| row.starts_with(&format!("{},", event.id))).unwrap();
        let said = &explained["session"];
        let number = said["number"].as_u64().unwrap();
        assert!(row.ends_with(&format!(",{},{number}", said["id"].as_str().unwrap())), "{row} {said}");

        let session = &sessions[&(event.key, number)];
        assert_eq!(session.number, number);
        assert!(session.times.contains(&event.time));
        assert_eq!(said["events"], json!(session.times.len()));
        assert_eq!(said["of"], json!(sessions.keys().filter(|(key, _)| *key == event.key).count()));
        assert_eq!(explained["started"], json!(session.times[0] == event.time));
        let of_key = || all.iter().filter(|other| other.key == event.key);
        let others = of_key().filter(|other| other.time == event.time).count() - 1;
        assert_eq!(explained["others_at_instant"], json!(others));
        let before = of_key().map(|other| other.time).filter(|time| *time < event.time).max();
        let after = of_key().map(|other| other.time).filter(|time| *time > event.time).min();
        for (neighbour, time) in [(&explained["previous"], before), (&explained["next"], after)] {
            let Some(time) = time else {
                assert_eq!(*neighbour, json!(null));
                continue;
            };
            let pause = time.abs_diff(event.time);
            assert_eq!(neighbour["pause_seconds"], json!(pause as f64 / 1e6));
            assert_eq!(neighbour["longer_than_gap"], json!(pause > 1_800_000_000));
            let id: i64 = neighbour["event_id"].as_str().unwrap().parse().unwrap();
            let then: Vec<_> = of_key().filter(|other| other.time == time).collect();
            assert!(then.iter().any(|other| other.id == id));
            assert_eq!(neighbour["events"], json!(then.len()));
        }
    }
}

#[test]
fn uuids_are_found_by_their_text() {
    let folder = Folder::with(&[]);
    folder.prints("generate -o events.parquet --events 300");
    folder.prints("run events.parquet -o out.ndjson");
    let out = std::fs::read_to_string(folder.path().join("out.ndjson")).unwrap();
    let event: serde_json::Value = serde_json::from_str(out.lines().nth(123).unwrap()).unwrap();
    let id = event["event_id"].as_str().unwrap();
    let explained = folder.json(&format!("explain events.parquet --event {id} --json"));
    assert_eq!(explained["events"][0]["place"], json!("events.parquet row 124"));
    assert_eq!(explained["events"][0]["session"]["id"], event["session_id"]);
    let upper = folder.refuses(&format!("explain events.parquet --event {}", id.to_uppercase()));
    assert!(upper.contains("ids are compared as text, with letter case"), "{upper}");
}

/// Sixteen bytes are a uuid, as an id and as a key; and a key may be a boolean, or told by the name of a folder.
#[test]
fn ids_and_keys_of_other_types() {
    let uuids = |last: [u8; 3]| -> ArrayRef {
        let uuids = last.map(|last| [0xab, 0xcd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
        Arc::new(FixedSizeBinaryArray::try_from_iter(uuids.iter()).unwrap())
    };
    let batch = RecordBatch::try_from_iter([
        ("event_id", uuids([1, 2, 3])),
        ("user_id", uuids([9, 8, 9])),
        ("account_id", Arc::new(BooleanArray::from(vec![true, true, true]))),
        (
            "occurred_at",
            Arc::new(TimestampSecondArray::from(vec![1_767_225_600, 1_767_225_700, 1_767_227_401])),
        ),
    ])
    .unwrap();
    let folder = Folder::with(&[]);
    std::fs::create_dir_all(folder.path().join("lake/region=eu")).unwrap();
    let file = Target::File(folder.path().join("lake/region=eu/events.parquet"));
    let schema = batch.schema();
    write_batches([batch].into_iter(), &schema, &file, &WriteOptions::default(), &Watch::default()).unwrap();
    let line = "explain lake --key user_id,account_id,region --event abcd0000-0000-0000-0000-000000000003";
    assert_snapshot!(folder.prints(line), @"
event abcd0000-0000-0000-0000-000000000003 started session 2 of 2 of its key
  key       user_id = abcd0000-0000-0000-0000-000000000009
            account_id = true
            region = eu
  time      2026-01-01T00:30:01 (lake/region=eu/events.parquet row 3)
  previous  event abcd0000-0000-0000-0000-000000000001
            at 2026-01-01T00:00:00, 30m 1s before
            that is longer than the gap of 30m by 1s, so it started a session
  next      none: it is the last of its key, so the session ends here
  session   a47c4d8a89e5e585576be26ada04e3d0
            1 event at 2026-01-01T00:30:01
");
}

#[test]
fn standard_input_is_read_as_a_file_is() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    let piped = folder.command("explain - --from csv --event e4").write_stdin(EVENTS).assert().success();
    let piped = String::from_utf8_lossy(&piped.get_output().stdout).replace("standard input", "events.csv");
    assert_eq!(piped, explained("e4"));
}

/// Values can be anybody's, and a terminal obeys control characters.
#[test]
fn control_characters_of_values_are_written_out() {
    let events = "event_id,user_id,account_id,occurred_at\n\
                  e1,a\u{1b}[31m,k,2026-01-01 00:00:00\ne2,a\u{1b}[31m,k,2026-01-01 02:00:00\n";
    let folder = Folder::with(&[("events.csv", events)]);
    for command in ["explain events.csv --event e2", "compare events.csv --a gap=1h --b gap=3h"] {
        let told = folder.prints(command);
        assert!(told.contains("a\\u{1b}[31m") && !told.contains('\u{1b}'), "{told}");
    }
}

//! Rules beyond the gap on files: every format in and out gives what the kernel gives for the same events in memory.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use spectrum_core::{SessionDefinition, sessionize};
use spectrum_testkit::SomeRules;

use crate::outcome::rows;
use crate::runs::Folder;
use crate::write_inputs;

/// Events of a few keys with ties and NULLs, the same for the same seed.
pub(crate) fn events(seed: u64, count: usize) -> RecordBatch {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    let kinds = [
        None,
        Some("login"),
        Some("logout"),
        Some("beat"),
        Some("note"),
        Some("it's, \"quoted\""),
        Some("video"),
    ];
    let campaigns = [None, None, Some("spring"), Some("summer")];
    let mut rows = Vec::new();
    for _ in 0..count {
        let minutes = below(4 * 24 * 60) as i64;
        rows.push((
            below(9),
            (minutes - minutes % 3) * 60_000_000,
            kinds[below(7) as usize],
            campaigns[below(4) as usize],
            [None, Some(true), Some(false)][below(3) as usize],
            Some(below(40) as i64).filter(|amount| *amount > 3),
        ));
    }
    let ids = (0..count).map(|row| Some(format!("e{row}"))).collect::<StringArray>();
    RecordBatch::try_from_iter_with_nullable([
        ("event_id", Arc::new(ids) as ArrayRef, false),
        (
            "user_id",
            Arc::new(rows.iter().map(|row| Some(format!("u{}", row.0 / 2))).collect::<StringArray>()),
            false,
        ),
        (
            "account_id",
            Arc::new(rows.iter().map(|row| Some(row.0 as i64 % 2)).collect::<Int64Array>()),
            false,
        ),
        (
            "occurred_at",
            Arc::new(rows.iter().map(|row| Some(row.1)).collect::<TimestampMicrosecondArray>()),
            false,
        ),
        ("event_type", Arc::new(rows.iter().map(|row| row.2).collect::<StringArray>()), true),
        ("utm_campaign", Arc::new(rows.iter().map(|row| row.3).collect::<StringArray>()), true),
        ("is_bot", Arc::new(rows.iter().map(|row| row.4).collect::<BooleanArray>()), true),
        ("amount", Arc::new(rows.iter().map(|row| row.5).collect::<Int64Array>()), true),
    ])
    .unwrap()
}

pub(crate) const RULES: [&str; 8] = [
    "max_duration = '90m'",
    "max_events = 3",
    "split_at = '04:00'",
    "at_gap = 'new'\nsplit_on = ['utm_campaign']",
    "split_on = ['utm_campaign', 'amount']\nsplit_on_null = 'split'",
    "start_when = \"event_type = 'login'\"\nend_when = \"event_type = 'logout' OR amount > 30\"",
    "passive_when = \"event_type = 'beat'\"\nignore_when = \"event_type IN ('note', 'it''s, \\\"quoted\\\"')\"",
    "gap_when = [{ when = \"event_type = 'video'\", gap = '4h' }]\nmax_duration = '1d'\npassive_when = 'amount < 10'",
];

fn definition(rules: &str, takes_part: &str) -> SessionDefinition {
    let text = format!("[events]\n{takes_part}\n[session]\ngap = '45m'\nid = 'encoded'\n{rules}");
    SessionDefinition::from_toml(&text).unwrap()
}

/// The id of every event's session, by the kernel alone.
fn expected(batch: &RecordBatch, definition: &SessionDefinition) -> Vec<Option<String>> {
    let sessionized = sessionize(std::slice::from_ref(batch), definition).unwrap();
    let ids = sessionized.session_ids();
    ids[0].iter().map(|id| id.map(str::to_owned)).collect()
}

#[test]
fn every_format_gives_the_kernels_sessions() {
    for (at, rules) in RULES.into_iter().enumerate() {
        for takes_part in ["", "where = 'is_bot IS NOT TRUE'"] {
            let definition = definition(rules, takes_part);
            let batch = events(at as u64 + 1, 400);
            let expected = expected(&batch, &definition);
            let outside = expected.iter().filter(|id| id.is_none()).count() as u64;
            let formats = ["parquet", "csv", "ndjson"];
            for from in formats {
                let to = formats[(at + from.len()) % 3];
                let folder = Folder::new();
                for part in 0..2 {
                    let half = batch.slice(part * 200, 200);
                    let name = format!("in/{part}.{from}");
                    folder.write(&name, []);
                    match from {
                        "parquet" => write_inputs::parquet(&folder.path(&name), &[half], 64),
                        "csv" => drop(folder.write(&name, write_inputs::csv(&[half]))),
                        _ => drop(folder.write(&name, write_inputs::ndjson(&[half]))),
                    }
                }
                for to in [from, to] {
                    let output = format!("out.{to}");
                    let report = folder
                        .run("in", &output)
                        .definition(definition.clone())
                        .options(|options| (options.threads, options.force) = (2, true))
                        .done();
                    let rows = rows(&folder.path(&output));
                    let found: Vec<Option<String>> =
                        rows.iter().map(|row| row["session_id"].clone()).collect();
                    assert_eq!(found, expected, "{from} to {to}: {rules} {takes_part}");
                    let bots = if takes_part.is_empty() {
                        0
                    } else {
                        rows.iter()
                            .filter(|row| row.get("is_bot").and_then(|bot| bot.as_deref()) == Some("true"))
                            .count() as u64
                    };
                    assert_eq!(report.not_taking_part, bots);
                    assert_eq!(
                        report.without_session,
                        outside - bots,
                        "{from} to {to}: {rules} {takes_part}"
                    );
                    assert_eq!(report.events, 400);
                }
            }
        }
    }
}

/// Events that random rules read, with ties, NULLs and texts that have to be quoted.
fn events_of_some_rules(seed: u64, count: usize) -> RecordBatch {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    let mut rows = Vec::new();
    for _ in 0..count {
        rows.push((
            below(5) as i64,
            (SomeRules::SPLIT - 200 + below(400) as i64) * 1_000_000,
            SomeRules::KINDS[below(11) as usize],
            [None, Some(true), Some(false)][below(3) as usize],
            SomeRules::CAMPAIGNS[below(6) as usize].filter(|campaign| !campaign.is_empty()),
            [None, Some(9), Some(10), Some(11)][below(4) as usize],
        ));
    }
    let at = rows.iter().map(|row| Some(row.1)).collect::<TimestampMicrosecondArray>().with_timezone("UTC");
    RecordBatch::try_from_iter_with_nullable([
        (
            "id",
            Arc::new((0..count).map(|row| Some(format!("e{row}"))).collect::<StringArray>()) as ArrayRef,
            false,
        ),
        ("user", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int64Array>()) as ArrayRef, false),
        ("at", Arc::new(at) as ArrayRef, false),
        ("kind", Arc::new(rows.iter().map(|row| row.2).collect::<StringArray>()) as ArrayRef, true),
        ("bot", Arc::new(rows.iter().map(|row| row.3).collect::<BooleanArray>()) as ArrayRef, true),
        ("campaign", Arc::new(rows.iter().map(|row| row.4).collect::<StringArray>()) as ArrayRef, true),
        ("plan", Arc::new(rows.iter().map(|row| row.5).collect::<Int64Array>()) as ArrayRef, true),
    ])
    .unwrap()
}

/// Random definitions over all rules; the kernel itself is held against the oracle in its own tests.
#[test]
fn every_format_gives_the_kernels_sessions_under_random_rules() {
    let mut ruled = 0;
    for seed in 1..=90_u64 {
        let rules = SomeRules::from_bits(seed.wrapping_mul(0xD1B5_4A32_D192_ED03) ^ (seed << 40));
        let definition = SessionDefinition::from_toml(&rules.definition().to_toml()).unwrap();
        ruled += u32::from(!definition.rule().is_plain_gap());
        let batch = events_of_some_rules(seed, 300);
        let expected = expected(&batch, &definition);
        let from = ["parquet", "csv", "ndjson"][seed as usize % 3];
        let folder = Folder::new();
        for part in 0..3 {
            let third = batch.slice(part * 100, 100);
            let name = format!("in/{part}.{from}");
            folder.write(&name, []);
            match from {
                "parquet" => write_inputs::parquet(&folder.path(&name), &[third], 32),
                "csv" => drop(folder.write(&name, write_inputs::csv(&[third]))),
                _ => drop(folder.write(&name, write_inputs::ndjson(&[third]))),
            }
        }
        let output = format!("out.{}", ["ndjson", "parquet", "csv"][seed as usize / 3 % 3]);
        folder
            .run("in", &output)
            .definition(definition.clone())
            .options(|options| options.threads = 1 + seed as usize % 3)
            .done();
        let found: Vec<Option<String>> =
            rows(&folder.path(&output)).iter().map(|row| row["session_id"].clone()).collect();
        assert_eq!(found, expected, "{from} to {output}: {rules:?}");
    }
    assert!(ruled > 80, "{ruled}");
}

/// Ids by number have room for NULLs under rules that leave events out, in all formats.
#[test]
fn sequence_numbers_are_null_where_there_is_no_session() {
    let folder = Folder::new();
    folder.write(
        "in.csv",
        "event_id,user_id,account_id,occurred_at,event_type\n\
         e1,u1,a1,2026-01-01 10:00:00,beat\ne2,u1,a1,2026-01-01 10:01:00,click\ne3,u1,a1,2026-01-01 10:02:00,beat\n",
    );
    let definition =
        SessionDefinition::from_toml("[session]\npassive_when = \"event_type = 'beat'\"").unwrap();
    for output in ["out.csv", "out.ndjson", "out.parquet"] {
        folder
            .run("in.csv", output)
            .definition(definition.clone())
            .sessions(folder.path("sessions.csv"))
            .options(|options| {
                (options.with_sequence, options.with_reason, options.force) = (true, true, true);
            })
            .done();
        let rows = rows(&folder.path(output));
        let numbers: Vec<_> = rows.iter().map(|row| row["session_seq"].clone()).collect();
        assert_eq!(numbers, [None, Some("1".to_owned()), Some("1".to_owned())], "{output}");
        let reasons: Vec<_> = rows.iter().map(|row| row["started_by"].clone()).collect();
        assert_eq!(reasons, [None, Some("first".to_owned()), Some("first".to_owned())], "{output}");
        assert_eq!(rows[0]["session_id"], None, "{output}");
    }
    folder
        .run("out.parquet", "again.parquet")
        .definition(definition)
        .options(|options| (options.session_column, options.with_sequence) = ("again".into(), false))
        .done();
    let refused = folder
        .run("out.parquet", "refused.parquet")
        .options(|options| {
            options.session_column = "s".into();
            (options.with_sequence, options.with_reason) = (false, true);
        })
        .refusal();
    assert!(
        refused.ends_with("already has a column 'started_by'; leave out why sessions began"),
        "{refused}"
    );
    let again = rows(&folder.path("again.parquet"));
    assert!(again.iter().all(|row| row["again"] == row["session_id"]));
}

#[test]
fn members_of_objects_and_structs_are_read_by_rules() {
    let folder = Folder::new();
    folder.write(
        "in.ndjson",
        r#"{"event_id":"e1","user_id":"u1","account_id":"a1","occurred_at":"2026-01-01T10:00:00","props":{"kind":"start","n":1.5}}
{"event_id":"e2","user_id":"u1","account_id":"a1","occurred_at":"2026-01-01T10:01:00","props":{"kind":"other"}}
{"event_id":"e3","user_id":"u1","account_id":"a1","occurred_at":"2026-01-01T10:02:00","props":{"kind":"start","n":2}}
{"event_id":"e4","user_id":"u1","account_id":"a1","occurred_at":"2026-01-01T10:03:00"}
"#,
    );
    let definition =
        SessionDefinition::from_toml("[session]\nid = 'start'\nstart_when = \"props ->> 'kind' = 'start'\"")
            .unwrap();
    folder.run("in.ndjson", "out.ndjson").definition(definition.clone()).done();
    // The text of a member that is a number.
    folder.write(
        "numbers.ndjson",
        "{\"event_id\":\"e1\",\"user_id\":\"u1\",\"account_id\":\"a1\",\"occurred_at\":\"2026-01-01T10:00:00\",\"p\":{\"n\":5}}\n\
         {\"event_id\":\"e2\",\"user_id\":\"u1\",\"account_id\":\"a1\",\"occurred_at\":\"2026-01-01T10:01:00\",\"p\":{\"n\":7}}\n",
    );
    let of_number = SessionDefinition::from_toml("[session]\nstart_when = \"p ->> 'n' = '7'\"").unwrap();
    folder
        .run("numbers.ndjson", "numbers.parquet")
        .definition(of_number.clone())
        .options(|options| (options.session_column, options.with_sequence) = ("s".into(), false))
        .done();
    folder.run("numbers.parquet", "numbers.out.parquet").definition(of_number).done();
    assert_eq!(rows_of(&folder, "numbers.out.parquet"), ["1", "2"]);
    folder
        .run("in.ndjson", "nested.parquet")
        .definition(definition.clone())
        .options(|options| (options.session_column, options.with_sequence) = ("s".into(), false))
        .done();
    folder
        .run("nested.parquet", "out.parquet")
        .definition(definition)
        .options(|options| options.with_sequence = false)
        .done();
    for output in ["out.ndjson", "out.parquet"] {
        let rows = rows(&folder.path(output));
        let ids: Vec<_> = rows.iter().map(|row| row["session_id"].clone()).collect();
        assert!(ids[0] == ids[1] && ids[1] != ids[2] && ids[2] == ids[3], "{output}: {ids:?}");
    }
}

/// CSV has no objects, and Parquet often has JSON as text.
#[test]
fn members_of_json_that_is_text_are_read_by_rules() {
    let folder = Folder::new();
    let row = |id: u8, json: &str| format!("e{id},u1,a1,2026-01-01 10:0{id}:00,{json}\n");
    let rows = [
        row(1, r#""{""kind"":""start"",""n"":1.50}""#),
        row(2, r#""{""other"":{""kind"":""start""}}""#),
        row(3, r#""{""n"":2,""kind"":""st\u0061rt""}""#),
        row(4, ""),
        row(5, "[1]"),
    ];
    folder.write("in.csv", format!("event_id,user_id,account_id,occurred_at,props\n{}", rows.concat()));
    folder
        .run("in.csv", "in.parquet")
        .options(|o| (o.session_column, o.with_sequence) = ("s".into(), false))
        .done();
    let definition =
        SessionDefinition::from_toml("[session]\nid = 'start'\nstart_when = \"props ->> 'kind' = 'start'\"")
            .unwrap();
    for input in ["in.csv", "in.parquet"] {
        let output = format!("out.{}", input.rsplit_once('.').unwrap().1);
        folder.run(input, &output).definition(definition.clone()).done();
        let rows = rows_of(&folder, &output);
        assert_eq!(rows, ["1", "1", "2", "2", "2"], "{input}");
    }
    folder.write(
        "bad.csv",
        "event_id,user_id,account_id,occurred_at,props\ne1,u1,a1,2026-01-01 10:00:00,{kind\n",
    );
    let refusal = folder.run("bad.csv", "bad.out.csv").definition(definition).refusal();
    assert!(
        refusal.contains("bad.csv line 2: the member 'props.kind' of a rule cannot be read: it is not JSON"),
        "{refusal}"
    );
}

fn rows_of(folder: &Folder, output: &str) -> Vec<String> {
    rows(&folder.path(output)).iter().map(|row| row["session_seq"].clone().unwrap()).collect()
}

#[test]
fn refusals_name_the_place_the_value_and_the_rule() {
    let folder = Folder::new();
    folder.write(
        "in.csv",
        "event_id,user_id,account_id,occurred_at,amount\n\
         e1,u1,a1,2026-01-01 10:00:00,1\n\ne2,u1,a1,2026-01-01 10:01:00,\"1,5\"\n",
    );
    folder.write(
        "in.ndjson",
        "{\"event_id\":\"e1\",\"user_id\":\"u1\",\"account_id\":\"a1\",\"occurred_at\":\"2026-01-01T10:00:00\",\"amount\":\"x\"}\n",
    );
    let batch = events(1, 5);
    folder.write("in.parquet", []);
    write_inputs::parquet(&folder.path("in.parquet"), &[batch], 5);
    let refusal = |input: &str, rules: &str| {
        let run = folder.run(input, "out.csv").definition(SessionDefinition::from_toml(rules).unwrap());
        let here = format!("{}/", folder.path("").display()).replace("//", "/");
        run.refusal().replace(&here, "")
    };
    let number = "[session]\nstart_when = 'amount > 1'";
    assert_eq!(
        refusal("in.csv", number),
        "in.csv line 4: column 'amount' is used as a number by the rule, and '1,5' is not"
    );
    assert_eq!(
        refusal("in.ndjson", number),
        "in.ndjson line 1: column 'amount' is used as a number by the rule, and 'x' is not"
    );
    assert_eq!(
        refusal("in.parquet", "[session]\nstart_when = 'event_type > 1'"),
        "column 'event_type' in in.parquet is used as a number by the rule, and its type is Utf8"
    );
    assert_eq!(
        refusal("in.parquet", "[session]\nsplit_on = ['nowhere']"),
        "column 'nowhere' is not in in.parquet (it has: event_id, user_id, account_id, occurred_at, event_type, utm_campaign, \
         is_bot, amount); correct the name in the rule"
    );
    assert_eq!(
        refusal("in.parquet", "[session]\nsplit_at = '04:00'\ntimezone = 'Europe/Paris'"),
        "times in column 'occurred_at' have no zone, so split_at cannot be a time of day in Europe/Paris; leave out the time \
         zone to take them as they stand, or give the events a zone"
    );
    assert!(!folder.files().contains(&"out.csv".to_owned()));
}

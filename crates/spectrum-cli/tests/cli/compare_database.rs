//! Definitions compared over the events of a database: the same as over the same events in a file.

use insta::assert_snapshot;
use serde_json::Value;

use crate::database::Database;
use crate::spectrum::Folder;

/// Types that differ from those of text: uuid, bigint, boolean, numeric, jsonb, json with line breaks.
const EVENTS: [&str; 9] = [
    r#"{"event_id":1,"user_id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","account_id":7,"occurred_at":"2026-03-01T10:00:00Z","kind":"page","amount":1.5,"bot":false,"props":{"plan":"free"}}"#,
    r#"{"event_id":2,"user_id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","account_id":7,"occurred_at":"2026-03-01T10:20:00Z","kind":"it's \"so\"\t\\","amount":null,"bot":null,"props":{"plan":"pro"}}"#,
    r#"{"event_id":3,"user_id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","account_id":7,"occurred_at":"2026-03-01T10:50:00Z","kind":"page","amount":20.25,"bot":false,"props":null}"#,
    r#"{"event_id":4,"user_id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","account_id":7,"occurred_at":"2026-03-01T23:59:59.123456Z","kind":"","amount":null,"bot":true,"props":null}"#,
    r#"{"event_id":5,"user_id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","account_id":7,"occurred_at":"2026-03-02T00:10:00Z","kind":"page","amount":null,"bot":false,"props":null}"#,
    r#"{"event_id":6,"user_id":"b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","account_id":null,"occurred_at":"2026-03-01T10:00:00Z","kind":"login","amount":3,"bot":false,"props":{"plan":"free"}}"#,
    r#"{"event_id":7,"user_id":"b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","account_id":null,"occurred_at":"2026-03-01T10:30:00Z","kind":null,"amount":4,"bot":false,"props":{"plan":"pro"}}"#,
    r#"{"event_id":8,"user_id":"c0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","account_id":7,"occurred_at":"2026-03-01T10:00:00Z","kind":"page","amount":null,"bot":null,"props":null}"#,
    r#"{"event_id":9,"user_id":"c0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","account_id":7,"occurred_at":"2026-03-01T10:05:00Z","kind":"page","amount":null,"bot":true,"props":null}"#,
];

/// The events in a file, and in a table of which sessions are deployed.
pub(crate) fn both() -> (Database, Folder) {
    let (database, folder) =
        (Database::empty(), Folder::with(&[("events.ndjson", &(EVENTS.join("\n") + "\n"))]));
    database.run(&format!(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id bigint PRIMARY KEY, user_id uuid, account_id int, occurred_at timestamptz,
                                             kind text, amount numeric, bot boolean, props json);
         INSERT INTO warehouse.fact_events
         SELECT (e ->> 'event_id')::bigint, (e ->> 'user_id')::uuid, (e ->> 'account_id')::int,
                (e ->> 'occurred_at')::timestamptz, e ->> 'kind', (e ->> 'amount')::numeric, (e ->> 'bot')::boolean,
                replace((e -> 'props')::text, ':', E':\\n')::json
         FROM unnest(ARRAY[{}]::jsonb[]) AS e;",
        EVENTS.map(|event| format!("'{}'", event.replace('\'', "''"))).join(", "),
    ));
    database.prints(&folder, "deploy --yes --create-index", 0);
    (database, folder)
}

const DEFINITIONS: [&str; 6] = [
    "gap=30m,at_gap=new",
    "matomo,timezone=Europe/Paris,split_on=none",
    "gap=30m,start_when=kind = 'login' or kind like 'it''s%'",
    "gap=30m,where=bot is not true,end_when=amount > 20.2",
    "gap=30m,start_when=props ->> 'plan' = 'pro'",
    "gap=30m,split_on=kind",
];

/// A comparison without the names of the sides.
fn without_names(mut found: Value) -> Value {
    for side in ["a", "b"] {
        found[side].as_object_mut().unwrap().remove("definition").unwrap();
    }
    found
}

fn json(command: &mut assert_cmd::Command, sides: [&str; 2]) -> Value {
    let done = command.args(["--a", sides[0], "--b", sides[1], "--json", "--quiet"]).assert().success();
    without_names(serde_json::from_slice(&done.get_output().stdout).unwrap())
}

#[test]
fn a_database_says_what_a_file_of_its_events_says() {
    let (database, folder) = both();
    for definition in DEFINITIONS {
        let expected = json(&mut folder.command("compare events.ndjson"), ["gap=30m", definition]);
        let of_file = json(&mut database.command(&folder, "compare events.ndjson"), ["deployed", definition]);
        assert_eq!(of_file, expected, "{definition}");
        let of_database = json(&mut database.command(&folder, "compare"), ["deployed", definition]);
        assert_eq!(of_database, expected, "{definition}");
        let reversed = json(&mut folder.command("compare events.ndjson"), [definition, "gap=30m"]);
        assert_eq!(
            json(&mut database.command(&folder, "compare"), [definition, "deployed,gap=30m"]),
            reversed
        );
    }
    // Neither side has to be what is deployed.
    let flags = "compare --schema analytics";
    assert_eq!(
        json(&mut database.command(&folder, flags), ["umami", "recorded=kind"]),
        json(&mut folder.command("compare events.ndjson"), ["umami", "recorded=kind"]),
    );
    folder.prints("compare events.ndjson --a gap=30m --b gap=30m,at_gap=new -o of_file.csv --quiet");
    database.prints(&folder, "compare --a deployed --b gap=30m,at_gap=new -o of_database.csv --quiet", 0);
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let lines = |name: &str| {
        text(name).lines().map(|line| line.replace("+00:00", "Z")).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(lines("of_database.csv"), lines("of_file.csv"));
    assert!(lines("of_file.csv").len() > 3);
    // The temporary file is gone, and nothing was left in the database.
    assert_eq!(
        database.run("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'spectrum compare'"),
        "0"
    );
}

/// What is deployed has its rules, and of events that are there twice the one counts that counts in the sessions.
#[test]
fn what_is_deployed_has_rules_and_counts_its_own_events() {
    let (database, folder) = both();
    let toml = "[session]\nsplit_at = 'midnight'\ntimezone = 'UTC'\n[postgres]\ndeduplicate = true\ndrop_null_times = true\n\
                [summary.columns]\nkinds = { count_distinct = 'kind' }\n";
    std::fs::write(folder.path().join("rules.toml"), toml).unwrap();
    database.run(
        "ALTER TABLE warehouse.fact_events DROP CONSTRAINT fact_events_pkey;
         INSERT INTO warehouse.fact_events SELECT event_id, user_id, account_id, occurred_at + interval '5 hours' FROM warehouse.fact_events;
         INSERT INTO warehouse.fact_events VALUES (10, NULL, 7, NULL);",
    );
    database.prints(&folder, "deploy --definition rules.toml --yes", 0);
    let expected = json(
        &mut folder.command("compare events.ndjson"),
        ["gap=30m,split_at=midnight,timezone=UTC", "gap=30m"],
    );
    assert_eq!(json(&mut database.command(&folder, "compare"), ["deployed", "gap=30m"]), expected);
    assert_eq!((&expected["a"]["split"], &expected["b"]["split"]), (&0.into(), &0.into()));
    assert_eq!((&expected["a"]["sessions"], &expected["b"]["merged"]), (&5.into(), &1.into()));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let (database, folder) = both();
    let refused = [
        "compare --a gap=30m --b gap=1h",
        "compare --a deployed --b split_on=kinds",
        "compare --a deployed --b recorded=ga_session_id",
        "compare --a deployed --b gap=1h --from csv",
        "compare --a deployed,recorded=kind --b gap=1h",
        "compare --a deploied --b gap=1h",
        "compare --schema nowhere --a deployed --b gap=1h",
        "compare --a deployed --b 'end_when=kind > 5'",
        "compare --a deployed --b gap=1h --delimiter ;",
    ]
    .map(|arguments| format!("{arguments}\n{}", database.prints(&folder, arguments, 1).1));
    assert_snapshot!("compare_database_refused", refused.join("\n"));
}

//! From a file of events to proved sessions in PostgreSQL, with the commands that people type.

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

/// Times with their units, which differ from run to run, as `TIME`.
pub(crate) fn untimed(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut words: Vec<&str> = line.split(' ').collect();
        let is_time = |pair: &[&str]| pair[0].parse::<f64>().is_ok() && ["s", "ms", "µs"].contains(&pair[1]);
        while let Some(at) = words.windows(2).position(is_time) {
            words.splice(at..at + 2, ["TIME"]);
        }
        // Steps of less than a tenth of a second are not shown, so which are is a matter of luck.
        if !line.trim_start().starts_with(|c: char| c.is_ascii_digit()) || !line.contains("ing ") {
            lines.push(words.join(" "));
        }
    }
    lines.join("\n")
}

#[test]
fn a_file_and_a_database_prove_each_other() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    folder.prints("generate -o events.parquet --events 20000 --order shuffled");
    database.prints(&folder, "load events.parquet --create-table", 0);
    let deployed = database.json(&folder, "deploy --json");
    assert_eq!((deployed["change"].as_str(), deployed["rows"].as_u64()), (Some("new"), Some(20_000)));

    let verified = database.json(&folder, "verify --json");
    let run = folder.json("run events.parquet -o sessions.csv --digest --json");
    assert_eq!(verified["holds"], true);
    assert_eq!(verified["digest"], run["digest"]);
    assert_eq!(verified["sessions"], run["sessions"]);
    assert_eq!(deployed["sessions"], run["sessions"]);

    // Other sessions, other digest; and again the same on both sides.
    for flags in [
        "--gap 5m",
        "--gap 30m --id encoded",
        "--gap 2h --id start",
        "--gap 30m --id sequence --key account_id",
    ] {
        assert_eq!(database.json(&folder, &format!("deploy --json --yes {flags}"))["change"], "exchanged");
        let digest = database.json(&folder, "verify --json")["digest"].clone();
        assert_ne!(digest, verified["digest"], "{flags}");
        let run = folder.json(&format!("run events.parquet -o sessions.csv --force --digest --json {flags}"));
        assert_eq!(digest, run["digest"], "{flags}");
    }
}

/// Rules beyond the gap, those that windows can say and those that depend on where a session began.
const RULES: [&str; 2] = [
    r#"
    [events]
    where = "page <> '/pricing'"
    [session]
    gap_when = [{ when = "event_type = 'click'", gap = "1h" }]
    split_at = "04:00"
    timezone = "Europe/Paris"
    start_when = "page = '/login'"
    end_when = "page LIKE '/products/%' AND event_type = 'click'"
    split_on = ["utm_campaign"]
    split_on_null = "split"
    passive_when = "event_type = 'page_view' AND page = '/'"
    ignore_when = "page = '/search'"
    id = "start"
    "#,
    r#"
    [session]
    at_gap = "new"
    split_on = ["utm_campaign", "page"]
    max_duration = "4m"
    max_events = 5
    passive_when = "page = '/'"
    "#,
];

#[test]
fn a_file_and_a_database_prove_each_other_under_rules() {
    let (database, folder) =
        (Database::empty(), Folder::with(&[("one.toml", RULES[0]), ("two.toml", RULES[1])]));
    folder.prints("generate -o events.parquet --events 20000 --order shuffled");
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id uuid PRIMARY KEY, user_id uuid, account_id uuid, event_type text,
                                             page text, utm_campaign text, occurred_at timestamptz);",
    );
    database.prints(&folder, "load events.parquet", 0);
    for file in ["two.toml", "one.toml"] {
        // What stands would fill in the rules that the file leaves out.
        database.prints(&folder, "drop --yes", 0);
        let deployed = database.json(&folder, &format!("deploy --json --yes --definition {file}"));
        let verified = database.json(&folder, "verify --json");
        let run = folder
            .json(&format!("run events.parquet -o sessions.csv --force --digest --json --definition {file}"));
        assert_eq!(verified["holds"], true, "{file}");
        assert_eq!(verified["digest"], run["digest"], "{file}");
        assert_eq!(deployed["sessions"], run["sessions"], "{file}");
        assert_eq!(deployed["rows"].as_u64(), Some(20_000), "{file}");
    }
    // What is recorded is told, and stays where nothing else is said.
    let status = database.prints(&folder, "status", 0).0;
    assert_snapshot!(status.lines().skip(1).take(5).collect::<Vec<_>>().join("\n"));
    let again = untimed(&database.prints(&folder, "deploy", 0).0);
    assert_snapshot!(again.lines().skip(2).take(5).collect::<Vec<_>>().join("\n"));
    // Tables that follow the events have the same, and take in what comes.
    let verified = database.json(&folder, "verify --json");
    database.prints(&folder, "deploy --mode incremental --create-index --yes", 0);
    assert_eq!(database.json(&folder, "verify --json")["digest"], verified["digest"]);
    database.run(
        "CREATE TABLE later AS SELECT * FROM warehouse.fact_events ORDER BY event_id LIMIT 700;
         DELETE FROM warehouse.fact_events WHERE event_id IN (SELECT event_id FROM later);",
    );
    database.prints(&folder, "refresh", 0);
    let fewer = database.json(&folder, "verify --json");
    assert_eq!((&fewer["holds"], fewer["digest"] != verified["digest"]), (&true.into(), true));
    database.run("INSERT INTO warehouse.fact_events SELECT * FROM later;");
    database.prints(&folder, "refresh", 0);
    let again = database.json(&folder, "verify --json");
    assert_eq!((&again["holds"], &again["digest"]), (&true.into(), &verified["digest"]));
}

/// What is told of the sessions of a file and of a database is the same.
#[test]
fn a_file_and_a_database_tell_the_same_of_sessions() {
    let toml = r#"
        [session]
        split_on = ["utm_campaign"]
        ignore_when = "event_type = 'search'"
        [summary.columns]
        entry = { first = "page" }
        exit = { last = "page", where = "event_type <> 'click'" }
        source = { first = "utm_campaign", skip_null = true }
        views = { count = "event_type = 'page_view'" }
        pages = { count_distinct = "page" }
        least = { min = "page" }
        bought = { any = "event_type = 'purchase'" }
        engaged = { when = "duration_seconds >= 60 and views > 2 or started_by = 'split_on'" }"#;
    let (database, folder) = (Database::empty(), Folder::with(&[("told.toml", toml)]));
    folder.prints("generate -o events.parquet --events 6000 --order shuffled");
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id uuid PRIMARY KEY, user_id uuid, account_id uuid, event_type text,
                                             page text, utm_campaign text, occurred_at timestamptz);",
    );
    database.prints(&folder, "load events.parquet", 0);
    folder.prints("run events.parquet -o out.parquet --sessions sessions.csv --definition told.toml");
    let text = std::fs::read_to_string(folder.path().join("sessions.csv")).unwrap();
    let of_file = |from: usize, to: usize| {
        let fields = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        let mut lines: Vec<_> =
            fields.map(|fields| [&fields[..1], &fields[from..to]].concat().join(",")).collect();
        lines.sort_unstable();
        lines
    };
    // What ended a session is asked of the database as docs/attributes.md asks it.
    let (told_of_file, ended_of_file) = (of_file(7, 17), of_file(17, 18));
    let document = include_str!("../../../../docs/attributes.md");
    let query = document.split_once("```sql\n").unwrap().1.split_once(";\n```").unwrap().0;
    assert!(told_of_file.len() > 500, "{}", told_of_file.len());
    let has = |reason: &str| ended_of_file.iter().any(|line| line.ends_with(&format!(",{reason}")));
    assert!(has("gap") && has(""));
    for mode in ["view", "incremental"] {
        database.prints(
            &folder,
            &format!("deploy --mode {mode} --create-index --definition told.toml --yes"),
            0,
        );
        let told = database.run(
            "SELECT concat_ws(',', session_id, events, started_by, coalesce(entry, ''), coalesce(exit, ''), coalesce(source, ''), views,
                              pages, coalesce(least, ''), bought::text, coalesce(engaged::text, ''))
             FROM analytics.v_session_summary;",
        );
        let mut of_database: Vec<String> = told.lines().map(str::to_owned).collect();
        of_database.sort();
        assert_eq!(of_database, told_of_file, "{mode}");
        let ended = database.run(&format!(
            "SELECT concat_ws(',', session_id, coalesce(ended_by, '')) FROM ({query}) AS asked;"
        ));
        let mut ended: Vec<&str> = ended.lines().collect();
        ended.sort_unstable();
        assert_eq!(ended, ended_of_file, "{mode}");
    }
}

const EVENTS: &str = "CREATE SCHEMA warehouse;
    CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
    INSERT INTO warehouse.fact_events VALUES
      ('e1', 'u1', 'a', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', '2026-01-01 10:10Z'),
      ('e3', 'u1', 'a', '2026-01-01 12:00Z'), ('e4', NULL, 'a', '2026-01-01 10:00Z');";

#[test]
fn what_people_read() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    assert_snapshot!(database.prints(&folder, "deploy", 1).1, @"error: there is no events table warehouse.fact_events in this database; name it with --table, or make it with spectrum load --create-table");
    database.run(EVENTS);
    let (report, notes) = database.prints(&folder, "deploy", 0);
    assert_snapshot!(untimed(&report), @r#"
    made analytics.mv_sessions and what belongs to it
      4 events in 3 sessions
      gap    30m, ids sequence
      NULL key in 1 event; their session_id is NULL (id = "encoded" gives them one)
      took   TIME
    next: spectrum refresh keeps it fresh, spectrum verify proves it
    "#);
    assert_snapshot!(notes, @"note: warehouse.fact_events has no index on (user_id, account_id, occurred_at), so every build and refresh sorts all events; --create-index makes one (about less than a megabyte), which every insert then keeps up");
    assert_snapshot!(untimed(&database.prints(&folder, "deploy", 0).0), @r"
    nothing to change: analytics.mv_sessions is as the definition has it
      4 events in 3 sessions
      gap    30m, ids sequence
      took   TIME
    ");
    assert_snapshot!(untimed(&database.prints(&folder, "deploy --gap 5m --id encoded --yes", 0).0), @r"
    exchanged analytics.mv_sessions and what belongs to it
      gap 30m is now 5m
      id scheme sequence is now encoded
      4 events in 4 sessions
      gap    5m, ids encoded
      NULL key in 1 event
      took   TIME
    next: spectrum refresh keeps it fresh, spectrum verify proves it
    ");

    let (report, error) = database.prints(&folder, "verify", 0);
    assert_snapshot!(untimed(&report), @r"
    analytics.mv_sessions against the reference SQL
      ok       missing     no events missing from the sessions
      ok       extra       no sessions' events that the events table does not have
      ok       different   no events with another session or other values than the reference SQL gives
      ok       sessions    no session differs from the reference SQL
      ok       duplicates  no event id stands for more than one event
      ok       times       every event has a time
      ok       null-keys   no event lacks a session id for a NULL in its key
      ok       collisions  no session id stands for more than one session
      ok       future      no event lies in the future
      ok       bound       everything is bound to PostgreSQL's own functions and operators
    4 events in 4 sessions, 4 in the relation
    digest 3e226d8f44ea1a966196f7bc2f67acc9
    took TIME
    everything holds
    ");
    assert_eq!(error, "");
    database.run("DELETE FROM warehouse.fact_events WHERE event_id = 'e2';");
    let (report, error) = database.prints(&folder, "verify --quiet", 3);
    assert!(report.contains("FAILED"), "{report}");
    assert_snapshot!(error, @"error: 3 checks did not hold");
    database.prints(&folder, "verify --quiet --allow extra,different,sessions", 0);

    let (dropped, _) = database.prints(&folder, "drop --dry-run", 0);
    assert_snapshot!(dropped, @r"
    would go view analytics.v_refresh_log
    would go table analytics.spectrum_refresh_log
    would go view analytics.v_session_summary
    would go view analytics.v_sessions
    would go materialized view analytics.mv_session_summary
    would go materialized view analytics.mv_sessions
    would go schema analytics
    ");
    assert_snapshot!(database.prints(&folder, "drop", 1).1, @"error: spectrum drop asks before it drops, and there is no terminal to ask on; say --yes");
    database.prints(&folder, "drop --yes", 0);
    assert_snapshot!(database.prints(&folder, "drop --yes", 0).0, @"nothing here was made by Spectrum");
}

#[test]
fn a_dry_run_is_a_script_that_does_what_a_deployment_does() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(EVENTS);
    let (script, _) = database.prints(&folder, "deploy --dry-run --create-index", 0);
    assert_eq!(database.run("SELECT to_regnamespace('analytics') IS NULL;"), "t");
    database.run(&script);
    assert_eq!(database.json(&folder, "deploy --json")["change"], "unchanged");
    assert_eq!(database.json(&folder, "status --json")["events_index"], true);
    assert_eq!(database.json(&folder, "drop --dry-run --json")["would_go"].as_array().unwrap().len(), 8);
}

#[test]
fn the_definition_file_says_what_is_deployed() {
    let folder = Folder::with(&[(
        "spectrum.toml",
        "[events]\nkey = [\"account_id\"]\n[postgres]\nschema = \"sessions\"\nsessions = \"by_event\"\ncolumns = [\"user_id\"]\n",
    )]);
    let database = Database::empty();
    database.run(EVENTS);
    database.prints(&folder, "deploy --definition spectrum.toml", 0);
    assert_eq!(
        database.run("SELECT COUNT(DISTINCT session_id), COUNT(user_id) FROM sessions.by_event;"),
        "2|3"
    );
    assert_eq!(
        database.json(&folder, "verify --definition spectrum.toml --json")["relation"],
        "sessions.by_event"
    );
    std::fs::write(
        folder.path().join("other.toml"),
        "[events]\nkey = [\"user_id\"]\n[postgres]\nschema = \"sessions\"\nsessions = \"by_event\"\n",
    )
    .unwrap();
    let (_, note) = database.prints(&folder, "verify --definition other.toml", 0);
    assert_snapshot!(note, @r"
    note: key account_id is now user_id in the definition file; spectrum deploy --definition other.toml brings it in
    note: columns user_id is now none in the definition file; spectrum deploy --definition other.toml brings it in
    ");
    std::fs::write(folder.path().join("wrong.toml"), "[postgres]\nschemas = \"x\"\n").unwrap();
    assert_snapshot!(database.prints(&folder, "deploy --definition wrong.toml", 1).1, @r#"
    error: in wrong.toml: not a definition: TOML parse error at line 2, column 1
      |
    2 | schemas = "x"
      | ^^^^^^^
    unknown field `schemas`, expected one of `columns`, `deduplicate`, `drop_null_times`, `mode`, `on_detach`, `schema`, `sessions`, `summary`, `sessions_view`, `summary_view`, `refresh_log`, `refresh_log_view`, `changes`, `refresh_function`, `session_ids`, `session_aliases_view`, `session_history`, `sessions_as_of`
    "#);
}

#[test]
fn passwords_are_never_printed() {
    let folder = Folder::with(&[]);
    for command in ["deploy", "verify", "status", "drop --yes", "refresh"] {
        for url in [
            "postgresql://me:s3cret@127.0.0.1:1/db",
            "'host=127.0.0.1 port=1 user=me password=s3cret'",
            "postgresql://me:s3cret@[broken",
        ] {
            let done = folder.command(&format!("{command} --database-url {url}")).assert().failure();
            let output = done.get_output();
            let text = [&output.stdout[..], &output.stderr[..]].concat();
            let text = String::from_utf8_lossy(&text).into_owned();
            assert!(!text.contains("s3cret") && text.contains("error"), "{command} {url}: {text}");
        }
    }
}

#[test]
fn limits_that_are_no_durations_are_refused() {
    let folder = Folder::with(&[]);
    for (flag, reason) in
        [("--lock-timeout soon", "write a number and a unit"), ("--statement-timeout 0s", "longer than zero")]
    {
        let done = folder.command(&format!("deploy {flag}")).assert().code(2);
        let error = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
        let (name, value) = flag.split_once(' ').unwrap();
        assert!(error.contains(name) && error.contains(value) && error.contains(reason), "{error}");
    }
}

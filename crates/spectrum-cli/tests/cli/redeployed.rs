//! `spectrum deploy` on what is deployed already: what nobody says stays, and what goes is asked for.

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

const EVENTS: &str = "CREATE SCHEMA warehouse;
    CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, page text, occurred_at timestamptz);
    INSERT INTO warehouse.fact_events VALUES
      ('e1', 'u1', 'a', 'home', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', 'cart', '2026-01-01 10:20Z'),
      ('e3', 'u1', 'a', 'home', '2026-01-01 12:00Z'), ('e4', 'u2', 'a', 'home', '2026-01-01 10:00Z');
    CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);";

/// Another gap, ids and columns than by default, from a file.
fn deployed() -> (Database, Folder) {
    let file = "[session]\ngap = \"10m\"\nid = \"encoded\"\n[postgres]\ncolumns = [\"page\"]\n";
    let (database, folder) = (Database::empty(), Folder::with(&[("spectrum.toml", file)]));
    database.run(EVENTS);
    database.prints(&folder, "deploy --definition spectrum.toml", 0);
    (database, folder)
}

const IDS: &str =
    "SELECT string_agg(session_id, ' ' ORDER BY event_id), COUNT(page) FROM analytics.mv_sessions;";

#[test]
fn what_status_advises_changes_no_id() {
    let (database, folder) = deployed();
    let ids = database.run(IDS);
    database.run("DROP INDEX analytics.mv_sessions_event_id_key;");
    let advice = database.json(&folder, "status --json")["advice"].clone();
    assert!(advice[0].as_str().unwrap().ends_with("run spectrum deploy"), "{advice}");
    assert_eq!(database.json(&folder, "deploy --json")["change"], "completed");
    assert_eq!(database.run(IDS), ids);

    // The sessions themselves are gone.
    database.run("DROP MATERIALIZED VIEW analytics.mv_sessions CASCADE;");
    let (_, error) = database.prints(&folder, "status", 1);
    assert_snapshot!(error, @"error: there is no analytics.mv_sessions here; make it with spectrum deploy");
    assert_eq!(database.json(&folder, "deploy --json")["change"], "exchanged");
    assert_eq!(database.run(IDS), ids);
}

#[test]
fn another_mode_keeps_the_columns() {
    let (database, folder) = deployed();
    let ids = database.run(IDS);
    let report = database.json(&folder, "deploy --mode incremental --json");
    assert_eq!(report["differences"], serde_json::json!(["mode view is now incremental"]));
    assert_eq!(database.run(IDS), ids);
}

#[test]
fn what_goes_is_named_and_asked_for() {
    let (database, folder) = deployed();
    let ids = database.run(IDS);
    let other = "[session]\ngap = \"30m\"\n[postgres]\ncolumns = []\n";
    std::fs::write(folder.path().join("other.toml"), other).unwrap();
    let deploy = "deploy --definition other.toml --id start";
    assert_snapshot!(database.prints(&folder, deploy, 1).1, @r"
    error: gap 10m is now 30m, which changes ids of sessions
    id scheme encoded is now start, which changes ids of sessions
    columns page is now none, which takes page from analytics.mv_sessions
    nothing was changed; say --yes if that is meant, or leave out what asks for it: what neither a flag nor a definition file says stays as it is
    ");
    assert_eq!(database.run(IDS), ids);
    let (script, _) = database.prints(&folder, &format!("{deploy} --dry-run"), 0);
    let comments: Vec<&str> =
        script.lines().take_while(|line| line.is_empty() || line.starts_with("--")).collect();
    assert_snapshot!(comments.join("\n"), @r"
    -- This exchanges what is there: gap 10m is now 30m; id scheme encoded is now start; columns page is now none.

    -- The command asks first, unless --yes:
    --   gap 10m is now 30m, which changes ids of sessions
    --   id scheme encoded is now start, which changes ids of sessions
    --   columns page is now none, which takes page from analytics.mv_sessions
    ");
    let plan = database.json(&folder, &format!("{deploy} --dry-run --json"));
    assert_eq!(plan["takes"].as_array().unwrap().len(), 3);

    let (report, _) = database.prints(&folder, &format!("{deploy} --yes"), 0);
    assert!(report.contains("gap 10m is now 30m"), "{report}");
    // The same again takes nothing, and asks nothing.
    database.prints(&folder, deploy, 0);
    // Neither does a column more.
    let more = "[postgres]\ncolumns = [\"page\"]\n";
    std::fs::write(folder.path().join("more.toml"), more).unwrap();
    let report = database.json(&folder, "deploy --definition more.toml --json");
    assert_eq!(report["differences"], serde_json::json!(["columns none is now page"]));
}

#[test]
fn what_a_flag_turns_on_another_turns_off() {
    let (database, folder) = deployed();
    database.run(
        "INSERT INTO warehouse.fact_events SELECT * FROM warehouse.fact_events WHERE event_id = 'e1';
        INSERT INTO warehouse.fact_events (event_id) VALUES ('e9');",
    );
    database.prints(&folder, "deploy --dedup --null-time drop --yes", 0);
    // They stand, whatever else changes.
    database.prints(&folder, "deploy --gap 5m --yes", 0);
    let (_, error) = database.prints(&folder, "deploy --null-time refuse --yes", 1);
    assert!(error.contains("events without a time: 1 of 6"), "{error}");
    database.run("DELETE FROM warehouse.fact_events WHERE event_id = 'e9';");
    let (_, error) = database.prints(&folder, "deploy --no-dedup --yes", 1);
    assert!(error.contains("1 event_id values stand for more than one event"), "{error}");
}

/// What a file leaves out is no difference, and what it says is one in every command that compares.
#[test]
fn all_commands_agree_on_what_a_file_says() {
    let (database, folder) = deployed();
    let told = |file: &str| {
        std::fs::write(folder.path().join("it.toml"), file).unwrap();
        let advice = database.json(&folder, "status --definition it.toml --json")["advice"].clone();
        let (_, notes) = database.prints(&folder, "verify --definition it.toml", 0);
        let plan = database.json(&folder, "deploy --definition it.toml --dry-run --json");
        (advice[0].as_str().map(str::to_owned), notes, plan["differences"].clone())
    };
    assert_eq!(told("[events]\ntime = \"occurred_at\"\n"), (None, String::new(), serde_json::json!([])));
    let (advice, notes, differences) = told("[session]\ngap = \"20m\"\n");
    assert_snapshot!(advice.unwrap(), @"gap 10m is now 20m in the definition file; spectrum deploy --definition it.toml brings it in");
    assert_snapshot!(notes, @"note: gap 10m is now 20m in the definition file; spectrum deploy --definition it.toml brings it in");
    assert_eq!(differences, serde_json::json!(["gap 10m is now 20m"]));
}

/// Names that were said once need not be said again.
#[test]
fn other_names_are_found_again() {
    let file = "[postgres]\nschema = \"s\"\nsummary = \"by_session\"\nrefresh_log = \"log\"\n";
    let (database, folder) = (Database::empty(), Folder::with(&[("spectrum.toml", file)]));
    database.run(EVENTS);
    database.prints(&folder, "deploy --definition spectrum.toml", 0);
    assert_eq!(database.json(&folder, "deploy --schema s --json")["change"], "unchanged");
    let relations = database.json(&folder, "status --schema s --json")["relations"].clone();
    assert_eq!(relations[1]["relation"], "s.by_session");
    database.prints(&folder, "verify --schema s", 0);
    database.prints(&folder, "drop --schema s --yes", 0);
    assert_eq!(database.run("SELECT to_regnamespace('s') IS NULL;"), "t");
}

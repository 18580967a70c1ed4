//! `--json` prints one JSON object, whatever the command finds to do.

use crate::database::Database;
use crate::spectrum::Folder;

const EVENTS: &str = "event_id,user_id,account_id,occurred_at\n\
    e1,u1,a,2026-01-01T10:00:00Z\ne2,u1,a,2026-01-01T10:10:00Z\ne3,u2,a,2026-01-01T12:00:00Z\n";

fn events() -> Folder {
    Folder::with(&[("events.csv", EVENTS)])
}

fn loaded() -> (Database, Folder) {
    let (database, folder) = (Database::empty(), events());
    database.prints(&folder, "load events.csv --create-table", 0);
    (database, folder)
}

fn deployed(mode: &str) -> (Database, Folder) {
    let (database, folder) = loaded();
    database.prints(&folder, &format!("deploy --create-index --mode {mode}"), 0);
    (database, folder)
}

#[test]
fn a_dry_run_of_load() {
    let (database, folder) = (Database::empty(), events());
    let planned = database.json(&folder, "load events.csv --create-table --dry-run --json");
    let statements = planned["statements"].as_array().unwrap();
    assert!(statements[0].as_str().unwrap().starts_with("CREATE SCHEMA"), "{planned}");
    // They are one transaction, as the load is.
    let script: Vec<&str> = statements.iter().map(|statement| statement.as_str().unwrap()).collect();
    let table = script.iter().position(|statement| statement.contains("CREATE TABLE")).unwrap();
    database.run(&format!("BEGIN;\n{};\nCOMMIT;", script[..=table].join(";\n")));
    assert_eq!(database.run("SELECT COUNT(*) FROM warehouse.fact_events;"), "0");
}

#[test]
fn loads_that_are_quiet_and_that_add_nothing() {
    let (database, folder) = (Database::empty(), events());
    assert_eq!(database.json(&folder, "load events.csv --create-table --json --quiet")["inserted"], 3);
    let again = database.json(&folder, "load events.csv --json");
    assert_eq!((again["inserted"].as_u64(), again["skipped"].as_u64()), (Some(0), Some(3)));
}

#[test]
fn drops_of_nothing_and_of_something() {
    let (database, folder) = loaded();
    assert_eq!(database.json(&folder, "drop --json")["dropped"].as_array().unwrap().len(), 0);
    assert_eq!(database.json(&folder, "drop --yes --json")["dropped"].as_array().unwrap().len(), 0);
    assert_eq!(database.json(&folder, "drop --dry-run --json")["would_go"].as_array().unwrap().len(), 0);
    database.prints(&folder, "deploy", 0);
    let planned = database.json(&folder, "drop --dry-run --json")["would_go"].clone();
    assert!(planned.as_array().unwrap().len() > 5, "{planned}");
    assert_eq!(database.json(&folder, "drop --yes --json")["dropped"], planned);
}

#[test]
fn deployments_planned_made_unchanged_and_quiet() {
    let (database, folder) = loaded();
    for mode in ["view", "incremental"] {
        let planned = database.json(&folder, &format!("deploy --mode {mode} --dry-run --json"));
        assert!(planned["stages"].is_array(), "{planned}");
        let made = database.json(&folder, &format!("deploy --mode {mode} --json --quiet"));
        assert_eq!(made["rows"], 3);
        assert_eq!(database.json(&folder, &format!("deploy --mode {mode} --json"))["change"], "unchanged");
        let planned = database.json(&folder, &format!("deploy --mode {mode} --dry-run --json"));
        assert_eq!(planned["change"], "unchanged");
    }
}

#[test]
fn refreshes_whole_quiet_and_failed() {
    for mode in ["view", "incremental"] {
        let (database, folder) = deployed(mode);
        for flags in ["", "--quiet"] {
            let report = database.json(&folder, &format!("refresh --json {flags}"));
            assert_eq!(report["views"][0]["outcome"], "ok");
        }
        database.run(
            "CREATE TABLE analytics.ok AS SELECT 1 AS one;
             CREATE MATERIALIZED VIEW analytics.broken AS SELECT 1 / one AS one FROM analytics.ok;
             UPDATE analytics.ok SET one = 0;",
        );
        let (report, error) = database.prints(&folder, "refresh --schema analytics --json", 3);
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert!(report["views"].as_array().unwrap().iter().any(|view| view["outcome"] == "failed"));
        assert!(error.starts_with("error: "), "{error}");
    }
}

#[test]
fn verifications_that_hold_and_that_do_not() {
    for mode in ["view", "incremental"] {
        let (database, folder) = deployed(mode);
        for flags in ["", "--quiet", "--sample 50%"] {
            let report = database.json(&folder, &format!("verify --json {flags}"));
            assert_eq!(report["holds"], true);
        }
        database.run(
            "ALTER TABLE warehouse.fact_events DISABLE TRIGGER ALL;
             DELETE FROM warehouse.fact_events WHERE event_id = 'e1'",
        );
        let (report, _) = database.prints(&folder, "verify --json --quiet", 3);
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["holds"], false);
        if mode == "incremental" {
            database.run("ALTER TABLE warehouse.fact_events ENABLE TRIGGER ALL");
            let (report, _) = database.prints(&folder, "verify --repair --json --quiet", 3);
            let report: serde_json::Value = serde_json::from_str(&report).unwrap();
            assert!(report["repaired"].is_object());
        }
    }
}

#[test]
fn status_of_what_is_free_and_of_what_is_locked() {
    for mode in ["view", "incremental"] {
        let (database, folder) = deployed(mode);
        let found = database.json(&folder, "status --json");
        assert_eq!((found["mode"].as_str(), found["locked"].as_array().unwrap().len()), (Some(mode), 0));
        assert!(found["relations"][0]["bytes"].is_u64());

        let found = database.holding("LOCK TABLE analytics.spectrum_refresh_log", || {
            database.json(&folder, "status --json --lock-timeout 100ms")
        });
        assert_eq!(found["locked"][0]["relation"], "analytics.spectrum_refresh_log");
        assert!(found["locked"][0]["by"].as_str().unwrap().starts_with("psql (pid "), "{found}");
        assert!(found["relations"][0]["bytes"].is_u64() && found["age_seconds"].is_null());
    }
}

#[test]
fn erasures_planned_of_somebody_and_of_nobody() {
    for mode in ["view", "incremental"] {
        let (database, folder) = deployed(mode);
        for who in ["u1", "nobody"] {
            let erase = format!("erase --key user_id={who} --events --json");
            assert!(database.json(&folder, &format!("{erase} --dry-run"))["relations"].is_array());
            assert!(database.json(&folder, &format!("{erase} --yes --vacuum"))["relations"].is_array());
        }
    }
}

#[test]
fn commands_on_files() {
    let folder = events();
    assert_eq!(folder.json("run events.csv -o out.csv --json")["sessions"], 2);
    assert_eq!(folder.json("run events.csv -o out.csv --force --json --quiet")["sessions"], 2);
    assert_eq!(folder.json("summary events.csv --json")["events"], 3);
    assert_eq!(folder.json("summary events.csv --json --quiet --gaps 1m,1h")["events"], 3);
    assert_eq!(folder.json("explain events.csv --event e1 --json")["found"], 1);
    assert_eq!(folder.json("explain events.csv --event e1 --json --quiet")["found"], 1);
    assert_eq!(folder.json("generate -o made.csv --events 10 --json")["events"], 10);
    assert_eq!(folder.json("generate -o made.csv --events 10 --force --json --quiet")["events"], 10);
    // Where the events themselves go to standard output, the report goes to standard error.
    for (command, events) in
        [("run events.csv -o - --json", 3), ("generate -o - --to csv --events 10 --json", 10)]
    {
        let done = folder.command(command).assert().success();
        let report: serde_json::Value = serde_json::from_slice(&done.get_output().stderr).unwrap();
        assert_eq!(report["events"], events);
    }
}

#[test]
fn commands_on_empty_files() {
    let folder = Folder::with(&[("none.csv", "event_id,user_id,account_id,occurred_at\n")]);
    assert_eq!(folder.json("run none.csv -o out.csv --json")["sessions"], 0);
    assert_eq!(folder.json("summary none.csv --json")["events"], 0);
    let database = Database::empty();
    assert_eq!(database.json(&folder, "load none.csv --create-table --json")["inserted"], 0);
    assert!(database.json(&folder, "load none.csv --dry-run --json")["statements"].is_array());
    assert_eq!(database.json(&folder, "deploy --json")["rows"], 0);
    assert_eq!(database.json(&folder, "verify --json")["holds"], true);
}

//! `spectrum deploy --mode incremental` as people type it.

use insta::assert_snapshot;

use crate::database::Database;
use crate::deployed::untimed;
use crate::spectrum::Folder;

const EVENTS: &str = "CREATE SCHEMA warehouse;
    CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
    INSERT INTO warehouse.fact_events VALUES
      ('e1', 'u1', 'a', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', '2026-01-01 10:10Z'),
      ('e3', 'u1', 'a', '2026-01-01 12:00Z'), ('e4', NULL, 'a', '2026-01-01 10:00Z');";

#[test]
fn what_people_read() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(EVENTS);
    let deploy = "deploy --mode incremental --id encoded";
    assert_snapshot!(database.prints(&folder, deploy, 1).1, @"error: warehouse.fact_events has no index on (user_id, account_id, occurred_at), so every build and refresh sorts all events; --create-index makes one (about less than a megabyte), which every insert then keeps up; mode incremental cannot do without it");
    let (report, notes) = database.prints(&folder, &format!("{deploy} --create-index --jobs 2"), 0);
    assert_eq!(notes, "");
    assert_snapshot!(untimed(&report), @r"
    made analytics.mv_sessions and what belongs to it
      4 events in 3 sessions
      gap    30m, ids encoded
      mode   incremental, 1 part, 2 connections
      NULL key in 1 event
      took   TIME
    next: spectrum refresh takes in what changes, spectrum verify proves it
    ");
    // Who says nothing means what stands.
    assert_snapshot!(untimed(&database.prints(&folder, "deploy", 0).0), @r"
    nothing to change: analytics.mv_sessions is as the definition has it
      4 events in 3 sessions
      gap    30m, ids encoded
      mode   incremental
      took   TIME
    ");
    assert_snapshot!(untimed(&database.prints(&folder, "deploy --gap 5m --jobs 2 --yes", 0).0), @r"
    exchanged analytics.mv_sessions and what belongs to it
      gap 30m is now 5m
      4 events in 4 sessions
      gap    5m, ids encoded
      mode   incremental, 1 part, 2 connections
      NULL key in 1 event
      took   TIME
    next: spectrum refresh takes in what changes, spectrum verify proves it
    ");
    database.prints(&folder, "verify --quiet", 0);

    database.run("ALTER TABLE warehouse.fact_events DISABLE TRIGGER ALL;");
    let (report, notes) = database.prints(&folder, "deploy", 0);
    assert_snapshot!(untimed(&report), @r"
    put right what is beside analytics.mv_sessions
      4 events in 4 sessions
      gap    5m, ids encoded
      mode   incremental
      took   TIME
    ");
    assert_snapshot!(notes, @"note: what was written to warehouse.fact_events while triggers were missing there was not noted; spectrum verify --repair finds and takes it in");

    assert_snapshot!(untimed(&database.prints(&folder, "deploy --mode view --yes", 0).0), @r"
    exchanged analytics.mv_sessions and what belongs to it
      mode incremental is now view
      4 events in 4 sessions
      gap    5m, ids encoded
      NULL key in 1 event
      took   TIME
    next: spectrum refresh keeps it fresh, spectrum verify proves it
    ");
    assert_eq!(database.run("SELECT COUNT(*) FROM pg_trigger WHERE NOT tgisinternal;"), "0");
    let report = database.json(&folder, "deploy --mode incremental --jobs 3 --json");
    assert_eq!((report["mode"].as_str(), report["parts"].as_u64()), (Some("incremental"), Some(1)));
    assert_eq!(report["connections"], 3);
    assert_snapshot!(database.prints(&folder, "deploy --jobs 0", 2).1, @r"
    error: invalid value '0' for '--jobs <N>': 0 is not in 1..=64

    For more information, try '--help'.
    ");
}

#[test]
fn a_dry_run_is_a_script_that_does_what_a_deployment_does() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(EVENTS);
    let (script, _) = database.prints(&folder, "deploy --dry-run --create-index --mode incremental", 0);
    assert_eq!(database.run("SELECT to_regnamespace('analytics') IS NULL;"), "t");
    let comments: Vec<&str> = script.lines().filter(|line| line.starts_with("--")).collect();
    assert_snapshot!(comments.join("\n"), @r"
    -- Nothing is there yet; this makes it.
    -- Indexing warehouse.fact_events on (user_id, account_id, occurred_at)
    -- Signing warehouse.fact_events_spectrum_key_time_idx
    -- Waiting for writers of warehouse.fact_events
    -- Making schema analytics
    -- Making analytics.spectrum_refresh_log
    -- Making what analytics.mv_sessions is built in
    -- Making analytics.spectrum_changes
    -- Watching warehouse.fact_events
    -- Writing down what is being built
    -- From here on every change is noted, and writers of events wait for nothing. The command does the next statement in parts,
    -- a range of keys at a time on several connections, and marks each as done, so that an interrupted build goes on.
    -- Building analytics.mv_sessions
    -- The command makes several of these at once.
    -- Indexing analytics.mv_sessions on (event_id)
    -- Indexing analytics.mv_sessions on (user_id, account_id, occurred_at)
    -- Indexing analytics.mv_session_summary on (user_id, account_id, ended_at)
    -- Indexing analytics.mv_session_summary on (session_id)
    -- Indexing analytics.mv_session_summary on (started_at)
    -- Indexing analytics.mv_session_summary on (ended_at)
    -- Giving analytics.mv_sessions and analytics.mv_session_summary replica identities
    -- Analyzing analytics.mv_sessions and analytics.mv_session_summary
    -- The command does the last of these again and again, until little is left to take in.
    -- Preparing to catch up
    -- Taking in what was written to warehouse.fact_events meanwhile
    -- The command looks again at what there is to exchange when it comes to this.
    -- Taking in what was written to warehouse.fact_events meanwhile
    -- Writing the refresh log
    -- Making analytics.v_sessions
    -- Making analytics.v_session_summary
    -- Naming analytics.mv_sessions
    -- Naming analytics.mv_session_summary
    -- Making analytics.refresh_sessions()
    -- Ending the build
    -- Writing down the definition
    ");
    database.run(&script);
    assert_eq!(database.json(&folder, "deploy --json")["change"], "unchanged");
    database.prints(&folder, "verify --quiet --allow null-keys", 0);

    let plan = database.json(&folder, "deploy --dry-run --json --gap 5m");
    let kinds: Vec<&str> =
        plan["stages"].as_array().unwrap().iter().map(|stage| stage["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["together", "parts", "indexes", "apart", "catch_up", "exchange"]);
}

#[test]
fn the_definition_file_says_the_mode() {
    let file = "[postgres]\nmode = \"incremental\"\non_detach = \"keep\"\n";
    let (database, folder) = (Database::empty(), Folder::with(&[("spectrum.toml", file)]));
    database.run(EVENTS);
    let deploy = "deploy --definition spectrum.toml --create-index --json";
    assert_eq!(database.json(&folder, deploy)["mode"], "incremental");
    assert_eq!(database.json(&folder, &format!("{deploy} --mode view --yes"))["mode"], "view");
    assert_eq!(database.json(&folder, deploy)["differences"][0], "mode view is now incremental");
}

//! `status` as people read it while somebody has locked a relation.

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

#[test]
fn what_is_locked_is_named_and_the_rest_is_told() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
         INSERT INTO warehouse.fact_events VALUES ('e1', 'u1', 'a', '2026-01-01 10:00Z');",
    );
    database.prints(&folder, "deploy --mode incremental --create-index --quiet", 0);
    let locks =
        "LOCK TABLE analytics.spectrum_refresh_log, analytics.spectrum_changes IN ACCESS EXCLUSIVE MODE";
    let (text, _) = database.holding(locks, || database.prints(&folder, "status --lock-timeout 100ms", 0));
    // Pids and times are not the same twice.
    let steady = |line: &str| match line.split_once(" (pid ") {
        Some((before, _)) => {
            let (_, after) = line.split_once(" UTC)").unwrap();
            format!("{before} (PID, USER, SINCE){after}")
        }
        None => line.to_owned(),
    };
    // The sizes are the server's business.
    let told: Vec<String> =
        text.lines().filter(|line| !line.starts_with("  analytics.mv_")).map(steady).collect();
    assert_snapshot!(told.join("\n"), @r"
    analytics.mv_sessions over warehouse.fact_events, by Spectrum 0.1.0
      key    user_id, account_id; gap 30m, ids sequence
      events about 1, with an index on key and time
      mode   incremental: tables, which a refresh changes where events changed
      old    sessions go with their events, and later ones of the same keys get other numbers and ids
      fresh  unknown (no refresh in the log)
      waits  an unknown number of keys

      relation                      populated  unique index  rows, about   size  of it indexes
      ──────────────────────────────────────────────────────────────────────────────────────────

      no refreshes to be seen

      analytics.spectrum_refresh_log is locked by psql (PID, USER, SINCE), so not all is told
      analytics.spectrum_changes is locked by psql (PID, USER, SINCE), so not all is told
    ");
    assert!(text.contains("  analytics.mv_session_summary        yes "), "{text}");
}

//! Events with a column that says when they were loaded: an incremental run looks at the latest of them only.

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use super::project::{Project, events};
use super::warehouse::Warehouse;
use crate::conformance::sql::EVENTS;

const COLUMNS: &str =
    "event_id text, user_id text, account_id integer, occurred_at timestamp, page text, loaded_at timestamp";

/// Three sessions of a key and one of a key with a NULL.
const FIRST: &str = "
  ('e1', 'u', 1, timestamp '2026-01-01 08:00:00', 'home', timestamp '2026-01-02 00:00:00'),
  ('e2', 'u', 1, timestamp '2026-01-01 09:00:00', 'home', timestamp '2026-01-02 00:00:00'),
  ('e3', 'u', 1, timestamp '2026-01-01 10:00:00', 'cart', timestamp '2026-01-02 00:00:00'),
  ('e4', NULL, 1, timestamp '2026-01-01 10:00:00', 'home', timestamp '2026-01-02 00:00:00')";

/// Late ones, of which the first joins two sessions, and one that is loaded within the overlap.
const LATE: &str = "
  ('e5', 'u', 1, timestamp '2026-01-01 09:30:00', 'page', timestamp '2026-01-03 00:00:00'),
  ('e6', NULL, 1, timestamp '2025-01-01 09:30:00', NULL, timestamp '2026-01-03 00:00:00'),
  ('e7', 'v', 1, timestamp '2026-01-01 09:30:00', 'home', timestamp '2026-01-01 23:00:01')";

/// One whose stamp is older than the overlap allows.
const MISSED: &str =
    "('e8', 'u', 1, timestamp '2026-01-01 12:00:00', 'home', timestamp '2026-01-01 00:00:00')";

/// Fails when the late ones are not taken in, or when the stamp is not heeded: then the missed one would be found.
pub(super) fn check(project: &Project, warehouse: &Warehouse<'_>) -> Result<()> {
    project.write_vars(json!({ "spectrum_events": events(), "spectrum_loaded_at": "loaded_at",
                               "spectrum_columns": ["page"], "spectrum_compare_with_full_run": true }))?;
    let insert = |rows: &str| warehouse.execute(&format!("INSERT INTO {EVENTS} VALUES {rows}"));
    warehouse.execute(&format!("DROP TABLE IF EXISTS {EVENTS}"))?;
    warehouse.execute(&format!("CREATE TABLE {EVENTS} ({COLUMNS})"))?;
    insert(FIRST)?;
    warehouse.run(&["build", "--full-refresh"]).context("events with a stamp")?;
    insert(LATE)?;
    warehouse.run(&["build"]).context("late events with a stamp")?;
    ensure!(project.compiled("sessions")?.contains("due_events"), "the table was made anew");
    insert(MISSED)?;
    warehouse.run(&["run"]).context("an event with an old stamp")?;
    match warehouse.run(&["test"]) {
        Ok(()) => bail!("an event with an old stamp was looked for among all, or is not missed by the tests"),
        Err(error) => {
            let complaint = format!("{error:#}");
            ensure!(complaint.contains("spectrum_rows_in_equal_rows_out"), "{complaint}");
        }
    }
    warehouse.execute(&format!("DROP TABLE {EVENTS}"))
}

//! The function that takes the notes and brings the tables up to date.

use super::Incremental;
use crate::quote::literal;

/// The counts that `refresh_sessions()` returns, in order, each a `bigint`: keys touched; events added, of them those
/// earlier than an event that their key had, events whose own values changed, events removed; sessions in which no event
/// was before, those that only gained events, those of events of several sessions, those whose events are now in
/// several, those of which no event is left; sessions that existing events had and whose id changed, and those events.
pub const REFRESH_COUNTS: [&str; 12] = [
    "keys",
    "events_added",
    "events_late",
    "events_changed",
    "events_removed",
    "sessions_created",
    "sessions_extended",
    "sessions_merged",
    "sessions_split",
    "sessions_dropped",
    "ids_changed",
    "events_renamed",
];

impl Incremental<'_> {
    /// Makes `refresh_sessions()`, which returns one row: [`REFRESH_COUNTS`], and `steps`, a JSON object of how many
    /// milliseconds each step took. It writes a row into the refresh log.
    ///
    /// It is one transaction, so a crash at any moment leaves the notes where they were. A statement that commits while
    /// it runs leaves its notes for the next refresh.
    pub fn refresh_function(&self) -> String {
        let counts: Vec<String> = REFRESH_COUNTS.iter().map(|name| format!("OUT {name} bigint")).collect();
        let zeros: Vec<String> = REFRESH_COUNTS.iter().map(|name| format!("{name} := 0;")).collect();
        let steps = ["taking", "comparing", "writing"];
        let step = |at: usize| {
            format!(
                "  steps := steps || pg_catalog.jsonb_build_object('{}', pg_catalog.round(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - step_began)::numeric * 1000, 1));
  step_began := pg_catalog.clock_timestamp();",
                steps[at]
            )
        };
        let details: Vec<String> = REFRESH_COUNTS.iter().map(|name| format!("'{name}', {name}")).collect();
        let any = format!("EXISTS (SELECT FROM {})", self.names.changes);
        format!(
            "\
CREATE FUNCTION {function}(
  {counts},
  OUT steps jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path} SET jit = off AS $refresh$
#variable_conflict use_column
DECLARE
  began timestamptz;
  step_began timestamptz;
  duplicate text;
  timeless_event text;
  part regclass;
BEGIN
  IF pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
      MESSAGE = 'a refresh needs a transaction that is READ COMMITTED, and this one is '
                || pg_catalog.upper(pg_catalog.current_setting('transaction_isolation')),
      DETAIL = 'Otherwise it would not see what the refresh before it did.',
      HINT = 'Begin it with BEGIN ISOLATION LEVEL READ COMMITTED.';
  END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock({lock});
  LOCK TABLE {table} IN ACCESS SHARE MODE;
  began := pg_catalog.clock_timestamp();
  step_began := began;
  steps := '{{}}';
  {zeros}
{partitions}{everything}
{timeless}
  IF {any} THEN
{take}
    ANALYZE pg_temp.spectrum_touched;
    ANALYZE pg_temp.spectrum_fresh;
    SELECT COUNT(*) INTO keys FROM pg_temp.spectrum_touched;
{duplicates}
{step_taken}
{fresh_sessions}
{standing}
    ANALYZE pg_temp.spectrum_fresh_sessions;
    ANALYZE pg_temp.spectrum_standing;
    ANALYZE pg_temp.spectrum_standing_sessions;
{tell}{step_compared}
{write_events}
{write_sessions}
    DROP TABLE pg_temp.spectrum_touched, pg_temp.spectrum_fresh, pg_temp.spectrum_fresh_sessions,
      pg_temp.spectrum_standing, pg_temp.spectrum_standing_sessions;
{step_written}
  END IF;
  INSERT INTO {log} (run_id, relation, started_at, finished_at, method, reason, outcome, rows, details)
  SELECT COALESCE(MAX(run_id), 0) + 1, {sessions}, began, pg_catalog.clock_timestamp(), 'incremental',
         CASE WHEN keys = 0 THEN 'nothing changed' ELSE keys || ' keys touched' END, 'ok', NULL,
         pg_catalog.jsonb_build_object({details}, 'steps', steps)
  FROM (SELECT run_id FROM {log} ORDER BY id DESC LIMIT 1) latest;
END $refresh$",
            function = self.names.refresh,
            counts = counts.join(", "),
            path = self.search_path(),
            lock = self.lock,
            table = self.events.table,
            zeros = zeros.join(" "),
            partitions = self.follow_partitions(),
            everything = self.expand_everything(),
            timeless = self.refuse_timeless(),
            take = self.take(),
            duplicates = self.refuse_duplicates(),
            step_taken = step(0),
            fresh_sessions = self.fresh_sessions(),
            standing = self.standing(),
            tell = self.tell(),
            step_compared = step(1),
            write_events = self.write_events(),
            write_sessions = self.write_sessions(),
            step_written = step(2),
            log = self.names.log,
            sessions = literal(&self.names.sessions.to_string()),
            details = details.join(", "),
        )
    }
}

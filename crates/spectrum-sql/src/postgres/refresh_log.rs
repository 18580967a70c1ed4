//! The refresh log: a row per relation and refresh, in the database itself, where dashboards find it. Whoever refreshes
//! writes it: `spectrum refresh`, `refresh_sessions()`, and a deployment that builds.

use crate::name::TableName;
use crate::quote::{identifier, literal};

/// How long rows stay in the log.
const KEPT: &str = "90 days";

/// Of rows that are older, a refresh in the database removes so many at most, so that none takes long where nobody did
/// before.
const REMOVED_AT_ONCE: u32 = 10_000;

/// Why a refresh had nothing to do.
const NOTHING: &str = "nothing was noted";

/// Why relations that a deployment filled are fresh.
const BUILT: &str = "built by spectrum deploy";

/// Suffix, columns and condition of each index. They are for whoever wants what is old gone, and for dashboards that ask
/// how each relation's last refreshes ended.
const INDEXES: [(&str, &[&str], &str); 3] = [
    ("started_at_idx", &["started_at"], ""),
    ("latest_idx", &["relation", "started_at", "run_id"], ""),
    ("failed_idx", &["relation", "started_at"], " WHERE outcome = 'failed'"),
];

/// The log of a deployment.
#[derive(Clone, Copy, Debug)]
pub struct RefreshLog<'a> {
    table: &'a TableName,
}

/// Why a refresh of maintained sessions had something to do or not, from the number of keys.
pub fn refresh_reason(keys: u64) -> String {
    match keys {
        0 => NOTHING.to_owned(),
        1 => "1 key touched".to_owned(),
        keys => format!("{keys} keys touched"),
    }
}

impl<'a> RefreshLog<'a> {
    /// The log with this name.
    pub fn new(table: &'a TableName) -> Self {
        Self { table }
    }

    /// What makes the log and its view, and completes those of an older version.
    pub fn make(self, view: &TableName) -> String {
        let log = self.table;
        let check = identifier(&log.derived("method_check"));
        let indexes = INDEXES.map(|(suffix, columns, condition)| {
            let index = identifier(&log.derived(suffix));
            format!("CREATE INDEX IF NOT EXISTS {index} ON {log} ({}){condition};\n", columns.join(", "))
        });
        format!(
            "\
CREATE TABLE IF NOT EXISTS {log} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL,
  relation text NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  method text CHECK (method IN ('concurrently', 'plain', 'incremental')),
  reason text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('ok', 'failed', 'skipped', 'cancelled')),
  rows bigint,
  error text,
  details jsonb);
ALTER TABLE {log} ADD COLUMN IF NOT EXISTS details jsonb,
  DROP CONSTRAINT IF EXISTS {check},
  ADD CONSTRAINT {check} CHECK (method IN ('concurrently', 'plain', 'incremental'));
{}CREATE OR REPLACE VIEW {view} AS
SELECT run_id, relation, started_at, finished_at, finished_at - started_at AS duration,
       method, reason, outcome, rows, error, details
FROM {log};
",
            indexes.concat()
        )
    }

    /// The columns of each index.
    pub fn indexes() -> impl Iterator<Item = &'static [&'static str]> {
        INDEXES.iter().map(|(_, columns, _)| *columns)
    }

    /// Asks for the number of the next run.
    pub fn next_run(self) -> String {
        format!("SELECT latest.run_id + 1 FROM {}", self.latest())
    }

    /// Adds a row; its parameters are run, relation, start, end, method, reason, outcome, rows and error.
    pub fn row(self) -> String {
        format!(
            "INSERT INTO {} (run_id, relation, started_at, finished_at, method, reason, outcome, rows, error)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.table
        )
    }

    /// Removes the rows that are too old.
    pub fn without_old(self) -> String {
        format!("DELETE FROM {} WHERE started_at < now() - INTERVAL '{KEPT}'", self.table)
    }

    /// Adds the rows of a build of materialized views; its parameters are the names of both, and after how many seconds
    /// of the transaction each was ready.
    pub fn built_views(self, sessions: &TableName, summary: &TableName) -> String {
        format!(
            "INSERT INTO {} (run_id, relation, started_at, finished_at, method, reason, outcome, rows)
             SELECT latest.run_id + 1, built.relation,
                    NOW() + built.began * INTERVAL '1 second', NOW() + built.ended * INTERVAL '1 second',
                    'plain', {}, 'ok', built.rows
             FROM {},
                  (SELECT $1::text, 0::float8, $3::float8, (SELECT COUNT(*) FROM {sessions})
                   UNION ALL SELECT $2::text, $3::float8, $4::float8, (SELECT COUNT(*) FROM {summary}))
               AS built (relation, began, ended, rows)",
            self.table,
            literal(BUILT),
            self.latest()
        )
    }

    /// Adds the rows of a build of maintained tables before they are exchanged: `parts` are those of the build, `filled` is
    /// the summary under the name that it has until then, and `rows`, as SQL over it, how many rows the sessions have.
    pub fn built_tables(
        self,
        sessions: &TableName,
        summary: &TableName,
        parts: &TableName,
        filled: &TableName,
        rows: &str,
    ) -> String {
        let [of_sessions, of_summary] = [sessions, summary].map(|name| literal(&name.to_string()));
        format!(
            "INSERT INTO {} (run_id, relation, started_at, finished_at, method, reason, outcome, rows, details)
SELECT latest.run_id + 1, told.relation, told.started_at, pg_catalog.clock_timestamp(), 'incremental', told.reason, 'ok',
       told.rows, told.details
FROM {},
     (SELECT COALESCE(MIN(planned_at), NOW()) AS began, COUNT(*) AS parts FROM {parts}) build,
     (SELECT {rows} AS events, COUNT(*) AS sessions FROM {filled}) counted,
     LATERAL (VALUES
       ({of_sessions}, build.began, {}, counted.events,
        pg_catalog.jsonb_build_object('parts', build.parts)),
       ({of_summary}, pg_catalog.clock_timestamp(), 'built with ' || {of_sessions}, counted.sessions, NULL))
       AS told (relation, started_at, reason, rows, details)",
            self.table,
            self.latest(),
            literal(BUILT)
        )
    }

    /// The statements of `refresh_sessions()` that add the rows of a refresh of maintained tables, and remove some of those
    /// that are too old. They read its variables; `details` is what is told of the sessions.
    pub(super) fn maintained(self, sessions: &TableName, summary: &TableName, details: &str) -> String {
        let log = self.table;
        let [sessions, summary] = [sessions, summary].map(|name| literal(&name.to_string()));
        format!(
            "  INSERT INTO {log} (run_id, relation, started_at, finished_at, method, reason, outcome, details)
  SELECT latest.run_id + 1, told.relation, told.started_at, told.finished_at, 'incremental', told.reason, 'ok', told.details
  FROM {},
       (VALUES ({sessions}, began, finished,
                CASE keys WHEN 0 THEN {nothing} WHEN 1 THEN {one} ELSE keys || ' keys touched' END,
                {details}),
               ({summary}, finished, finished, 'maintained with ' || {sessions}, NULL))
         AS told (relation, started_at, finished_at, reason, details);
  DELETE FROM {log} WHERE ctid = ANY (ARRAY(
    SELECT l.ctid FROM {log} l WHERE l.started_at < pg_catalog.now() - INTERVAL '{KEPT}'
    ORDER BY l.started_at LIMIT {REMOVED_AT_ONCE}));",
            self.latest(),
            nothing = literal(&refresh_reason(0)),
            one = literal(&refresh_reason(1)),
        )
    }

    /// A row `latest` with the number of the latest run, for FROM. Rows stand in the order of their runs; the lock keeps
    /// others from taking the same number.
    fn latest(self) -> String {
        format!(
            "(SELECT COALESCE(MAX(run_id), 0) AS run_id FROM (SELECT run_id FROM {} ORDER BY id DESC LIMIT 1) l) latest",
            self.table
        )
    }
}

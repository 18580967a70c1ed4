//! Past refreshes, by the refresh log.

use postgres::GenericClient;
use spectrum_sql::TableName;

use crate::error::{Result, While};
use crate::refresh::RefreshCounts;

/// How many past refreshes are shown.
const SHOWN: i64 = 10;

/// A row of the refresh log.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct PastRefresh {
    /// What was refreshed.
    pub relation: String,
    /// When it began, in UTC.
    pub started_at: String,
    /// How long it took.
    pub seconds: f64,
    /// `concurrently`, `plain` or `incremental`.
    pub method: String,
    /// `ok`, `failed`, `skipped` or `cancelled`.
    pub outcome: String,
    /// Rows afterwards.
    pub rows: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    /// What was taken in, if it is maintained sessions that were refreshed.
    pub counts: Option<RefreshCounts>,
}

/// The last refreshes, the latest first. `log` is the table or its view.
pub(super) fn past_refreshes(client: &mut impl GenericClient, log: &TableName) -> Result<Vec<PastRefresh>> {
    // As JSON, because a log that an older version made has no details.
    let sql = format!(
        "SELECT relation, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                COALESCE(EXTRACT(EPOCH FROM finished_at - started_at), 0)::float8, COALESCE(method, ''), outcome, rows, error,
                (to_jsonb(log) -> 'details')::text
         FROM {log} AS log ORDER BY started_at DESC, finished_at DESC, relation LIMIT {SHOWN}"
    );
    let rows = client.query(&sql, &[]).while_doing("reading past refreshes")?;
    let past = |row: &postgres::Row| PastRefresh {
        relation: row.get(0),
        started_at: row.get(1),
        seconds: row.get(2),
        method: row.get(3),
        outcome: row.get(4),
        rows: row.get(5),
        error: row.get(6),
        counts: row.get::<_, Option<&str>>(7).and_then(|details| serde_json::from_str(details).ok()),
    };
    Ok(rows.iter().map(past).collect())
}

/// Seconds since the last refresh of the sessions began that came to its end.
pub(super) fn age(
    client: &mut impl GenericClient,
    log: &TableName,
    sessions: &TableName,
) -> Result<Option<f64>> {
    let sql = format!(
        "SELECT EXTRACT(EPOCH FROM NOW() - MAX(started_at))::float8 FROM {log} WHERE relation = $1 AND outcome = 'ok'"
    );
    let row = client.query_one(&sql, &[&sessions.to_string()]).while_doing("reading past refreshes")?;
    Ok(row.get(0))
}

//! What the history promises, as a query.

use super::Incremental;

impl Incremental<'_> {
    /// A query of what cannot have been, with the columns `why`, which has a name of its own, and those of the key: a
    /// row that was there twice at a time, or went without having been there, by what is kept of it or by the summary.
    pub fn broken_history(&self, filter: &str) -> String {
        let (history, summary) = (&self.names.history, &self.names.summary);
        let (key, of_t) = (self.events.key_list(), self.key_of("t"));
        let why = self.events.own_name("why");
        let same = self.same_row("s", "t");
        let utc = |column: &str| {
            format!("pg_catalog.to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')")
        };
        format!(
            "SELECT {of_t}, t.{why} FROM (
  WITH told AS (
    SELECT {key}, started_at, valid_to, change, LAG(change) OVER row_in_time AS change_before,
           LEAD(change) OVER row_in_time AS change_after
    FROM (SELECT * FROM {history} WHERE change <> 'begun') h{filter}
    WINDOW row_in_time AS (PARTITION BY {key}, started_at ORDER BY valid_to))
  SELECT {key}, CASE WHEN change = 'created' THEN 'was made at ' ELSE change || ' at ' END || {valid_to}
         || CASE WHEN change = 'created' THEN ' and was there' ELSE ' and was not there' END AS {why}
  FROM told WHERE change_before IS NOT NULL AND (change_before = 'removed') <> (change = 'created')
  UNION ALL
  SELECT {of_t}, CASE WHEN t.change = 'removed' THEN 'removed at ' ELSE 'there since ' END || {t_valid_to}
         || CASE WHEN t.change = 'removed' THEN ' and is there' ELSE ' and is not there' END
  FROM told t
  WHERE t.change_after IS NULL AND (t.change = 'removed') = EXISTS (SELECT FROM {summary} s WHERE {same})) t",
            valid_to = utc("valid_to"),
            t_valid_to = utc("t.valid_to"),
        )
    }
}

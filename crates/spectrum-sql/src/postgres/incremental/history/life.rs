//! All that is known of the sessions of a key, from which the life of one of them follows.

use super::Incremental;

impl Incremental<'_> {
    /// A query of the sessions that a key has and had, found by an id that one of them has or had, its parameter. The latest come first: those that are in
    /// the summary, then what each refresh replaced. `by_ids` says that the table of ids can be asked too.
    ///
    /// Its columns are: when the row was replaced, as text in UTC, or NULL; what happened to it; its id and number; its start as
    /// text, and as a number in the order of all times told; the same of its end; its events; the key as an array of texts; and
    /// the other columns as one text.
    pub fn life_query(&self, by_ids: bool) -> String {
        let (history, summary) = (&self.names.history, &self.names.summary);
        let key = self.events.key_list();
        let columns = self.summary_columns();
        let told = |from: &str, of: &str| {
            let row: Vec<String> = columns.iter().map(|name| format!("m.{name}")).collect();
            self.branches("m", "k", |condition| {
                format!(
                    "SELECT m.session_id, m.session_seq, m.started_at, m.ended_at, m.events, ROW({})::text AS told{of} FROM {from} m WHERE {condition}",
                    row.join(", ")
                )
            })
        };
        let ids = match by_ids {
            true => {
                format!("\n  UNION ALL (SELECT {key} FROM {} WHERE session_id = $1 LIMIT 1)", self.names.ids)
            }
            false => String::new(),
        };
        let texts: Vec<String> = self
            .events
            .definition
            .key()
            .iter()
            .map(|name| format!("k.{}::text", crate::quote::identifier(name)))
            .collect();
        format!(
            "WITH k AS MATERIALIZED (
  SELECT * FROM (
  (SELECT {key} FROM {summary} WHERE session_id = $1 LIMIT 1){ids}
  UNION ALL (SELECT {key} FROM {history} WHERE session_id = $1 LIMIT 1)) found LIMIT 1),
r AS MATERIALIZED (
  SELECT NULL::pg_catalog.timestamptz AS valid_to, 'there' AS change, m.* FROM k CROSS JOIN LATERAL (
      {now}) m
  UNION ALL
  SELECT m.valid_to, m.change, m.session_id, m.session_seq, m.started_at, m.ended_at, m.events, m.told FROM k CROSS JOIN LATERAL (
      {then}) m
  WHERE m.change <> 'begun'),
p AS MATERIALIZED (
  SELECT at, ROW_NUMBER() OVER (ORDER BY at) AS place
  FROM (SELECT started_at AS at FROM r UNION SELECT ended_at FROM r) AS times WHERE at IS NOT NULL)
SELECT pg_catalog.to_char(r.valid_to AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), r.change, r.session_id, r.session_seq::bigint,
       r.started_at::text, s.place, r.ended_at::text, e.place, r.events, ARRAY[{texts}], r.told
FROM r CROSS JOIN k JOIN p s ON s.at = r.started_at LEFT JOIN p e ON e.at = r.ended_at
ORDER BY r.valid_to DESC NULLS FIRST, r.started_at",
            now = told(&summary.to_string(), ""),
            then = told(&history.to_string(), ", m.valid_to, m.change"),
            texts = texts.join(", "),
        )
    }
}

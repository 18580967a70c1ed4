//! What a refresh reports: how sessions came to be what they are.

use super::super::working::{FRESH_SESSIONS, SPANS, STANDING, STANDING_SESSIONS};
use super::Incremental;
use crate::quote::identifier;

impl Incremental<'_> {
    /// Counts what changes, from the working tables. An event of both sides leads from the session it was in, if it was in
    /// one, to the one it is in now.
    pub(super) fn ruled_tell(&self) -> String {
        let own = &self.own;
        let event_id = self.events.event_id_name();
        format!(
            "  WITH pairs AS (
    SELECT o.{span_no} AS old_key, o.{had_seq} AS old_seq, f.{span_no} AS new_key, f.{seq} AS new_seq,
           o.{had_id} IS DISTINCT FROM s.session_id AS renamed, ({differs}) AS changed
    FROM pg_temp.{STANDING} o, {fresh}
    WHERE f.{event_id} = o.{event_id}),
  moves AS (
    SELECT old_key, old_seq, new_key, new_seq, COUNT(*) AS pairs, COUNT(*) FILTER (WHERE renamed) AS renamed
    FROM pairs WHERE old_seq IS NOT NULL AND new_seq IS NOT NULL GROUP BY old_key, old_seq, new_key, new_seq),
  targets AS (
    SELECT new_key, new_seq, COUNT(*) AS sources, SUM(pairs) AS pairs, MIN(old_key) AS old_key, MIN(old_seq) AS old_seq
    FROM moves GROUP BY new_key, new_seq),
  sources AS (SELECT old_key, old_seq, COUNT(*) AS targets, SUM(renamed) AS renamed FROM moves GROUP BY old_key, old_seq)
  SELECT (SELECT COUNT(*) FROM pg_temp.{FRESH_SESSIONS}) - (SELECT COUNT(*) FROM targets),
         (SELECT COUNT(*) FROM targets t
          JOIN pg_temp.{FRESH_SESSIONS} s ON s.{span_no} = t.new_key AND s.session_seq = t.new_seq
          JOIN pg_temp.{STANDING_SESSIONS} o ON o.{span_no} = t.old_key AND o.session_seq = t.old_seq
          WHERE t.sources = 1 AND s.events > t.pairs AND o.events = t.pairs),
         (SELECT COUNT(*) FROM targets WHERE targets.sources > 1),
         (SELECT COUNT(*) FROM sources WHERE sources.targets > 1),
         (SELECT COUNT(*) FROM (SELECT {span_no}, {had_seq} FROM pg_temp.{STANDING} WHERE {had_seq} IS NOT NULL GROUP BY 1, 2) o)
           - (SELECT COUNT(*) FROM sources),
         (SELECT COUNT(*) FROM sources WHERE renamed > 0),
         (SELECT COALESCE(SUM(renamed), 0) FROM sources),
         (SELECT COUNT(*) FROM pairs WHERE changed)
  INTO sessions_created, sessions_extended, sessions_merged, sessions_split, sessions_dropped, ids_changed, events_renamed,
       events_changed;
{arrived}  SELECT COUNT(*) INTO sessions_retold
  FROM pg_temp.{STANDING_SESSIONS} o
  JOIN pg_temp.{FRESH_SESSIONS} f ON f.{span_no} = o.{span_no} AND f.ended_at = o.ended_at
  WHERE f.started_at = o.started_at AND f.events = o.events AND (o.started_by IS DISTINCT FROM f.started_by{retold});
",
            arrived = self.tell_arrived(&format!(
                "SELECT t.{span_no},
               CASE WHEN MIN(t.{next_started_at}) < {after_all} THEN MIN(t.{next_started_at}) ELSE MAX(o.{time}) END AS latest
        FROM pg_temp.{SPANS} t LEFT JOIN pg_temp.{STANDING} o ON o.{span_no} = t.{span_no}
        GROUP BY t.{span_no}",
                span_no = own.span_no,
                next_started_at = own.next_started_at,
                after_all = self.events.time.after_all(),
                time = self.events.time_name(),
            )),
            retold = self.is_retold(),
            fresh = self.fresh_events(),
            span_no = own.span_no,
            seq = own.seq,
            had_id = own.had_id,
            had_seq = own.had_seq,
            differs = self.event_differs("o", "f"),
        )
    }

    /// Whether what the summary tells besides differs, after the reason. As text, because some types do not compare.
    fn is_retold(&self) -> String {
        let told = self.events.definition.summary().iter().map(|told| identifier(&told.name));
        told.map(|name| format!(" OR o.{name}::text IS DISTINCT FROM f.{name}::text")).collect()
    }
}

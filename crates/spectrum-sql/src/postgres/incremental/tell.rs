//! What a refresh reports: how sessions came to be what they are.

use super::Incremental;
use super::working::{FRESH, FRESH_SESSIONS, PARTS, SPANS, STANDING, STANDING_SESSIONS};
use crate::quote::{identifier, literal};

/// The id of the event that a unique violation is about, from the error's detail; `None` when it is about another column.
/// `refresh_sessions()` gives it in the form in which the server reports what an index refuses.
pub fn duplicate_event<'d>(event_id: &str, detail: &'d str) -> Option<&'d str> {
    // The words around it are in the language of the server.
    let (_, value) = detail.split_once(&key_of_detail(event_id))?;
    value.rsplit_once(')').map(|(value, _)| value)
}

/// As in `Key (event_id)=(e1) already exists.`
fn key_of_detail(event_id: &str) -> String {
    format!("({})=(", identifier(event_id))
}

impl Incremental<'_> {
    /// Counts what changes, from the working tables. An event of both sides leads from the session it was in to the one
    /// it is in now; in grown spans a session leads to the one it is a part of.
    pub(super) fn tell(&self) -> String {
        let own = &self.own;
        let event_id = self.events.event_id_name();
        format!(
            "  WITH pairs AS (
    SELECT o.{span_no} AS old_key, o.{seq} AS old_seq, f.{span_no} AS new_key, f.{seq} AS new_seq,
           o.{had_id} IS DISTINCT FROM s.session_id AS renamed, ({differs}) AS changed
    FROM pg_temp.{STANDING} o JOIN pg_temp.{FRESH} f ON f.{event_id} = o.{event_id}
    JOIN pg_temp.{FRESH_SESSIONS} s ON s.{span_no} = f.{span_no} AND s.session_seq = f.{seq}),
  moves AS (
    SELECT old_key, old_seq, new_key, new_seq, COUNT(*) AS pairs, COUNT(*) FILTER (WHERE renamed) AS renamed,
           COUNT(*) FILTER (WHERE changed) AS changed
    FROM pairs WHERE old_seq IS NOT NULL GROUP BY old_key, old_seq, new_key, new_seq
    UNION ALL
    SELECT p.{span_no}, p.{had_seq}, p.{span_no}, p.{seq}, p.events,
           CASE WHEN p.{had_id} IS DISTINCT FROM s.session_id THEN p.events ELSE 0 END, 0
    FROM pg_temp.{PARTS} p
    JOIN pg_temp.{FRESH_SESSIONS} s ON s.{span_no} = p.{span_no} AND s.session_seq = p.{seq}
    WHERE p.{had_seq} IS NOT NULL),
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
         (SELECT COUNT(*) FROM (SELECT {span_no}, {seq} FROM pg_temp.{STANDING} WHERE {seq} IS NOT NULL GROUP BY 1, 2) o)
           + (SELECT COUNT(*) FROM pg_temp.{PARTS} WHERE {had_seq} IS NOT NULL) - (SELECT COUNT(*) FROM sources),
         (SELECT COUNT(*) FROM sources WHERE renamed > 0),
         (SELECT COALESCE(SUM(renamed), 0) FROM sources),
         (SELECT COALESCE(SUM(changed), 0) FROM moves)
  INTO sessions_created, sessions_extended, sessions_merged, sessions_split, sessions_dropped, ids_changed, events_renamed,
       events_changed;
{arrived}",
            arrived = self.tell_arrived(&format!(
                "SELECT t.{span_no},
               CASE WHEN MIN(t.{next_started_at}) < {after_all} THEN MIN(t.{next_started_at})
                    ELSE COALESCE(MAX(o.ended_at), MIN(t.{last_ended_at})) END AS latest
        FROM pg_temp.{SPANS} t LEFT JOIN pg_temp.{STANDING_SESSIONS} o ON o.{span_no} = t.{span_no}
        GROUP BY t.{span_no}",
                span_no = own.span_no,
                last_ended_at = own.last_ended_at,
                next_started_at = own.next_started_at,
                after_all = self.events.time.after_all(),
            )),
            span_no = own.span_no,
            seq = own.seq,
            had_id = own.had_id,
            had_seq = own.had_seq,
            differs = self.event_differs("o", "f"),
        )
    }

    /// Counts which of the events that were not there before are unusual, and how large sessions are. `latest` is a query
    /// for the latest time that the keys of spans had.
    pub(super) fn tell_arrived(&self, latest: &str) -> String {
        let time = format!("f.{}", self.events.time_name());
        let is_late = format!("{time} < l.latest");
        let is_future = self.events.is_future(&time);
        let key = self.events.definition.key().iter();
        let has_null: Vec<String> = key.map(|name| format!("f.{} IS NULL", identifier(name))).collect();
        let has_null = has_null.join(" OR ");
        format!(
            "  SELECT COUNT(*) FILTER (WHERE {is_late}), COUNT(*) FILTER (WHERE {is_future}), COUNT(*) FILTER (WHERE {has_null})
  INTO events_late, events_future, events_null_key
  FROM pg_temp.{FRESH} f
  JOIN ({latest}) l ON l.{span_no} = f.{span_no} AND ({is_late} OR {is_future} OR {has_null})
  WHERE NOT EXISTS (SELECT FROM pg_temp.{STANDING} o WHERE o.{event_id} = f.{event_id});
  SELECT COALESCE(MAX(events), 0) INTO largest_session FROM pg_temp.{FRESH_SESSIONS};
",
            span_no = self.own.span_no,
            event_id = self.events.event_id_name(),
        )
    }

    /// Events whose id is there twice, or that have none, cannot be told apart.
    pub(super) fn refuse_duplicates(&self) -> String {
        let event_id = self.events.event_id_name();
        format!(
            "  SELECT {event_id} INTO duplicate FROM pg_temp.{FRESH}
  GROUP BY {event_id} HAVING COUNT(*) > 1 OR {event_id} IS NULL LIMIT 1;
{}",
            self.refuse_found()
        )
    }

    /// Says of which event the unique index of the sessions knows another already, which is one that no span has.
    pub(super) fn refuse_known(&self) -> String {
        let event_id = self.events.event_id_name();
        format!(
            "  SELECT f.{event_id} INTO duplicate FROM pg_temp.{FRESH} f JOIN {} m ON m.{event_id} = f.{event_id}
  WHERE NOT EXISTS (SELECT FROM pg_temp.{STANDING} o WHERE o.{event_id} = f.{event_id}) LIMIT 1;
{}
  RAISE;",
            self.names.sessions,
            self.refuse_found()
        )
    }

    /// Refuses the event whose id was selected into the variable `duplicate`, if one was found.
    fn refuse_found(&self) -> String {
        let word = self.events.definition.event_id();
        format!(
            "  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'unique_violation',
      MESSAGE = COALESCE({twice} || duplicate, {none}),
      DETAIL = COALESCE({key} || duplicate || ') is duplicated. ', '') ||
               'The sessions stay as they were, and what was noted waits.',
      HINT = CASE WHEN duplicate IS NULL THEN {give} ELSE {remove} END;
  END IF;",
            twice = literal(&format!("more than one event has {word} ")),
            key = literal(&format!("Key {}", key_of_detail(word))),
            none = literal(&format!("an event has no {word}")),
            give = literal(&format!("Give it one; NOT NULL on {word} keeps such events out.")),
            remove = literal(&format!("Remove the copies; a unique index on {word} keeps new ones out.")),
        )
    }
}

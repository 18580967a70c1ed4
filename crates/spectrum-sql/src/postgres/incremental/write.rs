//! Writing what differs, and nothing else.

use super::Incremental;
use super::working::{FRESH, FRESH_SESSIONS, STANDING, STANDING_SESSIONS};
use crate::postgres::events::KeyComparison;
use crate::quote::identifier;

impl Incremental<'_> {
    /// Whether the values of an event differ between two aliases, the session aside. As text where equal values can
    /// look different, or do not compare at all.
    pub(super) fn event_differs(&self, a: &str, b: &str) -> String {
        let events = self.events;
        let time = events.time_name();
        let key = events.definition.key().iter().zip(&events.key).map(|(name, ty)| {
            let name = identifier(name);
            match ty {
                KeyComparison::Plain => format!("{a}.{name} IS DISTINCT FROM {b}.{name}"),
                KeyComparison::CaseInsensitive => {
                    format!("{a}.{name}::text IS DISTINCT FROM {b}.{name}::text")
                }
            }
        });
        let carried = events
            .carried
            .iter()
            .map(|name| identifier(name))
            .map(|name| format!("{a}.{name}::text IS DISTINCT FROM {b}.{name}::text"));
        let all = [format!("{a}.{time} IS DISTINCT FROM {b}.{time}")].into_iter().chain(key).chain(carried);
        all.collect::<Vec<_>>().join(" OR ")
    }

    /// Writes what differs into the sessions relation.
    pub(super) fn write_events(&self) -> String {
        let own = &self.own;
        let events = self.events;
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let (key, carried, sessions) = (events.key_list(), events.carried_list(), &self.names.sessions);
        let values: Vec<String> = self
            .values_of("f")
            .into_iter()
            .chain([("session_id".to_owned(), "s.session_id".to_owned())])
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        let joined = format!(
            "pg_temp.{FRESH} f
    JOIN pg_temp.{FRESH_SESSIONS} s ON s.{span_no} = f.{span_no} AND s.session_seq = f.{seq}",
            span_no = own.span_no,
            seq = own.seq
        );
        format!(
            "  DELETE FROM {sessions} WHERE ctid = ANY (ARRAY(
    SELECT o.{place} FROM pg_temp.{STANDING} o
    WHERE NOT EXISTS (SELECT FROM pg_temp.{FRESH} f WHERE f.{event_id} = o.{event_id})));
  GET DIAGNOSTICS events_removed = ROW_COUNT;
  UPDATE {sessions} m SET {values}
  FROM pg_temp.{STANDING} o JOIN {joined} ON f.{event_id} = o.{event_id}
  WHERE m.ctid = o.{place} AND (o.{had_id} IS DISTINCT FROM s.session_id OR {differs});
  BEGIN
    INSERT INTO {sessions} ({key}, {time}, {event_id}{carried}, session_id)
    SELECT {of_f}, f.{time}, f.{event_id}{carried_of_f}, s.session_id FROM {joined}
    WHERE NOT EXISTS (SELECT FROM pg_temp.{STANDING} o WHERE o.{event_id} = f.{event_id});
    GET DIAGNOSTICS events_added = ROW_COUNT;
  EXCEPTION WHEN unique_violation THEN
  {known}
  END;",
            known = self.refuse_known(),
            place = own.place,
            had_id = own.had_id,
            values = values.join(", "),
            differs = self.event_differs("o", "f"),
            of_f = self.key_of("f"),
            carried_of_f = self.carried_of("f"),
        )
    }

    /// Writes what differs into the summary. Sessions of a key are identified by their end, which never
    /// changes in a row: so no two rows of a key have the same end at any moment, and a number that shifts
    /// takes no other row's place.
    pub(super) fn write_sessions(&self) -> String {
        let own = &self.own;
        let (summary, key) = (&self.names.summary, self.events.key_list());
        let key_columns = self.events.definition.key().iter().map(|name| identifier(name));
        let values = self.summary_values();
        let columns: Vec<String> = ["session_id".to_owned(), "session_seq".to_owned()]
            .into_iter()
            .chain(values.iter().filter(|name| *name != "ended_at").cloned())
            .chain(key_columns)
            .collect();
        let set: Vec<String> = columns.iter().map(|name| format!("{name} = f.{name}")).collect();
        let differs: Vec<String> = columns.iter().map(|name| self.summary_differs(name)).collect();
        let all = format!("session_id, {key}, session_seq, {}", values.join(", "));
        let same = format!("f.{0} = o.{0} AND f.ended_at = o.ended_at", own.span_no);
        format!(
            "  DELETE FROM {summary} WHERE ctid = ANY (ARRAY(
    SELECT o.{place} FROM pg_temp.{STANDING_SESSIONS} o
    WHERE NOT EXISTS (SELECT FROM pg_temp.{FRESH_SESSIONS} f WHERE {same})));
  UPDATE {summary} m SET {set}
  FROM pg_temp.{STANDING_SESSIONS} o JOIN pg_temp.{FRESH_SESSIONS} f ON {same}
  WHERE m.ctid = o.{place} AND ({differs});
  INSERT INTO {summary} ({all})
  SELECT {all} FROM pg_temp.{FRESH_SESSIONS} f
  WHERE NOT EXISTS (SELECT FROM pg_temp.{STANDING_SESSIONS} o WHERE {same});",
            place = own.place,
            set = set.join(", "),
            differs = differs.join(" OR "),
        )
    }

    /// Whether a column of the summary differs between the rows `o` and `f`.
    pub(super) fn summary_differs(&self, name: &str) -> String {
        match self.compares_as_text(name) {
            true => format!("o.{name}::text IS DISTINCT FROM f.{name}::text"),
            false => format!("o.{name} IS DISTINCT FROM f.{name}"),
        }
    }

    /// Whether a column of the summary is a part of the key whose equal values can look different, or one of those that may
    /// not compare at all.
    fn compares_as_text(&self, column: &str) -> bool {
        if self.events.definition.summary().iter().any(|told| identifier(&told.name) == column) {
            return true;
        }
        let mut key = self.events.definition.key().iter().zip(&self.events.key);
        key.any(|(name, ty)| *ty == KeyComparison::CaseInsensitive && identifier(name) == column)
    }
}

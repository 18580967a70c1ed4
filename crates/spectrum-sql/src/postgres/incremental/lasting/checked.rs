//! The reference with ids that last, and the promises that the table of ids makes, as queries.

use super::Incremental;
use crate::postgres::digest::key_text;
use crate::postgres::events::Events;
use crate::postgres::{numbered_sessions_query, ruled_columns};
use crate::quote::identifier;

impl Incremental<'_> {
    /// The reference SQL over `events` with the number of each session, in which a session has the id of the anchor that
    /// was founded first of those at its moments; NULL where there is none.
    pub fn numbered_by_anchors(&self, events: &Events<'_>) -> String {
        let numbered = numbered_sessions_query(events);
        if !self.ids_last() {
            return numbered;
        }
        let (key, time) = (events.key_list(), events.time_name());
        let labels: String = match ruled_columns(events.definition) {
            [] => ", session_seq".to_owned(),
            columns => columns.iter().map(|(name, _)| format!(", {name}")).collect(),
        };
        let ignored = match events.definition.rule().ignore_when() {
            Some(_) => " AND NOT n.ignored",
            None => "",
        };
        let (named, text) = (events.own_name("lasting_id"), events.own_name("key_text"));
        // Texts of keys can be hashed, NULLs included: many events can have one time, as where times are days.
        let key_text = key_text(events);
        format!(
            "SELECT {key}, {time}, {event_id}{carried},
       CASE WHEN session_seq IS NOT NULL THEN FIRST_VALUE({named}) OVER (PARTITION BY {key}, session_seq ORDER BY {founded} NULLS LAST) END AS session_id{labels}
FROM (
  SELECT n.*, a.session_id AS {named}, a.founded_no AS {founded}
  FROM (SELECT *, {key_text} AS {text} FROM (\n{numbered}) AS numbered) n
  LEFT JOIN (SELECT DISTINCT ON ({text}, anchored_at) *
             FROM (SELECT *, {key_text} AS {text} FROM {ids} WHERE anchored_at IS NOT NULL) AS anchors
             ORDER BY {text}, anchored_at, founded_no) a
    ON a.anchored_at = n.{time} AND a.{text} = n.{text}{ignored}) AS numbered",
            event_id = events.event_id_name(),
            carried = events.carried_list(),
            founded = events.own_name("founded"),
            ids = self.names.ids,
        )
    }

    /// A query of the ids that break a promise, with the columns `session_id`, `why`, which has a
    /// name of its own ([`Events::own_name`]), and those of the key: a session whose
    /// id is not that of an anchor, an id that is said to be current and of which there is no session, and an anchor that
    /// is not where its table says.
    pub fn broken_ids(&self, filter: &str) -> String {
        let time = self.events.time_name();
        let (sessions, summary, ids) = (&self.names.sessions, &self.names.summary, &self.names.ids);
        let key: String =
            self.events.definition.key().iter().map(|name| format!(", b.{}", identifier(name))).collect();
        let counts = self.counts("m", "session_id", "ignored");
        let there = self.branches("m", "b", |condition| {
            format!("SELECT m.session_id FROM {sessions} m WHERE {condition} AND m.{time} = b.anchored_at AND {counts}")
        });
        let same_key = self.same_key("i", "b");
        let why = self.events.own_name("why");
        format!(
            "SELECT b.session_id, 'is of a session and not current in {ids_words}' AS {why}{key} FROM (SELECT * FROM {summary}{filter}) b
WHERE NOT EXISTS (SELECT FROM {ids} i WHERE i.session_id = b.session_id AND i.state = 'current' AND {same_key})
UNION ALL
SELECT b.session_id, 'is said to be current and is of no session'{key} FROM (SELECT * FROM {ids}{filter}) b
WHERE b.state = 'current' AND (b.current_id <> b.session_id OR NOT EXISTS (SELECT FROM {summary} i WHERE i.session_id = b.session_id AND {same_key}))
UNION ALL
SELECT b.session_id, 'is said to stand for ' || b.current_id || ' and does not'{key} FROM (SELECT * FROM {ids}{filter}) b
WHERE b.anchored_at IS NOT NULL AND b.current_id IS DISTINCT FROM (SELECT MIN(m.session_id) FROM ({there}) m)",
            ids_words = self.names.ids.name().replace('\'', "''"),
        )
    }
}

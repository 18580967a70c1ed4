//! What the statement writes.

use spectrum_core::IdScheme;

use super::Incremental;
use crate::quote::identifier;

impl Incremental<'_> {
    /// What is written, each row once, if the statement fits.
    pub(super) fn writes_at_once(&self) -> String {
        let (own, events) = (&self.own, self.events);
        let name = |wanted| events.own_name(wanted);
        let (parts, is_renamed, gone) = (name("parts"), name("is_renamed"), name("gone"));
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        let (sessions, summary) = (&self.names.sessions, &self.names.summary);
        let carried: String = self.carried_beside().iter().map(|name| format!(", {name}")).collect();
        let events_of = self.rows(false, "m", "s", |condition| {
            format!(
                "SELECT m.ctid AS {} FROM {sessions} m
      WHERE {condition} AND m.{time} >= s.started_at AND m.{time} <= s.ended_at AND m.session_id IS DISTINCT FROM s.session_id",
                own.place
            )
        });
        let of_number = match events.definition.id() {
            IdScheme::Start | IdScheme::Persistent => "",
            IdScheme::Sequence | IdScheme::Encoded => ", session_id = s.session_id",
        };
        let key_columns = events.definition.key().iter().map(|name| identifier(name));
        let values = ["session_id", "session_seq", "started_at", "ended_at"].map(str::to_owned).into_iter();
        let more = ["events", "first_event_id", "last_event_id"].map(str::to_owned);
        let set: Vec<String> =
            values.chain(more).chain(key_columns).map(|name| format!("{name} = s.{name}")).collect();
        let duration = self.duration();
        format!(
            "  forgotten AS (DELETE FROM {changes} WHERE ctid = ANY (ARRAY(SELECT noted.{place} FROM decided CROSS JOIN noted WHERE decided.fits))),
  new_events AS (
    INSERT INTO {sessions} ({key}, {time}, {event_id}{event_carried}, session_id)
    SELECT {key}, started_at, first_event_id{carried}, session_id FROM decided CROSS JOIN labelled
    WHERE decided.fits AND {had_seq} IS NULL),
  renamed_events AS (
    UPDATE {sessions} m SET session_id = e.session_id
    FROM (SELECT e.{place}, s.session_id FROM decided CROSS JOIN moved s CROSS JOIN LATERAL (
      {events_of}) e
      WHERE decided.fits AND s.{had_id} IS DISTINCT FROM s.session_id) e
    WHERE m.ctid = e.{place}),
  shifted_sessions AS (
    UPDATE {summary} m SET session_seq = s.session_seq{of_number} FROM decided CROSS JOIN moved s WHERE decided.fits AND m.ctid = s.{place}),
  united_sessions AS (
    DELETE FROM {summary} WHERE ctid = ANY (ARRAY(
      SELECT pg_catalog.unnest(s.{gone}) FROM decided CROSS JOIN sessions s WHERE decided.fits))),
  grown_sessions AS (
    UPDATE {summary} m SET {set}, duration = {duration_of_s}
    FROM decided CROSS JOIN sessions s WHERE decided.fits AND m.ctid = s.{place} AND (s.{parts} > 1 OR s.{is_renamed})),
  new_sessions AS (
    INSERT INTO {summary} (session_id, {key}, session_seq, started_at, ended_at, duration, events, first_event_id, last_event_id)
    SELECT session_id, {key}, session_seq, started_at, ended_at, {duration}, events, first_event_id, last_event_id
    FROM decided CROSS JOIN sessions WHERE decided.fits AND {place} IS NULL)",
            changes = self.names.changes,
            place = own.place,
            event_carried = events.carried_list(),
            had_seq = own.had_seq,
            had_id = own.had_id,
            set = set.join(", "),
            duration_of_s = events.difference("s.ended_at", "s.started_at"),
        )
    }
}

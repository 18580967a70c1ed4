//! Taking the notes, and the events that they point to, at one moment.

use super::Incremental;
use super::capture::times_of;
use super::working::{FRESH, SPANS};
use crate::name::TableName;
use crate::quote::{identifier, literal};

impl Incremental<'_> {
    /// Notes of a TRUNCATE become notes of the keys whose events are gone, and notes of what triggers did not understand
    /// those of every key.
    pub(super) fn expand_everything(&self) -> String {
        let own = &self.own;
        let (changes, key) = (&self.names.changes, self.events.key_list());
        let all_keys = format!(
            "SELECT {key} FROM {} UNION SELECT {key} FROM {}",
            self.events.table, self.names.sessions
        );
        format!(
            "  IF EXISTS (SELECT FROM {changes} WHERE {everything} AND {timeless}) THEN
    -- Triggers met columns that they did not know.
    DELETE FROM {changes} WHERE {everything};
    {note_all};
  ELSIF EXISTS (SELECT FROM {changes} WHERE {everything}) THEN
    DELETE FROM {changes} WHERE {everything} AND NOT {timeless};
    {note_gone}
  END IF;",
            everything = own.everything,
            timeless = own.timeless,
            note_all = self.note_keys(&all_keys),
            note_gone = self.note_gone(),
        )
    }

    /// Notes every key with an event in the sessions relation that the events do not have any more.
    pub(super) fn note_gone(&self) -> String {
        let (events, key) = (self.events, self.events.key_list());
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let same =
            format!("e.{event_id} = m.{event_id} AND e.{time} = m.{time} AND {}", self.same_key("e", "m"));
        let kept = match self.keeps() {
            true => format!(" AND NOT EXISTS (SELECT FROM {} e WHERE {same})", self.names.kept),
            false => String::new(),
        };
        format!(
            "INSERT INTO {} ({key}, {})
    SELECT {key}, {} FROM {} m
    WHERE NOT EXISTS (SELECT FROM {} e WHERE {same}){kept}
    GROUP BY {key};",
            self.names.changes,
            self.own.times,
            times_of(&time),
            self.names.sessions,
            events.table
        )
    }

    /// Events without a finite time cannot be placed; a refresh says which, and keeps everything as it is.
    /// The notes of such events are taken only if it has looked at them, and one can come at any moment.
    pub(super) fn refuse_timeless(&self) -> String {
        let own = &self.own;
        let (events, changes) = (self.events, &self.names.changes);
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let finite = events.time.is_finite(&format!("e.{time}"));
        let (bad, hint) = match events.without_null_times {
            true => (format!("NOT {finite}"), "Give it a time, or none."),
            false => (
                format!("(e.{time} IS NULL OR NOT {finite})"),
                "Give it one. Events whose time is NULL, and no others, are left out if spectrum deploy is told to drop them.",
            ),
        };
        let found = self.branches("e", "c", |condition| {
            format!("SELECT e.{event_id} AS id FROM {} e WHERE {condition} AND {bad} LIMIT 1", events.table)
        });
        format!(
            "  IF EXISTS (SELECT FROM {changes} WHERE {timeless}) THEN
    WITH looked AS (UPDATE {changes} SET {timeless} = false WHERE {timeless} RETURNING {key})
    SELECT f.id INTO timeless_event
    FROM (SELECT DISTINCT {key} FROM looked) c CROSS JOIN LATERAL (
      {found}) f
    LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'data_exception',
        MESSAGE = {message} || timeless_event,
        DETAIL = 'No session can be made of it. The sessions stay as they were, and what was noted waits.',
        HINT = {hint};
    END IF;
  END IF;",
            timeless = own.timeless,
            key = events.key_list(),
            message = literal(&format!("an event has no finite time: {} ", events.definition.event_id())),
            hint = literal(hint),
        )
    }

    /// The spans of the touched keys, and the events in them; of grown spans those at the times touched, which get their
    /// numbers later. The numbers of others carry on that of the last session before the span, as it is now.
    ///
    /// It is one statement, so that notes and events are those of one moment. Without `nulls` it leaves the notes of keys
    /// with a NULL where they are.
    pub(super) fn take(&self, nulls: bool) -> String {
        let own = &self.own;
        let events = self.events;
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        let changes = &self.names.changes;
        let (of_e, carried, from) = (self.key_of("e"), self.carried_of("e"), self.table_read("e"));
        let columns = format!("{of_e}, e.{event_id}, e.{time}{carried}{from}");
        let tables = [&events.table].into_iter().chain(self.keeps().then_some(&self.names.kept));
        let found = |grown: bool| {
            let of_table = |table: &TableName| {
                self.in_spans(nulls, "spans", "e", &[&own.last_seq], grown, |condition| {
                    format!("SELECT {columns} FROM {table} e WHERE {condition}")
                })
            };
            tables.clone().map(of_table).collect::<Vec<_>>().join("\n    UNION ALL\n    ")
        };
        let carried = events.carried_list();
        format!(
            "  WITH taken AS (DELETE FROM {changes} WHERE NOT {everything} AND NOT {timeless}{no_null} RETURNING *),
  {spans},
  noted AS (
    INSERT INTO pg_temp.{SPANS}
    SELECT {span_no}, {key}, {last_seq}, {last_ended_at}, {next_seq}, {next_started_at}, {added}, {begins}, {ends},
           {after_all}, 0, 0 FROM spans),
  found AS (
    {found}),
  lagged AS ({lagged})
  INSERT INTO pg_temp.{FRESH}
  SELECT {span_no}, {key}, {event_id}, {time}{carried}, {number}{from_lagged} FROM lagged
  UNION ALL
  SELECT {span_no}, {key}, {event_id}, {time}{carried}, NULL{from_grown} FROM (
    {found_in_grown}) AS found_in_grown;",
            after_all = events.time.after_all(),
            from_lagged = self.table_read_in("lagged"),
            from_grown = self.table_read_in("found_in_grown"),
            found = found(false),
            found_in_grown = found(true),
            added = own.added,
            begins = own.begins,
            ends = own.ends,
            spans = self.spans(nulls),
            span_no = own.span_no,
            last_seq = own.last_seq,
            last_ended_at = own.last_ended_at,
            next_seq = own.next_seq,
            next_started_at = own.next_started_at,
            everything = own.everything,
            timeless = own.timeless,
            no_null = if nulls { String::new() } else { format!(" AND NOT ({})", self.some_null()) },
            lagged = self.lagged("found"),
            number = self.number(),
        )
    }

    /// Makes the working tables that [`Self::take`] fills.
    pub(super) fn working_tables(&self) -> String {
        let own = &self.own;
        let events = self.events;
        let key = events.key_list();
        format!(
            "    CREATE TEMP TABLE {SPANS} ON COMMIT DROP AS
    SELECT 0::bigint AS {span_no}, {key}, 0::bigint AS {last_seq}, {since} AS {last_ended_at}, 0::bigint AS {next_seq},
           {since} AS {next_started_at}, {added}, {times} AS {begins}, {times} AS {ends}, {since} AS {rest_ended_at}, 0::bigint AS {shift}, 0::bigint AS {rest_shift}
    FROM {changes} WITH NO DATA;
    CREATE TEMP TABLE {FRESH} ON COMMIT DROP AS
    SELECT 0::bigint AS {span_no}, {key}, {event_id}, {time}{carried}, 0::bigint AS {seq}{from} FROM {table} e WITH NO DATA;",
            from = self.table_read("e"),
            span_no = own.span_no,
            since = own.since,
            last_seq = own.last_seq,
            last_ended_at = own.last_ended_at,
            next_seq = own.next_seq,
            next_started_at = own.next_started_at,
            added = own.added,
            times = own.times,
            begins = own.begins,
            ends = own.ends,
            rest_ended_at = own.rest_ended_at,
            shift = own.shift,
            rest_shift = own.rest_shift,
            changes = self.names.changes,
            event_id = events.event_id_name(),
            time = events.time_name(),
            carried = events.carried_list(),
            seq = own.seq,
            table = events.table,
        )
    }

    /// The rows of `relation` with the time of the event before, within each key number.
    pub(super) fn lagged(&self, relation: &str) -> String {
        let own = &self.own;
        let time = self.events.time_name();
        format!(
            "SELECT *, LAG({time}) OVER (PARTITION BY {} ORDER BY {time}) AS {} FROM {relation}",
            own.span_no, own.previous
        )
    }

    /// The number of the session of a row of [`Self::lagged`].
    pub(super) fn number(&self) -> String {
        let own = &self.own;
        let time = self.events.time_name();
        format!(
            "({} + SUM(CASE WHEN {} THEN 1 ELSE 0 END)
           OVER (PARTITION BY {} ORDER BY {time} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))::bigint",
            own.last_seq,
            self.events.begins_session(&time, &own.previous),
            own.span_no
        )
    }

    /// The columns of a row of events, each with the alias.
    pub(super) fn values_of(&self, alias: &str) -> Vec<(String, String)> {
        let events = self.events;
        let names = events.definition.key().iter().map(|name| identifier(name));
        let names =
            names.chain([events.time_name()]).chain(events.carried.iter().map(|name| identifier(name)));
        names.map(|name| (name.clone(), format!("{alias}.{name}"))).collect()
    }
}

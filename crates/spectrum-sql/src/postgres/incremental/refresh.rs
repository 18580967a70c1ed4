//! The function that takes the notes and brings the tables up to date.

use spectrum_core::IdScheme;

use super::Incremental;
use crate::postgres::TimeType;
use crate::postgres::interval::interval;
use crate::postgres::sessions::encoded;
use crate::quote::identifier;

impl Incremental<'_> {
    /// Makes `refresh_sessions()`, which returns one row: keys touched, events added, changed and removed, sessions
    /// created, changed and dropped.
    ///
    /// It is one transaction, so a crash at any moment leaves the notes where they were. A statement that commits while
    /// it runs leaves its notes for the next refresh; if its events are seen already, they are only computed again.
    pub fn refresh_function(&self) -> String {
        format!(
            "\
CREATE FUNCTION {function}(
  OUT keys bigint, OUT events_added bigint, OUT events_changed bigint, OUT events_removed bigint,
  OUT sessions_created bigint, OUT sessions_changed bigint, OUT sessions_dropped bigint) LANGUAGE plpgsql AS $refresh$
BEGIN
  PERFORM pg_advisory_xact_lock({lock});
  SELECT 0, 0, 0, 0, 0, 0, 0
  INTO keys, events_added, events_changed, events_removed, sessions_created, sessions_changed, sessions_dropped;
  IF NOT EXISTS (SELECT FROM {changes}) THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM {changes} WHERE everything) THEN
    INSERT INTO {changes}
    SELECT {key}, '-infinity', false FROM (SELECT {key} FROM {summary} UNION SELECT {key} FROM {table}) every;
  END IF;
{touched}
  SELECT COUNT(*) INTO keys FROM pg_temp.spectrum_touched;
{fresh}
{events}
{sessions}
  DROP TABLE pg_temp.spectrum_touched, pg_temp.spectrum_fresh, pg_temp.spectrum_fresh_sessions;
END $refresh$",
            function = self.function,
            lock = self.lock,
            changes = self.changes,
            summary = self.summary,
            table = self.events.table,
            key = self.events.key_list(),
            touched = self.touched(),
            fresh = self.fresh(),
            events = self.write_events(),
            sessions = self.write_sessions(),
        )
    }

    /// Each touched key once, with the last session that the change cannot reach: one that ended longer than the gap
    /// before the earliest time touched.
    fn touched(&self) -> String {
        let (key, changes, summary) = (self.events.key_list(), &self.changes, &self.summary);
        let since = match self.events.time {
            TimeType::Timestamp => "t.since",
            TimeType::Date => "t.since::timestamp",
        };
        let gap = interval(self.events.definition.gap());
        let last = self.branches("s", "t", |condition| {
            format!(
                "SELECT s.session_seq, s.ended_at FROM {summary} s WHERE {condition} AND s.ended_at < {since} - {gap}
       ORDER BY s.ended_at DESC LIMIT 1"
            )
        });
        format!(
            "  CREATE TEMP TABLE spectrum_touched ON COMMIT DROP AS
    SELECT 0::bigint AS key_no, {key}, since, everything, 0::bigint AS last_seq, since AS last_ended_at
    FROM {changes} WITH NO DATA;
  WITH taken AS (DELETE FROM {changes} RETURNING *),
  keys AS (SELECT {key}, MIN(since) AS since FROM taken WHERE NOT everything GROUP BY {key})
  INSERT INTO pg_temp.spectrum_touched
  SELECT ROW_NUMBER() OVER (), {of_t}, t.since, false, COALESCE(last.session_seq, 0), COALESCE(last.ended_at, '-infinity')
  FROM keys t LEFT JOIN LATERAL (
      {last}) last ON true;
  ANALYZE pg_temp.spectrum_touched;",
            of_t = self.of("t"),
        )
    }

    /// The events of the touched keys after that session, and their sessions, as they are now.
    fn fresh(&self) -> String {
        let events = self.events;
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let carried = events.carried_list();
        let gap = interval(events.definition.gap());
        let table = &events.table;
        let of_e: String = events.carried.iter().map(|name| format!(", e.{}", identifier(name))).collect();
        let found = self.branches("e", "t", |condition| {
            format!(
                "SELECT {}, e.{event_id}, e.{time}{of_e} FROM {table} e WHERE {condition} AND e.{time} > t.last_ended_at",
                self.of("e")
            )
        });
        let key = events.key_list();
        let difference = events.difference(&time, "prev_occurred_at");
        let id = match events.definition.id() {
            IdScheme::Sequence => format!("{} || session_seq::TEXT", events.key_texts().join(" || ")),
            IdScheme::Encoded => {
                format!("'e' || {} || '#' || session_seq::TEXT", encoded(&events.key_texts()))
            }
            IdScheme::Start => format!(
                "'s' || {} || '@' || TRUNC(EXTRACT(EPOCH FROM started_at) * 1000000)::TEXT",
                encoded(&events.key_texts())
            ),
        };
        let first_key: Vec<String> = events
            .definition
            .key()
            .iter()
            .map(|name| identifier(name))
            .map(|name| format!("(ARRAY_AGG({name} ORDER BY {time}, {event_id}))[1] AS {name}"))
            .collect();
        let duration = match events.time {
            TimeType::Timestamp => "ended_at - started_at",
            TimeType::Date => "ended_at::timestamp - started_at::timestamp",
        };
        format!(
            "  CREATE TEMP TABLE spectrum_fresh ON COMMIT DROP AS
  WITH found AS (
    SELECT t.key_no, t.last_seq, e.* FROM pg_temp.spectrum_touched t CROSS JOIN LATERAL (
      {found}) e),
  lagged AS (SELECT *, LAG({time}) OVER (PARTITION BY key_no ORDER BY {time}) AS prev_occurred_at FROM found)
  SELECT key_no, {key}, {event_id}, {time}{carried},
         (last_seq + SUM(CASE WHEN prev_occurred_at IS NULL OR {difference} > {gap} THEN 1 ELSE 0 END)
           OVER (PARTITION BY key_no ORDER BY {time} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))::bigint AS session_seq
  FROM lagged;
  CREATE TEMP TABLE spectrum_fresh_sessions ON COMMIT DROP AS
  WITH sessions AS (
    SELECT key_no, session_seq, {first_key}, MIN({time}) AS started_at, MAX({time}) AS ended_at, COUNT(*) AS events,
           (ARRAY_AGG({event_id} ORDER BY {time}, {event_id}))[1] AS first_event_id,
           (ARRAY_AGG({event_id} ORDER BY {time} DESC, {event_id} DESC))[1] AS last_event_id
    FROM pg_temp.spectrum_fresh GROUP BY key_no, session_seq)
  SELECT key_no, MD5({id}) AS session_id, {key}, session_seq, started_at, ended_at, {duration} AS duration, events,
         first_event_id, last_event_id
  FROM sessions;
  ANALYZE pg_temp.spectrum_fresh;
  ANALYZE pg_temp.spectrum_fresh_sessions;",
            first_key = first_key.join(", "),
        )
    }

    /// Writes what differs into the sessions relation.
    fn write_events(&self) -> String {
        let events = self.events;
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let (key, carried, sessions) = (events.key_list(), events.carried_list(), &self.sessions);
        let gone = self.branches("m", "t", |condition| {
            format!("SELECT m.ctid, m.{event_id} AS id FROM {sessions} m WHERE {condition} AND m.{time} > t.last_ended_at")
        });
        let values: Vec<String> = [format!("{time} = f.{time}"), "session_id = s.session_id".to_owned()]
            .into_iter()
            .chain(events.carried.iter().map(|name| format!("{0} = f.{0}", identifier(name))))
            .chain(events.definition.key().iter().map(|name| format!("{0} = f.{0}", identifier(name))))
            .collect();
        let differs: Vec<String> = [format!("m.{time} IS DISTINCT FROM f.{time}")]
            .into_iter()
            .chain(["m.session_id IS DISTINCT FROM s.session_id".to_owned()])
            .chain(
                events
                    .carried
                    .iter()
                    .map(|name| format!("m.{0}::text IS DISTINCT FROM f.{0}::text", identifier(name))),
            )
            .chain(
                events
                    .definition
                    .key()
                    .iter()
                    .map(|name| format!("m.{0}::text IS DISTINCT FROM f.{0}::text", identifier(name))),
            )
            .collect();
        let of_f: String = events.carried.iter().map(|name| format!(", f.{}", identifier(name))).collect();
        let joined =
            "pg_temp.spectrum_fresh f JOIN pg_temp.spectrum_fresh_sessions s USING (key_no, session_seq)";
        format!(
            "  DELETE FROM {sessions} WHERE ctid = ANY (ARRAY(
    SELECT m.ctid FROM pg_temp.spectrum_touched t CROSS JOIN LATERAL (
      {gone}) m
    WHERE NOT EXISTS (SELECT FROM pg_temp.spectrum_fresh f WHERE f.{event_id} = m.id AND f.key_no = t.key_no)));
  GET DIAGNOSTICS events_removed = ROW_COUNT;
  UPDATE {sessions} m SET {values} FROM {joined} WHERE m.{event_id} = f.{event_id} AND ({differs});
  GET DIAGNOSTICS events_changed = ROW_COUNT;
  INSERT INTO {sessions} ({key}, {time}, {event_id}{carried}, session_id)
  SELECT {key_of_f}, f.{time}, f.{event_id}{of_f}, s.session_id FROM {joined}
  WHERE NOT EXISTS (SELECT FROM {sessions} m WHERE m.{event_id} = f.{event_id});
  GET DIAGNOSTICS events_added = ROW_COUNT;",
            values = values.join(", "),
            differs = differs.join(" OR "),
            key_of_f = self.of("f"),
        )
    }

    /// Writes what differs into the summary.
    fn write_sessions(&self) -> String {
        let (summary, key) = (&self.summary, self.events.key_list());
        let gone = self.branches("m", "t", |condition| {
            format!("SELECT m.ctid, m.session_seq FROM {summary} m WHERE {condition} AND m.session_seq > t.last_seq")
        });
        let kept = self.branches("m", "t", |condition| {
            format!("SELECT m.* , m.ctid AS place FROM {summary} m WHERE {condition} AND m.session_seq > t.last_seq")
        });
        const VALUES: [&str; 7] =
            ["session_id", "started_at", "ended_at", "duration", "events", "first_event_id", "last_event_id"];
        let columns: Vec<String> = VALUES
            .iter()
            .map(|name| (*name).to_owned())
            .chain(self.events.definition.key().iter().map(|name| identifier(name)))
            .collect();
        let set: Vec<String> = columns.iter().map(|name| format!("{name} = f.{name}")).collect();
        let differs: Vec<String> =
            columns.iter().map(|name| format!("m.{name}::text IS DISTINCT FROM f.{name}::text")).collect();
        let all = format!(
            "session_id, {key}, session_seq, started_at, ended_at, duration, events, first_event_id, last_event_id"
        );
        format!(
            "  DELETE FROM {summary} WHERE ctid = ANY (ARRAY(
    SELECT m.ctid FROM pg_temp.spectrum_touched t CROSS JOIN LATERAL (
      {gone}) m
    WHERE NOT EXISTS (SELECT FROM pg_temp.spectrum_fresh_sessions f
                      WHERE f.key_no = t.key_no AND f.session_seq = m.session_seq)));
  GET DIAGNOSTICS sessions_dropped = ROW_COUNT;
  CREATE TEMP TABLE spectrum_kept ON COMMIT DROP AS
    SELECT t.key_no, m.* FROM pg_temp.spectrum_touched t CROSS JOIN LATERAL (
      {kept}) m;
  UPDATE {summary} s SET {set} FROM pg_temp.spectrum_kept m JOIN pg_temp.spectrum_fresh_sessions f USING (key_no, session_seq)
  WHERE s.ctid = m.place AND ({differs});
  GET DIAGNOSTICS sessions_changed = ROW_COUNT;
  INSERT INTO {summary} ({all})
  SELECT {all} FROM pg_temp.spectrum_fresh_sessions f
  WHERE NOT EXISTS (SELECT FROM pg_temp.spectrum_kept m WHERE m.key_no = f.key_no AND m.session_seq = f.session_seq);
  GET DIAGNOSTICS sessions_created = ROW_COUNT;
  DROP TABLE pg_temp.spectrum_kept;",
            set = set.join(", "),
            differs = differs.join(" OR "),
        )
    }

    /// The key columns of an alias.
    fn of(&self, alias: &str) -> String {
        let key = self.events.definition.key().iter().map(|name| format!("{alias}.{}", identifier(name)));
        key.collect::<Vec<_>>().join(", ")
    }
}

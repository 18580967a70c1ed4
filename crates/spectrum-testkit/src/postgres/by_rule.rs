//! What rules beyond the gap mean, told to PostgreSQL as a walk over the moments of each key.
//!
//! It is written apart from all that Spectrum deploys, which knows no loop: conditions are the case's own text, evaluated by
//! PostgreSQL, and a function in PL/pgSQL goes from moment to moment with a few variables.

use super::reference::{identifier, literal, session_id};
use crate::case::{Definition, NullTime};
use crate::column::{Column, ColumnType};
use crate::rules::Rules;

/// The statements that come before [`walked_sql`]: what each event is to the rules, and the walk.
pub(super) fn walk_script(definition: &Definition, columns: &[Column], table: &str) -> String {
    let rules = &definition.rules;
    let key = key(definition);
    let time = identifier(&definition.time);
    let takes_part = condition(&rules.takes_part, "TRUE");
    let starts = condition(&rules.start_when, "FALSE");
    let ends = condition(&rules.end_when, "FALSE");
    let passive = condition(&rules.passive_when, "FALSE");
    let ignored = condition(&rules.ignore_when, "FALSE");
    let allowed = allowed_pause(definition);
    let day = day(rules, &time, columns.iter().find(|column| column.name == definition.time));
    let splits = rules.split_on.as_deref().unwrap_or_default();
    let value = |(at, name): (usize, &String)| {
        format!(",\n       {}::TEXT COLLATE \"C\" AS value_{at}", identifier(name))
    };
    let values: String = splits.iter().enumerate().map(value).collect();
    let of_moment = |aggregate: &str| {
        let one = |at| format!("{aggregate}(value_{at}) FILTER (WHERE NOT ignored AND NOT passive)");
        format!("ARRAY[{}]::TEXT[]", (0..splits.len()).map(one).collect::<Vec<_>>().join(", "))
    };
    let (least, greatest) = (of_moment("min"), of_moment("max"));
    let new_at_gap = rules.at_gap.as_deref() == Some("new");
    let null_splits = rules.split_on_null.as_deref() == Some("split");
    let longest = match setting(&rules.max_duration) {
        Some(longest) => format!("INTERVAL {}", literal(longest)),
        None => "NULL".to_owned(),
    };
    let most = setting(&rules.max_events).unwrap_or("NULL");
    format!(
        "\
SET client_min_messages = warning;
CREATE TEMP TABLE facts AS
SELECT row_number, dense_rank() OVER (ORDER BY {key}) AS of_key,
       {time}::{instant} AS instant,
       {day} AS day,
       {starts} AS starts, {ends} AS ends, {passive} AS passive, {ignored} AS ignored,
       {allowed} AS allowed{values}
FROM {table}
WHERE {time} IS NOT NULL AND {takes_part};

CREATE FUNCTION pg_temp.walk() RETURNS TABLE (of_key BIGINT, instant {instant}, number BIGINT, reason TEXT)
LANGUAGE plpgsql AS $walk$
DECLARE
  longest CONSTANT INTERVAL := {longest};
  most CONSTANT BIGINT := {most};
  m RECORD;
  here BIGINT := 0;   -- the key, its latest session, and what is known of that
  began {instant};
  last {instant};
  last_day DATE;
  last_ends BOOLEAN;
  last_allowed INTERVAL;
  so_far BIGINT;
  standing TEXT[];
  ended_by TEXT;              -- why that is over, if a moment that begins nothing found that out
  why TEXT;
  changed BOOLEAN;
BEGIN
  FOR m IN
    SELECT f.of_key, f.instant, f.day,
           count(*) FILTER (WHERE NOT ignored) AS heard,
           count(*) FILTER (WHERE NOT ignored AND NOT passive) AS active,
           COALESCE(bool_or(starts) FILTER (WHERE NOT ignored AND NOT passive), FALSE) AS starts,
           COALESCE(bool_or(ends) FILTER (WHERE NOT ignored), FALSE) AS ends,
           max(allowed) FILTER (WHERE NOT ignored) AS allowed,
           {least} AS least, {greatest} AS greatest
    FROM facts f GROUP BY f.of_key, f.instant, f.day ORDER BY f.of_key, f.instant
  LOOP
    IF here <> m.of_key THEN
      here := m.of_key; number := 0; ended_by := NULL;
    END IF;
    IF number = 0 THEN
      CONTINUE WHEN m.active = 0;
      why := 'first';
    ELSE
      changed := FALSE;
      FOR at IN 1 .. COALESCE(array_length(standing, 1), 0) LOOP
        CONTINUE WHEN NOT {null_splits} AND (standing[at] IS NULL OR m.greatest[at] IS NULL);
        changed := changed OR m.least[at] IS DISTINCT FROM standing[at] OR m.greatest[at] IS DISTINCT FROM standing[at];
      END LOOP;
      why := CASE
        WHEN m.instant - last > last_allowed OR {new_at_gap} AND m.instant - last = last_allowed THEN 'gap'
        WHEN last_ends THEN 'end_when'
        WHEN m.day <> last_day THEN 'split_at'
        WHEN m.heard = 0 THEN NULL
        WHEN m.starts THEN 'start_when'
        WHEN changed AND m.active > 0 THEN 'split_on'
        WHEN m.instant - began > longest THEN 'max_duration'
        WHEN so_far + m.heard > most THEN 'max_events'
      END;
      why := COALESCE(why, ended_by);
    END IF;

    IF why IS NOT NULL AND m.active = 0 THEN
      IF m.heard > 0 THEN
        ended_by := COALESCE(ended_by, why);
      END IF;
      CONTINUE;
    END IF;
    IF why IS NOT NULL THEN
      number := number + 1;
      reason := why; ended_by := NULL;
      began := m.instant; so_far := 0; standing := m.greatest;
    END IF;
    IF m.heard > 0 THEN
      last := m.instant; last_day := m.day; last_ends := m.ends; last_allowed := m.allowed;
      so_far := so_far + m.heard;
    END IF;
    IF m.active > 0 THEN
      FOR at IN 1 .. COALESCE(array_length(standing, 1), 0) LOOP
        standing[at] := COALESCE(m.greatest[at], standing[at]);
      END LOOP;
    END IF;
    of_key := m.of_key; instant := m.instant;
    RETURN NEXT;
  END LOOP;
END
$walk$;",
        instant = instant_type(definition, columns),
    )
}

/// Every event's number in the table, its session's number and id, and why that began; the last three are NULL for events
/// that belong to none.
pub(super) fn walked_sql(definition: &Definition, table: &str) -> String {
    let time = identifier(&definition.time);
    let timed = match definition.null_time {
        NullTime::Refuse => String::new(),
        NullTime::Drop => format!(" WHERE e.{time} IS NOT NULL"),
    };
    let session_id = session_id(definition);
    format!(
        "\
SELECT row_number::TEXT, session_seq::TEXT, CASE WHEN session_seq IS NOT NULL THEN MD5({session_id}) END, started_by
FROM (SELECT e.*, w.number AS session_seq, w.reason AS started_by
      FROM {table} e LEFT JOIN facts f USING (row_number)
      LEFT JOIN pg_temp.walk() w ON w.of_key = f.of_key AND w.instant = f.instant{timed}) AS walked"
    )
}

fn key(definition: &Definition) -> String {
    definition.key.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", ")
}

/// A setting's text, unless it says that there is no such rule.
fn setting(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| *text != "none")
}

/// Whether the condition is true of an event: unknown is not.
fn condition(text: &Option<String>, otherwise: &str) -> String {
    setting(text).map_or_else(|| otherwise.to_owned(), |text| format!("(({text}) IS TRUE)"))
}

/// How long the pause after an event may be.
fn allowed_pause(definition: &Definition) -> String {
    let gap = format!("INTERVAL {}", literal(&definition.gap));
    let entries = definition.rules.gap_when.as_deref().unwrap_or_default();
    if entries.is_empty() {
        return gap;
    }
    let whens = entries.iter().map(|entry| {
        let (when, gap) = (&entry.when, literal(&entry.gap));
        format!("WHEN ({when}) THEN INTERVAL {gap}")
    });
    format!("CASE {} ELSE {gap} END", whens.collect::<Vec<_>>().join(" "))
}

/// The day that an event belongs to, where days end at a time of day.
fn day(rules: &Rules, time: &str, column: Option<&Column>) -> String {
    let Some(split_at) = setting(&rules.split_at) else { return "NULL::DATE".to_owned() };
    let split_at = if split_at.eq_ignore_ascii_case("midnight") { "00:00" } else { split_at };
    let civil = match column.map(|column| &column.ty) {
        Some(ColumnType::Timestamp(_, Some(_))) => {
            let zone = setting(&rules.timezone).unwrap_or("UTC");
            format!("({time} AT TIME ZONE {})", literal(zone))
        }
        _ => format!("{time}::TIMESTAMP"),
    };
    format!("({civil} - INTERVAL {})::DATE", literal(split_at))
}

/// The type that instants are subtracted in; a difference of two dates would be a number of days.
fn instant_type(definition: &Definition, columns: &[Column]) -> &'static str {
    match columns.iter().find(|column| column.name == definition.time).map(|column| &column.ty) {
        Some(ColumnType::Timestamp(_, Some(_))) => "TIMESTAMPTZ",
        _ => "TIMESTAMP",
    }
}

//! The functions by which readers ask for the summary as of a time.

use super::super::function::{Function, pinned};
use super::Incremental;
use crate::name::TableName;
use crate::quote::literal;

impl Incremental<'_> {
    /// Makes the function that gives the summary as of a time, and the one by which it refuses a time. `view` is the view
    /// of the summary, whose columns it gives.
    ///
    /// It runs with the rights of who calls it, and PostgreSQL puts its query into the caller's in its place (its
    /// wiki, "Inlining of SQL functions"): so it costs what the query over the summary does, and conditions on the key are
    /// looked up in an index. That is why it is one SELECT without settings of its own, names every schema and every operator,
    /// and leaves to another function what only plpgsql can do. That is called once, before anything is read; in a subquery
    /// of its own it would keep workers from sharing the rest.
    pub fn as_of_functions(&self, view: &TableName) -> [Function; 2] {
        let (history, asked) = (&self.names.history, self.as_of_check());
        let of = |alias: &str| {
            let columns = self.summary_columns();
            columns.iter().map(|name| format!("{alias}.{name}")).collect::<Vec<_>>().join(", ")
        };
        let key = self.key_of("k");
        let same = self.same_row("h", "s");
        let body = format!(
            "
  SELECT {of_s}
  FROM {view} s
  WHERE {asked}($1) AND NOT EXISTS (
    SELECT FROM {history} h WHERE h.valid_to OPERATOR(pg_catalog.>) $1 AND {same})
  UNION ALL
  SELECT {of_h}
  FROM (SELECT DISTINCT ON ({key}, k.started_at) k.*
        FROM {history} k WHERE k.valid_to OPERATOR(pg_catalog.>) $1
        ORDER BY {key}, k.started_at, k.valid_to) h
  WHERE {asked}($1) AND h.change OPERATOR(pg_catalog.<>) 'created'
",
            of_s = of("s"),
            of_h = of("h"),
        );
        let as_of = Function::of_time(
            self.names.as_of.clone(),
            format!("(as_of timestamptz) RETURNS SETOF {view} LANGUAGE sql STABLE PARALLEL SAFE"),
            Vec::new(),
            body,
        );
        let words = |text: String| literal(&text);
        let check = format!(
            "
DECLARE
  first_time timestamptz;
  last_time timestamptz;
BEGIN
  SELECT MIN(h.valid_to), MAX(h.valid_to) INTO first_time, last_time FROM {history} h;
  IF first_time IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = {empty},
      HINT = {anew};
  END IF;
  IF as_of IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = {no_time},
      HINT = {hint} || pg_catalog.to_char(first_time AT TIME ZONE 'UTC', '{FORMAT}') || ' UTC, or a later one.';
  END IF;
  IF as_of < first_time THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = {before} || pg_catalog.to_char(first_time AT TIME ZONE 'UTC', '{FORMAT}') || ' UTC, and '
                || CASE WHEN as_of = '-infinity' THEN '-infinity' ELSE pg_catalog.to_char(as_of AT TIME ZONE 'UTC', '{FORMAT}') || ' UTC' END || ' is earlier',
      HINT = {hint} || pg_catalog.to_char(first_time AT TIME ZONE 'UTC', '{FORMAT}') || ' UTC, or a later one.';
  END IF;
  IF as_of > GREATEST(pg_catalog.clock_timestamp(), last_time) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = CASE WHEN as_of = 'infinity' THEN 'infinity' ELSE pg_catalog.to_char(as_of AT TIME ZONE 'UTC', '{FORMAT}') || ' UTC' END || {future},
      HINT = {now};
  END IF;
  RETURN true;
END ",
            empty = words(format!("{history} does not say when it begins, as after a TRUNCATE")),
            anew = words(format!("DROP TABLE {history}, and spectrum deploy begins it anew.")),
            no_time = words(format!("{}() needs a time, and it is NULL", self.names.as_of)),
            before = words(format!("{history} goes back to ")),
            hint = words("Ask for ".to_owned()),
            future = words(" is later than now".to_owned()),
            now = words(format!("Ask for now(), or read {view}.")),
        );
        let check = Function::of_time(
            asked,
            "(as_of timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE".to_owned(),
            pinned([]),
            check,
        );
        [check, as_of]
    }

    /// The function that refuses times.
    fn as_of_check(&self) -> TableName {
        as_of_check(&self.names.changes)
    }
}

/// How a time is told.
const FORMAT: &str = "YYYY-MM-DD HH24:MI:SS.US";

/// The function that refuses times of which a deployment whose notes have this name knows nothing.
pub fn as_of_check(changes: &TableName) -> TableName {
    changes.beside(changes.derived("as_of"))
}

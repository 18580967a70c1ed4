//! What is kept of the rows that a refresh, or a deployment that builds everything anew, replaces.

use super::super::working::{FRESH_SESSIONS, SHIFTED_SESSIONS, STANDING_SESSIONS};
use super::Incremental;
use crate::name::TableName;
use crate::postgres::interval::interval_of;
use crate::quote::identifier;

/// Of rows that are too old, a refresh removes so many, and twice as many as it adds: a bound that keeps pace.
const FORGOTTEN_AT_ONCE: u32 = 10_000;

impl Incremental<'_> {
    /// The variables of a refresh that keeps what it replaces.
    pub(in super::super) fn history_variables(&self) -> &'static str {
        match self.history {
            Some(_) => {
                "  is_shifted boolean := false;\n  kept_rows bigint;\n  all_kept bigint := 0;\n  forgotten timestamptz;\n"
            }
            None => "",
        }
    }

    /// Makes the table for the sessions whose numbers shift, which is done by many rows seldom.
    pub(in super::super) fn make_shifted(&self) -> String {
        match self.history {
            Some(_) => format!(
                "      is_shifted := true;
      CREATE TEMP TABLE {SHIFTED_SESSIONS} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA;\n",
                self.summary_columns().join(", "),
                self.names.summary
            ),
            None => String::new(),
        }
    }

    /// A part of the statement that shifts numbers, after a comma: keeps the rows of the summary as they are before it,
    /// which is what all parts of a statement see.
    pub(in super::super) fn keep_shifted(&self) -> String {
        if self.history.is_none() {
            return String::new();
        }
        let columns = self.summary_columns();
        let of_m: Vec<String> = columns.iter().map(|name| format!("m.{name}")).collect();
        format!(
            ",
  before AS (
    INSERT INTO pg_temp.{SHIFTED_SESSIONS} ({})
    SELECT {} FROM shifted s JOIN {} m ON m.ctid = s.{})",
            columns.join(", "),
            of_m.join(", "),
            self.names.summary,
            self.own.place
        )
    }

    /// Keeps what the refresh replaced, until the time at which it ended. No two refreshes end at the same time, even where
    /// clocks are put back.
    pub(in super::super) fn keep_replaced(&self) -> String {
        if self.history.is_none() {
            return String::new();
        }
        let history = &self.names.history;
        let same = format!("f.{0} = o.{0} AND f.started_at = o.started_at", self.own.span_no);
        let (standing, fresh) = (format!("pg_temp.{STANDING_SESSIONS}"), format!("pg_temp.{FRESH_SESSIONS}"));
        let columns = self.summary_columns().join(", ");
        format!(
            "    -- What was in its place.
    finished := GREATEST(pg_catalog.clock_timestamp(),
                         (SELECT MAX(h.valid_to) FROM {history} h) + INTERVAL '1 microsecond');
{};
    GET DIAGNOSTICS all_kept = ROW_COUNT;
    IF is_shifted THEN
      INSERT INTO {history} ({columns}, valid_to, change)
      SELECT {columns}, finished, 'changed' FROM pg_temp.{SHIFTED_SESSIONS};
      GET DIAGNOSTICS kept_rows = ROW_COUNT;
      all_kept := all_kept + kept_rows;
      DROP TABLE pg_temp.{SHIFTED_SESSIONS};
    END IF;
",
            self.differences(&standing, &fresh, &same, "finished")
        )
    }

    /// When the refresh ended: what it kept says so already.
    pub(in super::super) fn when_finished(&self) -> &'static str {
        match self.history {
            Some(_) => "COALESCE(finished, pg_catalog.clock_timestamp())",
            None => "pg_catalog.clock_timestamp()",
        }
    }

    /// Removes some of the rows that were replaced so long ago that nobody is to ask for them, the oldest first.
    pub(in super::super) fn forget(&self) -> String {
        let Some(keep) = self.history else { return String::new() };
        let history = &self.names.history;
        format!(
            "
  WITH old AS (
    DELETE FROM {history} WHERE ctid = ANY (ARRAY(
      SELECT h.ctid FROM {history} h WHERE h.valid_to < pg_catalog.now() - {keep} AND h.change <> 'begun'
      ORDER BY h.valid_to LIMIT {FORGOTTEN_AT_ONCE} + 2 * all_kept))
    RETURNING valid_to)
  SELECT MAX(old.valid_to) INTO forgotten FROM old;
  IF forgotten IS NOT NULL THEN
    UPDATE {history} h SET valid_to = forgotten WHERE h.valid_to <= forgotten AND h.change = 'begun';
  END IF;",
            keep = interval_of(keep)
        )
    }

    /// Keeps what is different in this summary from that which it replaces, which is another table. It was until the last
    /// refresh that is in the log.
    pub fn keep_exchanged(&self, before: &TableName) -> String {
        let (history, log) = (&self.names.history, &self.names.log);
        let until = format!(
            "(SELECT GREATEST(MAX(l.finished_at), (SELECT MAX(h.valid_to) FROM {history} h) + INTERVAL '1 microsecond') FROM {log} l)"
        );
        let same = self.same_row("f", "o");
        self.differences(&before.to_string(), &self.names.summary.to_string(), &same, &until)
    }

    /// Adds what differs between two relations with the columns of the summary: `same` says which rows of `o`, the one
    /// that was, and `f`, the one that is, are the same.
    pub(super) fn differences(&self, was: &str, is: &str, same: &str, until: &str) -> String {
        let columns = self.summary_columns();
        let key: Vec<String> = self.events.definition.key().iter().map(|name| identifier(name)).collect();
        // Of a row that was not there, only which one it is.
        let shown: Vec<String> = columns
            .iter()
            .map(|name| match key.contains(name) || name == "started_at" || name == "session_id" {
                true => format!("CASE WHEN o.started_at IS NULL THEN f.{name} ELSE o.{name} END"),
                false => format!("o.{name}"),
            })
            .collect();
        let differs: Vec<String> = columns
            .iter()
            .filter(|name| *name != "started_at")
            .map(|name| self.summary_differs(name))
            .collect();
        format!(
            "    INSERT INTO {history} ({columns}, valid_to, change)
    SELECT {shown}, {until},
           CASE WHEN o.started_at IS NULL THEN 'created' WHEN f.started_at IS NULL THEN 'removed' ELSE 'changed' END
    FROM {was} o FULL JOIN {is} f ON {same}
    WHERE o.started_at IS NULL OR f.started_at IS NULL OR {differs}",
            history = self.names.history,
            columns = columns.join(", "),
            shown = shown.join(", "),
            differs = differs.join(" OR "),
        )
    }
}

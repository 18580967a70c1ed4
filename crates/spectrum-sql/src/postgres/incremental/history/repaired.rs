//! What a repair changes, kept like what a refresh changes.
//!
//! A repair removes the summary of its keys, so to the refresh that computes them again all their sessions are new. What it
//! keeps of them is replaced by what became of the rows that had stood there.

use super::super::working::{REPAIRED_AT, REPAIRED_KEYS, REPAIRED_SESSIONS};
use super::Incremental;
use crate::postgres::digest::key_text;

impl Incremental<'_> {
    /// Makes the working tables of a repair, of its transaction; nothing where no history is kept.
    pub fn repair_tables(&self) -> String {
        if self.history.is_none() {
            return String::new();
        }
        format!(
            "CREATE TEMP TABLE {REPAIRED_SESSIONS} ON COMMIT DROP AS SELECT {columns} FROM {summary} WITH NO DATA;
CREATE TEMP TABLE {REPAIRED_KEYS} (key_text text) ON COMMIT DROP;
CREATE TEMP TABLE {REPAIRED_AT} ON COMMIT DROP AS
SELECT MAX(h.valid_to) AS before, MAX(h.valid_to) AS until FROM {history} h",
            columns = self.summary_columns().join(", "),
            summary = self.names.summary,
            history = self.names.history,
        )
    }

    /// Parts of the statement that removes the summary of the keys in the relation `found`, each before a comma: they note
    /// these keys and the rows as they are before it, which is what all parts of a statement see.
    pub fn note_repaired(&self, found: &str) -> String {
        if self.history.is_none() {
            return String::new();
        }
        let (columns, key_text) = (self.summary_columns().join(", "), key_text(self.events));
        let in_found = self.key_among(&format!("SELECT {key_text} FROM {found}"));
        format!(
            "stood AS (INSERT INTO pg_temp.{REPAIRED_SESSIONS} ({columns}) SELECT {columns} FROM {summary} WHERE {in_found}),
repaired_keys AS (INSERT INTO pg_temp.{REPAIRED_KEYS} SELECT {key_text} FROM {found}),
",
            summary = self.names.summary,
        )
    }

    /// Keeps what the repair changed, after its refresh and until the time at which that ended.
    ///
    /// Rows that somebody made or removed by hand are there, or not, since the last time of which the history tells
    /// something, as they were until now.
    pub fn keep_repaired(&self) -> String {
        if self.history.is_none() {
            return String::new();
        }
        let (history, log, key) = (&self.names.history, &self.names.log, self.events.key_list());
        let of_keys = self.key_among(&format!("SELECT key_text FROM pg_temp.{REPAIRED_KEYS}"));
        let until = format!("(SELECT r.until FROM pg_temp.{REPAIRED_AT} r)");
        let columns = self.summary_columns().join(", ");
        let last = format!(
            "SELECT l.{place} FROM (
    SELECT DISTINCT ON ({key}, started_at) ctid AS {place}, t.* FROM {history} t
    WHERE change <> 'begun' AND {of_keys} ORDER BY {key}, started_at, valid_to DESC) l",
            place = self.own.place
        );
        let stood =
            format!("EXISTS (SELECT FROM pg_temp.{REPAIRED_SESSIONS} s WHERE {})", self.same_row("s", "l"));
        format!(
            "UPDATE pg_temp.{REPAIRED_AT} r SET until = COALESCE(
  (SELECT MAX(h.valid_to) FROM {history} h WHERE h.valid_to > r.before),
  GREATEST((SELECT MAX(l.finished_at) FROM {log} l), r.before + INTERVAL '1 microsecond'));
DELETE FROM {history} WHERE valid_to = {until} AND change <> 'begun' AND {of_keys};
UPDATE {history} SET change = CASE change WHEN 'removed' THEN 'changed' ELSE 'removed' END WHERE ctid = ANY (ARRAY(
  {last} WHERE l.change <> 'created' AND (l.change = 'removed') = {stood}));
DELETE FROM {history} WHERE ctid = ANY (ARRAY(
  {last} WHERE l.change = 'created' AND NOT {stood}));
{differences}",
            differences = self.differences(
                &format!(
                    "(SELECT DISTINCT ON ({key}, started_at) {columns} FROM pg_temp.{REPAIRED_SESSIONS}
          WHERE started_at IS NOT NULL ORDER BY {key}, started_at, ended_at)"
                ),
                &format!("(SELECT {columns} FROM {} WHERE {of_keys})", self.names.summary),
                &self.same_row("f", "o"),
                &until,
            ),
        )
    }
}

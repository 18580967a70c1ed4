//! What the summary was before each refresh.
//!
//! A refresh keeps every row of the summary that it replaces or removes, as it was, with the time until which it was
//! there; of a row that was not there before, it keeps that. So the summary as of a time is the summary as it is, without the
//! rows that were replaced or made since, and with what stood in their place: of each, the row that was replaced
//! first since. Rows that no refresh touched are kept nowhere twice, and a refresh adds rows and looks none up.
//!
//! Rows are the same one by the key and the start of the session, so that one which is extended is a change of one row. No
//! two sessions of a key have the same start, because no rule cuts a moment.
//!
//! [`recorded`] is what a refresh and an exchange write, [`repaired`] what a repair does, [`asked`] what readers call, [`checked`] what verify compares.

mod asked;
mod checked;
mod life;
mod recorded;
mod repaired;

pub use asked::as_of_check;

use super::Incremental;
use super::identity::whole_rows;
use super::tables::index;
use crate::quote::{identifier, literal};

/// The columns of the history beside those of the summary: until when the row was there, and what happened to it then.
pub const HISTORY_COLUMNS: [&str; 2] = ["valid_to", "change"];

/// What a row of the history says: that the history begins then, that there was no such row before, that it was replaced,
/// or that it was removed.
pub const HISTORY_CHANGES: [&str; 4] = ["begun", "created", "changed", "removed"];

impl Incremental<'_> {
    /// All columns of the summary, quoted, in its order.
    pub(super) fn summary_columns(&self) -> Vec<String> {
        let key = self.events.definition.key().iter().map(|name| identifier(name));
        let all = ["session_id".to_owned()].into_iter().chain(key).chain(["session_seq".to_owned()]);
        all.chain(self.summary_values()).collect()
    }

    /// Makes the table of what was, in which nothing was before now; a statement each.
    pub fn history_table(&self) -> Vec<String> {
        let (history, key) = (&self.names.history, self.events.key_list());
        // A row in which nothing is known but when the history begins breaks a domain that is NOT NULL; beside a NULL, COALESCE
        // gives the type behind the domain, and without a length that could be too short one day.
        let plain =
            self.summary_columns().into_iter().map(|name| format!("COALESCE({name}, NULL) AS {name}"));
        let changes: Vec<String> = HISTORY_CHANGES.iter().map(|change| literal(change)).collect();
        vec![
            format!(
                "CREATE TABLE {history} AS
SELECT {}, now() AS valid_to, ''::text AS change
FROM {} WITH NO DATA",
                plain.collect::<Vec<_>>().join(", "),
                self.names.summary
            ),
            format!(
                "ALTER TABLE {history} ADD CONSTRAINT {} CHECK (change IN ({})),
  ALTER valid_to SET NOT NULL, ALTER change SET NOT NULL",
                identifier(&history.derived("change_check")),
                changes.join(", ")
            ),
            index(history, "valid_to_idx", false, "", "valid_to"),
            index(history, "key_started_at_idx", false, "", &format!("{key}, started_at")),
            // NULL equals NULL where rows are told apart, which only the start can be looked up for.
            index(history, "started_at_idx", false, "", "started_at"),
            whole_rows(history),
            format!(
                "INSERT INTO {history} (valid_to, change) VALUES (pg_catalog.clock_timestamp(), 'begun')"
            ),
        ]
    }

    /// Whether rows of `a` and `b` are the same session at different times, in a form that can be hashed: in arrays NULL
    /// equals NULL. Arrays of a domain equal no others, so they are made of the type behind it.
    fn same_row(&self, a: &str, b: &str) -> String {
        let key = self.events.definition.key().iter().map(|name| identifier(name));
        let one = |of: &str, name: &str| format!("ARRAY[COALESCE({of}.{name}, NULL)]");
        let same = key.map(|name| format!("{} OPERATOR(pg_catalog.=) {}", one(a, &name), one(b, &name)));
        let same: Vec<String> = [format!("{a}.started_at OPERATOR(pg_catalog.=) {b}.started_at")]
            .into_iter()
            .chain(same)
            .collect();
        same.join(" AND ")
    }
}

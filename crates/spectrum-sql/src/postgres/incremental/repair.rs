//! Keys that are to be computed again though nothing was noted.

use super::Incremental;

impl Incremental<'_> {
    /// Notes the keys that `keys`, a query of the key columns, gives, from their first event on.
    pub fn note_keys(&self, keys: &str) -> String {
        let own = self.own();
        let key = self.events.key_list();
        format!(
            "INSERT INTO {} ({key}, {})\nSELECT {key}, '-infinity' FROM ({keys}) AS keys",
            self.names.changes, own.since
        )
    }
}

//! The session rule in PostgreSQL: where a session begins and ends, from the times of an event and its neighbour of the
//! same key. Every text that PostgreSQL runs asks here.

use super::events::Events;

impl Events<'_> {
    /// A condition that holds where a session begins at the time `later`, before which `earlier` is the last one of the
    /// key, or NULL.
    pub(super) fn begins_session(&self, later: &str, earlier: &str) -> String {
        format!("{earlier} IS NULL OR {}", self.is_apart(later, earlier))
    }

    /// A condition that holds where a session ends at the time `earlier`, after which `later` is the next one of the key,
    /// or NULL.
    pub(super) fn ends_session(&self, earlier: &str, later: &str) -> String {
        format!("{later} IS NULL OR {}", self.is_apart(later, earlier))
    }

    fn is_apart(&self, later: &str, earlier: &str) -> String {
        self.time.is_apart(later, earlier, self.definition.rule().gap())
    }
}

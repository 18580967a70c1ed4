//! The session rule in every dialect: where a session begins, from an event and the one before it of the same key. Their
//! instants are whole numbers, but in PostgreSQL, which subtracts times as they are.

use spectrum_core::SessionDefinition;

use super::columns::Columns;
use super::expressions::Expressions;
use super::types::Unit;

impl Columns<'_> {
    /// A condition that holds where a session begins at the instant `later`, before which `earlier` is the last one of the
    /// key, or NULL.
    pub(super) fn begins_session(&self, syntax: &dyn Expressions, later: &str, earlier: &str) -> String {
        format!("{earlier} IS NULL OR {}", self.is_apart(syntax, later, earlier))
    }

    /// A condition that holds where two neighbouring instants of a key are in two sessions. The gap is taken from the later
    /// one, so that nothing overflows.
    pub(super) fn is_apart(&self, syntax: &dyn Expressions, later: &str, earlier: &str) -> String {
        let (gap, ty) = (self.definition.rule().gap(), self.time_type(syntax));
        if let Some(apart) = syntax.is_apart(later, earlier, gap, ty) {
            return apart;
        }
        match ty.unit() {
            Unit::Microsecond => format!("{later} - {} > {earlier}", self.gap_in_microseconds()),
            Unit::Nanosecond => format!("{} - {} > {earlier}", syntax.wide(later), gap.nanoseconds()),
        }
    }

    /// The same in words, for a comment; `rows` are what the instants are of.
    pub(super) fn begins_in_words(&self, rows: &str) -> String {
        format!("there is no {rows} before, or the pause was longer than {}", self.definition.gap())
    }

    /// The length of pieces of time so short that all events of a key in one piece are in one session.
    pub(super) fn piece_in_microseconds(&self) -> u64 {
        self.gap_in_microseconds() + 1
    }

    /// A whole number of microseconds is longer than a gap just when it is longer than the gap rounded down.
    fn gap_in_microseconds(&self) -> u64 {
        self.definition.rule().gap().nanoseconds() / 1_000
    }
}

/// What ends a session, in words.
pub(super) fn ends_in_words(definition: &SessionDefinition) -> String {
    format!("A pause in {} longer than {} ends a session.", definition.time(), definition.gap())
}

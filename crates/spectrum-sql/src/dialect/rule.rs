//! The session rule on other engines: where a session begins, from the instants of an event and the one before it of the
//! same key, as whole numbers.

use super::columns::Columns;
use super::syntax::Syntax;
use super::types::Unit;

impl Columns<'_> {
    /// A condition that holds where a session begins at the instant `later`, before which `earlier` is the last one of the
    /// key, or NULL. The gap is taken from the later one, so that nothing overflows.
    pub(super) fn begins_session(&self, syntax: &dyn Syntax, later: &str, earlier: &str) -> String {
        let gap = self.definition.gap();
        match self.time_type(syntax).unit() {
            Unit::Microsecond => {
                format!("{earlier} IS NULL OR {later} - {} > {earlier}", self.gap_in_microseconds())
            }
            Unit::Nanosecond => {
                format!("{earlier} IS NULL OR {} - {} > {earlier}", syntax.wide(later), gap.nanoseconds())
            }
        }
    }

    /// A whole number of microseconds is longer than a gap just when it is longer than the gap rounded down.
    pub(super) fn gap_in_microseconds(&self) -> u64 {
        self.definition.gap().nanoseconds() / 1_000
    }
}

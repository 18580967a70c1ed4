//! A gap as an interval literal.

use crate::quote::literal;
use spectrum_core::Gap;

/// The gap in the largest unit that divides it, none of them longer than an hour. PostgreSQL's times end at
/// microseconds, and a whole number of them is longer than a gap just when it is longer than the gap rounded down.
///
/// ```
/// # use spectrum_sql::postgres::interval;
/// assert_eq!(interval("30m".parse()?), "INTERVAL '30 minutes'");
/// assert_eq!(interval("1h30m".parse()?), "INTERVAL '90 minutes'");
/// assert_eq!(interval("2500ns".parse()?), "INTERVAL '2 microseconds'");
/// # Ok::<(), spectrum_core::GapError>(())
/// ```
pub fn interval(gap: Gap) -> String {
    interval_of(gap.nanoseconds())
}

/// The same for a number of nanoseconds.
pub(super) fn interval_of(nanoseconds: u64) -> String {
    let microseconds = nanoseconds / 1_000;
    let units = [("hour", 3_600_000_000), ("minute", 60_000_000), ("second", 1_000_000)];
    let (name, length) = units
        .into_iter()
        .find(|(_, length)| microseconds.is_multiple_of(*length))
        .unwrap_or(("microsecond", 1));
    let count = microseconds / length;
    let plural = if count == 1 { "" } else { "s" };
    format!("INTERVAL {}", literal(&format!("{count} {name}{plural}")))
}

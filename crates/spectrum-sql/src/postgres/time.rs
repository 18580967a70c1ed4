//! Times of every type that they have: how they are subtracted, moved and compared with instants that are none.

use spectrum_core::{EpochUnit, Gap};

use super::events::TimeSubtraction;
use super::interval::{interval, interval_of};

/// The first number that no instant is taken to be: within it, any two instants have a difference of 64 bits.
const END: i64 = 1 << 62;

impl TimeSubtraction {
    /// `later - earlier` as an interval. Of numbers it is exact up to 285 years; nanoseconds are cut off to microseconds,
    /// at which intervals end.
    pub fn difference(self, later: &str, earlier: &str) -> String {
        match self {
            Self::Timestamp => format!("{later} - {earlier}"),
            Self::Date => format!("{later}::timestamp - {earlier}::timestamp"),
            // As days and hours, which subtracted timestamps are too.
            Self::Epoch(EpochUnit::Nanosecond) => {
                format!("JUSTIFY_HOURS(({later} - {earlier}) / 1000 * INTERVAL '1 microsecond')")
            }
            Self::Epoch(unit) => {
                let unit = unit.words().trim_end_matches('s');
                format!("JUSTIFY_HOURS(({later} - {earlier}) * INTERVAL '1 {unit}')")
            }
        }
    }

    /// `later - earlier` as what [`Self::length`] is compared with.
    pub(super) fn pause(self, later: &str, earlier: &str) -> String {
        match self {
            Self::Timestamp | Self::Date => self.difference(later, earlier),
            Self::Epoch(_) => format!("{later} - {earlier}"),
        }
    }

    /// How many nanoseconds the least difference of two times is.
    pub(super) fn unit(self) -> u64 {
        match self {
            Self::Timestamp | Self::Date => 1_000,
            Self::Epoch(unit) => unit.nanoseconds(),
        }
    }

    /// A pause of exactly the gap stays in the session. A whole number of units is longer than the gap just when it is
    /// longer than the gap rounded down to units.
    pub(crate) fn is_apart(self, later: &str, earlier: &str, gap: Gap) -> String {
        match self {
            Self::Timestamp | Self::Date => {
                format!("{} > {}", self.difference(later, earlier), interval(gap))
            }
            Self::Epoch(unit) => format!("{later} - {earlier} > {}", gap.nanoseconds() / unit.nanoseconds()),
        }
    }

    /// Whether sessions can be made of a time that is not NULL: one from where a gap can be counted.
    pub fn is_finite(self, time: &str) -> String {
        match self {
            Self::Timestamp | Self::Date => format!("pg_catalog.isfinite({time})"),
            Self::Epoch(_) => format!("({time} BETWEEN -{0} AND {0})", END - 1),
        }
    }

    /// The same where no search path is pinned: no operator is looked up by it.
    pub(super) fn is_finite_under_any_path(self, time: &str) -> String {
        match self {
            Self::Timestamp | Self::Date => self.is_finite(time),
            Self::Epoch(_) => {
                format!(
                    "({time} OPERATOR(pg_catalog.>=) -{0} AND {time} OPERATOR(pg_catalog.<=) {0})",
                    END - 1
                )
            }
        }
    }

    /// Before all times, as a literal.
    pub(super) fn before_all(self) -> String {
        match self {
            Self::Timestamp | Self::Date => "'-infinity'".to_owned(),
            Self::Epoch(_) => format!("'{}'", i64::MIN),
        }
    }

    /// After all times, as a literal.
    pub(super) fn after_all(self) -> String {
        match self {
            Self::Timestamp | Self::Date => "'infinity'".to_owned(),
            Self::Epoch(_) => format!("'{}'", i64::MAX),
        }
    }

    /// Nanoseconds as what is added to times: an interval or a number of units.
    pub(super) fn length(self, nanoseconds: u64) -> String {
        match self {
            Self::Timestamp | Self::Date => interval_of(nanoseconds),
            Self::Epoch(unit) => (nanoseconds / unit.nanoseconds()).to_string(),
        }
    }

    /// A time less so many nanoseconds. Before the first instants that PostgreSQL knows there is nothing, so that no gap leads out of its
    /// calendar, which would be an error; numbers likewise.
    pub(super) fn earlier(self, time: &str, by: u64) -> String {
        let before_all = self.before_all();
        let (first, time_less) = match self {
            Self::Timestamp => ("'4000-01-01 BC'".to_owned(), time.to_owned()),
            Self::Date => ("'4000-01-01 BC'".to_owned(), format!("{time}::timestamp")),
            Self::Epoch(unit) => match i64::try_from(by / unit.nanoseconds()) {
                Ok(by) => (format!("'{}'", i64::MIN + by), time.to_owned()),
                Err(_) => return format!("{before_all}::bigint"),
            },
        };
        format!("CASE WHEN {time} < {first} THEN {before_all} ELSE {time_less} - {} END", self.length(by))
    }

    /// A time and so many nanoseconds. Behind the last instants that PostgreSQL knows there is nothing.
    pub(super) fn later(self, time: &str, by: u64) -> String {
        let after_all = self.after_all();
        let (last, time_and) = match self {
            Self::Timestamp => ("'290000-01-01'".to_owned(), time.to_owned()),
            Self::Date => ("'290000-01-01'".to_owned(), format!("{time}::timestamp")),
            Self::Epoch(unit) => match i64::try_from(by / unit.nanoseconds()) {
                Ok(by) => (format!("'{}'", i64::MAX - by), time.to_owned()),
                Err(_) => return format!("{after_all}::bigint"),
            },
        };
        format!("CASE WHEN {time} > {last} THEN {after_all} ELSE {time_and} + {} END", self.length(by))
    }

    /// This moment.
    pub fn now(self) -> String {
        match self {
            Self::Timestamp | Self::Date => "NOW()".to_owned(),
            Self::Epoch(unit) => {
                format!(
                    "(EXTRACT(EPOCH FROM NOW())::NUMERIC * {})::BIGINT",
                    1_000_000_000 / unit.nanoseconds()
                )
            }
        }
    }

    /// This moment in UTC, for times that have no zone.
    pub(super) fn now_without_zone(self) -> String {
        match self {
            Self::Timestamp | Self::Date => "(NOW() AT TIME ZONE 'UTC')".to_owned(),
            Self::Epoch(_) => self.now(),
        }
    }

    /// A time as microseconds since 1970 in text, rounded down; nanoseconds within one, if any, follow a dot as three digits.
    pub(super) fn microseconds(self, time: &str) -> String {
        match self {
            // EXTRACT is exact since PostgreSQL 14, where it gives a numeric with all six decimals; but for the last thirty
            // years of its calendar, before the year 294277, where the sixth is lost.
            Self::Timestamp | Self::Date => format!("TRUNC(EXTRACT(EPOCH FROM {time}) * 1000000)::TEXT"),
            Self::Epoch(EpochUnit::Nanosecond) => {
                let rest = format!("(({time} % 1000 + 1000) % 1000)");
                format!(
                    "(({time} - {rest}) / 1000)::TEXT || CASE WHEN {rest} = 0 THEN '' ELSE '.' || LPAD({rest}::TEXT, 3, '0') END"
                )
            }
            Self::Epoch(EpochUnit::Microsecond) => format!("{time}::TEXT"),
            Self::Epoch(unit) => format!("({time}::NUMERIC * {})::TEXT", unit.nanoseconds() / 1_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_within_their_64_bits() {
        let milliseconds = TimeSubtraction::Epoch(EpochUnit::Millisecond);
        let gap: Gap = "30m".parse().unwrap();
        assert_eq!(milliseconds.is_apart("b", "a", gap), "b - a > 1800000");
        assert_eq!(
            milliseconds.earlier("t", gap.nanoseconds()),
            "CASE WHEN t < '-9223372036852975808' THEN '-9223372036854775808' ELSE t - 1800000 END"
        );
        assert_eq!(
            milliseconds.later("t", gap.nanoseconds()),
            "CASE WHEN t > '9223372036852975807' THEN '9223372036854775807' ELSE t + 1800000 END"
        );
        let fine = TimeSubtraction::Epoch(EpochUnit::Nanosecond);
        let (seconds, short) = (TimeSubtraction::Epoch(EpochUnit::Second), "2500ms".parse().unwrap());
        assert_eq!(seconds.is_apart("b", "a", short), "b - a > 2");
        assert_eq!(fine.is_apart("b", "a", short), "b - a > 2500000000");
    }
}

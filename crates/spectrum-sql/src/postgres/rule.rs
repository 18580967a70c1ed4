//! The session rule in PostgreSQL: where a session begins and ends, from the times of an event and its neighbour of the
//! same key. Every text that PostgreSQL runs asks here.

use spectrum_core::{AtGap, EpochUnit, Gap, Predicate};

use super::condition::Printer;
use super::events::Events;
use super::events::TimeSubtraction;
use crate::quote::literal;

const DAY: i64 = 86_400;

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

    /// Whether a pause is longer than `allowed`, which is [`Self::allowed`] as SQL, or as long where that is apart.
    pub(super) fn is_beyond(&self, later: &str, earlier: &str, allowed: &str) -> String {
        let symbol = if self.is_apart_at_gap() { ">=" } else { ">" };
        format!("{} {symbol} {allowed}", self.time.pause(later, earlier))
    }

    /// The pause that [`Self::is_beyond`] compares with. No pause is exactly a gap that is not a whole number of units, so
    /// that one is rounded down and longer pauses are apart.
    pub(super) fn allowed(&self, gap: Gap) -> String {
        let nanoseconds = gap.nanoseconds();
        let rule = self.definition.rule();
        let less = u64::from(rule.at_gap() == AtGap::New && !self.is_apart_at_gap());
        self.time.length(nanoseconds - less)
    }

    /// Whether a pause of exactly the gap is compared as one that is apart.
    fn is_apart_at_gap(&self) -> bool {
        let rule = self.definition.rule();
        let unit = self.time.unit();
        let mut gaps = rule.gap_when().iter().map(|entry| entry.gap).chain([rule.gap()]);
        rule.at_gap() == AtGap::New && gaps.all(|gap| gap.nanoseconds().is_multiple_of(unit))
    }

    /// Whether a time of day at which sessions end lies between two times; `None` where there is no such rule.
    pub(super) fn is_split(&self, later: &str, earlier: &str) -> Option<String> {
        Some(format!("{} <> {}", self.day(later)?, self.day(earlier)?))
    }

    /// The day of a time, where days begin at that time of day.
    fn day(&self, time: &str) -> Option<String> {
        let split_at = self.definition.rule().split_at()?;
        let seconds = split_at.seconds();
        let shift = u64::try_from(seconds).unwrap_or_default() * 1_000_000_000;
        let of_clock = |clock: String| match seconds {
            0 => format!("({clock})::DATE"),
            _ => format!("({clock} - {})::DATE", TimeSubtraction::Timestamp.length(shift)),
        };
        let zone = literal(split_at.zone().unwrap_or("UTC"));
        Some(match (self.time, split_at.zone()) {
            (TimeSubtraction::Epoch(unit), None) => {
                let second = per_second(unit);
                let from = match i64::from(seconds) * second {
                    0 => format!("{time}::NUMERIC"),
                    shift => format!("({time}::NUMERIC - {shift})"),
                };
                format!("FLOOR({from} / {})", DAY * second)
            }
            (TimeSubtraction::Epoch(unit), Some(_)) => of_clock(format!(
                "TO_TIMESTAMP(FLOOR({time}::NUMERIC / {})::FLOAT8) AT TIME ZONE {zone}",
                per_second(unit)
            )),
            (TimeSubtraction::Timestamp, _) if self.zoned => of_clock(format!("{time} AT TIME ZONE {zone}")),
            (TimeSubtraction::Timestamp | TimeSubtraction::Date, _) => of_clock(time.to_owned()),
        })
    }

    /// A predicate as SQL that is true or not, and never unknown.
    pub(super) fn holds(&self, predicate: &Predicate) -> String {
        Printer::new(predicate, &self.casts).is(predicate.condition(), false)
    }

    /// The opposite of [`Self::holds`].
    pub(super) fn does_not_hold(&self, predicate: &Predicate) -> String {
        Printer::new(predicate, &self.casts).is(predicate.condition(), true)
    }

    /// A predicate as it stands in a list of conditions with AND between them.
    pub(super) fn among_conditions(&self, predicate: &Predicate) -> String {
        Printer::new(predicate, &self.casts).beside_and(predicate.condition())
    }
}

fn per_second(unit: EpochUnit) -> i64 {
    (1_000_000_000 / unit.nanoseconds()) as i64
}

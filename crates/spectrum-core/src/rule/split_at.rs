//! A civil time of day at which sessions end.
//!
//! The day of an instant is the date that its civil time, less the time of day, has. Sessions end wherever the day changes.
//! This is what every engine can say in SQL, because it asks for the civil time of an instant and never for the instant of
//! a civil time, which may be none or two. It holds only as long as days never go backwards, so a time of day that clocks
//! of the zone pass twice when they are put back is refused. One that they skip counts where they go on.

use std::fmt;
use std::sync::{Arc, OnceLock};

use arrow_schema::TimeUnit;
use jiff::civil::Time;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::gap::nanoseconds_per;

/// A time of day, to the second, and the zone whose clocks show it.
#[derive(Clone, Debug)]
pub struct SplitAt {
    seconds: i32,
    zone: Option<Zone>,
}

#[derive(Clone, Debug)]
struct Zone {
    name: String,
    rules: TimeZone,
    cuts: Arc<OnceLock<Vec<i64>>>,
}

/// Why a time of day or its zone was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitAtError {
    /// The text is not a time of day.
    #[error("split_at '{0}' is not a time of day; write midnight, or hours and minutes as in 04:00")]
    NotATimeOfDay(String),
    /// No zone has this name.
    #[error("timezone '{0}' is not known; write a name of the tz database, as in Europe/Paris, or UTC")]
    UnknownZone(String),
    /// Clocks show it twice when they are put back, so sessions would end twice.
    #[error(
        "split_at '{time}' is passed twice in {zone} when clocks are put back, as on {date} from {from} to {to}; take {to} or \
         {from}"
    )]
    Twice {
        /// The time of day.
        time: String,
        /// The zone.
        zone: String,
        /// A day on which it happens.
        date: String,
        /// The time at which clocks are put back.
        from: String,
        /// The time to which they are.
        to: String,
    },
}

/// Days of this many years are computed once for all events: from 1970 on.
const LAST_YEAR: i16 = 2100;

const DAY: i64 = 86_400;

impl SplitAt {
    /// Reads a time of day such as `04:00` or `midnight`; the zone is UTC if there is none.
    ///
    /// # Errors
    /// When it is not a time of day, there is no such zone, or its clocks show the time twice when they are put back.
    pub fn new(time: &str, zone: Option<&str>) -> Result<Self, SplitAtError> {
        let seconds = time_of_day(time).ok_or_else(|| SplitAtError::NotATimeOfDay(time.to_owned()))?;
        let zone = zone.map(|name| {
            let rules = TimeZone::get(name).map_err(|_| SplitAtError::UnknownZone(name.to_owned()))?;
            // As the database spells it, which engines may be strict about.
            let name = rules.iana_name().unwrap_or(name).to_owned();
            Ok(Zone { name, rules, cuts: Arc::default() })
        });
        let split_at = Self { seconds, zone: zone.transpose()? };
        split_at.check_once_a_day()?;
        Ok(split_at)
    }

    /// Seconds since midnight.
    pub fn seconds(&self) -> i32 {
        self.seconds
    }

    /// The name of the zone, if one was given.
    pub fn zone(&self) -> Option<&str> {
        self.zone.as_ref().map(|zone| zone.name.as_str())
    }

    fn check_once_a_day(&self) -> Result<(), SplitAtError> {
        let Some(zone) = &self.zone else { return Ok(()) };
        for change in zone.rules.following(Timestamp::UNIX_EPOCH) {
            let at = change.timestamp();
            let after = i64::from(change.offset().seconds());
            let just_before = at.checked_sub(SignedDuration::from_secs(1)).unwrap_or(at);
            let before = i64::from(zone.rules.to_offset(just_before).seconds());
            let (from, to) = (at.as_second() + before, at.as_second() + after);
            // Times of day strictly between, which may be those of the day before or after.
            let first = (to - i64::from(self.seconds)).div_euclid(DAY) * DAY + i64::from(self.seconds);
            if [first, first + DAY].into_iter().any(|time| to < time && time < from) {
                let time_of = |local: i64| clock(i32::try_from(local.rem_euclid(DAY)).unwrap_or_default());
                let date = Offset::UTC.to_datetime(Timestamp::from_second(from).unwrap_or(at)).date();
                return Err(SplitAtError::Twice {
                    time: clock(self.seconds),
                    zone: zone.name.clone(),
                    date: date.to_string(),
                    from: time_of(from),
                    to: time_of(to),
                });
            }
            if Offset::UTC.to_datetime(at).year() > LAST_YEAR {
                break;
            }
        }
        Ok(())
    }

    /// The days of a zone as instants, in seconds: the first of every day that begins from 1970 to 2100.
    fn cuts<'a>(&self, zone: &'a Zone) -> &'a [i64] {
        zone.cuts.get_or_init(|| {
            let time = Time::midnight() + SignedDuration::from_secs(self.seconds.into());
            let mut cuts = Vec::with_capacity(131 * 366);
            let mut date = jiff::civil::date(1970, 1, 1);
            while date.year() <= LAST_YEAR {
                let ambiguous = zone.rules.to_ambiguous_timestamp(date.to_datetime(time));
                let instant = match ambiguous.offset() {
                    jiff::tz::AmbiguousOffset::Unambiguous { offset }
                    | jiff::tz::AmbiguousOffset::Fold { before: offset, .. } => {
                        offset.to_timestamp(date.to_datetime(time)).ok()
                    }
                    // Not shown by any clock: the day begins where they go on.
                    jiff::tz::AmbiguousOffset::Gap { before, .. } => {
                        let skipped = before.to_timestamp(date.to_datetime(time)).ok();
                        skipped.and_then(|skipped| {
                            let next = skipped.checked_add(SignedDuration::from_secs(1)).ok()?;
                            zone.rules.preceding(next).next().map(|change| change.timestamp())
                        })
                    }
                };
                cuts.extend(instant.map(Timestamp::as_second));
                let Ok(tomorrow) = date.tomorrow() else { break };
                date = tomorrow;
            }
            cuts
        })
    }

    /// The number of an instant's day, in seconds since 1970. Outside of what is computed at once, and for zones that are
    /// UTC, days follow from the offset at the instant.
    fn day(&self, zone: &Zone, second: i64) -> i64 {
        let offset = Timestamp::from_second(second).map_or(Offset::UTC, |at| zone.rules.to_offset(at));
        (second.saturating_add(i64::from(offset.seconds())).saturating_sub(self.seconds.into()))
            .div_euclid(DAY)
    }

    /// The same for instants that count in `unit`.
    pub(crate) fn counted_in(&self, unit: TimeUnit) -> CountedSplit {
        let second = (1_000_000_000 / nanoseconds_per(unit)) as i64;
        CountedSplit { split_at: self.clone(), second }
    }
}

impl PartialEq for SplitAt {
    fn eq(&self, other: &Self) -> bool {
        self.seconds == other.seconds && self.zone() == other.zone()
    }
}

impl Eq for SplitAt {}

/// The time of day, as `HH:MM` or, where it has seconds, `HH:MM:SS`.
impl fmt::Display for SplitAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clock(self.seconds))
    }
}

fn time_of_day(text: &str) -> Option<i32> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("midnight") {
        return Some(0);
    }
    let mut parts = text.split(':');
    let mut part = |limit: i32| {
        let part = parts.next()?;
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i32>().ok()).flatten().filter(|value| *value < limit)
    };
    let (hours, minutes) = (part(24)?, part(60)?);
    let seconds = if text.len() == 5 { Some(0) } else { part(60) }?;
    parts.next().is_none().then_some(hours * 3600 + minutes * 60 + seconds)
}

fn clock(seconds: i32) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match rest {
        0 => format!("{hours:02}:{minutes:02}"),
        _ => format!("{hours:02}:{minutes:02}:{rest:02}"),
    }
}

/// A [`SplitAt`] for instants that count in one unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CountedSplit {
    split_at: SplitAt,
    /// How many units a second has.
    second: i64,
}

impl CountedSplit {
    /// Whether sessions end between two instants. `earlier` must not be after `later`.
    #[inline]
    pub(crate) fn lies_between(&self, earlier: i64, later: i64) -> bool {
        let (earlier, later) = (earlier.div_euclid(self.second), later.div_euclid(self.second));
        let Some(zone) = &self.split_at.zone else {
            // Never further than the last day of 64 bits.
            let into_day = (earlier.rem_euclid(DAY) - i64::from(self.split_at.seconds)).rem_euclid(DAY);
            return later.wrapping_sub(earlier) as u64 >= (DAY - into_day) as u64;
        };
        let cuts = self.split_at.cuts(zone);
        let (Some(first), Some(last)) = (cuts.first(), cuts.last()) else { return false };
        if earlier < *first || later >= *last {
            return self.split_at.day(zone, earlier) != self.split_at.day(zone, later);
        }
        // A day is about as many seconds as the others, so its place is known but for one or two.
        let mut day = usize::try_from((earlier - first) / DAY).unwrap_or_default().min(cuts.len() - 1);
        while cuts[day] > earlier {
            day -= 1;
        }
        while cuts[day + 1] <= earlier {
            day += 1;
        }
        later >= cuts[day + 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_at(time: &str, zone: &str) -> SplitAt {
        SplitAt::new(time, Some(zone)).unwrap()
    }

    fn second(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn times_of_day_are_read_and_written() {
        for (text, written) in
            [("midnight", "00:00"), ("04:00", "04:00"), ("23:59:59", "23:59:59"), (" 04:05:00", "04:05")]
        {
            assert_eq!(SplitAt::new(text, None).unwrap().to_string(), written);
        }
        for text in ["", "4:00", "24:00", "12:60", "12", "12:00:00:00", "12:00:", "noon"] {
            assert_eq!(SplitAt::new(text, None), Err(SplitAtError::NotATimeOfDay(text.to_owned())));
        }
        let unknown = SplitAt::new("04:00", Some("Europe/Pariss")).unwrap_err();
        assert_eq!(unknown, SplitAtError::UnknownZone("Europe/Pariss".to_owned()));
        assert_eq!(SplitAt::new("04:00", Some("europe/paris")).unwrap().zone(), Some("Europe/Paris"));
    }

    #[test]
    fn a_time_that_clocks_pass_twice_is_refused() {
        let refused = SplitAt::new("02:30", Some("Europe/Paris")).unwrap_err().to_string();
        assert!(refused.starts_with("split_at '02:30' is passed twice in Europe/Paris"), "{refused}");
        assert!(refused.ends_with("take 02:00 or 03:00"), "{refused}");
        for (time, zone) in
            [("02:00", "Europe/Paris"), ("03:00", "Europe/Paris"), ("01:00", "America/New_York")]
        {
            assert!(SplitAt::new(time, Some(zone)).is_ok(), "{time} {zone}");
        }
        // Clocks in Newfoundland were put back from 00:01 to 23:01 until 2011.
        let midnight = SplitAt::new("midnight", Some("America/St_Johns")).unwrap_err().to_string();
        assert!(midnight.ends_with("from 00:01 to 23:01; take 23:01 or 00:01"), "{midnight}");
    }

    #[test]
    fn the_day_ends_at_the_civil_time() {
        let paris = split_at("04:00", "Europe/Paris").counted_in(TimeUnit::Second);
        // Summer time began on the 29th of March 2026 at 02:00, which was 03:00.
        for (earlier, later, expected) in [
            ("2026-03-28T02:59:59Z", "2026-03-28T03:00:00Z", true), // 04:00 in winter is 03:00 in UTC
            ("2026-03-29T01:59:59Z", "2026-03-29T02:00:00Z", true), // and in summer 02:00
            ("2026-03-28T03:00:00Z", "2026-03-29T01:59:59Z", false),
            ("2026-10-25T02:59:59Z", "2026-10-25T03:00:00Z", true),
            ("2026-10-24T02:00:00Z", "2026-10-25T02:59:59Z", false),
            ("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z", true),
        ] {
            assert_eq!(paris.lies_between(second(earlier), second(later)), expected, "{earlier} {later}");
        }
    }

    #[test]
    fn a_skipped_time_counts_where_clocks_go_on() {
        // In Cairo midnight was skipped on the 28th of April 2023: clocks went from 00:00 to 01:00.
        let cairo = split_at("midnight", "Africa/Cairo").counted_in(TimeUnit::Second);
        let (before, after) = (second("2023-04-27T21:59:59Z"), second("2023-04-27T22:00:00Z"));
        assert!(cairo.lies_between(before, after));
        assert!(!cairo.lies_between(after, after + 3600));
    }

    /// What is computed at once is what follows from the offset, for days that begin and end in every unit.
    #[test]
    fn both_ways_to_a_day_agree() {
        for (time, zone) in [
            ("midnight", "Europe/Paris"),
            ("02:00", "Europe/Paris"),
            ("03:00", "America/New_York"),
            ("midnight", "Africa/Cairo"),
            ("midnight", "Pacific/Apia"), // which left out a whole day
            ("04:00", "Australia/Lord_Howe"),
            ("midnight", "UTC"),
        ] {
            let split_at = split_at(time, zone);
            let zone = split_at.zone.clone().unwrap();
            let counted = split_at.counted_in(TimeUnit::Millisecond);
            let mut instant = -30 * DAY;
            while instant < 60 * 365 * DAY {
                for step in [1, 1_799, 3_600, 43_200] {
                    let by_offset = split_at.day(&zone, instant) != split_at.day(&zone, instant + step);
                    let (earlier, later) = (instant * 1_000 + 999, (instant + step) * 1_000);
                    assert_eq!(
                        counted.lies_between(earlier, later),
                        by_offset,
                        "{time} {} {instant} {step}",
                        zone.name
                    );
                }
                instant += 1_800;
            }
        }
    }

    #[test]
    fn without_a_zone_days_are_those_of_utc() {
        for unit in [TimeUnit::Second, TimeUnit::Nanosecond] {
            let plain = SplitAt::new("04:00", None).unwrap().counted_in(unit);
            let second = 1_000_000_000 / nanoseconds_per(unit) as i64;
            for (earlier, later, expected) in [
                (4 * 3600 - 1, 4 * 3600, true),
                (4 * 3600, 28 * 3600 - 1, false),
                (-20 * 3600 - 1, -20 * 3600, true),
                (-20 * 3600, 4 * 3600 - 1, false),
            ] {
                assert_eq!(
                    plain.lies_between(earlier * second, later * second),
                    expected,
                    "{earlier} {later}"
                );
            }
            assert!(plain.lies_between(i64::MIN, i64::MAX));
            assert!(!plain.lies_between(i64::MAX, i64::MAX));
        }
    }
}

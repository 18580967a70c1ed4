//! Sessions, keys and events by day, or by longer periods where there are many days.

use spectrum_core::Sessions;

use super::clock::Hours;
use crate::periods::Period;
use crate::summary::day_of;

/// How many sessions, keys and events there were when.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct OverTime {
    /// What the periods are.
    pub period: Period,
    /// All periods from that of the first event to that of the last, empty ones too.
    pub periods: Vec<PeriodFigures>,
}

/// What happened in one period.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct PeriodFigures {
    /// The day that it begins with, counted from 1970.
    pub first_day: i64,
    /// How it is called, as in `2026-01-05` or `2026-01`.
    pub label: String,
    /// How many of its days the events cover, and how many it has, unless they cover all of it; of a day so many hours, if they are
    /// less than three quarters of it.
    pub covered: Option<(i64, i64)>,
    /// Sessions that began in it.
    pub sessions: u64,
    /// Keys of these sessions.
    pub keys: u64,
    /// Events that happened in it.
    pub events: u64,
}

/// `None` without events, and where times are outside the calendar.
pub(super) fn of(sessions: &Sessions, hours: &Hours, most: u32) -> Option<OverTime> {
    let days = hours.days();
    let (first, last) = (*days.first_key_value()?.0, *days.last_key_value()?.0);
    let period = Period::finest(first, last, i64::from(most))?;
    let from = period.of(first)?;
    let figures = |at| PeriodFigures {
        first_day: period.first_day(at).unwrap_or(first),
        label: period.label(at),
        covered: match period {
            Period::Day => hours.covered(at),
            _ => period.covered(at, first, last),
        },
        sessions: 0,
        keys: 0,
        events: 0,
    };
    let mut periods: Vec<PeriodFigures> = (from..=period.of(last)?).map(figures).collect();
    let place = |day| usize::try_from(period.of(day)? - from).ok();
    for (day, events) in days {
        periods.get_mut(place(day)?)?.events += events;
    }
    // Periods are looked up seldom: neighbouring sessions mostly begin on one day.
    let (mut known, mut at) = (i64::MIN, 0);
    let mut before = usize::MAX;
    for session in sessions.all() {
        let day = day_of(sessions.start(session), sessions.unit());
        if day != known {
            (known, at) = (day, place(day)?);
        }
        let is_new = sessions.before(session).is_none() || at != before;
        before = at;
        let figures = periods.get_mut(at)?;
        figures.sessions += 1;
        figures.keys += u64::from(is_new);
    }
    Some(OverTime { period, periods })
}

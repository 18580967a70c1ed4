//! Numbers that describe many sessions: averages, medians and the like, all of them exact.

use spectrum_core::{SessionRule, Sessions, nanoseconds_per};

/// The sessions of one gap in a few numbers.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Figures {
    /// How many there are.
    pub sessions: u64,
    /// How many of them have a single event.
    pub single_event_sessions: u64,
    /// How long they are, from first to last event, in seconds; `None` without sessions.
    pub seconds: Option<Spread>,
    /// How many events they have; `None` without sessions.
    pub events: Option<Spread>,
}

/// How values are spread. Nothing is estimated: all values are looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Spread {
    /// Their sum by their number.
    pub average: f64,
    /// The one in the middle, or halfway between the two in the middle; PostgreSQL's `percentile_cont(0.5)`.
    pub median: f64,
    /// The least value that at least 95 % of them do not exceed (nearest rank); PostgreSQL's
    /// `percentile_disc(0.95)`.
    pub p95: f64,
    /// The greatest.
    pub max: f64,
}

impl Figures {
    /// The figures of the sessions that `rule` makes of `sessions`, whose own gap is not longer.
    pub(crate) fn of(sessions: &Sessions, rule: &SessionRule) -> Self {
        Self::of_spans(sessions, sessions.regrouped(rule).map(|span| (span.start, span.end, span.events)))
    }

    /// The figures of sessions as they are.
    pub(crate) fn of_each(sessions: &Sessions) -> Self {
        let span = |session| (sessions.start(session), sessions.end(session), sessions.events(session));
        Self::of_spans(sessions, sessions.all().map(span))
    }

    fn of_spans(sessions: &Sessions, spans: impl Iterator<Item = (i64, i64, u64)>) -> Self {
        let (mut lengths, mut events) = (Vec::new(), Vec::new());
        for (start, end, of_span) in spans {
            lengths.push(end.abs_diff(start));
            events.push(of_span);
        }
        let per_second = (1_000_000_000 / nanoseconds_per(sessions.unit())) as f64;
        Self {
            sessions: events.len() as u64,
            single_event_sessions: events.iter().filter(|events| **events == 1).count() as u64,
            seconds: Spread::of(&mut lengths, per_second),
            events: Spread::of(&mut events, 1.0),
        }
    }

    /// Which share of the sessions has a single event, from 0 to 1; `None` without sessions.
    pub fn single_event_share(&self) -> Option<f64> {
        (self.sessions > 0).then(|| self.single_event_sessions as f64 / self.sessions as f64)
    }
}

impl Spread {
    /// The spread of `values` divided by `scale`; leaves the values in another order.
    pub(crate) fn of(values: &mut [u64], scale: f64) -> Option<Self> {
        let count = values.len();
        let sum: u128 = values.iter().map(|value| u128::from(*value)).sum();
        let max = values.iter().copied().max()?;
        // The first of so many that no fewer than 95 % stand up to it.
        let rank = (count as u128 * 95).div_ceil(100) as usize;
        let p95 = *values.select_nth_unstable(rank - 1).1;
        let (below, upper, _) = values.select_nth_unstable(count / 2);
        let upper = *upper;
        let lower = if count % 2 == 1 { upper } else { below.iter().copied().max().unwrap_or(upper) };
        Some(Self {
            average: sum as f64 / count as f64 / scale,
            median: (u128::from(lower) + u128::from(upper)) as f64 / 2.0 / scale,
            p95: p95 as f64 / scale,
            max: max as f64 / scale,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(values: &[u64]) -> (f64, f64, f64, f64) {
        let spread = Spread::of(&mut values.to_vec(), 1.0).unwrap();
        (spread.average, spread.median, spread.p95, spread.max)
    }

    #[test]
    fn medians_and_percentiles_are_those_of_postgresql() {
        // SELECT avg(v), percentile_cont(0.5) WITHIN GROUP (ORDER BY v), percentile_disc(0.95) ..., max(v)
        assert_eq!(spread(&[7]), (7.0, 7.0, 7.0, 7.0));
        assert_eq!(spread(&[4, 1]), (2.5, 2.5, 4.0, 4.0));
        assert_eq!(spread(&[9, 1, 2]), (4.0, 2.0, 9.0, 9.0));
        let twenty: Vec<u64> = (1..=20).rev().collect();
        assert_eq!(spread(&twenty), (10.5, 10.5, 19.0, 20.0));
        let hundred_and_one: Vec<u64> = (0..=100).map(|n| n * 37 % 101).collect();
        assert_eq!(spread(&hundred_and_one), (50.0, 50.0, 95.0, 100.0));
    }

    #[test]
    fn nothing_has_no_spread_and_the_greatest_values_do_not_overflow() {
        assert_eq!(Spread::of(&mut [], 1.0), None);
        assert_eq!(spread(&[u64::MAX, u64::MAX]).1, u64::MAX as f64);
    }

    /// What a share of 95 % means, counted the plain way.
    #[test]
    fn at_least_95_percent_do_not_exceed_p95() {
        for count in 1..300_u64 {
            let values: Vec<u64> = (0..count).map(|n| n * n % 83).collect();
            let p95 = spread(&values).2 as u64;
            let up_to = |limit: u64| values.iter().filter(|value| **value <= limit).count() as u64;
            assert!(up_to(p95) * 100 >= count * 95, "{count}");
            assert!(p95 == 0 || up_to(p95 - 1) * 100 < count * 95, "{count}");
        }
    }
}

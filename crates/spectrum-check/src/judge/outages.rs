//! Stretches without any event where the same stretch of other days has many keys.

use crate::check::Check;
use crate::expected::{days_like, lower_quartile};
use crate::finding::{Example, Finding};
use crate::tallies::{DAY, SLOT, Tallies};
use crate::thresholds::Thresholds;

/// Slots of a day.
const SLOTS: i64 = DAY / SLOT;

/// A stretch without events, from the last one before to the first one after.
pub(super) struct Outage {
    pub(super) from: i64,
    pub(super) until: i64,
    expected: f64,
}

impl Outage {
    /// Whether some of it lies on this day.
    pub(super) fn touches(&self, day: i64) -> bool {
        self.from.div_euclid(DAY) <= day && day <= self.until.div_euclid(DAY)
    }
}

/// Keys in slots, up to any.
struct Running {
    slots: Vec<i64>,
    totals: Vec<u64>,
}

impl Running {
    fn of(tallies: &Tallies) -> Self {
        let mut total = 0;
        let totals = tallies.slots.iter().map(|slot| {
            total += slot.keys;
            total
        });
        Self { totals: totals.collect(), slots: tallies.slots.iter().map(|slot| slot.slot).collect() }
    }

    fn before(&self, slot: i64) -> u64 {
        let at = self.slots.partition_point(|known| *known < slot);
        at.checked_sub(1).and_then(|at| self.totals.get(at)).copied().unwrap_or(0)
    }

    /// Keys from one slot to before another.
    fn between(&self, from: i64, until: i64) -> u64 {
        self.before(until) - self.before(from)
    }
}

/// All outages, in order: runs of empty slots in which three of four days like theirs have enough keys.
pub(super) fn outages(tallies: &Tallies, thresholds: &Thresholds) -> Vec<Outage> {
    let running = Running::of(tallies);
    let (Some(first), Some(last)) = (tallies.slots.first(), tallies.slots.last()) else { return Vec::new() };
    let mut outages = Vec::new();
    for pair in tallies.slots.windows(2) {
        let [before, after] = pair else { continue };
        let (from, until) = (before.slot + 1, after.slot);
        if from >= until {
            continue;
        }
        // Weeks around have far too few: a quick answer for nights and for streams with few events.
        let around = running.between(from - 28 * SLOTS, until + 28 * SLOTS);
        if (around as f64) < 2.0 * thresholds.outage_keys {
            continue;
        }
        // Before a beginning and after an end there is nothing to miss.
        let week = 7 * SLOTS;
        let beside = running.between(from - week, from).min(running.between(until, until + week));
        if (beside as f64) < thresholds.outage_keys {
            continue;
        }
        let day = from.div_euclid(SLOTS);
        let is_known = |days: i64| {
            let (from, until) = (from + days * SLOTS, until + days * SLOTS);
            from >= first.slot && until <= last.slot + 1
        };
        let is_long = until - from >= SLOTS;
        let like: Vec<f64> =
            days_like(day, |other| is_known(other - day) && (!is_long || (other - day) % 7 == 0))
                .into_iter()
                .map(|other| {
                    running.between(from + (other - day) * SLOTS, until + (other - day) * SLOTS) as f64
                })
                .collect();
        if let Some(expected) = lower_quartile(like).filter(|expected| *expected >= thresholds.outage_keys) {
            outages.push(Outage { from: before.last, until: after.first, expected });
        }
    }
    outages
}

/// The finding of them, the longest first.
pub(super) fn found(outages: &[Outage], tallies: &Tallies) -> Option<Finding> {
    let days = tallies.span.map_or(0, |(first, last)| last.div_euclid(DAY) - first.div_euclid(DAY) + 1);
    let mut longest: Vec<&Outage> = outages.iter().collect();
    longest.sort_by_key(|outage| (outage.from - outage.until, outage.from));
    let examples = longest.iter().map(|outage| Example {
        time: Some(outage.from),
        until: Some(outage.until),
        seconds: Some((outage.until - outage.from) as f64 / 1e6),
        of: Some(outage.expected as u64),
        ..Example::default()
    });
    let seconds: f64 = outages.iter().map(|outage| (outage.until - outage.from) as f64 / 1e6).sum();
    let finding = Finding::new(Check::Outages, outages.len() as u64, u64::try_from(days).unwrap_or(0));
    let finding = finding.with(examples).fact("seconds", crate::Fact::Seconds(seconds));
    (!outages.is_empty()).then_some(finding)
}

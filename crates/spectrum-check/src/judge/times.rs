//! Times that were cut off, and too many midnights.

use crate::check::Check;
use crate::finding::Finding;
use crate::key_facts::FEW;
use crate::tallies::Tallies;
use crate::thresholds::Thresholds;

/// The coarsest unit that nearly all times are whole in; and midnights beyond what that explains.
pub(super) fn coarse(tallies: &Tallies, thresholds: &Thresholds) -> Vec<Finding> {
    let (precision, of) = (tallies.precision, tallies.precision.of);
    let mut findings = Vec::new();
    if of < FEW {
        return findings;
    }
    let share = |count: u64| count as f64 / of as f64;
    let is_all = |count: u64| share(count) >= thresholds.coarse_share;
    let units = [
        (precision.days, "days", 1.0),
        (precision.hours, "hours", 24.0),
        (precision.minutes, "minutes", 1_440.0),
    ];
    let coarse = units.into_iter().find(|(count, ..)| is_all(*count));
    if let Some((count, unit, _)) = coarse {
        findings.push(Finding::new(Check::CoarseTimes, count, of).fact("unit", unit));
    }
    let per_day = coarse.map_or(86_400.0, |(.., per_day)| per_day);
    if per_day > 1.0 && share(precision.days) >= thresholds.midnight_share.max(10.0 / per_day) {
        let midnights = Finding::new(Check::MidnightTimes, precision.days, of);
        findings.push(midnights.with(tallies.midnights.iter().cloned()));
    }
    findings
}

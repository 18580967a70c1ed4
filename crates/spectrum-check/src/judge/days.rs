//! What changes from day to day. The first and the last day are not whole and not judged, nor are days with an outage.

use super::outages::Outage;
use super::series::{Level, Point, Single, by_difference, by_factor, levels, singles};
use crate::check::{Check, Severity};
use crate::finding::{Example, Finding};
use crate::tallies::{Day, Tallies};
use crate::thresholds::Thresholds;

/// Days of fewer keys than this are left to chance.
const LEAST_KEYS: f64 = 30.0;
/// Days of fewer sessions than this say nothing of their shares.
const LEAST_SESSIONS: u64 = 50;
/// A day that differs by so many standard deviations does so by more than chance.
const DEVIATIONS: f64 = 5.0;
/// A single day has to differ by this much more than a week: that factor to this power.
const SINGLE_DAY: f64 = 1.5;

pub(super) fn judge(tallies: &Tallies, outages: &[Outage], thresholds: &Thresholds) -> Vec<Finding> {
    let days = whole_days(tallies, outages);
    let mut findings = Vec::new();
    findings.extend(keys(&days, thresholds));
    findings.extend(events_per_key(&days, thresholds));
    findings.extend(single_events(&days, thresholds));
    findings.extend(types(&days, &tallies.types, thresholds));
    findings
}

/// A few events that lie far from all others do not make the days between. Both ends are cut by days that have no larger
/// share of the keys of all days than this.
const STRAY: f64 = 0.001;

/// Every whole day without an outage, those without events among them.
fn whole_days(tallies: &Tallies, outages: &[Outage]) -> Vec<Day> {
    let all: u64 = tallies.days.iter().map(|day| day.keys).sum();
    let ends = (end(tallies.days.iter(), all), end(tallies.days.iter().rev(), all));
    let (Some(first), Some(last)) = ends else { return Vec::new() };
    let mut known = tallies.days.iter().peekable();
    let mut days = Vec::new();
    for day in first + 1..last {
        while known.next_if(|known| known.day < day).is_some() {}
        let found = known.next_if(|known| known.day == day).cloned();
        if outages.iter().any(|outage| outage.touches(day)) {
            continue;
        }
        let without = Day { day, types: vec![0; tallies.types.len()], ..Day::default() };
        days.push(found.unwrap_or(without));
    }
    days
}

/// The first day that is not stray.
fn end<'a>(mut days: impl Iterator<Item = &'a Day>, all: u64) -> Option<i64> {
    let mut keys = 0;
    let is_one_of_many = |day: &&Day| {
        keys += day.keys;
        keys as f64 > STRAY * all as f64
    };
    days.find(is_one_of_many).map(|day| day.day)
}

fn points(days: &[Day], value: impl Fn(&Day) -> Option<f64>) -> Vec<Point> {
    days.iter().filter_map(|day| Some(Point { day: day.day, value: value(day)? })).collect()
}

fn keys(days: &[Day], thresholds: &Thresholds) -> Vec<Finding> {
    let points = points(days, |day| Some(day.keys as f64));
    let by = by_factor(thresholds.level_change);
    let levels = levels(&points, |before, after| {
        let is_chance = before.max(after) < LEAST_KEYS;
        if is_chance { 0.0 } else { by(before.max(1.0), after.max(1.0)) }
    });
    let differs = |value: f64, expected: f64| {
        expected.max(value) >= LEAST_KEYS && (value - expected).abs() > DEVIATIONS * expected.max(1.0).sqrt()
    };
    let quiet = singles(&points, &levels, |point, expected| {
        point.value < thresholds.quiet_day * expected && differs(point.value, expected)
    });
    let busiest = thresholds.level_change.powf(SINGLE_DAY);
    let busy = singles(&points, &levels, |point, expected| {
        point.value > busiest * expected && expected > 0.0 && differs(point.value, expected)
    });
    let of = points.len() as u64;
    let is_worst = |single: &Single| (single.value / single.expected).ln().abs();
    let mut findings = Vec::new();
    findings.extend(finding(Check::QuietDays, of, &[], quiet, is_worst, |value| value.round()));
    let changes = finding(Check::KeysPerDay, of, &levels, busy, is_worst, |value| value.round());
    findings.extend(changes.map(|mut changes| {
        // More keys are mostly good news; events that are lost are not.
        if levels.iter().any(|level| level.after < level.before) {
            changes.severity = Severity::Warning;
        }
        changes
    }));
    findings
}

fn events_per_key(days: &[Day], thresholds: &Thresholds) -> Option<Finding> {
    let points =
        points(days, |day| (day.keys as f64 >= LEAST_KEYS).then_some(day.events as f64 / day.keys as f64));
    let by = by_factor(thresholds.level_change);
    let levels = levels(&points, &by);
    let by_day = by_factor(thresholds.level_change.powf(SINGLE_DAY));
    let singles = singles(&points, &levels, |point, expected| by_day(expected, point.value) >= 1.0);
    let is_worst = |single: &Single| (single.value / single.expected).ln().abs();
    finding(Check::EventsPerKey, points.len() as u64, &levels, singles, is_worst, |value| value)
}

/// Whether a share of so many differs from an expected one by more than chance.
fn is_no_chance(share: f64, expected: f64, of: f64) -> bool {
    let middle = f64::midpoint(share, expected).clamp(0.01, 0.99);
    (share - expected).abs() > DEVIATIONS * (middle * (1.0 - middle) / of.max(1.0)).sqrt()
}

fn single_events(days: &[Day], thresholds: &Thresholds) -> Option<Finding> {
    let enough: Vec<Day> = days.iter().filter(|day| day.sessions >= LEAST_SESSIONS).cloned().collect();
    let points = points(&enough, |day| Some(day.single as f64 / day.sessions as f64));
    let by = by_difference(thresholds.share_change);
    let levels = levels(&points, &by);
    let singles = singles(&points, &levels, |point, expected| {
        let at = enough.binary_search_by_key(&point.day, |day| day.day);
        let sessions = at.map_or(0, |at| enough[at].sessions);
        by(expected, point.value) >= 1.0 && is_no_chance(point.value, expected, sessions as f64)
    });
    let is_worst = |single: &Single| (single.value - single.expected).abs();
    finding(Check::SingleEventShare, points.len() as u64, &levels, singles, is_worst, |value| value)
}

fn types(days: &[Day], types: &[String], thresholds: &Thresholds) -> Option<Finding> {
    let enough: Vec<Day> = days.iter().filter(|day| day.keys as f64 >= LEAST_KEYS).cloned().collect();
    let by = by_difference(thresholds.share_change);
    // A share that is small may come and go.
    let by_times = by_factor(thresholds.level_change.powi(2));
    let changes = |before: f64, after: f64| {
        let times =
            if before.max(after) >= thresholds.share_change / 4.0 { by_times(before, after) } else { 0.0 };
        by(before, after).max(times)
    };
    let mut all: Vec<(f64, Example)> = Vec::new();
    for (at, name) in types.iter().enumerate() {
        let share = |day: &Day| Some(*day.types.get(at)? as f64 / day.events.max(1) as f64);
        let points = points(&enough, share);
        let levels = levels(&points, changes);
        let singles = singles(&points, &levels, |point, expected| {
            let at = enough.binary_search_by_key(&point.day, |day| day.day);
            // Events of a key come together, so keys say how many there are by chance.
            let keys = at.map_or(0, |at| enough[at].keys);
            changes(expected, point.value) >= 1.0 && is_no_chance(point.value, expected, keys as f64)
        });
        let of_levels = levels.iter().map(|level| (level.day, level.before, level.after, true));
        let of_days = singles.iter().map(|single| (single.day, single.expected, single.value, false));
        all.extend(of_levels.chain(of_days).map(|(day, expected, value, lasts)| {
            (
                changes(expected, value),
                Example { value: Some(name.clone()), ..example(day, value, expected, lasts) },
            )
        }));
    }
    all.sort_by(|(a, of_a), (b, of_b)| {
        b.total_cmp(a).then_with(|| (of_a.day, &of_a.value).cmp(&(of_b.day, &of_b.value)))
    });
    // What one type loses others gain, within a few days.
    let mut found: Vec<(bool, i64)> =
        all.iter().map(|(_, example)| (example.lasts, example.day.unwrap_or(0))).collect();
    found.sort_unstable();
    found.dedup_by(|(lasts, day), (before_lasts, before)| {
        *lasts == *before_lasts && *day - *before <= if *lasts { 3 } else { 0 }
    });
    let finding = Finding::new(Check::TypeShare, found.len() as u64, enough.len() as u64);
    (!all.is_empty()).then(|| finding.with(all.into_iter().map(|(_, example)| example)))
}

fn example(day: i64, value: f64, expected: f64, lasts: bool) -> Example {
    Example { day: Some(day), measured: Some(value), expected: Some(expected), lasts, ..Example::default() }
}

/// Levels first, then the days that differ most.
fn finding(
    check: Check,
    of: u64,
    levels: &[Level],
    mut singles: Vec<Single>,
    is_worst: impl Fn(&Single) -> f64,
    shown: impl Fn(f64) -> f64,
) -> Option<Finding> {
    singles.sort_by(|a, b| is_worst(b).total_cmp(&is_worst(a)).then(a.day.cmp(&b.day)));
    let count = (levels.len() + singles.len()) as u64;
    let of_levels =
        levels.iter().map(|level| example(level.day, shown(level.after), shown(level.before), true));
    let of_days =
        singles.iter().map(|single| example(single.day, shown(single.value), shown(single.expected), false));
    let finding = Finding::new(check, count, of).with(of_levels.chain(of_days));
    (count > 0).then(|| finding.fact("lasting", levels.len() as u64))
}

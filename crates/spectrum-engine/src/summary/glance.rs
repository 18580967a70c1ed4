//! What a summary sees in passing of what a check looks for: nothing more is read for it.

use spectrum_check::{Check, StandIn, Thresholds, is_outsized};
use spectrum_core::Sessions;

use super::Summary;

/// The checks that would find something, as far as sessions tell. Bots are not told from people, so a session of days counts as
/// such, whoever has it.
pub(super) fn at_a_glance(
    summary: &Summary,
    sessions: &Sessions,
    key_columns: usize,
    thresholds: &Thresholds,
) -> Vec<Check> {
    let mut found = Vec::new();
    if summary.dropped > 0 {
        found.push(Check::NullTimes);
    }
    if let Some(unusual) = &summary.unusual_times {
        let (first, last) = unusual.usual.bounds();
        let (earliest, latest) = unusual.span;
        found.extend((latest > last).then_some(Check::FutureTimes));
        found.extend(
            (earliest < first && earliest < thresholds.floor / 1_000_000).then_some(Check::AncientTimes),
        );
    }
    found.extend(of_keys(summary, sessions, key_columns, thresholds));
    let longest = summary.figures.seconds.map_or(0.0, |length| length.max);
    if longest > thresholds.long_session.nanoseconds() as f64 / 1e9 {
        found.push(Check::LongSessions);
    }
    found
}

/// Whether a key has too many events. Only keys that have a share of them are looked at by their values.
fn of_keys(
    summary: &Summary,
    sessions: &Sessions,
    key_columns: usize,
    thresholds: &Thresholds,
) -> Vec<Check> {
    let (mut has_stand_in, mut is_any_outsized) = (false, false);
    let mut events = 0;
    for session in sessions.all() {
        events += sessions.events(session);
        if sessions.after(session).is_some() {
            continue;
        }
        let of_key = std::mem::take(&mut events);
        if (of_key as f64) < thresholds.stand_in_share.min(thresholds.key_share) * summary.events as f64 {
            continue;
        }
        let is_stand_in = (0..key_columns).any(|column| {
            let value = sessions.key_text(session, column);
            let is_known = thresholds.is_stand_in(value.as_deref());
            let stand_in = StandIn { column: String::new(), value, events: of_key, values: summary.keys };
            is_known && stand_in.is_found(summary.events, thresholds)
        });
        has_stand_in |= is_stand_in;
        is_any_outsized |= !is_stand_in && is_outsized(of_key, summary.events, summary.keys, thresholds);
    }
    let found = [(Check::StandInKeys, has_stand_in), (Check::OutsizedKeys, is_any_outsized)];
    found.into_iter().filter(|(_, holds)| *holds).map(|(check, _)| check).collect()
}

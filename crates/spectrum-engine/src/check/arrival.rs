//! When events arrived: how late they came, and keys whose clocks are wrong.

use std::collections::HashMap;

use arrow_array::Array;
use arrow_schema::{DataType, TimeUnit};
use spectrum_check::{Example, Finding, Late, Sample, Thresholds};
use spectrum_core::internals::instants;
use spectrum_core::{SessionDefinition, nanoseconds_per};

use super::event::NO_KEY;
use super::read::Events;
use super::top::Top;
use crate::error::{EngineError, Result, TimeError};
use crate::input::Input;
use crate::remedy::Remedy;
use crate::scan::{Scan, Wanted};
use crate::watch::Watch;

/// Keys with fewer events than this say nothing of their clock.
const FEW_EVENTS: u64 = 10;

/// One thread's share.
#[derive(Default)]
struct Share {
    unit: Option<TimeUnit>,
    part: Option<usize>,
    before: usize,
    of: u64,
    late: u64,
    /// In microseconds.
    latest: i64,
    first: Vec<(usize, Example)>,
    /// The shortest delay of each key, in microseconds, and its events.
    keys: HashMap<u32, (i64, u64), foldhash::fast::FixedState>,
}

/// Late events, and keys whose clocks are wrong: in another pass, over the column that says when events arrived.
pub(super) fn by_arrival(
    input: &Input,
    definition: &SessionDefinition,
    received: &str,
    events: &Events,
    thresholds: &Thresholds,
    threads: usize,
    watch: &Watch,
) -> Result<(Late, Sample)> {
    let wanted = Wanted { time: received.to_owned(), ..Wanted::default() };
    let missing = |error: EngineError| error.of_other_column(received, Remedy::NameReceived);
    let scan = Scan::open(input, &wanted).map_err(missing)?;
    let late_after = i64::try_from(thresholds.late_after.nanoseconds() / 1_000).unwrap_or(i64::MAX);
    let of_part: HashMap<usize, usize> =
        events.parts.iter().enumerate().map(|(at, place)| (place.part.number, at)).collect();
    let scanned = scan.each_batch(
        |unit| (0..threads.max(1)).map(|_| Share { unit: Some(unit), ..Share::default() }).collect(),
        watch,
        |share: &mut Share, part, batch| {
            let from = if share.part == Some(part.number) { share.before } else { 0 };
            (share.part, share.before) = (Some(part.number), from + batch.time.len());
            let place = of_part.get(&part.number).and_then(|at| events.parts.get(*at));
            let known = place.and_then(|place| {
                events.shares[place.share][place.from..place.until].get(from..share.before)
            });
            let known = known.ok_or_else(|| EngineError::Changed(batch.whereabouts.file()))?;
            let unit = share.unit.unwrap_or(TimeUnit::Microsecond);
            let clock = instants(&batch.time, unit)?;
            for (row, event) in known.iter().enumerate() {
                if event.key == NO_KEY || batch.time.is_null(row) {
                    continue;
                }
                let time = events.clock.micros(event.instant);
                let arrived = i128::from(clock.instants[row]) * i128::from(nanoseconds_per(unit));
                let arrived = i64::try_from(arrived.div_euclid(1_000)).unwrap_or(i64::MAX);
                let delay = arrived.saturating_sub(time);
                share.of += 1;
                let (shortest, count) = share.keys.entry(event.key).or_insert((delay, 0));
                (*shortest, *count) = ((*shortest).min(delay), *count + 1);
                if delay > late_after {
                    share.late += 1;
                    share.latest = share.latest.max(delay);
                    if share.first.len() < Finding::EXAMPLES {
                        let example = Example {
                            key: Some(events.keys.texts(event.key)),
                            time: Some(time),
                            seconds: Some(delay as f64 / 1e6),
                            place: Some(batch.whereabouts.of_row(row)?),
                            ..Example::default()
                        };
                        share.first.push((part.number, example));
                    }
                }
            }
            Ok(())
        },
    );
    let scanned = scanned.map_err(missing)?;
    let zoned = matches!(&scanned.time_type, DataType::Timestamp(_, Some(_)));
    if zoned != events.zoned && events.events > 0 {
        let (received, time) = (received.to_owned(), definition.time().to_owned());
        return Err(TimeError::ReceivedZone { received, time }.into());
    }
    let (mut late, mut first, mut latest) = (Sample::default(), Vec::new(), 0);
    let mut keys: HashMap<u32, (i64, u64), foldhash::fast::FixedState> = HashMap::default();
    for share in scanned.workers {
        late.count += share.late;
        late.of += share.of;
        latest = latest.max(share.latest);
        first.extend(share.first);
        for (key, (shortest, count)) in share.keys {
            let known = keys.entry(key).or_insert((shortest, 0));
            *known = (known.0.min(shortest), known.1 + count);
        }
    }
    first.sort_by_key(|(part, _)| *part); // stable: rows of one part are in order already
    late.examples = first.into_iter().take(Finding::EXAMPLES).map(|(_, example)| example).collect();
    let skewed = skewed(keys, events, thresholds);
    Ok((Late { late, latest: latest as f64 / 1e6, by_arrival: true }, skewed))
}

/// Keys of which an event arrived long before it happened, beyond what is so of the key in the middle: their clocks are ahead.
/// A clock that is behind cannot be told from a network, a queue or a load by night that makes events late.
fn skewed(
    mut keys: HashMap<u32, (i64, u64), foldhash::fast::FixedState>,
    events: &Events,
    thresholds: &Thresholds,
) -> Sample {
    keys.retain(|_, (_, count)| *count >= FEW_EVENTS);
    let mut shortest: Vec<i64> = keys.values().map(|(shortest, _)| *shortest).collect();
    let Some(middle) = shortest.len().checked_sub(1).map(|last| last / 2) else { return Sample::default() };
    let usual = (*shortest.select_nth_unstable(middle).1).min(0);
    let tolerance = i64::try_from(thresholds.clock_skew.nanoseconds() / 1_000).unwrap_or(i64::MAX);
    let mut top = Top::default();
    let mut sample = Sample { of: keys.len() as u64, ..Sample::default() };
    for (key, (shortest, count)) in keys {
        let skew = shortest.saturating_sub(usual);
        if skew < -tolerance {
            sample.count += 1;
            let seconds = Some(skew as f64 / 1e6);
            let example = Example { seconds, count: Some(count), ..Example::default() };
            top.offer((skew.unsigned_abs(), 0, key), &events.keys, || example);
        }
    }
    sample.examples = top.examples(&events.keys);
    sample
}

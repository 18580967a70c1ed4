//! Late data: when events arrived, and what those that came late would have changed in sessions that are computed at midnight.

mod replay;

use arrow_array::Array;
use arrow_schema::{DataType, TimeUnit};
use spectrum_core::internals::instants;
use spectrum_core::{AtGap, Gap, IdScheme, RuleKind, RuleParts, SessionDefinition, nanoseconds_per};

pub use self::replay::LateChanges;
use self::replay::{Arrival, replay};
use crate::error::{EngineError, Result, RuleError, TimeError};
use crate::input::Input;
use crate::labelled::{Labelled, label};
use crate::remedy::Remedy;
use crate::scan::{Scan, Wanted};
use crate::summary::{Spread, day_of};
use crate::watch::Watch;

/// The delays of a histogram, in seconds: up to a minute, an hour, a day, two, a week, thirty days, and longer.
pub const DELAY_BOUNDS: [u64; 6] = [60, 3_600, 86_400, 172_800, 604_800, 2_592_000];

/// When events arrived, and what late ones would have changed.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct LateData {
    /// Events that were looked at: those that take part in sessions.
    pub events: u64,
    /// Those of which nobody knows when they arrived. They count as in time.
    pub unknown: u64,
    /// Those that arrived before they happened, which clocks make that differ. They have no delay.
    pub early: u64,
    /// Those that arrived after the midnight that ends the day on which they happened, in UTC or as times stand.
    pub late: u64,
    /// How long after they happened the events arrived, in seconds.
    pub delay: Option<Spread>,
    /// How many were delayed up to each of [`DELAY_BOUNDS`] and longer than the bound before, and how many longer than all.
    pub delays: [u64; 7],
    /// At how many midnights there were new events.
    pub midnights: u64,
    /// What the late ones would have done to sessions computed at each midnight.
    pub changes: LateChanges,
}

/// An event of a key.
struct OfKey {
    key: u32,
    arrival: Arrival,
}

/// One thread's share.
#[derive(Default)]
struct Share {
    unit: Option<TimeUnit>,
    part: Option<usize>,
    before: usize,
    events: Vec<OfKey>,
    delays: Vec<u64>,
    unknown: u64,
    early: u64,
}

/// Compares when events happened with when they arrived, which the column `received` says. Reads the input three times and
/// holds about fifty bytes per event.
///
/// # Errors
/// Under rules that need more than two neighbouring instants, and as for a run.
pub fn late_data(
    input: &Input,
    definition: &SessionDefinition,
    received: &str,
    threads: usize,
    watch: &Watch,
) -> Result<LateData> {
    let rule = definition.rule();
    if rule.kind() != RuleKind::OrderFree {
        return Err(RuleError::LateOfRule(rule.beyond_the_gap().last().unwrap_or_default()).into());
    }
    let threads = threads.max(1);
    let keys = label(input, &whole_keys(definition)?, &[], threads, watch)?;
    let happened = times(input, definition.time(), threads, watch)?;
    let unit = keys.resolution.sessions.unit();
    let wanted = of_time(received);
    let missing = |error: EngineError| error.of_other_column(received, Remedy::NameReceived);
    let scan = Scan::open(input, &wanted).map_err(missing)?;
    let scanned = scan.each_batch(
        |unit| (0..threads).map(|_| Share { unit: Some(unit), ..Share::default() }).collect(),
        watch,
        |share: &mut Share, part, batch| {
            let from = if share.part == Some(part.number) { share.before } else { 0 };
            (share.part, share.before) = (Some(part.number), from + batch.time.len());
            let happened = happened.get(part.number).and_then(|of_part| of_part.get(from..share.before));
            let happened = happened.ok_or_else(|| EngineError::Changed(batch.whereabouts.file()))?;
            let received_unit = share.unit.unwrap_or(unit);
            let clock = instants(&batch.time, received_unit)?;
            let of_keys = keys.sessions(part.number, from..share.before);
            for (row, (key, happened)) in of_keys.zip(happened).enumerate() {
                if let (Some(key), Some(instant)) = (key.flatten(), happened) {
                    let received = batch.time.is_valid(row).then(|| clock.instants[row]);
                    share.take_in(key.index(), *instant, unit, received, received_unit);
                }
            }
            Ok(())
        },
    );
    let scanned = scanned.map_err(missing)?;
    let zoned = |data_type: &DataType| matches!(data_type, DataType::Timestamp(_, Some(_)));
    if zoned(&scanned.time_type) != zoned(&keys.time_type) {
        return Err(TimeError::ReceivedZone {
            received: received.to_owned(),
            time: definition.time().to_owned(),
        }
        .into());
    }
    watch.begin("replaying midnights", 0);
    found(scanned.workers, &keys, definition, watch)
}

/// The rule under which all events of a key are one session.
fn whole_keys(definition: &SessionDefinition) -> Result<SessionDefinition> {
    let longest = Gap::from_nanoseconds(u64::MAX);
    let gap = longest.map_err(|_| EngineError::Mistake("the longest gap was refused"))?;
    let parts = RuleParts {
        gap: Some(gap),
        at_gap: Some(AtGap::Same),
        split_at: Some(None),
        timezone: Some(None),
        ..RuleParts::default()
    };
    let builder = definition.to_builder().rule(parts).id(IdScheme::Encoded);
    builder.build().map_err(|_| EngineError::Mistake("the rule of whole keys was refused"))
}

fn of_time(column: &str) -> Wanted {
    Wanted { time: column.to_owned(), ..Wanted::default() }
}

/// A time column, part by part.
fn times(input: &Input, column: &str, threads: usize, watch: &Watch) -> Result<Vec<Vec<Option<i64>>>> {
    let wanted = of_time(column);
    let scan = Scan::open(input, &wanted)?;
    let scanned = scan.each_batch(
        |unit| (0..threads).map(|_| (unit, Vec::<(usize, Vec<Option<i64>>)>::new())).collect(),
        watch,
        |(unit, parts), part, batch| {
            if parts.last().is_none_or(|(last, _)| *last != part.number) {
                parts.push((part.number, Vec::new()));
            }
            let clock = instants(&batch.time, *unit)?;
            if let Some((_, times)) = parts.last_mut() {
                times.extend(
                    (0..batch.time.len()).map(|row| batch.time.is_valid(row).then(|| clock.instants[row])),
                );
            }
            Ok(())
        },
    )?;
    let mut parts: Vec<_> = scanned.workers.into_iter().flat_map(|(_, parts)| parts).collect();
    parts.sort_by_key(|(number, _)| *number);
    Ok(parts.into_iter().map(|(_, times)| times).collect())
}

impl Share {
    fn take_in(
        &mut self,
        key: usize,
        instant: i64,
        unit: TimeUnit,
        received: Option<i64>,
        received_unit: TimeUnit,
    ) {
        let own_day = day_of(instant, unit);
        let day = received.map_or(own_day, |received| day_of(received, received_unit));
        match received {
            None => self.unknown += 1,
            Some(received) => {
                let nanoseconds = |time: i64, unit| i128::from(time) * i128::from(nanoseconds_per(unit));
                match nanoseconds(received, received_unit) - nanoseconds(instant, unit) {
                    delay if delay < 0 => self.early += 1,
                    delay => self.delays.push(u64::try_from(delay).unwrap_or(u64::MAX)),
                }
            }
        }
        let arrival = Arrival { day, is_late: own_day < day, instant };
        self.events.push(OfKey { key: u32::try_from(key).unwrap_or(u32::MAX), arrival });
    }
}

fn found(
    shares: Vec<Share>,
    keys: &Labelled,
    definition: &SessionDefinition,
    watch: &Watch,
) -> Result<LateData> {
    let (mut unknown, mut early) = (0, 0);
    let (mut events, mut delayed) = (Vec::new(), Vec::new());
    for share in shares {
        unknown += share.unknown;
        early += share.early;
        events.extend(share.events);
        delayed.extend(share.delays);
    }
    let mut days: Vec<i64> = events.iter().map(|event| event.arrival.day).collect();
    days.sort_unstable();
    days.dedup();
    let mut delays = [0; 7];
    for delay in &delayed {
        let place =
            DELAY_BOUNDS.iter().position(|bound| u128::from(*delay) <= u128::from(*bound) * 1_000_000_000);
        delays[place.unwrap_or(DELAY_BOUNDS.len())] += 1;
    }
    events.sort_unstable_by_key(|event| event.key);
    let joins = definition.rule().neighbours(keys.resolution.sessions.unit());
    let mut changes = LateChanges::default();
    let mut arrivals = Vec::new();
    for of_key in events.chunk_by(|one, other| one.key == other.key) {
        watch.advance(0)?;
        arrivals.clear();
        arrivals.extend(of_key.iter().map(|event| event.arrival));
        changes += replay(&mut arrivals, |earlier, later| joins.joins(earlier, later));
    }
    Ok(LateData {
        events: events.len() as u64,
        unknown,
        early,
        late: events.iter().filter(|event| event.arrival.is_late).count() as u64,
        delay: Spread::of(&mut delayed, 1e9),
        delays,
        midnights: days.len() as u64,
        changes,
    })
}

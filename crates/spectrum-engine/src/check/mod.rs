//! What is wrong with the events of files: counted here, judged by spectrum-check.
//!
//! | step | what it does | memory |
//! |---|---|---|
//! | read | one pass over key, time, event id and type | 16 bytes per event, and 16 more where there are ids |
//! | order | who stands late in a file of its order, or, with a column of arrivals, another pass over that | |
//! | group | events by key | 16 bytes per event while it moves them |
//! | keys | one key after another on all threads, its events in order of time | days, slots, keys |
//! | places | another pass over a few parts, for examples that are shown | |

mod arrival;
mod clock;
mod company;
mod event;
mod group;
mod ids;
mod key;
mod order;
mod places;
mod prints;
mod read;
mod top;
mod whole_hours;

use arrow_schema::TimeUnit;
use spectrum_check::{Day, Example, Finding, HOUR, Sample, Slot, Tallies, Thresholds, judge};
use spectrum_core::SessionDefinition;

use self::event::MOST_FILES;
use self::group::Grouped;
use self::key::{Counts, Known, Worst};
use self::read::Events;
use crate::error::Result;
use crate::event_id::has_event_ids;
use crate::input::Input;
use crate::parallel::share;
use crate::watch::Watch;

/// Times without a zone may be those of a place that is so far ahead of UTC, in microseconds.
const MOST_TOLERANCE: i64 = 14 * HOUR;

/// Types with a smaller share than one in so many are not counted by day.
const LEAST_TYPE: u64 = 100;
/// The most types that are counted by day.
const MOST_COUNTED: usize = 50;

/// How events are checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckOptions {
    /// From where on something is a finding.
    pub thresholds: Thresholds,
    /// Now, in microseconds since 1970. Nothing here reads a clock.
    pub now: i64,
    /// The column that says when events arrived.
    pub received: Option<String>,
    /// The column that says of which type events are.
    pub event_type: Option<String>,
    /// Threads to use, at least one. Their number changes nothing but the time it takes.
    pub threads: usize,
}

impl CheckOptions {
    /// As of now, in microseconds since 1970, with the default thresholds.
    pub fn new(now: i64) -> Self {
        Self { thresholds: Thresholds::default(), now, received: None, event_type: None, threads: 1 }
    }
}

/// What a check found.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// The gravest first.
    pub findings: Vec<Finding>,
    /// What was counted for them.
    pub tallies: Tallies,
    /// What the numbers of the time column were found to count, where their magnitude decided.
    pub found_unit: Option<TimeUnit>,
}

/// Looks at all events of an input, whatever the rule makes of them, for what is wrong with them. Nothing is written.
/// Sessions are those of the gap alone. Event ids are looked at where the events have that column.
///
/// # Errors
/// When a file cannot be read, a column is missing or a value is not a time. Events without a time are a finding.
pub fn check(
    input: &Input,
    definition: &SessionDefinition,
    options: &CheckOptions,
    watch: &Watch,
) -> Result<Checked> {
    let threads = options.threads.max(1);
    let thresholds = &options.thresholds;
    let with_ids = has_event_ids(input, definition)?;
    let mut events = read::read(input, definition, options, with_ids, watch)?;
    let (ids, found_unit) = (events.ids.take(), events.found_unit);
    let (late, late_rows, skewed) = match &options.received {
        Some(received) => {
            let (late, skewed) =
                arrival::by_arrival(input, definition, received, &events, thresholds, threads, watch)?;
            (late, Vec::new(), Some(skewed))
        }
        None => {
            let (late, rows) = order::late_by_order(&events, thresholds);
            (late, rows, None)
        }
    };
    watch.begin("looking at keys", 0);
    let repeated_ids = ids.map(|ids| ids.repeated(threads, watch)).transpose()?;
    let names: Vec<String> = input.files.iter().map(|file| file.name.clone()).collect();
    let mut tallies =
        Tallies { late, skewed, ..tally(events, definition, &names, thresholds, threads, watch)? };
    if let Some(repeated) = repeated_ids {
        // Copies that share their id are told by that.
        tallies.repeated_events.count = tallies.repeated_events.count.saturating_sub(repeated.copies);
        let mut sample = Sample { count: repeated.events, of: repeated.of, examples: Vec::new() };
        if repeated.events > 0 {
            let hashes: Vec<u128> = repeated.worst.iter().map(|(_, hash)| *hash).collect();
            let named = places::ids(input, definition, &hashes, threads, watch)?;
            sample.examples = repeated
                .worst
                .iter()
                .filter_map(|(count, hash)| {
                    let (id, place) = named.get(hash)?.clone();
                    Some(Example {
                        value: Some(id),
                        place: Some(place),
                        count: Some(*count),
                        ..Example::default()
                    })
                })
                .collect();
        }
        tallies.repeated_ids = Some(sample);
    }
    let mut findings = judge(&tallies, thresholds);
    if let Some(late) = findings.iter_mut().find(|finding| finding.check == spectrum_check::Check::LateEvents)
    {
        let places = places::places(input, definition, &late_rows, watch)?;
        for (example, place) in late.examples.iter_mut().zip(places) {
            example.place = Some(place);
        }
    }
    watch.advance(0)?;
    Ok(Checked { findings, found_unit, tallies })
}

/// Counts everything that is told of keys, and of days and slots.
fn tally(
    events: Events,
    definition: &SessionDefinition,
    files: &[String],
    thresholds: &Thresholds,
    threads: usize,
    watch: &Watch,
) -> Result<Tallies> {
    let Events { shares, keys, types, clock, zoned, .. } = events;
    let type_counts = group::type_counts(&shares, types.len());
    let mut grouped = Grouped::of(shares, keys.len());
    let (timed, keys_with_events) = (grouped.events(), grouped.keys_with_events());
    let stand_ins = group::stand_ins(&keys, &grouped, definition.key(), thresholds);
    let found = stand_ins.iter().filter(|(.., stand_in)| stand_in.is_found(timed, thresholds));
    let found: Vec<(usize, u32)> = found.map(|(column, code, _)| (*column, *code)).collect();
    let stands_for_nobody = group::keys_with(&keys, &found);
    let (place_of_type, counted) =
        group::counted_types(&type_counts, &types, timed, LEAST_TYPE, MOST_COUNTED);
    let type_names: Vec<String> = counted
        .iter()
        .map(|at| types.get(*at).cloned().flatten().unwrap_or_else(|| "NULL".to_owned()))
        .collect();
    let known = Known {
        clock,
        thresholds,
        keys: &keys,
        timed,
        keys_with_events,
        stand_ins: &stands_for_nobody,
        place_of_type: &place_of_type,
        counted_types: if types.len() > 1 { counted.len() } else { 0 },
        files: if files.len() < MOST_FILES { files.len() } else { 1 },
    };
    let workers = (0..threads).map(|_| Counts::new(&known)).collect();
    let counts = share(grouped.chunks().map(Ok), workers, |counts: &mut Counts, chunk| {
        chunk.each_key(|key, events| {
            watch.advance(0)?;
            counts.take_in(key, events, &known);
            Ok(())
        })
    })?;
    let mut counts = counts.into_iter();
    let mut all = counts.next().unwrap_or_else(|| Counts::new(&known));
    counts.for_each(|other| all.merge(other, &keys));

    let sample =
        |worst: Worst, of: u64| Sample { count: worst.count, of, examples: worst.top.examples(&keys) };
    let mut days: Vec<Day> = all.days.into_values().collect();
    days.sort_unstable_by_key(|day| day.day);
    let mut slots: Vec<Slot> = all.slots.into_values().collect();
    slots.sort_unstable_by_key(|slot| slot.slot);
    let types = if known.counted_types > 0 { type_names } else { Vec::new() };
    let files = if known.files > 1 { files } else { &[] };
    Ok(Tallies {
        events: events.events,
        timed,
        keys: keys_with_events,
        zoned,
        span: all.span.map(|(first, last)| (clock.micros(first), clock.micros(last))),
        null_times: events.null_times,
        future: events.future,
        ancient: events.ancient,
        repeated_ids: None,
        repeated_events: sample(all.repeated, timed),
        precision: all.precision,
        midnights: all.midnights.top.examples(&keys),
        shifts: all.company.shifts(&types, files, &keys),
        stand_ins: stand_ins.into_iter().map(|(_, _, stand_in)| stand_in).collect(),
        outsized: sample(all.outsized, keys_with_events),
        fast: sample(all.fast, keys_with_events),
        steady: sample(all.steady, keys_with_events),
        long_sessions: sample(all.long_sessions, all.sessions),
        sleepless: sample(all.sleepless, keys_with_events),
        skewed: None,
        late: spectrum_check::Late::default(),
        slots,
        days,
        types,
        pauses: all.pauses,
    })
}

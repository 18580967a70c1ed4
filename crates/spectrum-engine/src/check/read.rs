//! The pass over keys, times and what else was asked for.

use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use spectrum_check::{Example, Finding, Sample};
use spectrum_core::internals::{KeyNumbers, instants};
use spectrum_core::{EventColumn, KeyKind, SessionDefinition};

use super::clock::Clock;
use super::event::{Event, MOST_TYPES, NO_KEY};
use super::ids::{EventIds, NO_PRINT};
use super::prints::Prints;
use super::{CheckOptions, MOST_TOLERANCE};
use crate::error::{EngineError, Result};
use crate::input::Input;
use crate::remedy::Remedy;
use crate::scan::{Batch, Part, RuleInput, Scan, Scanned, Wanted};
use crate::watch::Watch;

/// All events, in the order in which they were read.
pub(super) struct Events {
    pub(super) shares: Vec<Vec<Event>>,
    /// Where the events of every part are, in the order of the input.
    pub(super) parts: Vec<Place>,
    pub(super) keys: KeyNumbers,
    pub(super) types: Vec<Option<String>>,
    pub(super) clock: Clock,
    pub(super) zoned: bool,
    pub(super) events: u64,
    pub(super) null_times: Sample,
    pub(super) future: Sample,
    pub(super) ancient: Sample,
    pub(super) ids: Option<EventIds>,
    pub(super) found_unit: Option<TimeUnit>,
}

/// The events of a part: in whose share they are, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) part: Part,
    pub(super) share: usize,
    pub(super) from: usize,
    pub(super) until: usize,
}

/// One thread's share.
struct Share {
    clock: Clock,
    keys: KeyNumbers,
    types: KeyNumbers,
    events: Vec<Event>,
    parts: Vec<(Part, usize)>,
    rows: u64,
    left_out: u64,
    null_times: Seen,
    /// From after now, and from so much later that no zone explains it.
    future: [Seen; 2],
    ancient: Seen,
    ids: Option<EventIds>,
    prints: Prints,
    numbers: Vec<u32>,
    of_types: Vec<u32>,
}

/// Some events, and the first of them in the order of the input.
#[derive(Default)]
struct Seen {
    count: u64,
    first: Vec<(usize, Example)>,
}

impl Seen {
    /// Whether another one would be among the first. Threads take parts in order, so the first of all are among the first
    /// of each.
    fn wants_more(&self) -> bool {
        self.first.len() < Finding::EXAMPLES
    }

    fn joined(all: impl IntoIterator<Item = Self>, of: u64) -> Sample {
        let mut joined = Self::default();
        for one in all {
            joined.count += one.count;
            joined.first.extend(one.first);
        }
        joined.first.sort_by_key(|(part, _)| *part); // stable: rows of one part are in order already
        joined.first.truncate(Finding::EXAMPLES);
        let examples = joined.first.into_iter().map(|(_, example)| example).collect();
        Sample { count: joined.count, of, examples }
    }
}

pub(super) fn read(
    input: &Input,
    definition: &SessionDefinition,
    options: &CheckOptions,
    with_ids: bool,
    watch: &Watch,
) -> Result<Events> {
    let of_type = |column: &String| {
        let column = EventColumn { name: column.clone(), member: None };
        RuleInput { is_of_summary: true, ..RuleInput::of(&column, None, false) }
    };
    let wanted = Wanted {
        key: definition.key().to_vec(),
        time: definition.time().to_owned(),
        event_id: with_ids.then(|| definition.event_id().to_owned()),
        rule: options.event_type.iter().map(of_type).collect(),
        ..Wanted::default()
    };
    let missing = |error: EngineError| match &options.event_type {
        Some(column) => error.of_other_column(column, Remedy::NameType),
        None => error,
    };
    let scan = Scan::open(input, &wanted).map_err(missing)?;
    let limits = |clock: &Clock| {
        let now = options.now.saturating_add(micros(options.thresholds.future_after.nanoseconds()));
        let future = [now, now.saturating_add(MOST_TOLERANCE)].map(|limit| clock.instant(limit));
        (future, clock.instant(options.thresholds.floor))
    };
    let files = input.files.len();
    let new_share = |unit| Share {
        clock: Clock::new(unit, definition.gap(), &options.thresholds),
        keys: KeyNumbers::new(wanted.key.len()),
        types: KeyNumbers::new(1),
        events: Vec::new(),
        parts: Vec::new(),
        rows: 0,
        left_out: 0,
        null_times: Seen::default(),
        future: [Seen::default(), Seen::default()],
        ancient: Seen::default(),
        ids: with_ids.then(EventIds::default),
        prints: Prints::default(),
        numbers: Vec::new(),
        of_types: Vec::new(),
    };
    let scanned = scan.each_batch(
        |unit| (0..options.threads.max(1)).map(|_| new_share(unit)).collect(),
        watch,
        |share: &mut Share, part, batch| {
            let (future, floor) = limits(&share.clock);
            share.take_in(part, &batch, &wanted, future, floor, files)
        },
    );
    joined(scanned.map_err(missing)?, options)
}

fn micros(nanoseconds: u64) -> i64 {
    (nanoseconds / 1_000).cast_signed()
}

impl Share {
    fn take_in(
        &mut self,
        part: Part,
        batch: &Batch,
        wanted: &Wanted,
        future: [i64; 2],
        floor: i64,
        files: usize,
    ) -> Result<()> {
        if self.parts.last().is_none_or(|(last, _)| last.number != part.number) {
            self.parts.push((part, self.events.len()));
        }
        let clock = instants(&batch.time, self.clock.unit)?;
        let rows = batch.time.len();
        self.rows += rows as u64;
        self.keys.numbers_of(&batch.columns[..wanted.key.len()], &mut self.numbers)?;
        let mut rest = batch.columns[wanted.key.len()..].iter();
        let ids = wanted.event_id.as_ref().and_then(|_| rest.next());
        match rest.next() {
            Some(column) => {
                let column = readable(column).map_err(of_file(batch))?;
                self.types.numbers_of(&[column], &mut self.of_types)?;
            }
            None => {
                self.of_types.clear();
                self.of_types.resize(rows, 0);
            }
        }
        if let (Some(known), Some(column)) = (&mut self.ids, ids) {
            self.prints.learn(&self.keys, &self.types);
            let zoned = matches!(batch.time.data_type(), DataType::Timestamp(_, Some(_)));
            // Events without a time, or one that was found already, are not told as repeated events.
            let told = floor..=future[usize::from(!zoned)];
            let print = |row: usize| match clock.instants[row] {
                _ if clock.nulls.is_some_and(|nulls| nulls.is_null(row)) => NO_PRINT,
                instant if !told.contains(&instant) => NO_PRINT,
                instant => self.prints.of(instant, self.numbers[row], self.of_types[row]),
            };
            known.take_in(column, batch.with_key.as_ref(), print).map_err(of_file(batch))?;
        }
        // With one file nothing is told of files, and bits that differ would only part what is the same.
        let file = if files > 1 { part.file } else { 0 };
        self.events.reserve(rows);
        for row in 0..rows {
            let instant = clock.instants[row];
            if clock.nulls.is_some_and(|nulls| nulls.is_null(row)) {
                self.events.push(Event::NONE);
                if batch.with_key.as_ref().is_some_and(|with_key| with_key.is_null(row)) {
                    self.left_out += 1;
                } else {
                    self.null_times.count += 1;
                    if self.null_times.wants_more() {
                        let example =
                            Example { place: Some(batch.whereabouts.of_row(row)?), ..self.named(row, None) };
                        self.null_times.first.push((part.number, example));
                    }
                }
                continue;
            }
            self.events.push(Event::new(instant, self.numbers[row], self.of_types[row], file));
            if instant < floor || instant > future[0] {
                self.note_unusual(part, batch, row, instant, future)?;
            }
        }
        Ok(())
    }

    fn note_unusual(
        &mut self,
        part: Part,
        batch: &Batch,
        row: usize,
        instant: i64,
        future: [i64; 2],
    ) -> Result<()> {
        let named = self.named(row, Some(instant));
        let example = || -> Result<Example> {
            Ok(Example { place: Some(batch.whereabouts.of_row(row)?), ..named.clone() })
        };
        let note = |seen: &mut Seen| -> Result<()> {
            seen.count += 1;
            if seen.wants_more() {
                seen.first.push((part.number, example()?));
            }
            Ok(())
        };
        if instant <= future[0] {
            return note(&mut self.ancient);
        }
        note(&mut self.future[0])?;
        if instant > future[1] { note(&mut self.future[1]) } else { Ok(()) }
    }

    /// An event by its key and time.
    fn named(&self, row: usize, instant: Option<i64>) -> Example {
        let time = instant.map(|instant| self.clock.micros(instant));
        Example { key: Some(self.keys.texts(self.numbers[row])), time, ..Example::default() }
    }
}

fn of_file(batch: &Batch) -> impl FnOnce(arrow_schema::ArrowError) -> EngineError {
    let name = batch.whereabouts.file();
    |source| EngineError::Arrow { name, source }
}

/// A column whose values have numbers: as it is, or as text.
fn readable(column: &ArrayRef) -> std::result::Result<ArrayRef, arrow_schema::ArrowError> {
    match KeyKind::of(column.data_type()) {
        Ok(_) => Ok(column.clone()),
        Err(_) => cast(column, &DataType::Utf8),
    }
}

/// The shares of all threads as one, with the same numbers for the same keys and types.
fn joined(scanned: Scanned<Share>, options: &CheckOptions) -> Result<Events> {
    let zoned = matches!(&scanned.time_type, DataType::Timestamp(_, Some(_)));
    let mut shares = scanned.workers;
    let clock = shares.first().map(|share| share.clock);
    let clock = clock.ok_or(EngineError::Mistake("there were no threads"))?;
    let (mut keys, mut types): (Option<KeyNumbers>, Option<KeyNumbers>) = (None, None);
    for share in &mut shares {
        let own_keys = std::mem::replace(&mut share.keys, KeyNumbers::new(1));
        let own_types = std::mem::replace(&mut share.types, KeyNumbers::new(1));
        let (Some(keys), Some(types)) = (&mut keys, &mut types) else {
            (keys, types) = (Some(own_keys), Some(own_types));
            continue;
        };
        let (keys, types) = (keys.absorb(&own_keys)?, types.absorb(&own_types)?);
        for event in &mut share.events {
            if let Some(key) = keys.get(event.key as usize) {
                event.key = *key;
                if let Some(event_type) = types.get(event.event_type() as usize) {
                    event.set_type(*event_type);
                }
            }
        }
    }
    let (keys, types) = keys.zip(types).ok_or(EngineError::Mistake("there were no threads"))?;
    let has_types = types.len() <= MOST_TYPES;
    let types: Vec<Option<String>> = match u32::try_from(types.len()) {
        Ok(count) if has_types => (0..count).map(|of| types.texts(of).pop().flatten()).collect(),
        _ => Vec::new(),
    };
    // The times that were found already take no part in the rest.
    let future = options.now.saturating_add(micros(options.thresholds.future_after.nanoseconds()));
    let future = clock.instant(if zoned { future } else { future.saturating_add(MOST_TOLERANCE) });
    let floor = clock.instant(options.thresholds.floor);
    for event in shares.iter_mut().flat_map(|share| &mut share.events) {
        if event.key != NO_KEY && (event.instant < floor || event.instant > future) {
            event.key = NO_KEY;
        }
        if !has_types {
            event.set_type(0);
        }
    }
    let mut parts: Vec<Place> = Vec::new();
    for (at, share) in shares.iter().enumerate() {
        let ends = share.parts.iter().skip(1).map(|(_, from)| *from).chain([share.events.len()]);
        parts.extend(share.parts.iter().zip(ends).map(|((part, from), until)| Place {
            part: *part,
            share: at,
            from: *from,
            until,
        }));
    }
    parts.sort_by_key(|place| place.part.number);

    let events: u64 = shares.iter().map(|share| share.rows).sum();
    let left_out: u64 = shares.iter().map(|share| share.left_out).sum();
    let mut of = Vec::new();
    let (mut null_times, mut ancient, mut ids) = (Vec::new(), Vec::new(), None);
    let (mut after_now, mut far_after) = (Vec::new(), Vec::new());
    for share in shares {
        null_times.push(share.null_times);
        ancient.push(share.ancient);
        let [near, far] = share.future;
        after_now.push(near);
        far_after.push(far);
        ids = EventIds::joined(ids, share.ids);
        of.push(share.events);
    }
    let null_times = Seen::joined(null_times, events - left_out);
    let timed = events - left_out - null_times.count;
    let ancient = Seen::joined(ancient, timed);
    let future = Seen::joined(if zoned { after_now } else { far_after }, timed);
    Ok(Events {
        shares: of,
        parts,
        keys,
        types,
        clock,
        zoned,
        events,
        null_times,
        future,
        ancient,
        ids,
        found_unit: scanned.found_unit,
    })
}

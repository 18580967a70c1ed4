//! Company at whole hours: whether events, types or files are whole hours away from the rest of their keys.

use spectrum_check::{Example, MOST_HOURS, Shift, Stream};
use spectrum_core::internals::KeyNumbers;

use super::event::Event;
use super::key::Known;
use super::top::Top;
use super::whole_hours::{HOME, HOURS, WholeHours};

/// The company of one stream's events.
struct OfStream {
    events: u64,
    at_home: u64,
    away: [u64; HOURS],
    examples: Vec<Top>,
    key_hours: u64,
    rhythm: [u64; 24],
}

impl Default for OfStream {
    fn default() -> Self {
        Self {
            events: 0,
            at_home: 0,
            away: [0; HOURS],
            examples: (0..HOURS).map(|_| Top::default()).collect(),
            key_hours: 0,
            rhythm: [0; 24],
        }
    }
}

/// The company of all streams that one thread saw.
pub(super) struct Company {
    events: OfStream,
    types: Vec<OfStream>,
    files: Vec<OfStream>,
    /// Room for the clock hours of a key, and where those of a file are among them.
    key_hours: Vec<KeyHours>,
    hours_of_file: Vec<usize>,
}

/// In how many clock hours a key has events in a file, by the hour of the day.
struct KeyHours {
    file: usize,
    last: i64,
    hours: [u32; 24],
}

impl Company {
    pub(super) fn new(known: &Known<'_>) -> Self {
        let streams = |count: usize| (0..count).map(|_| OfStream::default()).collect();
        Self {
            events: OfStream::default(),
            types: streams(if known.counted_types > 1 { known.counted_types } else { 0 }),
            files: streams(if known.files > 1 { known.files } else { 0 }),
            key_hours: Vec::new(),
            hours_of_file: vec![usize::MAX; known.files],
        }
    }

    /// Takes in the events of a key, in order of time.
    pub(super) fn take_in(&mut self, key: u32, events: &[Event], known: &Known<'_>) {
        let clock = known.clock;
        let has_types = !self.types.is_empty();
        let has_files = !self.files.is_empty() && events.iter().any(|event| event.file() != events[0].file());
        if has_files {
            self.note_hours(events, known);
        }
        let mut whole_hours = WholeHours::new(events, clock, has_types, has_files);
        for (at, event) in events.iter().enumerate() {
            let marks = whole_hours.marks(at);
            let time = clock.micros(event.instant);
            self.events.note(marks.events, key, time, known.keys);
            if has_types {
                let place = known.place_of_type.get(event.event_type() as usize).copied().flatten();
                if let Some(stream) = place.and_then(|place| self.types.get_mut(usize::from(place))) {
                    stream.note(marks.of_type, key, time, known.keys);
                }
            }
            if let Some(stream) = self.files.get_mut(event.file()) {
                stream.note(marks.file, key, time, known.keys);
            }
        }
    }

    /// Compares the hours of the day at which a key acts in each file with those in all others.
    fn note_hours(&mut self, events: &[Event], known: &Known<'_>) {
        for of_file in self.key_hours.drain(..) {
            self.hours_of_file[of_file.file] = usize::MAX;
        }
        let mut all = [0_u32; 24];
        for event in events {
            let Some(place) = self.hours_of_file.get_mut(event.file()) else { continue };
            if *place == usize::MAX {
                *place = self.key_hours.len();
                self.key_hours.push(KeyHours { file: event.file(), last: i64::MIN, hours: [0; 24] });
            }
            let of_file = &mut self.key_hours[*place];
            let number = event.instant.div_euclid(known.clock.hour);
            // Of whatever order events of one time are, an hour counts once.
            if of_file.last != number {
                of_file.last = number;
                let hour = number.rem_euclid(24).unsigned_abs() as usize;
                of_file.hours[hour] += 1;
                all[hour] += 1;
            }
        }
        for KeyHours { file, hours, .. } in &self.key_hours {
            let Some(stream) = self.files.get_mut(*file) else { continue };
            for (hour, count) in hours.iter().enumerate().filter(|(_, count)| **count > 0) {
                stream.key_hours += u64::from(*count);
                for (other, all) in all.iter().enumerate() {
                    let others = u64::from(all - hours[other]);
                    stream.rhythm[(24 + hour - other) % 24] += u64::from(*count) * others;
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self, keys: &KeyNumbers) {
        self.events.merge(other.events, keys);
        self.types.iter_mut().zip(other.types).for_each(|(own, other)| own.merge(other, keys));
        self.files.iter_mut().zip(other.files).for_each(|(own, other)| own.merge(other, keys));
    }

    /// What is judged, types and files under their names.
    pub(super) fn shifts(self, types: &[String], files: &[String], keys: &KeyNumbers) -> Vec<Shift> {
        let events = std::iter::once((Stream::Events, self.events));
        let types = types.iter().cloned().map(Stream::Type).zip(self.types);
        let files = files.iter().cloned().map(Stream::File).zip(self.files);
        events.chain(types).chain(files).map(|(stream, counts)| counts.shift(stream, keys)).collect()
    }
}

impl OfStream {
    fn note(&mut self, marks: u32, key: u32, time: i64, keys: &KeyNumbers) {
        self.events += 1;
        if marks & HOME != 0 {
            self.at_home += 1;
            return;
        }
        let mut left = marks;
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            self.away[at] += 1;
            let example = || Example { time: Some(time), ..Example::default() };
            self.examples[at].offer((0, time, key), keys, example);
        }
    }

    fn merge(&mut self, other: Self, keys: &KeyNumbers) {
        self.events += other.events;
        self.at_home += other.at_home;
        self.away.iter_mut().zip(other.away).for_each(|(own, other)| *own += other);
        self.examples.iter_mut().zip(other.examples).for_each(|(own, other)| own.merge(other, keys));
        self.key_hours += other.key_hours;
        self.rhythm.iter_mut().zip(other.rhythm).for_each(|(own, other)| *own += other);
    }

    fn shift(self, stream: Stream, keys: &KeyNumbers) -> Shift {
        let of_hours = |(at, top): (usize, Top)| {
            let hours = at as i64 - MOST_HOURS as i64;
            top.examples(keys).into_iter().map(move |example| (hours, example))
        };
        let examples = self.examples.into_iter().enumerate().flat_map(of_hours).collect();
        let Self { events, at_home, away, key_hours, rhythm, .. } = self;
        Shift { stream, events, at_home, away, examples, key_hours, rhythm }
    }
}

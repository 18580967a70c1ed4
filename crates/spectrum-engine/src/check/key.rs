//! One key: what its events, in order of time, say of it.

use spectrum_check::{Check, Day, Example, KeyFacts, Pauses, Precision, Slot, Thresholds};
use spectrum_core::internals::KeyNumbers;

use super::clock::Clock;
use super::company::Company;
use super::event::Event;
use super::top::Top;

/// What is known of the input as a whole before its keys are looked at.
pub(super) struct Known<'a> {
    pub(super) clock: Clock,
    pub(super) thresholds: &'a Thresholds,
    pub(super) keys: &'a KeyNumbers,
    pub(super) timed: u64,
    /// How many keys have an event with a time.
    pub(super) keys_with_events: u64,
    /// The keys that have a value that stands for nobody and has too many events.
    pub(super) stand_ins: &'a [bool],
    /// The place among those types that are counted by day; by type.
    pub(super) place_of_type: &'a [Option<u8>],
    pub(super) counted_types: usize,
    /// Files that are told apart; 1 where they are not.
    pub(super) files: usize,
}

/// So many of something, and the worst of them.
#[derive(Default)]
pub(super) struct Worst {
    pub(super) count: u64,
    pub(super) top: Top,
}

/// What one thread counts of keys.
pub(super) struct Counts {
    pub(super) repeated: Worst,
    pub(super) outsized: Worst,
    pub(super) fast: Worst,
    pub(super) steady: Worst,
    pub(super) long_sessions: Worst,
    pub(super) sleepless: Worst,
    pub(super) midnights: Worst,
    pub(super) sessions: u64,
    pub(super) span: Option<(i64, i64)>,
    pub(super) precision: Precision,
    pub(super) pauses: Pauses,
    pub(super) days: hashbrown::HashMap<i64, Day, foldhash::fast::FixedState>,
    pub(super) slots: hashbrown::HashMap<i64, Slot, foldhash::fast::FixedState>,
    pub(super) company: Company,
    scratch: Vec<i64>,
}

/// Where the worst of a key is.
#[derive(Default)]
struct Whereabouts {
    burst: i64,
    pause: i64,
    longest: (i64, i64),
    awake: i64,
}

impl Counts {
    pub(super) fn new(known: &Known<'_>) -> Self {
        Self {
            repeated: Worst::default(),
            outsized: Worst::default(),
            fast: Worst::default(),
            steady: Worst::default(),
            long_sessions: Worst::default(),
            sleepless: Worst::default(),
            midnights: Worst::default(),
            sessions: 0,
            span: None,
            precision: Precision::default(),
            pauses: Pauses::default(),
            days: hashbrown::HashMap::default(),
            slots: hashbrown::HashMap::default(),
            company: Company::new(known),
            scratch: Vec::new(),
        }
    }

    /// Takes in all events of a key, at least one.
    pub(super) fn take_in(&mut self, key: u32, events: &mut [Event], known: &Known<'_>) {
        events.sort_unstable_by_key(Event::order);
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let span = (first.instant, last.instant);
        self.span = Some(self.span.map_or(span, |(from, until)| (from.min(span.0), until.max(span.1))));
        self.note_precision(key, events, known);
        self.note_repeated(key, events, known);
        let (facts, at) = self.facts(events, known);
        let is_stand_in = known.stand_ins.get(key as usize).copied().unwrap_or(false);
        match facts.found(is_stand_in, known.timed, known.keys_with_events, known.thresholds) {
            Some(check) => self.note_found(check, key, &facts, &at, known),
            None => {
                self.note_ordinary(events, known);
                self.company.take_in(key, events, known);
            }
        }
    }

    fn note_precision(&mut self, key: u32, events: &[Event], known: &Known<'_>) {
        let clock = known.clock;
        self.precision.of += events.len() as u64;
        for event in events {
            if event.instant % (60 * clock.second) == 0 {
                self.precision.minutes += 1;
                if event.instant % clock.hour == 0 {
                    self.precision.hours += 1;
                    if event.instant % (24 * clock.hour) == 0 {
                        self.precision.days += 1;
                        let time = clock.micros(event.instant);
                        let example = || Example { time: Some(time), ..Example::default() };
                        self.midnights.top.offer((0, time, key), known.keys, example);
                    }
                }
            }
        }
    }

    fn note_repeated(&mut self, key: u32, events: &[Event], known: &Known<'_>) {
        for same in events.chunk_by(Event::is_same).filter(|same| same.len() > 1) {
            let (count, time) = (same.len() as u64, known.clock.micros(same[0].instant));
            self.repeated.count += count - 1;
            let example = || Example { time: Some(time), count: Some(count), ..Example::default() };
            self.repeated.top.offer((count, time, key), known.keys, example);
        }
    }

    fn facts(&mut self, events: &[Event], known: &Known<'_>) -> (KeyFacts, Whereabouts) {
        let clock = known.clock;
        let mut facts = KeyFacts { events: events.len() as u64, ..KeyFacts::default() };
        let mut at = Whereabouts::default();
        self.scratch.clear();
        let (mut burst, mut session) = (0, events[0].instant);
        let (mut hour, mut in_a_row, mut before) = (i64::MIN, 0, events[0].instant);
        let mut end_session = |from: i64, until: i64| {
            let length = until.saturating_sub(from);
            facts.long_sessions += u64::from(length > clock.long_session);
            if length > at.longest.1.saturating_sub(at.longest.0) {
                at.longest = (from, until);
            }
        };
        for (row, event) in events.iter().enumerate() {
            let instant = event.instant;
            let pause = instant.saturating_sub(before);
            if pause > 0 {
                self.scratch.push(pause);
            }
            if pause > clock.gap {
                end_session(session, before);
                self.sessions += 1;
                session = instant;
            }
            before = instant;
            while instant.saturating_sub(events[burst].instant) > clock.burst {
                burst += 1;
            }
            let at_once = (row - burst + 1) as u64;
            if at_once > facts.at_once {
                facts.at_once = at_once;
                at.burst = events[burst].instant;
            }
            let of_event = instant.div_euclid(clock.hour);
            if of_event != hour {
                in_a_row = if of_event == hour.saturating_add(1) { in_a_row + 1 } else { 1 };
                hour = of_event;
                if in_a_row > facts.hours_in_a_row {
                    facts.hours_in_a_row = in_a_row;
                    at.awake = (hour + 1 - in_a_row.cast_signed()).saturating_mul(clock.hour);
                }
            }
        }
        end_session(session, before);
        self.sessions += 1;
        facts.pauses = self.scratch.len() as u64;
        if facts.pauses >= known.thresholds.steady_events {
            let middle = self.scratch.len() / 2;
            let median = *self.scratch.select_nth_unstable(middle).1;
            // Longer pauses are habits, such as one visit every day.
            if median <= 12 * clock.hour {
                let is_same = |pause: &&i64| (**pause - median).abs() <= median / 100;
                facts.same_pauses = self.scratch.iter().filter(is_same).count() as u64;
            }
            at.pause = median;
        }
        (facts, at)
    }

    fn note_found(&mut self, check: Check, key: u32, facts: &KeyFacts, at: &Whereabouts, known: &Known<'_>) {
        let clock = known.clock;
        let micros = |instant| Some(clock.micros(instant));
        let seconds = |length| Some(clock.seconds(length));
        let (worst, count, rank, time, example) = match check {
            Check::OutsizedKeys => {
                let example = Example { count: Some(facts.events), ..Example::default() };
                (&mut self.outsized, 1, facts.events, 0, example)
            }
            Check::FastKeys => {
                let example =
                    Example { time: micros(at.burst), count: Some(facts.at_once), ..Example::default() };
                (&mut self.fast, 1, facts.at_once, at.burst, example)
            }
            Check::SteadyKeys => {
                let (count, of) = (Some(facts.same_pauses), Some(facts.pauses));
                let example = Example { seconds: seconds(at.pause), count, of, ..Example::default() };
                (&mut self.steady, 1, facts.same_pauses, 0, example)
            }
            Check::LongSessions => {
                let length = at.longest.1 - at.longest.0;
                let example = Example {
                    time: micros(at.longest.0),
                    until: micros(at.longest.1),
                    seconds: seconds(length),
                    ..Example::default()
                };
                (&mut self.long_sessions, facts.long_sessions, length.unsigned_abs(), at.longest.0, example)
            }
            Check::SleeplessKeys => {
                let count = Some(facts.hours_in_a_row);
                let example = Example { time: micros(at.awake), count, ..Example::default() };
                (&mut self.sleepless, 1, facts.hours_in_a_row, at.awake, example)
            }
            // What stands for nobody is told by its value.
            _ => return,
        };
        worst.count += count;
        worst.top.offer((rank, time, key), known.keys, || example);
    }

    /// Counts the events of a key by slots and days, and its pauses.
    fn note_ordinary(&mut self, events: &[Event], known: &Known<'_>) {
        let clock = known.clock;
        let slots_of_day = 24 * clock.hour / clock.slot;
        let new_day = |day| Day { day, types: vec![0; known.counted_types], ..Day::default() };
        let mut session_from = 0;
        for slot_events in events
            .chunk_by(|one, other| one.instant.div_euclid(clock.slot) == other.instant.div_euclid(clock.slot))
        {
            let slot = slot_events[0].instant.div_euclid(clock.slot);
            let (first, last) = (slot_events[0].instant, slot_events[slot_events.len() - 1].instant);
            let (first, last) = (clock.micros(first), clock.micros(last));
            let known = self.slots.entry(slot).or_insert(Slot { slot, keys: 0, first, last });
            known.keys += 1;
            (known.first, known.last) = (known.first.min(first), known.last.max(last));
        }
        let day_of = |event: &Event| event.instant.div_euclid(clock.slot).div_euclid(slots_of_day);
        for day_events in events.chunk_by(|one, other| day_of(one) == day_of(other)) {
            let number = day_of(&day_events[0]);
            let day = self.days.entry(number).or_insert_with(|| new_day(number));
            day.events += day_events.len() as u64;
            day.keys += 1;
            if known.counted_types > 0 {
                for event in day_events {
                    let place = known.place_of_type.get(event.event_type() as usize).copied().flatten();
                    if let Some(count) = place.and_then(|place| day.types.get_mut(usize::from(place))) {
                        *count += 1;
                    }
                }
            }
        }
        for at in 1..=events.len() {
            let pause = events.get(at).map(|event| event.instant.saturating_sub(events[at - 1].instant));
            if let Some(pause) = pause.filter(|pause| *pause > 0) {
                note_pause(&mut self.pauses, pause, clock.gap);
            }
            if pause.is_none_or(|pause| pause > clock.gap) {
                let number = day_of(&events[session_from]);
                let day = self.days.entry(number).or_insert_with(|| new_day(number));
                day.sessions += 1;
                day.single += u64::from(at - session_from == 1);
                session_from = at;
            }
        }
    }
}

fn note_pause(pauses: &mut Pauses, pause: i64, gap: i64) {
    pauses.all += 1;
    let (pause, exact) = (pause as f64, pause == gap);
    let of_gap = pause / gap as f64;
    const STEP: f64 = 1.25;
    const FARTHEST: f64 = STEP * STEP * STEP;
    let place = match of_gap {
        _ if exact => &mut pauses.exact,
        _ if !(1.0 / FARTHEST..=FARTHEST).contains(&of_gap) => return,
        _ if of_gap < 1.0 / STEP => &mut pauses.shorter,
        _ if of_gap < 1.0 => &mut pauses.below,
        _ if of_gap <= STEP => &mut pauses.above,
        _ => &mut pauses.longer,
    };
    *place += 1;
}

impl Counts {
    /// Takes in what another thread counted of other keys.
    pub(super) fn merge(&mut self, other: Self, keys: &KeyNumbers) {
        for (own, other) in [
            (&mut self.repeated, other.repeated),
            (&mut self.outsized, other.outsized),
            (&mut self.fast, other.fast),
            (&mut self.steady, other.steady),
            (&mut self.long_sessions, other.long_sessions),
            (&mut self.sleepless, other.sleepless),
            (&mut self.midnights, other.midnights),
        ] {
            own.count += other.count;
            own.top.merge(other.top, keys);
        }
        self.sessions += other.sessions;
        self.span = match (self.span, other.span) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        };
        self.precision.of += other.precision.of;
        self.precision.minutes += other.precision.minutes;
        self.precision.hours += other.precision.hours;
        self.precision.days += other.precision.days;
        let (own, other_pauses) = (&mut self.pauses, other.pauses);
        own.all += other_pauses.all;
        own.shorter += other_pauses.shorter;
        own.below += other_pauses.below;
        own.exact += other_pauses.exact;
        own.above += other_pauses.above;
        own.longer += other_pauses.longer;
        for (number, day) in other.days {
            let own = self.days.entry(number).or_insert_with(|| Day {
                day: number,
                types: vec![0; day.types.len()],
                ..Day::default()
            });
            own.events += day.events;
            own.keys += day.keys;
            own.sessions += day.sessions;
            own.single += day.single;
            own.types.iter_mut().zip(&day.types).for_each(|(own, other)| *own += other);
        }
        for (number, slot) in other.slots {
            let own = self.slots.entry(number).or_insert(Slot { keys: 0, ..slot });
            own.keys += slot.keys;
            (own.first, own.last) = (own.first.min(slot.first), own.last.max(slot.last));
        }
        self.company.merge(other.company, keys);
    }
}

//! At which whole hours the events of a key have company: for each number of hours a place that only moves forward, so
//! that a key costs its events times the hours at the most, however many of them lie close together.

use spectrum_check::MOST_HOURS;

use super::clock::Clock;
use super::event::Event;

/// Hours that are looked at.
pub(super) const HOURS: usize = 2 * MOST_HOURS + 1;
/// The bit of no hours at all.
pub(super) const HOME: u32 = 1 << MOST_HOURS;

/// For which streams an event has company: a bit for each number of hours. Where it has company at home, no others are told.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) events: u32,
    pub(super) of_type: u32,
    pub(super) file: u32,
}

/// What stands so many hours away from the event that is looked at.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The first event that is not too early.
    first: usize,
    /// From `first` up to here all events are of its type.
    same_type: usize,
    /// And up to here of its file.
    same_file: usize,
}

/// The events of a key, in order of time, that are asked one after another.
pub(super) struct WholeHours<'a> {
    events: &'a [Event],
    clock: Clock,
    has_types: bool,
    has_files: bool,
    places: [Place; HOURS],
}

impl<'a> WholeHours<'a> {
    pub(super) fn new(events: &'a [Event], clock: Clock, has_types: bool, has_files: bool) -> Self {
        Self { events, clock, has_types, has_files, places: [Place::default(); HOURS] }
    }

    /// The company of an event, which is none before the last one asked for.
    pub(super) fn marks(&mut self, at: usize) -> Marks {
        let mut marks = Marks::default();
        self.look(at, 0, 0, &mut marks);
        // Hardly an event goes beyond.
        let is_done = marks.events == HOME
            && (!self.has_types || marks.of_type == HOME)
            && (!self.has_files || marks.file == HOME);
        if is_done {
            return marks;
        }
        let most = MOST_HOURS as i64;
        let (mut hours, mut from) = (most, 0);
        while hours >= -most {
            if hours == 0 {
                hours = -1;
            }
            from = self.look(at, hours, from, &mut marks);
            let Some(next) = self.events.get(from) else { break };
            // There is nothing between, so hours that end before it have no company.
            let distance = self.events[at].instant.saturating_sub(next.instant);
            hours = (hours - 1).min((distance + self.clock.slot).div_euclid(self.clock.hour));
        }
        marks
    }

    /// Marks the company at so many hours before the event. No event before `from` is late enough for it. The first one
    /// that is comes back.
    fn look(&mut self, at: usize, hours: i64, from: usize, marks: &mut Marks) -> usize {
        let (events, event) = (self.events, self.events[at]);
        let index = (hours + MOST_HOURS as i64).unsigned_abs() as usize;
        let (away, ten_minutes) = (hours * self.clock.hour, self.clock.slot);
        let distance = |other: &Event| event.instant.saturating_sub(other.instant);
        let near = |other: usize| events.get(other).filter(|other| distance(other) >= away - ten_minutes);
        let place = &mut self.places[index];
        let from = from.max(place.first);
        let first = from + passed(&events[from..], |other| distance(other) > away + ten_minutes);
        place.first = first;
        let Some(one) = near(first) else { return first };
        // At home the event itself is there as well.
        let is_alone = hours == 0 && first == at && near(at + 1).is_none();
        if marks.events != HOME && !is_alone {
            marks.events |= 1 << index;
        }
        let has_other = |same: &mut usize, is_same: &dyn Fn(&Event, &Event) -> bool| {
            if !is_same(one, &event) {
                return true;
            }
            *same = (*same).max(first);
            while near(*same).is_some_and(|other| is_same(other, one)) {
                *same += 1;
            }
            near(*same).is_some()
        };
        let of_one_type = |one: &Event, other: &Event| one.event_type() == other.event_type();
        if self.has_types && marks.of_type != HOME && has_other(&mut place.same_type, &of_one_type) {
            marks.of_type |= 1 << index;
        }
        let of_one_file = |one: &Event, other: &Event| one.file() == other.file();
        if self.has_files && marks.file != HOME && has_other(&mut place.same_file, &of_one_file) {
            marks.file |= 1 << index;
        }
        first
    }
}

/// How many events from the first on are too early: in steps that grow, because mostly it is one or none.
fn passed(events: &[Event], is_early: impl Fn(&Event) -> bool) -> usize {
    let mut within = 1;
    while events.get(within).is_some_and(&is_early) {
        within *= 2;
    }
    events[..within.min(events.len())].partition_point(is_early)
}

#[cfg(test)]
mod tests {
    use arrow_schema::TimeUnit;
    use proptest::prelude::*;
    use spectrum_check::Thresholds;
    use spectrum_core::Gap;

    use super::*;

    fn clock() -> Clock {
        Clock::new(
            TimeUnit::Second,
            Gap::from_nanoseconds(1_800_000_000_000).unwrap(),
            &Thresholds::default(),
        )
    }

    /// The plain reckoning: every event is compared with every other.
    fn plain(events: &[Event], at: usize, has_types: bool, has_files: bool) -> Marks {
        let (clock, event, mut marks) = (clock(), events[at], Marks::default());
        for other in events[..at].iter().chain(&events[at + 1..]) {
            let distance = event.instant.saturating_sub(other.instant);
            if distance.saturating_abs() > MOST_HOURS as i64 * clock.hour + clock.slot {
                continue;
            }
            let hours = (distance + clock.hour / 2).div_euclid(clock.hour);
            if (distance - hours * clock.hour).abs() <= clock.slot {
                let bit = 1 << (hours + MOST_HOURS as i64);
                marks.events |= bit;
                marks.of_type |= if other.event_type() == event.event_type() { 0 } else { bit };
                marks.file |= if other.file() == event.file() { 0 } else { bit };
            }
        }
        let told = |marks: u32| if marks & HOME == 0 { marks } else { HOME };
        Marks {
            events: told(marks.events),
            of_type: if has_types { told(marks.of_type) } else { 0 },
            file: if has_files { told(marks.file) } else { 0 },
        }
    }

    fn compare(mut events: Vec<Event>, has_types: bool, has_files: bool) -> Result<(), TestCaseError> {
        events.sort_unstable_by_key(Event::order);
        let mut walk = WholeHours::new(&events, clock(), has_types, has_files);
        for at in 0..events.len() {
            prop_assert_eq!(
                walk.marks(at),
                plain(&events, at, has_types, has_files),
                "{} of {:?}",
                at,
                &events
            );
        }
        Ok(())
    }

    /// Times around steps of ten minutes, where company begins and ends, over so many steps; a few at the ends of time.
    fn events(steps: i64, most: usize) -> impl Strategy<Value = Vec<Event>> {
        let usual = (0..steps, -1..=1_i64).prop_map(|(step, beside)| step * 600 + beside);
        let time = prop_oneof![60 => usual, 1 => Just(i64::MIN), 1 => Just(i64::MAX)];
        let event = (time, 0..3_u32, 0..3_usize).prop_map(|(time, of, file)| Event::new(time, 7, of, file));
        prop::collection::vec(event, 1..most)
    }

    proptest! {
        #[test]
        fn sparse_events_have_the_company_of_the_plain_reckoning(
            events in events(400, 40), has_types: bool, has_files: bool,
        ) {
            compare(events, has_types, has_files)?;
        }

        #[test]
        fn dense_events_have_the_company_of_the_plain_reckoning(
            events in events(200, 400), has_types: bool, has_files: bool,
        ) {
            compare(events, has_types, has_files)?;
        }

        /// Most of one type and file, as where a stream stands by itself.
        #[test]
        fn long_runs_have_the_company_of_the_plain_reckoning(
            times in prop::collection::vec((0..200_i64, -1..=1_i64), 1..200),
            others in prop::collection::btree_set(0..200_usize, 0..4),
        ) {
            let event = |(at, (step, beside)): (usize, &(i64, i64))| {
                let other = others.contains(&at);
                Event::new(step * 600 + beside, 7, u32::from(other), usize::from(other))
            };
            compare(times.iter().enumerate().map(event).collect(), true, true)?;
        }
    }
}

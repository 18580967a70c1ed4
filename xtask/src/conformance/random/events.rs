//! The events of a set: for each key a walk through time whose steps are mostly ties or nearly the gap, then shuffled.

use spectrum_testkit::{ColumnType, Event, Expected};

use super::rng::Rng;
use super::{Shape, keys};

const DAY_NANOS: i128 = 86_400_000_000_000;
/// Days from 1970-01-01 to 0001-01-01, to 9999-12-31 and to 2026-01-01.
const FIRST_DAY: i128 = -719_162;
const LAST_DAY: i128 = 2_932_896;
const USUAL_DAY: i128 = 20_454;

pub(super) fn events(shape: &Shape, rng: &mut Rng, count: usize) -> Vec<Event> {
    let width = shape.columns.len() - 2;
    let tuples: Vec<Vec<Option<String>>> = (0..shape.keys)
        .map(|_| shape.columns[1..=width].iter().map(|column| keys::value(&column.ty, rng)).collect())
        .collect();
    let clock = Clock::new(shape);
    let mut now: Vec<i64> = tuples.iter().map(|_| clock.start(rng)).collect();

    let mut events: Vec<Event> = Vec::with_capacity(count);
    while events.len() < count {
        let event_id = event_id(&shape.columns[0].ty, events.len(), rng);
        if let Some(earlier) = events.get(rng.below(events.len())).filter(|_| rng.chance(4)).cloned() {
            // The whole event once more, or only its id on another event.
            if rng.chance(75) {
                events.push(earlier);
                continue;
            }
            events.push(event(earlier.values[0].clone(), &tuples, &mut now, &clock, rng));
            continue;
        }
        events.push(event(Some(event_id), &tuples, &mut now, &clock, rng));
    }
    for last in (1..events.len()).rev() {
        events.swap(last, rng.below(last + 1));
    }
    events
}

fn event(
    event_id: Option<String>,
    tuples: &[Vec<Option<String>>],
    now: &mut [i64],
    clock: &Clock,
    rng: &mut Rng,
) -> Event {
    // A few keys have most of the events.
    let share = rng.below(1_000_000) as f64 / 1_000_000.0;
    let key = (tuples.len() as f64 * share * share * share) as usize;
    now[key] = clock.step(now[key], rng);
    let mut values = vec![event_id];
    values.extend(tuples[key].iter().cloned());
    values.push(Some(format!("@{}", now[key])));
    Event { values, expected: Expected::Unknown }
}

fn event_id(ty: &ColumnType, number: usize, rng: &mut Rng) -> String {
    match ty {
        ColumnType::Uuid => keys::uuid(rng),
        ColumnType::Int64 => (number as i64 - 7_000).to_string(),
        _ => format!("{}{number}", rng.pick(&["e", "é'", "\"", "\\", "E"])),
    }
}

/// Times in the unit of the time column.
struct Clock {
    gap: i64,
    first: i64,
    last: i64,
    usual: i64,
    day: i64,
    extreme: bool,
}

impl Clock {
    fn new(shape: &Shape) -> Self {
        let tick = shape.columns.last().and_then(|column| column.ty.tick()).unwrap_or(1);
        let ticks = |nanos: i128| i64::try_from(nanos / tick).unwrap_or(i64::MAX);
        Self {
            gap: shape.gap,
            first: ticks(FIRST_DAY * DAY_NANOS),
            // The last moment of the last day, or that day.
            last: ticks((LAST_DAY + 1) * DAY_NANOS) - 1,
            usual: ticks(USUAL_DAY * DAY_NANOS),
            day: ticks(DAY_NANOS),
            extreme: shape.extreme,
        }
    }

    fn start(&self, rng: &mut Rng) -> i64 {
        match self.extreme {
            true if rng.chance(30) => self.first,
            true => rng.between(self.first, self.last),
            false => rng.between(self.usual, self.usual + 30 * self.day),
        }
    }

    fn step(&self, now: i64, rng: &mut Rng) -> i64 {
        let step = match rng.below(100) {
            0..25 => 0,
            25..40 => self.gap,
            40..55 => self.gap + 1,
            55..68 => (self.gap - 1).max(0),
            68..80 => 1,
            80..95 => rng.between(0, 2 * self.gap),
            95..98 if self.extreme => rng.between(0, 200_000 * self.day),
            _ => rng.between(0, 3 * self.day),
        };
        now.saturating_add(step).min(self.last)
    }
}

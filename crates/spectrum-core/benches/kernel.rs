//! The kernel by itself: `cargo bench -p spectrum-core`. Each bench asserts its answer before it is timed.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow_schema::TimeUnit;
use divan::Bencher;
use divan::counter::ItemsCount;
use spectrum_core::{Gap, IdScheme, Labeller, SessionRule, resolve};

fn main() {
    divan::main();
}

const EVENTS: i64 = 1_000_000;
const BATCH: usize = 16_384;
const MINUTE: i64 = 60_000_000;

/// Batches of (keys, times): every key has an event every ten minutes, with a pause of an hour after every
/// eighth of its events, so that sessions have eight events.
struct Events {
    batches: Vec<(Vec<ArrayRef>, ArrayRef)>,
    sessions: usize,
}

fn events(keys: i64, shuffled: bool, texts: bool) -> Events {
    // A stride prime to the number of events visits each of them once.
    let place = |at: i64| if shuffled { at * 611_953 % EVENTS } else { at };
    let rows: Vec<(i64, i64)> = (0..EVENTS)
        .map(|at| {
            let (key, number) = (place(at) % keys, place(at) / keys);
            (key, number * 10 * MINUTE + number / 8 * 60 * MINUTE)
        })
        .collect();
    let batches = rows.chunks(BATCH).map(|rows| {
        let key: ArrayRef = match texts {
            true => Arc::new(rows.iter().map(|(key, _)| Some(format!("{key:036}"))).collect::<StringArray>()),
            false => Arc::new(Int64Array::from_iter_values(rows.iter().map(|(key, _)| *key))),
        };
        let time = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|(_, time)| *time));
        (vec![key], Arc::new(time) as ArrayRef)
    });
    Events {
        batches: batches.collect(),
        sessions: (keys * (EVENTS / keys / 8 + i64::from(EVENTS / keys % 8 > 0))) as usize,
    }
}

fn sessions_of(events: &Events) -> usize {
    let mut labeller = Labeller::new(1, &SessionRule::of_gap(Gap::DEFAULT), TimeUnit::Microsecond);
    let mut labels = Vec::with_capacity(EVENTS as usize);
    for (key, time) in &events.batches {
        if let Err(error) = labeller.observe(key, time, &mut labels) {
            eprintln!("{error}");
        }
    }
    resolve(vec![labeller], IdScheme::Sequence, 1).map_or(0, |resolution| resolution.sessions.len())
}

fn bench(bencher: Bencher<'_, '_>, events: Events) {
    assert_eq!(sessions_of(&events), events.sessions);
    bencher.counter(ItemsCount::new(EVENTS as usize)).bench(|| sessions_of(&events));
}

#[divan::bench(args = [1, 1_000, 100_000])]
fn integers_by_time(bencher: Bencher<'_, '_>, keys: i64) {
    bench(bencher, events(keys, false, false));
}

#[divan::bench(args = [1, 1_000, 100_000])]
fn integers_shuffled(bencher: Bencher<'_, '_>, keys: i64) {
    bench(bencher, events(keys, true, false));
}

#[divan::bench(args = [1_000, 100_000])]
fn texts_by_time(bencher: Bencher<'_, '_>, keys: i64) {
    bench(bencher, events(keys, false, true));
}

#[divan::bench(args = [1_000, 100_000])]
fn texts_shuffled(bencher: Bencher<'_, '_>, keys: i64) {
    bench(bencher, events(keys, true, true));
}

//! Nothing but the events decides the result: not their order, not the batches, not the threads.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, StringArray, StringViewArray, TimestampMicrosecondArray};
use arrow_schema::TimeUnit;
use proptest::prelude::*;
use spectrum_core::{Gap, IdScheme, Label, Labeller, Resolution, SessionRule, internals, resolve};

type Event = (Option<u8>, Option<i32>, i64);

/// Few keys and short times, so that ties, exact gaps and late bridges are common.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let user = prop::option::weighted(0.9, 0..4_u8);
    let account = prop::option::weighted(0.9, 0..3_i32);
    prop::collection::vec((user, account, 0..400_i64), 0..200)
}

const GAP_MICROSECONDS: u64 = 7;

fn columns(events: &[Event], views: bool) -> ([ArrayRef; 2], ArrayRef) {
    let names = events.iter().map(|(user, ..)| user.map(|user| format!("user {user} with a long name")));
    let users: ArrayRef = match views {
        true => Arc::new(names.collect::<StringViewArray>()),
        false => Arc::new(names.collect::<StringArray>()),
    };
    let accounts: ArrayRef = Arc::new(events.iter().map(|(_, account, _)| *account).collect::<Int32Array>());
    (
        [users, accounts],
        Arc::new(TimestampMicrosecondArray::from_iter_values(events.iter().map(|event| event.2))),
    )
}

/// Labels `shares`, one a labeller, each in batches of `batch` events.
fn label(
    shares: &[&[Event]],
    batch: usize,
    scheme: IdScheme,
    threads: usize,
) -> (Resolution, Vec<Vec<Label>>) {
    let rule = SessionRule::of_gap(Gap::from_nanoseconds(GAP_MICROSECONDS * 1000).unwrap());
    let mut labels = Vec::new();
    let labellers = shares
        .iter()
        .map(|share| {
            let mut labeller = Labeller::new(2, &rule, TimeUnit::Microsecond);
            let mut of_share = Vec::new();
            for (at, events) in share.chunks(batch).enumerate() {
                let (keys, time) = columns(events, at % 2 == 1);
                labeller.observe(&keys, &time, &mut of_share).unwrap();
            }
            labels.push(of_share);
            labeller
        })
        .collect();
    (resolve(labellers, scheme, threads).unwrap(), labels)
}

/// What each event got: number, id, start, end and size of its session.
type Outcome = (u64, Option<String>, i64, i64, u64);

fn outcomes(shares: &[&[Event]], batch: usize, scheme: IdScheme, threads: usize) -> Vec<Outcome> {
    let (resolution, labels) = label(shares, batch, scheme, threads);
    let sessions = &resolution.sessions;
    let labels =
        labels.iter().enumerate().flat_map(|(share, labels)| labels.iter().map(move |l| (share, *l)));
    labels
        .map(|(share, label)| {
            let session = resolution.session(share, label).unwrap();
            let id = sessions.id(session).map(|id| id.to_string());
            (
                sessions.number(session),
                id,
                sessions.start(session),
                sessions.end(session),
                sessions.events(session),
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_kernel_agrees_with_the_oracle(events in events(), batch in 1..40_usize) {
        let plain: Vec<_> = events.iter().map(|(user, account, time)| ((user, account), *time)).collect();
        let expected = internals::session_numbers(&plain, GAP_MICROSECONDS);
        let numbers: Vec<_> = outcomes(&[&events], batch, IdScheme::Sequence, 1).into_iter().map(|o| o.0).collect();
        prop_assert_eq!(numbers, expected);
    }

    #[test]
    fn permuting_the_events_changes_nothing(events in events(), seed in any::<u64>()) {
        let mut order: Vec<usize> = (0..events.len()).collect();
        order.sort_by_key(|at| (*at as u64 + 1).wrapping_mul(seed | 1).rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let permuted: Vec<Event> = order.iter().map(|at| events[*at]).collect();
        for scheme in IdScheme::OF_EVENTS {
            let before = outcomes(&[&events], 64, scheme, 1);
            let after = outcomes(&[&permuted], 64, scheme, 1);
            for (at, was) in order.iter().enumerate() {
                prop_assert_eq!(&after[at], &before[*was]);
            }
        }
    }

    #[test]
    fn splitting_batches_and_sharing_among_labellers_changes_nothing(
        events in events(), cuts in (0.0..1.0_f64, 0.0..1.0_f64), batch in 1..50_usize, threads in 1..5_usize,
    ) {
        let at = |cut: f64| (events.len() as f64 * cut) as usize;
        let (first, second) = (at(cuts.0.min(cuts.1)), at(cuts.0.max(cuts.1)));
        let shares = [&events[..first], &events[first..second], &events[second..]];
        for scheme in IdScheme::OF_EVENTS {
            prop_assert_eq!(outcomes(&shares, batch, scheme, threads), outcomes(&[&events], 1000, scheme, 1));
        }
    }

    #[test]
    fn merging_in_another_order_changes_nothing(events in events(), cut in 0.0..1.0_f64) {
        let (left, right) = events.split_at((events.len() as f64 * cut) as usize);
        let one_way = outcomes(&[left, right], 16, IdScheme::Encoded, 1);
        let mut other_way = outcomes(&[right, left], 16, IdScheme::Encoded, 1);
        other_way.rotate_left(right.len());
        prop_assert_eq!(one_way, other_way);
    }

    #[test]
    fn the_sessions_table_is_in_the_same_order_however_events_come(events in events()) {
        let reversed: Vec<Event> = events.iter().rev().copied().collect();
        let table = |events: &[Event]| {
            let (resolution, _) = label(&[events], 32, IdScheme::Encoded, 1);
            let sessions = resolution.sessions;
            sessions
                .in_order()
                .into_iter()
                .map(|s| (sessions.start(s), sessions.key_text(s, 0), sessions.key_text(s, 1), sessions.number(s)))
                .collect::<Vec<_>>()
        };
        prop_assert_eq!(table(&events), table(&reversed));
    }
}

/// One key, a million shuffled events far apart from each other: quadratic work would take minutes here.
#[test]
fn a_shuffled_key_with_a_million_events_is_not_quadratic() {
    let n = 1_000_003_u64;
    let events: Vec<Event> = (0..n).map(|i| (Some(1), Some(1), ((i * 611_953) % n * 10) as i64)).collect();
    let (resolution, _) = label(&[&events], 8192, IdScheme::Start, 1);
    assert_eq!(resolution.sessions.len() as u64, n);
}

/// 600,011 events of 30,000 keys in shuffled order, so many that events wait to be labelled together.
fn many_shuffled() -> Vec<(i32, i64)> {
    let n = 600_011_u64; // a prime, so that the stride visits every event once
    let event = |at: u64| ((at % 30_000) as i32, (at / 30_000 * 3 + at % 7) as i64);
    (0..n).map(|i| event(i * 362_437 % n)).collect()
}

fn columns_of(events: &[(i32, i64)]) -> ([ArrayRef; 1], ArrayRef) {
    let keys = events.iter().map(|(key, _)| Some(*key)).collect::<Int32Array>();
    let times = TimestampMicrosecondArray::from_iter_values(events.iter().map(|(_, time)| *time));
    ([Arc::new(keys)], Arc::new(times))
}

fn of_three_microseconds() -> Labeller {
    let rule = SessionRule::of_gap(Gap::from_nanoseconds(3000).unwrap());
    Labeller::new(1, &rule, TimeUnit::Microsecond)
}

/// Nothing else may come of it that events wait.
#[test]
fn many_shuffled_keys_agree_with_the_oracle() {
    let mixed = many_shuffled();
    let mut labeller = of_three_microseconds();
    for events in mixed.chunks(10_000) {
        let (keys, times) = columns_of(events);
        labeller.defer(&keys, &times).unwrap();
    }
    let labels = labeller.settle();
    let resolution = resolve(vec![labeller], IdScheme::Start, 2).unwrap();
    let number = |label: &Label| resolution.sessions.number(resolution.session(0, *label).unwrap());
    assert!(labels.iter().map(number).eq(internals::session_numbers(&mixed, 3)));
}

/// Lists of labels are kept apart, however they take turns, and events whose labels nobody asks for count as well.
#[test]
fn what_waits_is_labelled_in_its_own_list() {
    let mixed = many_shuffled();
    let mut labeller = of_three_microseconds();
    let (mut first, mut second, mut observed) = (Vec::new(), Vec::new(), Vec::new());
    for (at, events) in mixed.chunks(10_000).enumerate() {
        let (keys, times) = columns_of(events);
        match at % 3 {
            0 => labeller.observe(&keys, &times, &mut observed).unwrap(),
            _ => labeller.defer(&keys, &times).unwrap(),
        }
        if at == 30 {
            first = labeller.settle();
        } else if at == 50 {
            second = labeller.settle();
        }
    }
    let resolution = resolve(vec![labeller], IdScheme::Start, 2).unwrap();
    let expected = internals::session_numbers(&mixed, 3);
    let expected = |chunks: std::ops::Range<usize>, is_meant: fn(usize) -> bool| -> Vec<u64> {
        let chunks =
            expected.chunks(10_000).enumerate().filter(|(at, _)| chunks.contains(at) && is_meant(*at));
        chunks.flat_map(|(_, numbers)| numbers.to_vec()).collect()
    };
    let number = |label: &Label| resolution.sessions.number(resolution.session(0, *label).unwrap());
    let numbers = |labels: &[Label]| labels.iter().map(number).collect::<Vec<_>>();
    assert_eq!(numbers(&observed), expected(0..61, |at| at % 3 == 0));
    assert_eq!(numbers(&first), expected(0..31, |at| at % 3 != 0));
    assert_eq!(numbers(&second), expected(31..51, |at| at % 3 != 0));
    let events: u64 = resolution.sessions.all().map(|session| resolution.sessions.events(session)).sum();
    assert_eq!(events, mixed.len() as u64);
}

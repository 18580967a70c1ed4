//! Two definitions over the same events, in every format, order and number of threads, against the kernel's sessions and sets.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;
use spectrum_core::{SessionDefinition, sessionize};
use spectrum_engine::{
    CompareOptions, Compared, Comparison, Input, InputOptions, Side, Target, Watch, compare,
};

use crate::generated::permuted;
use crate::outcome::rows;
use crate::rules::{RULES, events};
use crate::runs::Folder;
use crate::write_inputs;

fn definition(rules: &str) -> SessionDefinition {
    SessionDefinition::from_toml(&format!("[session]\ngap = '45m'\n{rules}")).unwrap()
}

/// The set of events of every session, by the kernel alone; events are known by their place.
fn sets(batch: &RecordBatch, definition: &SessionDefinition) -> Vec<BTreeSet<usize>> {
    let sessionized = sessionize(std::slice::from_ref(batch), definition).unwrap();
    let mut sets: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (event, session) in sessionized.events().enumerate() {
        if let Some(session) = session {
            sets.entry(session.index()).or_default().insert(event);
        }
    }
    sets.into_values().collect()
}

/// How many are the same, split, merged and shifted, from what the words mean: of A and of B.
fn expected(a: &[BTreeSet<usize>], b: &[BTreeSet<usize>]) -> ([u64; 4], [u64; 4]) {
    let count = |number: usize| number as u64;
    let same = count(a.iter().filter(|set| b.contains(set)).count());
    // Those that are a union of several of the other side, and those several.
    let unions = |own: &[BTreeSet<usize>], others: &[BTreeSet<usize>]| {
        let (mut wholes, mut parts) = (0, 0);
        for set in own.iter().filter(|set| !others.contains(set)) {
            let within: Vec<_> = others.iter().filter(|other| other.is_subset(set)).collect();
            if within.iter().map(|other| other.len()).sum::<usize>() == set.len() {
                wholes += 1;
                parts += within.len();
            }
        }
        (count(wholes), count(parts))
    };
    let ((split_a, split_b), (merged_b, merged_a)) = (unions(a, b), unions(b, a));
    let rest = |all: usize, others: [u64; 3]| count(all) - others.iter().sum::<u64>();
    (
        [same, split_a, merged_a, rest(a.len(), [same, split_a, merged_a])],
        [same, split_b, merged_b, rest(b.len(), [same, split_b, merged_b])],
    )
}

/// The places of events whose session has other events, or is on one side alone.
fn moved(events: usize, a: &[BTreeSet<usize>], b: &[BTreeSet<usize>]) -> Vec<usize> {
    let of = |event: usize, sets: &[BTreeSet<usize>]| sets.iter().find(|set| set.contains(&event)).cloned();
    (0..events).filter(|event| of(*event, a) != of(*event, b)).collect()
}

fn counts(side: &Compared) -> [u64; 4] {
    [side.same, side.split, side.merged, side.shifted]
}

fn compared(
    folder: &Folder,
    input: &str,
    a: &SessionDefinition,
    b: &SessionDefinition,
    threads: usize,
) -> Comparison {
    let watch = Watch::default();
    let inputs = [folder.path(input).to_str().unwrap().to_owned()];
    let input = Input::find(&inputs, &InputOptions::default(), &watch).unwrap();
    let mut options = CompareOptions::default();
    options.threads = threads;
    options.moved = Some(Target::File(folder.path("moved.csv")));
    options.force = true;
    compare(&input, &Side::of(a.clone()), &Side::of(b.clone()), &options, &watch).unwrap()
}

#[test]
fn fates_and_moved_events_are_those_of_the_kernels_sets() {
    let mut seen = [false; 4];
    for (at, (rules, others)) in RULES.iter().zip(RULES.iter().cycle().skip(1)).enumerate() {
        let longer = || SessionDefinition::from_toml("[session]\ngap = '2h'").unwrap();
        for (a, b) in [(longer(), definition(rules)), (definition(rules), definition(others))] {
            let batch = events(at as u64 + 5, 300);
            let (sets_a, sets_b) = (sets(&batch, &a), sets(&batch, &b));
            let expected = expected(&sets_a, &sets_b);
            let expected_moved: Vec<String> =
                moved(300, &sets_a, &sets_b).into_iter().map(|event| format!("e{event}")).collect();
            seen.iter_mut().zip(expected.0).for_each(|(seen, count)| *seen |= count > 0);
            let folder = Folder::new();
            for name in ["in.parquet", "in.csv", "in.ndjson", "shuffled.parquet"] {
                let batch = if name.starts_with("in") { batch.clone() } else { permuted(&batch, 7) };
                folder.write(name, []);
                match name.rsplit('.').next().unwrap() {
                    "parquet" => write_inputs::parquet(&folder.path(name), &[batch], 64),
                    "csv" => drop(folder.write(name, write_inputs::csv(&[batch]))),
                    _ => drop(folder.write(name, write_inputs::ndjson(&[batch]))),
                }
                let found = compared(&folder, name, &a, &b, 1 + at % 3);
                assert_eq!((counts(&found.a), counts(&found.b)), expected, "{name}: {rules}");
                assert_eq!(
                    (found.events, found.moved),
                    (300, expected_moved.len() as u64),
                    "{name}: {rules}"
                );
                let mut ids: Vec<String> = rows(&folder.path("moved.csv"))
                    .iter()
                    .map(|row| row["event_id"].clone().unwrap())
                    .collect();
                if name.starts_with("shuffled") {
                    ids.sort_by_key(|id| id[1..].parse::<usize>().unwrap());
                }
                assert_eq!(ids, expected_moved, "{name}: {rules}");
                // The same examples, whatever the order, the format and the threads.
                let plain = compared(&folder, "in.parquet", &a, &b, 1);
                assert_eq!(found.examples, plain.examples, "{name}: {rules}");
                assert_eq!(found.examples.is_empty(), expected_moved.is_empty(), "{name}: {rules}");
            }
        }
    }
    assert_eq!(seen, [true; 4], "the events have sessions of every fate");
}

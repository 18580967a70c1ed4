//! The session rule in the plainest way, row by row, to check everything else against.
//!
//! It says again what `rule.rs` says, on purpose: what shared a line with the kernel could not find a mistake in it.

use std::collections::HashMap;
use std::hash::Hash;

/// The session number, from 1 within its key, of every event, in the order given.
///
/// `gap` counts in the unit of the instants. Sorts each key's events by time and compares neighbours.
///
/// ```
/// use spectrum_core::internals::session_numbers;
///
/// assert_eq!(session_numbers(&[("ann", 61), ("ann", 0), ("bob", 5), ("ann", 30)], 30), [2, 1, 1, 1]);
/// ```
pub fn session_numbers<K: Hash + Eq>(events: &[(K, i64)], gap: u64) -> Vec<u64> {
    let mut rows_of_key: HashMap<&K, Vec<usize>> = HashMap::new();
    for (row, (key, _)) in events.iter().enumerate() {
        rows_of_key.entry(key).or_default().push(row);
    }
    let mut numbers = vec![0; events.len()];
    for mut rows in rows_of_key.into_values() {
        rows.sort_by_key(|row| events[*row].1);
        let mut previous: Option<i64> = None;
        let mut number = 0;
        for row in rows {
            let instant = i128::from(events[row].1);
            if previous.is_none_or(|previous| instant - i128::from(previous) > i128::from(gap)) {
                number += 1;
            }
            previous = Some(events[row].1);
            numbers[row] = number;
        }
    }
    numbers
}

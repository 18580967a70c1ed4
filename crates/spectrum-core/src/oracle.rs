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

/// An event as a rule sees it, for [`sessions_by_rule`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "named as the settings of the rule")]
pub struct RuledEvent {
    pub key: u32,
    pub instant: i64,
    pub takes_part: bool,
    pub starts: bool,
    pub ends: bool,
    pub passive: bool,
    pub ignored: bool,
    /// The gap that counts after it.
    pub gap: u64,
    /// Its values in the columns of `split_on`.
    pub values: Vec<Option<String>>,
}

/// What a rule says besides, in the unit of the instants.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "named as the settings of the rule")]
pub struct RuledBy {
    /// Whether a pause of exactly the gap ends a session.
    pub new_at_gap: bool,
    /// Instants at which sessions end.
    pub cuts: Vec<i64>,
    pub null_splits: bool,
    pub max_duration: Option<u64>,
    pub max_events: Option<u64>,
}

/// The session number of every event, from 1 within its key, and the name of the reason for which that session began; `None`
/// for events that belong to none.
pub fn sessions_by_rule(events: &[RuledEvent], rule: &RuledBy) -> Vec<Option<(u64, &'static str)>> {
    let mut moments: std::collections::BTreeMap<(u32, i64), Vec<usize>> = Default::default();
    for (row, event) in events.iter().enumerate().filter(|(_, event)| event.takes_part) {
        moments.entry((event.key, event.instant)).or_default().push(row);
    }
    let mut answers = vec![None; events.len()];
    let mut key = None;
    let (mut number, mut began_by) = (0, "");
    let mut ended_by: Option<&'static str> = None;
    let (mut start, mut last, mut count) = (0, 0, 0);
    let mut last_events: Vec<&RuledEvent> = Vec::new();
    let mut current: Vec<Option<String>> = Vec::new();
    for ((of_key, now), rows) in moments {
        if key != Some(of_key) {
            (key, number, ended_by) = (Some(of_key), 0, None);
        }
        let heard: Vec<&RuledEvent> =
            rows.iter().map(|row| &events[*row]).filter(|event| !event.ignored).collect();
        let active: Vec<&RuledEvent> = heard.iter().copied().filter(|event| !event.passive).collect();
        // What this moment's values are, column by column: those there are, or NULL alone.
        let columns = active.first().map_or(0, |event| event.values.len());
        let values: Vec<Vec<Option<String>>> = (0..columns)
            .map(|column| {
                let of_column = active.iter().map(|event| event.values[column].clone());
                let present: Vec<_> = of_column.filter(Option::is_some).collect();
                if present.is_empty() { vec![None] } else { present }
            })
            .collect();

        let mut reason = None;
        if number == 0 {
            reason = Some("first");
        } else {
            let away = |from: i64| (i128::from(now) - i128::from(from)) as u128;
            let allowed = u128::from(last_events.iter().map(|event| event.gap).max().unwrap_or_default());
            let beyond_gap = away(last) > allowed || rule.new_at_gap && away(last) == allowed;
            let changes = (0..columns).any(|column| {
                values[column].iter().any(|value| match (value, &current[column]) {
                    (None, _) | (_, None) => rule.null_splits && *value != current[column],
                    (value, current) => value != current,
                })
            });
            let all = [
                (beyond_gap, "gap"),
                (last_events.iter().any(|event| event.ends), "end_when"),
                (rule.cuts.iter().any(|cut| last < *cut && *cut <= now), "split_at"),
                (active.iter().any(|event| event.starts), "start_when"),
                (changes, "split_on"),
                (rule.max_duration.is_some_and(|most| away(start) > u128::from(most)), "max_duration"),
                (rule.max_events.is_some_and(|most| count + heard.len() as u64 > most), "max_events"),
            ];
            let asked = if heard.is_empty() { 3 } else { 7 };
            reason =
                all[..asked].iter().find(|(holds, _)| *holds).map(|(_, name)| *name).or(ended_by).or(reason);
        }

        match reason {
            None => {}
            Some(reason) if !active.is_empty() => {
                number += 1;
                (began_by, ended_by, start, count) = (reason, None, now, 0);
                current = vec![None; columns];
            }
            Some(reason) => {
                if number > 0 && !heard.is_empty() {
                    ended_by = ended_by.or(Some(reason));
                }
                continue;
            }
        }
        if !heard.is_empty() {
            (last, last_events) = (now, heard.clone());
            count += heard.len() as u64;
        }
        for (current, values) in current.iter_mut().zip(&values) {
            if let Some(greatest) = values.iter().flatten().max() {
                *current = Some(greatest.clone());
            }
        }
        for row in rows {
            answers[row] = Some((number, began_by));
        }
    }
    answers
}

//! How the events of a set come in: most of them at first, then rounds that a trailing window would get wrong.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use spectrum_testkit::{Case, ColumnType, Event};

use crate::conformance::{random, sql};

/// The events as they stand when dbt runs.
pub(super) struct Round {
    pub(super) says: &'static str,
    pub(super) events: Vec<Event>,
    /// dbt's arguments.
    pub(super) dbt: Vec<&'static str>,
}

/// How many keys get events where they hurt.
const KEYS: usize = 60;

/// A set whose event ids are unique and whose names have no quotation marks, which dbt does not escape; and its rounds.
pub(super) fn history(seed: u64, number: usize, events: usize) -> Result<(Case, Vec<Round>)> {
    let mut case = random::set(seed, number, events);
    for column in &mut case.columns {
        column.name = column.name.replace('"', "");
    }
    for name in &mut case.definition.key {
        *name = name.replace('"', "");
    }
    let mut ids = Ids { ty: case.columns[0].ty.clone(), next: 0 };
    let mut seen = BTreeSet::new();
    for event in &mut case.events {
        if !seen.insert(event.values[0].clone()) {
            event.values[0] = Some(ids.fresh());
        }
    }

    let all = std::mem::take(&mut case.events);
    let part = |percent: usize| all[..all.len() * percent / 100].to_vec();
    let hard = hard_events(&case, &part(85), &mut ids)?;
    let with_hard = |percent: usize| [part(percent), hard.clone()].concat();
    let few = [with_hard(85), all[all.len() * 85 / 100..].iter().take(2).cloned().collect()].concat();
    let usual = vec!["run"];
    let round = |says, events: Vec<Event>| Round { says, events, dbt: usual.clone() };
    let detecting = vec!["run", "--vars", r#"{"spectrum_detect_changes": true}"#];
    let rounds = vec![
        Round { dbt: vec!["run", "--full-refresh"], ..round("most of the events, made anew", part(85)) },
        round("events that tie, bridge, precede and follow", with_hard(85)),
        round("two events anywhere", few.clone()),
        round("nothing new", few),
        round("some events anywhere", with_hard(92)),
        round("the rest, anywhere", with_hard(100)),
        Round { dbt: detecting, ..round("events gone and changed", changed(&with_hard(100))) },
    ];
    Ok((case, rounds))
}

/// New ids of the column's type.
struct Ids {
    ty: ColumnType,
    next: usize,
}

impl Ids {
    fn fresh(&mut self) -> String {
        self.next += 1;
        match self.ty {
            ColumnType::Uuid => format!("00000000-0000-4000-8000-{:012x}", self.next),
            ColumnType::Int64 => (1_000_000 + self.next).to_string(),
            _ => format!("new'{}", self.next),
        }
    }
}

/// For keys with many events: one at an instant that has events, one that joins two sessions, one at the end and one beyond
/// it; and where the calendar has room, one just before the first and one a whole session before.
fn hard_events(case: &Case, there: &[Event], ids: &mut Ids) -> Result<Vec<Event>> {
    let tick = case.time_type().tick().context("the time has no unit")?;
    let gap = i64::try_from(i128::from(sql::definition(case)?.gap().nanoseconds()) / tick)?;
    let mut keys: BTreeMap<&[Option<String>], Vec<i64>> = BTreeMap::new();
    let last = case.time_index();
    for event in there {
        let time =
            event.values[last].as_deref().and_then(|time| time.strip_prefix('@')).context("no time")?;
        keys.entry(&event.values[1..last]).or_default().push(time.parse()?);
    }
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_by_key(|(_, times)| std::cmp::Reverse(times.len()));
    let mut events = Vec::new();
    for (at, (key, times)) in keys.iter_mut().take(KEYS).enumerate() {
        times.sort_unstable();
        let (first, end) = (times[0], times[times.len() - 1]);
        let mut wanted = vec![times[times.len() / 2]];
        let bridge = times.windows(2).find(|pair| pair[1] - pair[0] > gap && pair[1] - pair[0] <= 2 * gap);
        wanted.extend(bridge.map(|pair| pair[0] + gap));
        if !case.shows.contains("years 1 to 9999") {
            // Not every key, so that some are touched in their middle only.
            wanted.extend([first - 1, first - gap - 2].into_iter().take(at % 3));
            wanted.extend([end, end + gap + 1].into_iter().take(at % 4));
        }
        for time in wanted {
            let mut values = vec![Some(ids.fresh())];
            values.extend_from_slice(key);
            values.push(Some(format!("@{time}")));
            events.push(Event { values, ..there[0].clone() });
        }
    }
    Ok(events)
}

/// Some events are gone, some have the time of another, some its key.
fn changed(events: &[Event]) -> Vec<Event> {
    let mut changed = Vec::with_capacity(events.len());
    for (at, event) in events.iter().enumerate() {
        let (mut event, other) = (event.clone(), &events[events.len() - 1 - at]);
        let last = event.values.len() - 1;
        match at % 101 {
            7 => continue,
            19 => event.values[last].clone_from(&other.values[last]),
            31 => event.values[1..last].clone_from_slice(&other.values[1..last]),
            _ => {}
        }
        changed.push(event);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_but_the_idle_one_changes_the_events_and_ids_stay_unique() {
        for number in 0..6 {
            let (_, rounds) = history(1, number, 2_000).unwrap();
            for pair in rounds.windows(2) {
                let same = format!("{:?}", pair[0].events) == format!("{:?}", pair[1].events);
                assert_eq!(same, pair[1].says == "nothing new", "set {number}, {}", pair[1].says);
            }
            for round in &rounds {
                let ids: BTreeSet<_> = round.events.iter().map(|event| &event.values[0]).collect();
                assert_eq!(ids.len(), round.events.len(), "set {number}, {}", round.says);
            }
        }
    }
}

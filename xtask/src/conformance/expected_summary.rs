//! The per-session relation as it must be, by counting the labelled events.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use spectrum_testkit::{Case, ColumnType, Labelled, TimeUnit};

use super::subject::SummaryRow;

/// One session while its events are counted.
struct Session<'a> {
    id: Option<&'a str>,
    started: i128,
    ended: i128,
    events: u64,
    first: &'a str,
    last: &'a str,
}

/// The rows from every event's label, which stand in the order of the events that have a time.
pub(super) fn expected_summary(case: &Case, labels: &[Labelled]) -> Result<Vec<SummaryRow>> {
    let id_type = &case.columns[0].ty;
    let instants = case.instants();
    let timed = instants.iter().enumerate().filter_map(|(row, at)| at.map(|at| (row, at)));
    let mut sessions: BTreeMap<_, Session<'_>> = BTreeMap::new();
    let mut labels = labels.iter();
    for (row, at) in timed {
        let Some(label) = labels.next() else { break };
        ensure!(case.event_id(row) == label.event_id, "labels are out of order");
        if label.session_seq.is_none() && !case.definition.rules.is_empty() {
            continue;
        }
        let key = case.key_values(row);
        let id = label.event_id.as_str();
        let session = sessions.entry((key, label.session_seq)).or_insert_with(|| Session {
            id: label.session_id.as_deref(),
            started: at,
            ended: at,
            events: 0,
            first: id,
            last: id,
        });
        session.events += 1;
        if (at, ByValue(id, id_type)) < (session.started, ByValue(session.first, id_type)) {
            (session.started, session.first) = (at, id);
        }
        if (at, ByValue(id, id_type)) > (session.ended, ByValue(session.last, id_type)) {
            (session.ended, session.last) = (at, id);
        }
    }
    // Times come as nanoseconds, and numbers as they are.
    let one = case.definition.time_unit.map_or(1, TimeUnit::nanos);
    let row = |((_, seq), session): ((_, Option<u64>), Session<'_>)| {
        vec![
            session.id.map(str::to_owned),
            seq.map(|seq| seq.to_string()),
            Some((session.started / one).to_string()),
            Some((session.ended / one).to_string()),
            Some(session.events.to_string()),
            Some(session.first.to_owned()),
            Some(session.last.to_owned()),
        ]
    };
    Ok(sessions.into_iter().map(row).collect())
}

/// An event id's text in the order of the column's values: numbers by value, all else by its bytes.
struct ByValue<'a>(&'a str, &'a ColumnType);

impl Ord for ByValue<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0.parse::<i128>(), other.0.parse::<i128>()) {
            (Ok(one), Ok(two)) if !matches!(self.1, ColumnType::Utf8) => one.cmp(&two),
            _ => self.0.cmp(other.0),
        }
    }
}

impl PartialOrd for ByValue<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ByValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ByValue<'_> {}

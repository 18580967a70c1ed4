//! The per-session relation as it must be, by counting the labelled events.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, ensure};
use spectrum_testkit::{Case, ColumnType, Labelled, PostgresEngine, PrivatePostgres, TimeUnit};

use super::random::ruled::as_judged;
use super::subject::{SummaryRow, is_ruled};

/// One session while its events are counted.
struct Session<'a> {
    id: Option<&'a str>,
    started_by: Option<&'a str>,
    events: u64,
    /// Of those that are not ignored.
    first: Option<(i128, &'a str)>,
    last: Option<(i128, &'a str)>,
    /// What it tells, by PostgreSQL.
    told: &'a [Option<String>],
}

/// The rows from every event's label, which stand in the order of the events that have a time.
pub(super) fn expected_summary(case: &Case, labels: &[Labelled]) -> Result<Vec<SummaryRow>> {
    let id_type = &case.columns[0].ty;
    let instants = case.instants();
    let ignored = ignored(case)?;
    let timed = instants.iter().enumerate().filter_map(|(row, at)| at.map(|at| (row, at)));
    let mut sessions: BTreeMap<_, Session<'_>> = BTreeMap::new();
    let told = told(case, labels)?;
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
            started_by: label.started_by.as_deref(),
            events: 0,
            first: None,
            last: None,
            told: &[],
        });
        session.events += 1;
        if let Some(told) = told.get(id) {
            session.told = told;
        }
        if ignored[row] {
            continue;
        }
        let order = |(at, id)| (at, ByValue(id, id_type));
        if session.first.is_none_or(|first| order((at, id)) < order(first)) {
            session.first = Some((at, id));
        }
        if session.last.is_none_or(|last| order((at, id)) > order(last)) {
            session.last = Some((at, id));
        }
    }
    // Times come as nanoseconds, and numbers as they are.
    let one = case.definition.time_unit.map_or(1, TimeUnit::nanos);
    let is_ruled = is_ruled(case);
    let row = |((_, seq), session): ((_, Option<u64>), Session<'_>)| {
        let mut row = vec![
            session.id.map(str::to_owned),
            seq.map(|seq| seq.to_string()),
            session.first.map(|(at, _)| (at / one).to_string()),
            session.last.map(|(at, _)| (at / one).to_string()),
            Some(session.events.to_string()),
            session.first.map(|(_, id)| id.to_owned()),
            session.last.map(|(_, id)| id.to_owned()),
        ];
        row.extend(is_ruled.then(|| session.started_by.map(str::to_owned)));
        row.extend(session.told.iter().cloned());
        row
    };
    Ok(sessions.into_iter().map(row).collect())
}

/// What each session tells, by one of its events.
fn told(case: &Case, labels: &[Labelled]) -> Result<HashMap<String, Vec<Option<String>>>> {
    if case.definition.summary.is_empty() {
        return Ok(HashMap::new());
    }
    let engine = PostgresEngine::new(PrivatePostgres::shared()?);
    let told = engine.told_of(&as_judged(case), labels)?;
    Ok(told.into_iter().map(|of| (of.event_id, of.told.values)).collect())
}

/// Which events have no say in where a session begins and ends, as PostgreSQL understands the case's condition.
fn ignored(case: &Case) -> Result<Vec<bool>> {
    match case.definition.rules.names().contains(&"ignore_when") {
        true => PostgresEngine::new(PrivatePostgres::shared()?).ignored(case),
        false => Ok(vec![false; case.events.len()]),
    }
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

//! Two labellings of the same events, row by row.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use spectrum_testkit::{Case, Labelled};

use super::subject::{SummaryRow, is_ruled};

/// How many events of a key are shown at most.
const SHOWN: usize = 40;

/// What came of a comparison.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Rows of the reference.
    pub(super) rows: usize,
    /// Rows that only one of the two has.
    pub(super) differing: usize,
    /// The smallest key with a difference, event by event; empty when there is none.
    pub(super) report: String,
}

/// A session: its id, its number, and why it began, where there are rules.
type Session<'a> = (Option<&'a str>, Option<u64>, Option<&'a str>);

/// The sessions that events of one id have, in order. Event ids need not be unique.
type Rows<'a> = HashMap<&'a str, Vec<Session<'a>>>;

pub(super) fn compare(case: &Case, expected: &[Labelled], got: &[Labelled]) -> Comparison {
    let is_ruled = is_ruled(case);
    let (expected_rows, got_rows) = (rows(expected, is_ruled), rows(got, is_ruled));
    let empty = Vec::new();
    let ids: BTreeSet<&str> = expected_rows.keys().chain(got_rows.keys()).copied().collect();
    let mut failing = BTreeSet::new();
    let mut differing = 0;
    for id in ids {
        let expected = expected_rows.get(id).unwrap_or(&empty);
        let got = got_rows.get(id).unwrap_or(&empty);
        let shared = shared(expected, got);
        let only_one_has = expected.len().max(got.len()) - shared;
        if only_one_has > 0 {
            differing += only_one_has;
            failing.insert(id);
        }
    }
    let report = if failing.is_empty() {
        String::new()
    } else {
        smallest_key(case, &failing, &expected_rows, &got_rows)
    };
    Comparison { rows: expected.len(), differing, report }
}

fn rows(labels: &[Labelled], is_ruled: bool) -> Rows<'_> {
    let mut rows: Rows<'_> = HashMap::with_capacity(labels.len());
    for label in labels {
        // A case may tell reasons although its rules are all turned off.
        let started_by = label.started_by.as_deref().filter(|_| is_ruled);
        let session = (label.session_id.as_deref(), label.session_seq, started_by);
        rows.entry(&label.event_id).or_default().push(session);
    }
    rows.values_mut().for_each(|sessions| sessions.sort_unstable());
    rows
}

/// How many values two sorted lists have in common, each as often as both have it.
fn shared<T: Ord>(left: &[T], right: &[T]) -> usize {
    let (mut at, mut shared) = (0, 0);
    for value in left {
        while at < right.len() && right[at] < *value {
            at += 1;
        }
        if at < right.len() && right[at] == *value {
            (at, shared) = (at + 1, shared + 1);
        }
    }
    shared
}

/// Rows of the per-session relation, of which some that only one of the two has are shown.
pub(super) fn compare_summaries(
    case: &Case,
    mut expected: Vec<SummaryRow>,
    mut got: Vec<SummaryRow>,
) -> Comparison {
    expected.sort_unstable();
    got.sort_unstable();
    let shared = shared(&expected, &got);
    let differing = expected.len().max(got.len()) - shared;
    let mut report = String::new();
    if differing > 0 {
        // Writing to a String cannot fail.
        let _ = write!(report, "{}: {}\n  the per-session relation", case.name, case.shows);
        for (of, these, those) in [("PostgreSQL", &expected, &got), ("here", &got, &expected)] {
            let only = these.iter().filter(|row| those.binary_search(row).is_err());
            for row in only.take(SHOWN / 8) {
                let _ = write!(report, "\n    only {of}: {}", spelled_row(row));
            }
        }
    }
    Comparison { rows: expected.len(), differing, report }
}

fn spelled_row(row: &SummaryRow) -> String {
    row.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect::<Vec<_>>().join(", ")
}

/// The key with the fewest events among those that fail, because it is the one to work out by hand.
fn smallest_key(case: &Case, failing: &BTreeSet<&str>, expected: &Rows<'_>, got: &Rows<'_>) -> String {
    let key_of = |row: usize| case.key_values(row);
    let mut keys: BTreeMap<&[Option<String>], Vec<usize>> = BTreeMap::new();
    for row in 0..case.events.len() {
        keys.entry(key_of(row)).or_default().push(row);
    }
    let fails = |rows: &Vec<usize>| rows.iter().any(|row| failing.contains(case.event_id(*row)));
    let smallest = keys.into_iter().filter(|(_, rows)| fails(rows)).min_by_key(|(_, rows)| rows.len());
    let mut report = String::new();
    // Writing to a String cannot fail.
    let _ = write!(report, "{}: {}", case.name, case.shows);
    let Some((key, mut rows)) = smallest else {
        let _ = write!(report, "\n  events that are not of the set: {failing:?}");
        return report;
    };
    let time = |row: &usize| case.events[*row].values[case.time_index()].clone();
    rows.sort_by_key(|row| {
        (time(row).and_then(|text| text.trim_start_matches('@').parse::<i64>().ok()), *row)
    });
    let texts: Vec<_> = key.iter().map(Option::as_deref).collect();
    let _ = write!(report, "\n  the smallest key that differs, {texts:?}, has {} events:", rows.len());
    for row in rows.iter().take(SHOWN) {
        let id = case.event_id(*row);
        let ids = |rows: &Rows<'_>| rows.get(id).map_or_else(|| "no row".to_owned(), |ids| spelled(ids));
        let mark = if failing.contains(id) { "!" } else { " " };
        let (expected, got) = (ids(expected), ids(got));
        let time = time(row).unwrap_or_else(|| "NULL".to_owned());
        let _ = write!(report, "\n  {mark} {id:?} at {time}: PostgreSQL {expected}, here {got}");
    }
    if rows.len() > SHOWN {
        let _ = write!(report, "\n    and {} more", rows.len() - SHOWN);
    }
    report
}

fn spelled(sessions: &[Session<'_>]) -> String {
    let texts = sessions.iter().map(|(id, seq, reason)| {
        let seq = seq.map(|seq| format!("{seq} ")).unwrap_or_default();
        let reason = reason.map(|reason| format!(" by {reason}")).unwrap_or_default();
        format!("{seq}{}{reason}", id.unwrap_or("NULL"))
    });
    texts.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::random;

    fn labels(case: &Case) -> Vec<Labelled> {
        let rows = 0..case.events.len();
        let label = |row: usize| Labelled {
            event_id: case.event_id(row).to_owned(),
            session_seq: None,
            started_by: None,
            session_id: Some(format!("{:?}", case.events[row].values[1])),
        };
        rows.map(label).collect()
    }

    #[test]
    fn the_order_of_rows_is_of_no_matter_and_copies_count() {
        let case = random::set(1, 0, 500);
        let expected = labels(&case);
        let mut got: Vec<_> = expected.iter().rev().cloned().collect();
        let comparison = compare(&case, &expected, &got);
        assert_eq!((comparison.rows, comparison.differing, comparison.report.as_str()), (500, 0, ""));

        let twice = got[0].clone();
        got.push(twice);
        assert_eq!(compare(&case, &expected, &got).differing, 1);
        got.truncate(498);
        assert_eq!(compare(&case, &expected, &got).differing, 2);
    }

    #[test]
    fn a_wrong_session_counts_once_and_its_key_is_shown() {
        let case = random::set(1, 0, 500);
        let expected = labels(&case);
        let mut got = expected.clone();
        got[17].session_id = None;
        let comparison = compare(&case, &expected, &got);
        assert_eq!(comparison.differing, 1);
        let line = format!("! {:?} at ", got[17].event_id);
        assert!(
            comparison.report.contains(&line) && comparison.report.contains("NULL"),
            "{}",
            comparison.report
        );
    }
}

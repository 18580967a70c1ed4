//! How what stands in the database relates to what is to stand there.

use super::exchange::notes_roles;
use crate::deployment::Mode;
use crate::fit::Fit;
use crate::present::Present;
use crate::record::{Difference, Record, Takes};
use crate::relations::name_of;
use crate::role::Role;
use crate::swapped::Source;

/// How what is there relates to what is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Nothing is there yet.
    New,
    /// All is there as it should be.
    Unchanged,
    /// The sessions are there; something beside them is missing, or is there that should not be.
    Completed,
    /// Another definition is there; what differs, in words.
    Exchanged(Vec<String>),
}

/// [`Change::Unchanged`] when the sessions are there and are kept as they should be, whatever is missing beside them.
///
/// `stale` is why what stands cannot stay though it has the definition.
pub(super) fn change(fit: &Fit, present: &Present, stale: Vec<String>) -> Change {
    let wanted = Record::new(&fit.deployment, Role::Sessions);
    let same = |role| present.record(role).is_some_and(|record| record.same_relations(&wanted));
    let mut differences = Vec::new();
    if fit.deployment.mode == Mode::Incremental {
        if present.is_unfinished() {
            differences.push("a build was begun and not finished, which ended the notes".to_owned());
        } else if present.record(Role::Changes).is_some() && !same(Role::Changes) {
            differences.push("what is noted is for another definition".to_owned());
        }
        let missing = notes_roles(fit).into_iter().filter(|role| present.get(*role).is_none());
        differences.extend(missing.map(|role| format!("{} is missing", name_of(&fit.deployment, role))));
    }
    let stands = same(Role::Sessions) && same(Role::Summary) && populated(present);
    if stands && stale.is_empty() && differences.is_empty() {
        return Change::Unchanged;
    }
    let shown = [Role::Sessions, Role::Summary, Role::SessionsView, Role::SummaryView];
    let shows_nothing = shown.iter().all(|role| present.get(*role).is_none());
    if present.is_empty() || (shows_nothing && present.is_unfinished()) {
        return Change::New;
    }
    let mut all = stale;
    all.extend(redefined(fit, present).into_iter().map(|difference| difference.words));
    for (role, what) in [(Role::Sessions, "the sessions relation"), (Role::Summary, "the summary relation")] {
        match present.get(role) {
            None => all.push(format!("{what} is missing")),
            Some(relation) if !relation.populated => all.push(format!("{what} is not populated")),
            Some(_) => {}
        }
    }
    // Another mode had no notes, and other keys need other ones.
    if all.is_empty() {
        all = differences;
    }
    Change::Exchanged(all)
}

/// What the exchange takes away from those who use the sessions, each with what changes.
///
/// `keeps_ids` says that the ids that sessions have are kept.
pub(super) fn takes(fit: &Fit, present: &Present, source: &Source, keeps_ids: bool) -> Vec<String> {
    let deployment = &fit.deployment;
    let told = |difference: Difference| {
        let takes = match difference.takes? {
            Takes::Table if *source == Source::This => return None,
            Takes::Ids if keeps_ids => return None,
            Takes::Ids | Takes::Table => "which changes ids of sessions".to_owned(),
            Takes::Columns(columns) => {
                format!("which takes {} from {}", columns.join(", "), deployment.sessions())
            }
            Takes::SummaryColumns(columns) => {
                let names: Vec<&str> =
                    columns.iter().filter_map(|column| column.split(" = ").next()).collect();
                format!(
                    "which takes {} from {} or changes what it has",
                    names.join(", "),
                    deployment.summary()
                )
            }
            Takes::Triggers => {
                let (function, events) = (deployment.refresh_function(), &deployment.events);
                format!("which takes {function}() and the triggers on {events} away")
            }
            Takes::History => format!("which takes away the history of {}", deployment.summary()),
            Takes::Retained => "from when on sessions of old events that go are removed".to_owned(),
            Takes::Kept => "from when on sessions of partitions that go are removed".to_owned(),
        };
        Some(format!("{}, {takes}", difference.words))
    };
    redefined(fit, present).into_iter().filter_map(told).collect()
}

/// What differs between what was written down and what is wanted.
fn redefined(fit: &Fit, present: &Present) -> Vec<Difference> {
    let wanted = Record::new(&fit.deployment, Role::Sessions);
    present.recorded().map(|was| was.differences(&wanted)).unwrap_or_default()
}

/// A materialized view that somebody emptied is built anew.
fn populated(present: &Present) -> bool {
    [Role::Sessions, Role::Summary].iter().all(|role| present.get(*role).is_some_and(|found| found.populated))
}

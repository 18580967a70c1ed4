//! What an event is to the rule: whether it begins sessions, joins them or takes no part, and the pause that may follow it.

use std::cmp::Reverse;

use arrow_array::ArrayRef;
use spectrum_core::internals::truths;
use spectrum_core::{EventColumn, Gap, LabelError, Predicate, SessionRule};

/// What an event is to the rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It begins a session where none holds.
    Active,
    /// It joins and extends, but begins nothing.
    Passive,
    /// It joins, and has no say in anything.
    Ignored,
    /// It takes no part.
    Outside,
}

/// The longest pause that may follow an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AllowedGap {
    /// The pause.
    pub gap: Gap,
    /// Which entry of `gap_when` says so, counted from zero; the rule's own gap if none does. Of equal pauses the first.
    pub gap_when: Reverse<Option<usize>>,
}

impl AllowedGap {
    /// The rule's own gap.
    pub(super) fn of_rule(rule: &SessionRule) -> Self {
        Self { gap: rule.gap(), gap_when: Reverse(None) }
    }

    /// The condition that says so, if it is not the rule's own gap.
    pub fn when(self, rule: &SessionRule) -> Option<&Predicate> {
        self.gap_when.0.and_then(|at| rule.gap_when().get(at)).map(|entry| &entry.when)
    }
}

/// What each of some events that take part is, from the columns that the rule reads.
pub(super) fn standings(
    rule: &SessionRule,
    columns: &[ArrayRef],
    count: usize,
) -> Result<Vec<(Standing, AllowedGap)>, LabelError> {
    let mut all = vec![(Standing::Active, AllowedGap::of_rule(rule)); count];
    let names: Vec<EventColumn> = rule.columns().iter().map(|column| column.column.clone()).collect();
    let holds = |condition: &Predicate| -> Result<_, LabelError> {
        let truths = truths(condition, &names, columns, count)?;
        Ok(truths.into_iter().map(|truth| truth == Some(true)))
    };
    // What comes later overrides: an event for which both hold is ignored, and the first entry that is true counts.
    for (condition, standing) in
        [(rule.passive_when(), Standing::Passive), (rule.ignore_when(), Standing::Ignored)]
    {
        let Some(condition) = condition else { continue };
        for ((of, _), holds) in all.iter_mut().zip(holds(condition)?) {
            *of = if holds { standing } else { *of };
        }
    }
    for (at, entry) in rule.gap_when().iter().enumerate().rev() {
        let allowed = AllowedGap { gap: entry.gap, gap_when: Reverse(Some(at)) };
        for ((_, of), holds) in all.iter_mut().zip(holds(&entry.when)?) {
            *of = if holds { allowed } else { *of };
        }
    }
    Ok(all)
}

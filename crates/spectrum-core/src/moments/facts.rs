//! What a rule has to know of each event besides key and time, read from the columns of a batch.

use arrow_array::ArrayRef;

use crate::column_codes::ColumnCodes;
use crate::label_error::LabelError;
use crate::predicate::{EventColumn, Predicate, Rows, Truth};
use crate::rule::SessionRule;

/// It begins a session.
pub(super) const STARTS: u8 = 1;
/// It is the last of its session.
pub(super) const ENDS: u8 = 2;
/// It joins and extends, but begins nothing.
pub(super) const PASSIVE: u8 = 4;
/// It joins, and has no say in anything.
pub(super) const IGNORED: u8 = 8;

/// Of every event of a batch; lists that the rule does not need are empty.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Which events take part; all if there is no such condition.
    pub(crate) takes_part: Option<Vec<bool>>,
    pub(super) flags: Vec<u8>,
    /// Which entry of `gap_when` counts; one more than the last where none does.
    pub(super) gaps: Vec<u8>,
    /// The code of the value in each column of `split_on`, a list per column.
    pub(super) values: Vec<Vec<u32>>,
}

/// Reads them, and keeps the values of `split_on`.
#[derive(Debug)]
pub(crate) struct FactsReader {
    names: Vec<EventColumn>,
    takes_part: Option<Predicate>,
    flags: Vec<(u8, Predicate)>,
    gaps: Vec<Predicate>,
    /// Where the columns of `split_on` stand among those that the rule reads.
    splits: Vec<usize>,
    pub(super) codes: Vec<ColumnCodes>,
}

impl FactsReader {
    pub(crate) fn new(rule: &SessionRule) -> Self {
        let names: Vec<EventColumn> = rule.columns().iter().map(|column| column.column.clone()).collect();
        let of = |flag, rule: Option<&Predicate>| rule.map(|rule| (flag, rule.clone()));
        let splits = rule.split_on().iter().filter_map(|name| {
            names.iter().position(|column| column.member.is_none() && column.name == *name)
        });
        Self {
            takes_part: rule.takes_part().cloned(),
            flags: [
                of(STARTS, rule.start_when()),
                of(ENDS, rule.end_when()),
                of(PASSIVE, rule.passive_when()),
                of(IGNORED, rule.ignore_when()),
            ]
            .into_iter()
            .flatten()
            .collect(),
            gaps: rule.gap_when().iter().map(|rule| rule.when.clone()).collect(),
            splits: splits.collect(),
            codes: rule.split_on().iter().map(|_| ColumnCodes::default()).collect(),
            names,
        }
    }

    /// How many columns it reads.
    pub(crate) fn columns(&self) -> usize {
        self.names.len()
    }

    /// The facts of `count` events, from the columns that the rule reads, in its order.
    pub(crate) fn read(&mut self, columns: &[ArrayRef], count: usize) -> Result<Facts, LabelError> {
        let rows = Rows { names: &self.names, columns, count };
        let mut facts = Facts::default();
        if let Some(takes_part) = &self.takes_part {
            let truths = takes_part.truths(rows)?;
            facts.takes_part = Some(truths.into_iter().map(|truth| truth == Truth::True).collect());
        }
        if !self.flags.is_empty() {
            facts.flags = vec![0; count];
            for (flag, condition) in &self.flags {
                for (flags, truth) in facts.flags.iter_mut().zip(condition.truths(rows)?) {
                    *flags |= if truth == Truth::True { *flag } else { 0 };
                }
            }
        }
        if !self.gaps.is_empty() {
            // The first that is true counts, so it is written last.
            let none = u8::try_from(self.gaps.len()).unwrap_or(u8::MAX);
            facts.gaps = vec![none; count];
            for (entry, condition) in (0..none).zip(&self.gaps).rev() {
                for (gap, truth) in facts.gaps.iter_mut().zip(condition.truths(rows)?) {
                    if truth == Truth::True {
                        *gap = entry;
                    }
                }
            }
        }
        for (at, codes) in self.splits.iter().zip(&mut self.codes) {
            let mut values = Vec::with_capacity(count);
            let column = columns.get(*at);
            column.map_or(Ok(()), |column| codes.append_codes(column, &mut values))?;
            facts.values.push(values);
        }
        Ok(facts)
    }
}

//! What the summary tells of sessions besides, as far as it can be added up from file to file: numbers of events, whether there
//! is one, and exact sums. Conditions on these follow when a table is made, and are not kept.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow_schema::{DataType, Field};
use spectrum_core::{Decimal, Measure, SessionDefinition, SessionIndex, Sessions, SummaryColumn};

use super::error::StateError;
use super::merge::Merged;
use crate::error::{EngineError, Result, ToldError};
use crate::told::sum_column;

/// The columns of a definition's summary that a state keeps, in their order.
pub(super) fn kept(definition: &SessionDefinition) -> impl Iterator<Item = &SummaryColumn> {
    definition.summary().iter().filter(|column| !matches!(column.measure, Measure::When(_)))
}

/// Refuses columns that cannot be told from what is known of earlier events.
pub(super) fn check(definition: &SessionDefinition) -> std::result::Result<(), StateError> {
    for column in kept(definition) {
        if !matches!(column.measure, Measure::Count(_) | Measure::Any(_) | Measure::Sum(_)) {
            return Err(StateError::SummaryColumn {
                column: column.name.clone(),
                measure: column.measure.word(),
            });
        }
        if ["founded_in_run", "founded_at"].contains(&column.name.as_str()) {
            return Err(StateError::KeyTaken(column.name.clone()));
        }
    }
    Ok(())
}

/// One column's values, a row each.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Counts(Vec<u64>),
    Any(Vec<bool>),
    Sums(Vec<Option<Decimal>>),
}

impl Values {
    /// No rows.
    pub(super) fn none(measure: &Measure) -> Self {
        match measure {
            Measure::Any(_) => Self::Any(Vec::new()),
            Measure::Sum(_) => Self::Sums(Vec::new()),
            _ => Self::Counts(Vec::new()),
        }
    }

    /// Appends a column; `None` when it has other values than such a column has.
    pub(super) fn append(&mut self, column: &ArrayRef) -> Option<()> {
        match self {
            Self::Counts(counts) => {
                let column =
                    column.as_primitive_opt::<Int64Type>().filter(|column| column.null_count() == 0)?;
                for count in column.values() {
                    counts.push(u64::try_from(*count).ok()?);
                }
            }
            Self::Any(any) => {
                let column = column.as_boolean_opt().filter(|column| column.null_count() == 0)?;
                any.extend(column.values());
            }
            Self::Sums(sums) => {
                let column = column.as_primitive_opt::<Decimal128Type>()?;
                let scale = u8::try_from(column.scale()).ok()?;
                sums.extend(column.iter().map(|sum| sum.map(|digits| Decimal::new(digits, scale))));
            }
        }
        Some(())
    }

    /// Those of sessions, from those of new events, which are in the order of the sessions, and those of the past.
    fn joined(self, past: &Self, sessions: &Sessions, merged: &Merged) -> Option<Self> {
        let rows = |at: SessionIndex| merged.rows(at).iter().map(|row| *row as usize);
        let all = || sessions.all();
        Some(match (self, past) {
            (Self::Counts(mut new), Self::Counts(past)) => {
                all().for_each(|at| new[at.index()] += rows(at).map(|row| past[row]).sum::<u64>());
                Self::Counts(new)
            }
            (Self::Any(mut new), Self::Any(past)) => {
                all().for_each(|at| new[at.index()] |= rows(at).any(|row| past[row]));
                Self::Any(new)
            }
            (Self::Sums(mut new), Self::Sums(past)) => {
                for at in all() {
                    for sum in rows(at).filter_map(|row| past[row]) {
                        let known = &mut new[at.index()];
                        *known = Some(match *known {
                            Some(known) => known.checked_add(sum)?,
                            None => sum,
                        });
                    }
                }
                Self::Sums(new)
            }
            _ => return None,
        })
    }

    /// Whether the value of a row is that of another's row.
    pub(super) fn is_same(&self, at: usize, other: &Self, row: usize) -> bool {
        match (self, other) {
            (Self::Counts(counts), Self::Counts(others)) => counts[at] == others[row],
            (Self::Any(any), Self::Any(others)) => any[at] == others[row],
            (Self::Sums(sums), Self::Sums(others)) => {
                sums[at].map(Decimal::normalized) == others[row].map(Decimal::normalized)
            }
            _ => false,
        }
    }

    /// The values of some sessions as the column of this name. A sum has as many digits behind the point as any of them.
    pub(super) fn column(&self, name: &str, of: impl Iterator<Item = usize>) -> Result<ArrayRef> {
        Ok(match self {
            Self::Counts(counts) => Arc::new(Int64Array::from_iter_values(of.map(|at| counts[at] as i64))),
            Self::Any(any) => Arc::new(BooleanArray::from(of.map(|at| any[at]).collect::<Vec<_>>())),
            Self::Sums(sums) => {
                let sums: Vec<Option<Decimal>> = of.map(|at| sums[at]).collect();
                sum_column(name, &sums, None)?
            }
        })
    }
}

/// What new events tell, by session.
pub(super) fn of_all(
    definition: &SessionDefinition,
    measured: Vec<(Field, ArrayRef)>,
) -> Result<Vec<Values>> {
    let mut all = Vec::with_capacity(measured.len());
    for (column, (field, new)) in kept(definition).zip(measured) {
        if matches!(field.data_type(), DataType::Float64) {
            return Err(StateError::SumOfFloats { column: column.name.clone() }.into());
        }
        let mut values = Values::none(&column.measure);
        values.append(&new).ok_or(EngineError::Mistake("a column of the summary has no such values"))?;
        all.push(values);
    }
    Ok(all)
}

/// What is told of all sessions that were looked at, from what new events tell and what is known of the past.
pub(super) fn joined(
    definition: &SessionDefinition,
    measured: Vec<(Field, ArrayRef)>,
    past: &[Values],
    sessions: &Sessions,
    merged: &Merged,
) -> Result<Vec<Values>> {
    let each = kept(definition).zip(of_all(definition, measured)?).zip(past);
    each.map(|((column, new), past)| {
        let too_long = || EngineError::from(ToldError::SumTooLong(column.name.clone()));
        new.joined(past, sessions, merged).ok_or_else(too_long)
    })
    .collect()
}

//! A batch, as the columns of the summary take it.

use std::rc::Rc;

use arrow_array::{Array, ArrayRef};
use spectrum_core::internals::holds;
use spectrum_core::{Decimal, EventColumn, Measure, NotOfKind, Predicate, SummaryColumn, UsedBy, ValueKind};

use super::types::{Types, not_measured, not_told};
use super::value::Values;
use super::{Plan, picks, skips_null};
use crate::error::{EngineError, Result};
use crate::scan::Batch;

/// What one column of the summary takes of a batch.
pub(super) struct Taken {
    pub(super) values: Option<Values>,
    /// What texts stand for where numbers are added up; nothing where there are none, or nobody hears them.
    pub(super) numbers: Vec<Option<Decimal>>,
    /// Which rows have a say; all of them where nothing is said.
    heard: Option<Rc<Vec<bool>>>,
}

impl Taken {
    pub(super) fn hears(&self, row: usize) -> bool {
        self.heard.as_ref().is_none_or(|heard| heard[row])
    }
}

/// What each column of the summary takes of a batch, whose rows have these sessions.
pub(super) fn taken(
    plan: &Plan<'_>,
    batch: &Batch,
    sessions: &[u32],
    types: &Types,
    is_text: bool,
) -> Result<Vec<Taken>> {
    let mut conditions = Conditions { plan, batch, known: Vec::new() };
    let ignored =
        plan.definition.rule().ignore_when().map(|ignored| conditions.rows(ignored, None)).transpose()?;
    let mut all = Vec::with_capacity(plan.measured.len());
    for (at, told) in plan.measured.iter().enumerate() {
        let column = told.measure.column().and_then(|read| plan.column(read, batch));
        let mut heard: Option<Rc<Vec<bool>>> = None;
        for condition in told.measure.condition().into_iter().chain(&told.filter) {
            heard = Some(both(heard, conditions.rows(condition, Some(told))?, |a, b| a && b));
        }
        let mut values = None;
        if picks(told) {
            if let Some(ignored) = &ignored {
                let all = || Rc::new(vec![true; ignored.len()]);
                heard = Some(both(Some(heard.unwrap_or_else(all)), Rc::clone(ignored), |a, b| a && !b));
            }
            let passed_over = column.filter(|_| skips_null(told));
            if let Some(nulls) = passed_over.and_then(|column| column.logical_nulls()) {
                heard = Some(both(heard, Rc::new(nulls.iter().collect()), |a, b| a && b));
            }
        } else if let Some(column) = column {
            types.note(at, column, told, &batch.whereabouts.file())?;
            values = Some(values_of(column, told, batch, is_text)?);
        }
        let mut taken = Taken { values, numbers: Vec::new(), heard };
        if let (true, Measure::Sum(_), Some(Values::Texts(texts))) = (is_text, &told.measure, &taken.values) {
            let mut numbers = Vec::with_capacity(sessions.len());
            for (row, session) in sessions.iter().enumerate() {
                let text = texts.at(row).filter(|_| *session != u32::MAX && taken.hears(row));
                let number =
                    text.map(|text| Decimal::parse(text).ok_or_else(|| not_a_number(told, text, row, batch)));
                numbers.push(number.transpose()?);
            }
            taken.numbers = numbers;
        }
        all.push(taken);
    }
    Ok(all)
}

fn values_of(column: &ArrayRef, told: &SummaryColumn, batch: &Batch, is_text: bool) -> Result<Values> {
    let arrow = |source| EngineError::Arrow { name: batch.whereabouts.file(), source };
    let values = Values::of(column).map_err(arrow)?;
    let name = batch.whereabouts.file();
    match values {
        None => Err(not_told(column.data_type(), told, &name)),
        Some(values) if values.are_taken(column, &told.measure, is_text) => Ok(values),
        Some(_) => Err(not_measured(column.data_type(), told, &name)),
    }
}

fn both(
    one: Option<Rc<Vec<bool>>>,
    other: Rc<Vec<bool>>,
    join: impl Fn(bool, bool) -> bool,
) -> Rc<Vec<bool>> {
    match one {
        None => other,
        Some(one) => Rc::new(one.iter().zip(other.iter()).map(|(a, b)| join(*a, *b)).collect()),
    }
}

/// Conditions on a batch, each judged once.
struct Conditions<'a> {
    plan: &'a Plan<'a>,
    batch: &'a Batch,
    known: Vec<(&'a Predicate, Rc<Vec<bool>>)>,
}

impl<'a> Conditions<'a> {
    /// The rows that it is true for; it is the rule's unless a column of the summary has it.
    fn rows(&mut self, condition: &'a Predicate, told: Option<&SummaryColumn>) -> Result<Rc<Vec<bool>>> {
        if let Some((_, rows)) = self.known.iter().find(|(known, _)| *known == condition) {
            return Ok(Rc::clone(rows));
        }
        let rows = holds(condition, &self.plan.reads, &self.batch.columns, self.batch.time.len()).map_err(
            |what| {
                let used_by =
                    told.map_or(UsedBy::Rule, |told| UsedBy::SummaryColumn(told.name.as_str().into()));
                self.batch.placed(what.by(used_by).into())
            },
        )?;
        let rows = Rc::new(rows);
        self.known.push((condition, Rc::clone(&rows)));
        Ok(rows)
    }
}

fn not_a_number(told: &SummaryColumn, text: &str, row: usize, batch: &Batch) -> EngineError {
    let column = told.measure.column().cloned().unwrap_or_else(|| EventColumn::whole(&told.name));
    let what = NotOfKind {
        column,
        kind: ValueKind::Number,
        row: Some(row as u32),
        value: Some(text.into()),
        data_type: "text".into(),
        used_by: UsedBy::SummaryColumn(told.name.as_str().into()),
    };
    batch.placed(what.into())
}

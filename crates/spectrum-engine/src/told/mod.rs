//! What a summary tells of each session besides: more passes over the events, each over the columns that it needs.
//!
//! | pass | reads | and then knows |
//! |---|---|---|
//! | gather | conditions, and values that are counted, added up or compared | all but first and last values; which events are first and last |
//! | picked | the columns of first and last values | the values of those events |
//! | event ids | the ids, of parts where events at one time have different values | which of these is the first or last |

mod batch;
mod columns;
mod event_ids;
mod gather;
pub(crate) mod moment;
pub(crate) mod pass;
mod picked;
mod shelves;
mod state;
mod sum_column;
mod summary;
mod telling;
mod types;
mod value;

use std::collections::{HashMap, HashSet};

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field};
use spectrum_core::{EventColumn, Measure, Predicate, SessionDefinition, SummaryColumn};

use self::gather::{Gathered, gather};
use self::pass::Pass;
use self::state::{Reading, State};
pub(crate) use self::sum_column::sum_column;
pub(crate) use self::summary::with_conditions;
pub(crate) use self::telling::Telling;
use self::types::Types;
use crate::error::{EngineError, Result};
use crate::input::Input;
use crate::labelled::Labelled;
use crate::scan::{Batch, RuleInput, Scan, Wanted};
use crate::watch::Watch;

/// The columns of the summary, each with a value per session, by [`spectrum_core::SessionIndex::index`].
pub(crate) struct Told {
    pub(crate) columns: Vec<(Field, ArrayRef)>,
}

/// What the passes read, and what of it each column of the summary takes.
struct Plan<'a> {
    definition: &'a SessionDefinition,
    /// The columns of the summary but for those that are conditions on the others.
    measured: Vec<&'a SummaryColumn>,
    /// What is read to gather.
    reads: Vec<EventColumn>,
    /// What is read of the events that were picked.
    picked: Vec<EventColumn>,
    gather: Wanted,
    pick: Wanted,
    event_ids: Option<Wanted>,
}

impl<'a> Plan<'a> {
    /// `None` where the summary tells nothing besides. Events of one time are in the order of their ids, where there are ids.
    fn of(
        definition: &'a SessionDefinition,
        has_event_ids: impl FnOnce() -> Result<bool>,
    ) -> Result<Option<Self>> {
        let summary = definition.summary();
        if summary.is_empty() {
            return Ok(None);
        }
        let measured: Vec<_> =
            summary.iter().filter(|column| !matches!(column.measure, Measure::When(_))).collect();
        let ignored = definition.rule().ignore_when().into_iter().flat_map(Predicate::columns);
        let mut reads: Vec<EventColumn> = Vec::new();
        let of_summary = measured.iter().flat_map(|told| {
            // A value that is picked is read later, but for whether there is one.
            told.reads().skip(usize::from(picks(told) && !skips_null(told)))
        });
        for (column, _) in of_summary.chain(ignored) {
            if !reads.contains(column) {
                reads.push(column.clone());
            }
        }
        let mut picked: Vec<EventColumn> = Vec::new();
        for column in measured.iter().filter(|told| picks(told)).filter_map(|told| told.measure.column()) {
            if !picked.contains(column) {
                picked.push(column.clone());
            }
        }
        let of_rule =
            |read: &EventColumn| definition.rule().columns().iter().any(|known| known.column == *read);
        let input = |read: &EventColumn| RuleInput {
            is_of_summary: !of_rule(read),
            ..RuleInput::of(read, None, false)
        };
        let wanted = |columns: &[EventColumn]| Wanted {
            time: definition.time().to_owned(),
            rule: columns.iter().map(input).collect(),
            ..Wanted::default()
        };
        let has_order = measured.iter().any(|told| picks(told) || matches!(told.measure, Measure::Sum(_)));
        let event_ids = match has_order && has_event_ids()? {
            true => Some(Wanted {
                event_id: Some(definition.event_id().to_owned()),
                is_timeless: true,
                ..wanted(&[])
            }),
            false => None,
        };
        let (gather, pick) = (wanted(&reads), Wanted { is_timeless: true, ..wanted(&picked) });
        Ok(Some(Self { definition, measured, reads, picked, gather, pick, event_ids }))
    }

    /// Opens the inputs, so that a column that is not there is missed before the work and not after it.
    fn open<'s>(&'s self, input: &'s Input) -> Result<Scans<'s>> {
        let pick = (!self.picked.is_empty()).then(|| Scan::open(input, &self.pick)).transpose()?;
        Ok(Scans { gather: Scan::open(input, &self.gather)?, pick })
    }

    /// What the values of a column are taken for. In a format without types the column of times has times all the same.
    fn reading(&self, told: &SummaryColumn, is_text: bool) -> Reading {
        let is_time = |column: &EventColumn| column.member.is_none() && column.name == self.definition.time();
        match (is_text, told.measure.column().is_some_and(is_time)) {
            (false, _) => Reading::Typed,
            (true, true) => Reading::Times,
            (true, false) => Reading::Texts,
        }
    }

    /// What is read of a batch to gather.
    fn column<'b>(&self, read: &EventColumn, batch: &'b Batch) -> Option<&'b ArrayRef> {
        self.reads.iter().position(|known| known == read).and_then(|at| batch.columns.get(at))
    }

    /// What is read of a batch for the events that were picked.
    fn picked_column<'b>(&self, told: &SummaryColumn, batch: &'b Batch) -> Option<&'b ArrayRef> {
        let read = told.measure.column()?;
        self.picked.iter().position(|known| known == read).and_then(|at| batch.columns.get(at))
    }
}

/// The inputs, opened for the passes.
struct Scans<'a> {
    gather: Scan<'a>,
    pick: Option<Scan<'a>>,
}

/// Whether a column of the summary has the value of one event.
fn picks(told: &SummaryColumn) -> bool {
    matches!(told.measure, Measure::First(_) | Measure::Last(_))
}

/// Whether events without a value are passed over for that.
fn skips_null(told: &SummaryColumn) -> bool {
    matches!(&told.measure, Measure::First(of) | Measure::Last(of) if of.skip_null)
}

/// Reads what the summary tells of all sessions.
fn tell(
    input: &Input,
    plan: &Plan<'_>,
    scans: &Scans<'_>,
    labelled: &Labelled,
    threads: usize,
    watch: &Watch,
) -> Result<Told> {
    with_conditions(plan.definition, measure(input, plan, scans, labelled, threads, watch)?, labelled)
}

/// Reads the columns of the summary but for those that are conditions on the others.
fn measure(
    input: &Input,
    plan: &Plan<'_>,
    scans: &Scans<'_>,
    labelled: &Labelled,
    threads: usize,
    watch: &Watch,
) -> Result<Vec<(Field, ArrayRef)>> {
    let pass = |scan, reads_times| Pass { input, scan, reads_times, labelled, threads, watch };
    let types = Types::new(plan.measured.len());
    let Gathered { states, are_numbers } = gather(&pass(&scans.gather, true), plan, &types)?;
    let (mut picks, mut others) = (Vec::new(), Vec::new());
    for (at, shelves) in states.into_iter().enumerate() {
        let mut of_column = (Vec::new(), Vec::new());
        for state in shelves {
            match state {
                State::Picks(of_shelf) => of_column.0.push(of_shelf),
                other => of_column.1.push(other),
            }
        }
        if !of_column.0.is_empty() {
            picks.push((at, of_column.0));
        }
        others.push(of_column.1);
    }
    let columns: Vec<usize> = picks.iter().map(|(at, _)| *at).collect();
    let picked = match &scans.pick {
        Some(scan) => picked::read(&pass(scan, false), plan, picks, &types)?,
        None => Vec::new(),
    };

    let of_summary = |at: usize| {
        let name = plan.measured[at].name.clone();
        |source| EngineError::Arrow { name, source }
    };
    let mut undecided = HashSet::new();
    for (at, picked) in columns.iter().zip(&picked) {
        undecided.extend(picked.undecided().map_err(of_summary(*at))?);
    }
    for state in others.iter_mut().flatten() {
        if let State::Sums(sums) = state {
            undecided.extend(sums.order_floats());
        }
    }
    let ids = match &plan.event_ids {
        Some(wanted) if !undecided.is_empty() => {
            event_ids::read(&pass(&Scan::open(input, wanted)?, false), &undecided)?
        }
        _ => HashMap::new(),
    };

    let types = types.into_inner();
    let mut arrays: Vec<Option<ArrayRef>> = vec![None; plan.measured.len()];
    for (at, picked) in columns.into_iter().zip(picked) {
        let data_type = types[at].as_ref().unwrap_or(&DataType::Utf8);
        arrays[at] = Some(picked.settle(&ids, data_type).map_err(of_summary(at))?);
    }
    let mut measured = Vec::with_capacity(arrays.len());
    for (at, (array, shelves)) in arrays.into_iter().zip(others).enumerate() {
        let told = plan.measured[at];
        let array = match array {
            Some(array) => array,
            None => columns::column(told, shelves, types[at].as_ref(), are_numbers[at], &ids)?,
        };
        measured.push((Field::new(&told.name, array.data_type().clone(), true), array));
    }
    Ok(measured)
}

//! What a summary tells of each session besides: one more pass, over the columns that it reads.
//!
//! Sessions are spread over as many shelves as threads can use without waiting for each other, so there is one state of a
//! session however many threads read.

mod columns;
mod state;
mod telling;
mod value;

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::{DataType, Field};
use spectrum_core::internals::truths;
use spectrum_core::{
    Decimal, EventColumn, Measure, NotOfKind, Predicate, SessionDefinition, SummaryColumn, ValueKind,
};

use self::state::{EventId, State};
pub(crate) use self::telling::Telling;
use self::value::{Value, Values};
use crate::error::{EngineError, Result, ToldError};
use crate::format::Format;
use crate::input::Input;
use crate::labelled::Labelled;
use crate::scan::{Batch, RuleInput, Scan, Wanted};
use crate::sessions_table::plain_type;
use crate::watch::Watch;

/// Shelves of sessions.
const SHELVES: usize = 64;

/// The columns of the summary, each with a value per session, by [`spectrum_core::SessionIndex::index`].
pub(crate) struct Told {
    pub(crate) columns: Vec<(Field, ArrayRef)>,
}

/// What the pass reads, and what of it each column of the summary takes.
pub(crate) struct Plan<'a> {
    definition: &'a SessionDefinition,
    /// The columns of the summary but for those that are conditions on the others.
    measured: Vec<&'a SummaryColumn>,
    reads: Vec<EventColumn>,
}

impl<'a> Plan<'a> {
    /// `None` where the summary tells nothing besides.
    pub(crate) fn of(definition: &'a SessionDefinition) -> Option<Self> {
        let summary = definition.summary();
        if summary.is_empty() {
            return None;
        }
        let measured: Vec<_> =
            summary.iter().filter(|column| !matches!(column.measure, Measure::When(_))).collect();
        let mut reads: Vec<EventColumn> = Vec::new();
        let ignored = definition.rule().ignore_when().into_iter().flat_map(Predicate::columns);
        let of_summary = measured.iter().flat_map(|column| column.reads());
        for (column, _) in of_summary.chain(ignored) {
            if !reads.contains(column) {
                reads.push(column.clone());
            }
        }
        Some(Self { definition, measured, reads })
    }

    /// What a scan has to read. Events of one time are in the order of their ids, where there are ids.
    pub(crate) fn wanted(&self, has_event_ids: bool) -> Wanted {
        let ordered = |column: &SummaryColumn| {
            matches!(column.measure, Measure::First(_) | Measure::Last(_) | Measure::Sum(_))
        };
        let needs_ids = has_event_ids && self.measured.iter().any(|column| ordered(column));
        let rule = self.reads.iter().map(|read| RuleInput::of(read, None, false));
        Wanted {
            key: Vec::new(),
            time: self.definition.time().to_owned(),
            event_id: needs_ids.then(|| self.definition.event_id().to_owned()),
            rule: rule.collect(),
            absent: Vec::new(),
        }
    }
}

/// One thread's place.
struct Place {
    part: usize,
    before: usize,
    events: u64,
}

/// Sessions whose numbers leave one remainder: the states of their columns, one session after the other.
type Shelf = Mutex<Vec<Option<State>>>;

/// Reads what the summary tells of all sessions.
pub(crate) fn tell(
    input: &Input,
    plan: &Plan<'_>,
    scan: &Scan<'_>,
    wanted: &Wanted,
    labelled: &Labelled,
    threads: usize,
    watch: &Watch,
) -> Result<Told> {
    let sessions = labelled.resolution.sessions.len();
    let width = plan.measured.len();
    let is_text = !matches!(input.format, Format::Parquet);
    // Whether a text was met that stands for no number, per column.
    let texts: Vec<AtomicBool> = (0..width).map(|_| AtomicBool::new(false)).collect();
    let shelves: Vec<Shelf> = (0..SHELVES)
        .map(|shelf| {
            let on_it = sessions.saturating_sub(shelf).div_ceil(SHELVES);
            let of_session = || plan.measured.iter().map(|column| State::of(&column.measure, is_text));
            Mutex::new((0..on_it).flat_map(|_| of_session()).collect())
        })
        .collect();
    let types: Mutex<Vec<Option<DataType>>> = Mutex::new(vec![None; width]);
    let scanned = scan.each_batch(
        |_| (0..threads).map(|_| Place { part: usize::MAX, before: 0, events: 0 }).collect(),
        watch,
        |place: &mut Place, part, batch| {
            let name = || input.files[part.file].name.clone();
            let rows = batch.time.len();
            let before = if place.part == part.number { place.before } else { 0 };
            let found: Vec<_> = labelled.sessions(part.number, before..before + rows).collect();
            if found.len() != rows {
                return Err(EngineError::Changed(name()));
            }
            (place.part, place.before) = (part.number, before + rows);
            place.events += rows as u64;
            let read = Read::of(plan, wanted, &batch, &name(), &types, is_text)?;
            read.find_texts(&texts);
            // Rows of one shelf after the other, so that each is asked for once.
            let mut by_shelf: Vec<Vec<(u32, u32)>> = vec![Vec::new(); SHELVES];
            for (row, session) in found.into_iter().enumerate() {
                if let Some(Some(session)) = session {
                    let session = session.index();
                    by_shelf[session % SHELVES].push((row as u32, (session / SHELVES) as u32));
                }
            }
            for (shelf, rows) in shelves.iter().zip(by_shelf).filter(|(_, rows)| !rows.is_empty()) {
                let mut states = shelf.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                for (row, at) in rows {
                    let states = &mut states[at as usize * width..][..width];
                    read.take(row as usize, states, &batch)?;
                }
            }
            Ok(())
        },
    )?;
    let events: u64 = scanned.workers.iter().map(|place| place.events).sum();
    if events != labelled.events {
        return Err(EngineError::Changed(input.files[0].name.clone()));
    }
    let types = types.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let shelves: Vec<Vec<Option<State>>> = shelves
        .into_iter()
        .map(|shelf| shelf.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
        .collect();
    let are_numbers: Vec<bool> = texts.into_iter().map(|has_text| !has_text.into_inner()).collect();
    columns::columns(plan, shelves, &types, &are_numbers, labelled)
}

/// A batch, as the columns of the summary take it.
struct Read<'a> {
    plan: &'a Plan<'a>,
    times: arrow_array::Int64Array,
    ids: Option<Values>,
    is_text: bool,
    /// Which events are ignored.
    ignored: Option<Vec<Option<bool>>>,
    measures: Vec<Measured>,
}

/// What one column of the summary takes of a batch.
struct Measured {
    values: Option<Values>,
    /// Whether the values are texts that stand for numbers.
    is_number_in_text: bool,
    /// Whether they may all stand for numbers, and are compared as such then.
    may_be_numbers: bool,
    conditions: Vec<Vec<Option<bool>>>,
    skips_null: bool,
    hears_all: bool,
}

impl<'a> Read<'a> {
    fn of(
        plan: &'a Plan<'a>,
        wanted: &Wanted,
        batch: &Batch,
        name: &str,
        types: &Mutex<Vec<Option<DataType>>>,
        is_text: bool,
    ) -> Result<Self> {
        let arrow = |source| EngineError::Arrow { name: name.to_owned(), source };
        let first = usize::from(wanted.event_id.is_some());
        let columns = &batch.columns[first..];
        let rows = batch.time.len();
        let truths = |predicate: &Predicate| {
            truths(predicate, &plan.reads, columns, rows)
                .map_err(|what| batch.placed(spectrum_core::LabelError::NotOfKind(Box::new(what))))
        };
        let column = |read: &EventColumn| {
            let at = plan.reads.iter().position(|known| known == read).unwrap_or_default();
            &columns[at]
        };
        let mut measures = Vec::new();
        for (at, told) in plan.measured.iter().enumerate() {
            let values = match told.measure.column() {
                None => None,
                Some(read) => {
                    let column = column(read);
                    note_type(
                        &mut types.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[at],
                        column,
                        told,
                        name,
                    )?;
                    let of_type = || ToldError::NotTold {
                        column: read.to_string(),
                        told: told.name.clone(),
                        name: name.to_owned(),
                        data_type: column.data_type().clone(),
                    };
                    let values = Values::of(column).map_err(arrow)?.ok_or_else(of_type)?;
                    if !values.are_taken(&told.measure, is_text) {
                        return Err(ToldError::NotMeasured {
                            column: read.to_string(),
                            told: told.name.clone(),
                            measure: told.measure.word(),
                            name: name.to_owned(),
                            data_type: plain_type(column.data_type()),
                        }
                        .into());
                    }
                    Some(values)
                }
            };
            let conditions = told.measure.condition().into_iter().chain(&told.filter);
            let picks = matches!(told.measure, Measure::First(_) | Measure::Last(_));
            measures.push(Measured {
                is_number_in_text: is_text && matches!(told.measure, Measure::Sum(_)),
                may_be_numbers: is_text && matches!(told.measure, Measure::Min(_) | Measure::Max(_)),
                conditions: conditions.map(truths).collect::<Result<_>>()?,
                skips_null: matches!(&told.measure, Measure::First(of) | Measure::Last(of) if of.skip_null),
                hears_all: !picks,
                values,
            });
        }
        let times = cast(&batch.time, &DataType::Int64).map_err(arrow)?;
        let ids = match wanted.event_id {
            Some(_) => Values::of(&batch.columns[0]).map_err(arrow)?,
            None => None,
        };
        let ignored = plan.definition.rule().ignore_when().map(truths).transpose()?;
        Ok(Self { plan, times: times.as_primitive::<Int64Type>().clone(), ids, is_text, ignored, measures })
    }

    /// Notes the columns in which a text stands for no number, where that decides how they compare.
    fn find_texts(&self, texts: &[AtomicBool]) {
        for (measured, has_text) in self.measures.iter().zip(texts) {
            if let (true, Some(Values::Text(values))) = (measured.may_be_numbers, &measured.values)
                && !has_text.load(Relaxed)
                && values.iter().flatten().any(|value| Decimal::parse(value).is_none())
            {
                has_text.store(true, Relaxed);
            }
        }
    }

    /// Takes a row.
    fn take(&self, row: usize, states: &mut [Option<State>], batch: &Batch) -> Result<()> {
        let is_ignored = self.ignored.as_ref().is_some_and(|ignored| ignored[row] == Some(true));
        for ((measured, state), told) in self.measures.iter().zip(states).zip(&self.plan.measured) {
            let Some(state) = state else { continue };
            if is_ignored && !measured.hears_all
                || measured.conditions.iter().any(|truths| truths[row] != Some(true))
            {
                continue;
            }
            let instant = self.times.value(row);
            if !state.wants(instant, measured.values.as_ref().and_then(|values| values.text(row))) {
                continue;
            }
            let mut value = measured.values.as_ref().and_then(|values| values.at(row));
            if measured.is_number_in_text
                && let Some(Value::Text(text)) = &value
            {
                let number = Decimal::parse(text).ok_or_else(|| not_a_number(told, text, row, batch))?;
                value = Some(Value::Number(number));
            }
            if measured.skips_null && value.is_none() {
                continue;
            }
            let id = || match self.ids.as_ref().and_then(|ids| ids.at(row)) {
                // Where a format has no types, whole numbers are meant by what looks like them.
                Some(Value::Text(text)) => match text.parse() {
                    Ok(whole) if self.is_text => EventId::Number(whole),
                    _ => EventId::Text(text),
                },
                Some(Value::Number(number)) => match i64::try_from(number.digits()) {
                    Ok(whole) if number.scale() == 0 => EventId::Number(whole),
                    _ => EventId::Text(number.to_string().into()),
                },
                Some(other) => EventId::Text(other.text()),
                None => EventId::None,
            };
            state.take(value, instant, id).map_err(|_| ToldError::SumTooLong(told.name.clone()))?;
        }
        Ok(())
    }
}

/// Remembers the type of a column, which is the same in all files.
fn note_type(
    known: &mut Option<DataType>,
    column: &ArrayRef,
    told: &SummaryColumn,
    name: &str,
) -> Result<()> {
    let data_type = match column.data_type() {
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => DataType::Utf8,
        other => other.clone(),
    };
    match known {
        Some(known) if *known != data_type => Err(ToldError::ToldTwoTypes {
            told: told.name.clone(),
            name: name.to_owned(),
            data_type,
            other: known.clone(),
        }
        .into()),
        _ => {
            *known = Some(data_type);
            Ok(())
        }
    }
}

fn not_a_number(told: &SummaryColumn, text: &str, row: usize, batch: &Batch) -> EngineError {
    let column = told.measure.column().cloned().unwrap_or_else(|| EventColumn::whole(&told.name));
    let what = NotOfKind {
        column,
        kind: ValueKind::Number,
        row: Some(row),
        value: Some(text.to_owned()),
        data_type: "text".to_owned(),
    };
    batch.placed(spectrum_core::LabelError::NotOfKind(Box::new(what)))
}

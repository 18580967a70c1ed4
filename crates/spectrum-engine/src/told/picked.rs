//! The values of first and last events, read once it is known which events they are.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use arrow_array::{Array, ArrayRef, UInt32Array, new_empty_array};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};
use arrow_select::concat::concat;
use arrow_select::take::take;
use spectrum_core::SummaryColumn;

use super::Plan;
use super::event_ids::EventId;
use super::moment::{Event, Moments};
use super::pass::Pass;
use super::state::picks::Picks;
use super::types::{Types, not_told, plain};
use super::value::Values;
use crate::error::{EngineError, Result};
use crate::scan::Batch;

/// The values of one column: first those of the sessions' events, then those of others at the same times.
pub(super) struct Picked {
    is_last: bool,
    values: ArrayRef,
    /// Where among the values that of a session is, or of a tie after the sessions.
    places: Vec<Option<u32>>,
    sessions: usize,
    /// Of sessions with several events at that time, these events and where their values' places stand.
    ties: Vec<Vec<(usize, Event)>>,
}

/// Rows of a part that are wanted, and for what; in order once somebody reads the part.
type Rows = Mutex<Vec<(u32, u32)>>;

/// Values, and what they are for.
type Piece = (Vec<u32>, ArrayRef);

/// One thread's share of the values.
#[derive(Default)]
struct Share {
    part: Option<usize>,
    /// Per column.
    pieces: Vec<Vec<Piece>>,
}

/// Reads the values of the events that were picked on all shelves, for each column that picks one.
pub(super) fn read(
    pass: &Pass<'_>,
    plan: &Plan<'_>,
    picks: Vec<(usize, Vec<Picks>)>,
    types: &Types,
) -> Result<Vec<Picked>> {
    let mut all = Vec::new();
    let mut wanted: Vec<(usize, Vec<Rows>)> = Vec::new();
    for (column, shelves) in picks {
        let mut rows: Vec<Vec<(u32, u32)>> = vec![Vec::new(); pass.labelled.parts()];
        let mut want = |event: Event, place: usize| {
            if let Some(rows) = rows.get_mut(event.part()) {
                rows.push((event.row() as u32, place as u32));
            }
        };
        let sessions = pass.labelled.resolution.sessions.len();
        let is_last = shelves.iter().any(Picks::is_last);
        let (mut before, mut places) = (0, sessions);
        let mut ties: BTreeMap<usize, Vec<(usize, Event)>> = BTreeMap::new();
        for shelf in shelves {
            let (events, others) = shelf.into_events();
            for (at, event) in others {
                let session = before + at as usize;
                let tie = ties.entry(session).or_insert_with(|| vec![(session, events[at as usize])]);
                tie.push((places, event));
                want(event, places);
                places += 1;
            }
            events.iter().enumerate().for_each(|(at, event)| want(*event, before + at));
            before += events.len();
        }
        wanted.push((column, rows.into_iter().map(Mutex::new).collect()));
        let (values, places) = (new_empty_array(&DataType::Utf8), vec![None; places]);
        all.push(Picked { is_last, values, places, sessions, ties: ties.into_values().collect() });
    }
    let shares = pass.each_batch(
        |_| true,
        |_, _| Share { pieces: wanted.iter().map(|_| Vec::new()).collect(), ..Share::default() },
        |share: &mut Share, batch, moments| share.take(plan, &wanted, types, batch, moments),
    )?;
    let mut pieces: Vec<Vec<Piece>> = wanted.iter().map(|_| Vec::new()).collect();
    for share in shares {
        pieces.iter_mut().zip(share.pieces).for_each(|(all, own)| all.extend(own));
    }
    for ((picked, pieces), (column, _)) in all.iter_mut().zip(pieces).zip(&wanted) {
        let name = &plan.measured[*column].name;
        picked.join(pieces).map_err(|source| EngineError::Arrow { name: name.clone(), source })?;
    }
    Ok(all)
}

impl Share {
    fn take(
        &mut self,
        plan: &Plan<'_>,
        wanted: &[(usize, Vec<Rows>)],
        types: &Types,
        batch: &Batch,
        moments: &Moments<'_>,
    ) -> Result<()> {
        let begins = self.part.replace(moments.part) != Some(moments.part);
        let name = batch.whereabouts.file();
        let arrow = |source| EngineError::Arrow { name: name.clone(), source };
        let end = moments.before + moments.rows;
        for ((at, parts), pieces) in wanted.iter().zip(&mut self.pieces) {
            let told = plan.measured[*at];
            let Some(column) = plan.picked_column(told, batch) else { continue };
            types.note(*at, column, told, &name)?;
            check(column, told, &name)?;
            // No other thread reads this part.
            let mut rows = parts[moments.part].lock().unwrap_or_else(PoisonError::into_inner);
            if begins {
                rows.sort_unstable();
            }
            let until = |end: usize| rows.partition_point(|(row, _)| (*row as usize) < end);
            let rows = &rows[until(moments.before)..until(end)];
            if !rows.is_empty() {
                let in_batch = rows.iter().map(|(row, _)| row - moments.before as u32);
                let values = take(column, &UInt32Array::from_iter_values(in_batch), None).map_err(arrow)?;
                let values = cast(&values, &plain(column.data_type())).map_err(arrow)?;
                pieces.push((rows.iter().map(|(_, place)| *place).collect(), values));
            }
        }
        Ok(())
    }
}

/// Refuses a column of a type that is not told.
fn check(column: &ArrayRef, told: &SummaryColumn, name: &str) -> Result<()> {
    let of_type = Values::of(&column.slice(0, 0));
    match of_type.map_err(|source| EngineError::Arrow { name: name.to_owned(), source })? {
        Some(_) => Ok(()),
        None => Err(not_told(column.data_type(), told, name)),
    }
}

impl Picked {
    fn join(&mut self, pieces: Vec<Piece>) -> std::result::Result<(), ArrowError> {
        let mut before = 0;
        for (places, _) in &pieces {
            for (at, place) in (before..).zip(places) {
                self.places[*place as usize] = Some(at);
            }
            before += places.len() as u32;
        }
        let arrays: Vec<&dyn Array> = pieces.iter().map(|(_, values)| values.as_ref()).collect();
        if !arrays.is_empty() {
            self.values = concat(&arrays)?;
        }
        Ok(())
    }

    /// The events at one time of which the ids decide, because their values differ.
    pub(super) fn undecided(&self) -> std::result::Result<Vec<Event>, ArrowError> {
        let Some(values) = Values::of(&self.values)? else { return Ok(Vec::new()) };
        let is_same = |tie: &&Vec<(usize, Event)>| {
            let value = |(place, _): &(usize, Event)| self.places[*place].map(|at| at as usize);
            let first = tie.first().and_then(value);
            tie.iter().all(|one| match (first, value(one)) {
                (Some(a), Some(b)) => values.is_same(a, b),
                (a, b) => a == b,
            })
        };
        Ok(self.ties.iter().filter(|tie| !is_same(tie)).flatten().map(|(_, event)| *event).collect())
    }

    /// A value per session: of events at one time that of the first id, or the last, and of one id the least value.
    pub(super) fn settle(
        mut self,
        ids: &HashMap<Event, EventId>,
        data_type: &DataType,
    ) -> std::result::Result<ArrayRef, ArrowError> {
        let values = Values::of(&self.values)?;
        for tie in &self.ties {
            let best = tie.iter().min_by(|(a_place, a), (b_place, b)| {
                let by_id = ids.get(a).cmp(&ids.get(b));
                let by_id = if self.is_last { by_id.reverse() } else { by_id };
                by_id.then_with(|| match (&values, self.places[*a_place], self.places[*b_place]) {
                    (Some(values), Some(a), Some(b)) => values.order(a as usize, b as usize),
                    _ => std::cmp::Ordering::Equal,
                })
            });
            if let (Some((session, _)), Some((place, _))) = (tie.first(), best) {
                self.places[*session] = self.places[*place];
            }
        }
        self.places.truncate(self.sessions);
        let places = UInt32Array::from(self.places);
        match self.values.is_empty() {
            true => Ok(arrow_array::new_null_array(data_type, places.len())),
            false => take(&self.values, &places, None),
        }
    }
}

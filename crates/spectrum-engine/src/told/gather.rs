//! The pass that gathers: every event is shown to the states of its session.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use spectrum_core::{Decimal, Measure, SummaryColumn};

use super::Plan;
use super::batch::{Taken, taken};
use super::pass::Pass;
use super::shelves::{Shelves, Sorted};
use super::state::State;
use super::types::Types;
use super::value::Values;
use crate::error::{EngineError, Result, ToldError};

/// What is known when all events were seen.
pub(super) struct Gathered {
    /// Per column of the summary the states of the shelves, in the order of their sessions.
    pub(super) states: Vec<Vec<State>>,
    /// Per column whether all its texts stand for numbers.
    pub(super) are_numbers: Vec<bool>,
}

/// One thread's room to sort rows in.
#[derive(Default)]
struct Room {
    sessions: Vec<u32>,
    sorted: Sorted,
}

pub(super) fn gather(pass: &Pass<'_>, plan: &Plan<'_>, types: &Types) -> Result<Gathered> {
    let is_text = pass.is_text();
    let fill = |sessions: usize| -> Vec<State> {
        let state = |told: &&SummaryColumn| State::of(&told.measure, sessions, plan.reading(told, is_text));
        plan.measured.iter().filter_map(state).collect()
    };
    let shelves = Shelves::new(pass.labelled.resolution.sessions.len(), fill);
    // Whether a text was met that stands for no number, per column.
    let has_text: Vec<AtomicBool> = plan.measured.iter().map(|_| AtomicBool::new(false)).collect();
    pass.each_batch(
        |_| true,
        |number, _| {
            // All begins again where a time is finer than those before.
            if number == 0 {
                shelves.refill(fill);
            }
            Room { sorted: Sorted::beginning_at(number), ..Room::default() }
        },
        |room: &mut Room, batch, moments| {
            let rows = moments.before..moments.before + moments.rows;
            let sessions = pass.labelled.sessions(moments.part, rows);
            room.sessions.clear();
            room.sessions.extend(sessions.map(|session| match session {
                Some(Some(session)) => session.index() as u32,
                _ => u32::MAX,
            }));
            let all = taken(plan, batch, &room.sessions, types, is_text)?;
            if is_text {
                find_texts(plan, &all, &has_text);
            }
            shelves.each(&room.sessions, &mut room.sorted, |states, rows| {
                for ((state, taken), told) in states.iter_mut().zip(&all).zip(&plan.measured) {
                    let took = state.take(rows, taken, moments);
                    took.map_err(|_| EngineError::from(ToldError::SumTooLong(told.name.clone())))?;
                }
                Ok(())
            })
        },
    )?;
    let mut states: Vec<Vec<State>> = plan.measured.iter().map(|_| Vec::new()).collect();
    for shelf in shelves.into_inner() {
        states.iter_mut().zip(shelf).for_each(|(states, state)| states.push(state));
    }
    let are_numbers = has_text.into_iter().map(|has_text| !has_text.into_inner()).collect();
    Ok(Gathered { states, are_numbers })
}

/// Notes the columns in which a text stands for no number, where that decides how they compare.
fn find_texts(plan: &Plan<'_>, taken: &[Taken], has_text: &[AtomicBool]) {
    for ((told, taken), has_text) in plan.measured.iter().zip(taken).zip(has_text) {
        if let (Measure::Min(_) | Measure::Max(_), Some(Values::Texts(texts))) =
            (&told.measure, &taken.values)
            && !has_text.load(Relaxed)
            && texts.iter().flatten().any(|text| Decimal::parse(text).is_none())
        {
            has_text.store(true, Relaxed);
        }
    }
}

//! Building the tables: the parts first, the indexes after them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use postgres::error::SqlState;
use postgres::{Client, IsolationLevel};
use spectrum_sql::identifier;

use super::parts::{count, key_list};
use super::stage::{Step, StepKind};
use super::{duplicates, pool};
use crate::connect::Connection;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::observer::Event;
use crate::relations::name_of;
use crate::role::Role;
use crate::stop::Stop;

/// Fills all parts that are not done. Returns how many it filled.
pub(super) fn fill_parts(
    first: &mut Connection,
    further: &mut [Connection],
    fit: &Fit,
    stop: &Stop,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<()> {
    let (parts, _) = count(&mut **first, fit)?;
    let connections: Vec<&mut Connection> = [&mut *first].into_iter().chain(further).collect();
    pool::at_once(connections, stop, observer, |client, tell, is_ending| {
        while !is_ending() && fill_next(client, fit, parts, true, tell)? {}
        Ok(())
    })?;
    // A part that somebody else still has is that of a run whose end the server has not noticed yet.
    pool::at_once(vec![first], stop, observer, |client, tell, is_ending| {
        while !is_ending() && fill_next(client, fit, parts, false, tell)? {}
        Ok(())
    })
}

/// Fills the next part, and says whether there was one. It is marked as done in the same transaction, so it is filled
/// once, whenever the server or the client go away.
fn fill_next(
    client: &mut Client,
    fit: &Fit,
    parts: u64,
    passes_over_taken: bool,
    tell: &dyn Fn(String),
) -> Result<bool> {
    let table = fit.deployment.build_parts();
    let skip = if passes_over_taken { " SKIP LOCKED" } else { "" };
    let next = format!(
        "SELECT number, condition FROM {table} WHERE done_at IS NULL ORDER BY number LIMIT 1 FOR UPDATE{skip}"
    );
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .while_doing("beginning a transaction")?;
    let part = transaction.query_opt(&next, &[]).while_doing(format!("reading {table}"))?;
    let Some(part) = part else { return Ok(false) };
    let (number, condition): (i32, &str) = (part.get(0), part.get(1));
    let doing = format!("building {}, part {number} of {parts}", fit.deployment.sessions());
    tell(doing.clone());
    transaction.batch_execute("SET LOCAL jit = off").while_doing(&doing)?;
    let sessions = transaction.execute(&fill(fit, condition), &[]).while_doing(&doing)?;
    let done = format!(
        "UPDATE {table} SET done_at = pg_catalog.clock_timestamp(), sessions = {sessions} WHERE number = {number}"
    );
    transaction.batch_execute(&done).while_doing(&doing)?;
    transaction.commit().while_doing("committing")?;
    Ok(true)
}

/// The statement that fills the tables from the events for which a condition holds.
pub(super) fn fill(fit: &Fit, condition: &str) -> String {
    let events = fit.query();
    let (sessions, summary) =
        (name_of(&fit.deployment, Role::NewSessions), name_of(&fit.deployment, Role::NewSummary));
    fit.incremental_at(&events, sessions, summary).fill(Some(condition))
}

/// The steps that make the indexes.
pub(super) fn index_steps(fit: &Fit) -> Vec<Step> {
    let events = fit.query();
    let (sessions, summary) =
        (name_of(&fit.deployment, Role::NewSessions), name_of(&fit.deployment, Role::NewSummary));
    let deployment = &fit.deployment;
    let indexes = fit.incremental_at(&events, sessions.clone(), summary).indexes();
    indexes
        .into_iter()
        .map(|index| {
            let table = if index.table == sessions { deployment.sessions() } else { deployment.summary() };
            let does = format!("indexing {table} on ({})", index.columns);
            // A build that was interrupted may have some of them.
            Step::new(StepKind::Index, does, index.make_if_missing())
        })
        .collect()
}

/// Makes the indexes, several at once. Where an event is there twice because its key changed between two parts, both keys
/// are computed again by the next refresh.
pub(super) fn make_indexes(
    first: &mut Connection,
    further: &mut [Connection],
    fit: &Fit,
    steps: &[Step],
    stop: &Stop,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<()> {
    let mut once = |first: &mut Connection, observer: &mut dyn FnMut(Event<'_>)| {
        let waiting: Mutex<VecDeque<&Step>> = Mutex::new(steps.iter().collect());
        let connections: Vec<&mut Connection> = [first].into_iter().chain(further.iter_mut()).collect();
        pool::at_once(connections, stop, observer, |client, tell, is_ending| {
            while !is_ending() {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(step) = next else { break };
                tell(step.does.clone());
                client.batch_execute(&step.sql).while_doing(&step.does)?;
            }
            Ok(())
        })
    };
    match once(first, observer) {
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            observer(Event::Step(&format!("looking for event ids that {} has twice", fit.events.name)));
            if let Some((_, words)) = duplicates(&mut **first, fit, None)? {
                return Err(PgError::refused(words));
            }
            forget_moved(first, fit)?;
            once(first, observer)
        }
        done => done,
    }
}

/// Takes out the events that are there twice, and notes their keys, to be computed from their first event on.
fn forget_moved(client: &mut Client, fit: &Fit) -> Result<()> {
    let events = fit.query();
    let sessions = name_of(&fit.deployment, Role::NewSessions);
    let (key, event_id) = (key_list(fit), identifier(fit.deployment.definition.event_id()));
    let note = fit.incremental(&events).note_keys(&format!("SELECT DISTINCT {key} FROM gone"));
    let sql = format!(
        "WITH gone AS (
           DELETE FROM {sessions} WHERE {event_id} IN (
             SELECT {event_id} FROM {sessions} GROUP BY {event_id} HAVING COUNT(*) > 1)
           RETURNING {key})
         {note}"
    );
    client.batch_execute(&sql).while_doing("taking out events whose key changed during the build")
}

//! Running the stages of a plan.

use std::time::Instant;

use postgres::error::SqlState;
use postgres::{Client, GenericClient, IsolationLevel, Transaction};

use super::patience::patiently;
use super::plan::planned;
use super::stage::{Stage, StageKind, Step, StepKind, Took};
use super::{
    DeployOptions, DeployReport, build, catch_up, data, different, duplicates, exchange, history,
    lasting_ids, logged, look_at, parts, pool, shared_ids, stages,
};
use crate::connect::Connection;
use crate::deployment::Mode;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::Message;
use crate::observer::Event;
use crate::present::Present;
use crate::stop::Stop;
use crate::wanted::Wanted;

/// On so many connections tables are built, where nothing else was asked for and there are as many processors.
const MOST_CONNECTIONS: usize = 4;

/// A deployment that is being made.
struct Run<'a> {
    fit: &'a Fit,
    options: &'a DeployOptions,
    stop: &'a Stop,
    observer: &'a mut dyn FnMut(Event<'_>),
    /// The events that were there in the beginning.
    events: u64,
    /// The connections beside the first.
    further: Vec<Connection>,
    parts: Option<(u64, usize)>,
    took: Vec<Took>,
}

/// Makes a deployment whose lock is held.
pub(super) fn deploy_locked(
    connection: &mut Connection,
    wanted: &Wanted,
    options: &DeployOptions,
    stop: &Stop,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<DeployReport> {
    connection.batch_execute(&options.limits.for_session()).while_doing("setting timeouts")?;
    pool::notice_our_end(connection);
    let (fit, mut plan) = planned(connection, wanted, options)?;
    plan.refuse_unless_agreed(options.agreed.as_deref())?;
    let events = match plan.builds() {
        true => {
            observer(Event::Step(&format!("looking at {}", fit.events.name)));
            let found = look_at(&mut **connection, &fit, None)?;
            data::check(&mut **connection, &fit, &found)?;
            Some(found)
        }
        false => None,
    };
    let mut run = Run {
        fit: &fit,
        options,
        stop,
        observer,
        events: events.map_or(0, |found| found.events),
        further: Vec::new(),
        parts: None,
        took: Vec::new(),
    };
    for stage in &plan.stages {
        run.stage(connection, stage, &mut plan.notes)?;
    }
    let Run { parts, took, .. } = run;
    let (rows, sessions) = data::counts(&mut **connection, &fit.deployment)?;
    let collision = shared_ids(&mut **connection, &fit.deployment)?;
    // Whoever asked for the earliest of each id may have thought of copies only.
    let leaves_out =
        events.filter(|found| fit.deployment.deduplicated && found.events - found.null_times > rows);
    let different = match leaves_out {
        Some(_) => different(&mut **connection, &fit, None)?
            .map(|different| different.left_out(fit.deployment.definition.event_id())),
        None => None,
    };
    Ok(DeployReport {
        different,
        deployment: fit.deployment,
        plan,
        events,
        rows,
        sessions,
        collision,
        parts,
        took,
    })
}

impl Run<'_> {
    fn stage(&mut self, connection: &mut Connection, stage: &Stage, notes: &mut Vec<Message>) -> Result<()> {
        match stage.kind {
            StageKind::Apart => {
                stage.steps.iter().try_for_each(|step| self.step(step, |sql| connection.batch_execute(sql)))
            }
            StageKind::Together => self.together(connection, stage),
            StageKind::Parts => self.timed(&stage.steps, |run| run.fill(connection)),
            StageKind::Indexes => self.timed(&stage.steps, |run| {
                let Run { fit, stop, observer, further, .. } = run;
                build::make_indexes(connection, further, fit, &stage.steps, stop, *observer)
            }),
            StageKind::CatchUp => {
                let Some((call, before)) = stage.steps.split_last() else { return Ok(()) };
                before.iter().try_for_each(|step| self.step(step, |sql| connection.batch_execute(sql)))?;
                (self.observer)(Event::Step(&call.does));
                self.timed(std::slice::from_ref(call), |run| catch_up::catch_up(connection, call, run.stop))
            }
            // The build took its time, in which others may have built on what is exchanged, or granted it to somebody.
            StageKind::Exchange => {
                let present = Present::find(&mut **connection, &self.fit.deployment)?;
                let mut again = Vec::new();
                let steps = exchange::steps(&mut **connection, self.fit, self.options, &present, &mut again)?;
                notes.extend(again.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
                let mut settled = lasting_ids::settled(&mut **connection, self.fit, &present, self.options)?;
                settled.extend(history::settled(&mut **connection, self.fit, &present)?);
                self.together(connection, &stages::exchange(self.fit, settled, steps))
            }
        }
    }

    /// All steps in one transaction.
    fn together(&mut self, client: &mut Client, stage: &Stage) -> Result<()> {
        let begun = self.took.len();
        let mut transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .start()
            .while_doing("beginning a transaction")?;
        if let Err(error) = self.in_transaction(&mut transaction, stage) {
            drop(transaction); // which rolls back
            return Err(explained(client, self.fit, error));
        }
        let is_build = |step: &Step| step.kind == StepKind::BuildSummary;
        if self.fit.deployment.mode == Mode::View && stage.steps.iter().any(is_build) {
            logged::log_views(&mut transaction, &self.fit.deployment, &self.took[begun..])?;
        }
        transaction.commit().while_doing("committing")
    }

    fn in_transaction(&mut self, transaction: &mut Transaction<'_>, stage: &Stage) -> Result<()> {
        let (before, exchange) = stage.steps.split_at(stage.exchanges_from);
        before.iter().try_for_each(|step| self.step(step, |sql| transaction.batch_execute(sql)))?;
        if exchange.is_empty() {
            return Ok(());
        }
        let done = self.took.len();
        patiently(transaction, self.options.limits.lock, self.stop, |savepoint| {
            self.took.truncate(done);
            exchange.iter().try_for_each(|step| self.step(step, |sql| savepoint.batch_execute(sql)))
        })
    }

    /// The parts, on as many connections as are of use and to be had.
    fn fill(&mut self, connection: &mut Connection) -> Result<()> {
        // Changes between the first look and the triggers were neither seen nor noted.
        (self.observer)(Event::Step(&format!("looking at {}", self.fit.events.name)));
        if data::has_bad(&mut **connection, self.fit)? {
            let found = look_at(&mut **connection, self.fit, None)?;
            data::check(&mut **connection, self.fit, &found)?;
        }
        let (all, done) = parts::plan_parts(connection, self.fit, self.events, self.options.events_a_part)?;
        let processors = || std::thread::available_parallelism().map_or(1, |n| n.get().min(MOST_CONNECTIONS));
        let wanted = match self.options.connections {
            0 => processors(),
            wanted => wanted,
        };
        // The indexes are made on them, too.
        self.further =
            pool::further(connection, wanted.saturating_sub(1), &self.options.limits.for_session())?;
        self.parts = Some((all, 1 + self.further.len()));
        let Run { fit, stop, observer, further, .. } = self;
        if done == all {
            return Ok(());
        }
        let filled = build::fill_parts(connection, further, fit, stop, *observer);
        match filled {
            // The sessions take no event without an id.
            Err(error) if error.code() == Some(&SqlState::NOT_NULL_VIOLATION) => {
                let found = look_at(&mut **connection, fit, None)?;
                data::check(&mut **connection, fit, &found).and(Err(error))
            }
            filled => filled,
        }
    }

    /// Does a step and notes how long it took.
    fn step(
        &mut self,
        step: &Step,
        execute: impl FnOnce(&str) -> std::result::Result<(), postgres::Error>,
    ) -> Result<()> {
        if self.stop.is_requested() {
            return Err(PgError::Interrupted);
        }
        (self.observer)(Event::Step(&step.does));
        let begun = Instant::now();
        execute(&step.sql).while_doing(&step.does)?;
        self.took.push(Took { kind: step.kind, does: step.does.clone(), time: begun.elapsed() });
        Ok(())
    }

    /// Does what these steps stand for and notes how long it took.
    fn timed(&mut self, steps: &[Step], what: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.stop.is_requested() {
            return Err(PgError::Interrupted);
        }
        let begun = Instant::now();
        what(self)?;
        let (kind, does) = match steps {
            [one] => (one.kind, one.does.clone()),
            _ => {
                let (sessions, summary) = (self.fit.deployment.sessions(), self.fit.deployment.summary());
                (StepKind::Index, format!("indexing {sessions} and {summary}"))
            }
        };
        self.took.push(Took { kind, does, time: begun.elapsed() });
        Ok(())
    }
}

/// The error with what the data says about it.
fn explained(client: &mut impl GenericClient, fit: &Fit, error: PgError) -> PgError {
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => {
            duplicates(client, fit, None).ok().flatten().map_or(error, |(_, words)| PgError::refused(words))
        }
        _ => error,
    }
}

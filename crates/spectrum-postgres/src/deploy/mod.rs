//! `spectrum deploy`: the relations as the definition has them, made or exchanged in one transaction.

mod data;
mod events_index;
mod exchange;
mod plan;

use std::sync::Arc;
use std::time::{Duration, Instant};

use postgres::error::SqlState;
use postgres::{Client, Transaction};

pub use data::{Collision, EventsFound};
pub(crate) use data::{duplicates, look_at, shared_ids};
pub use plan::{Change, Plan, Step};

use crate::catalog::check_writable;
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::lock::{lock, lock_or_wait, unlock};
use crate::stop::Stop;

/// How a deployment is made.
#[derive(Clone, Debug, Default)]
pub struct DeployOptions {
    /// Whether views that Spectrum did not make, and that read a relation that is exchanged, go with it.
    pub cascade: bool,
    /// Whether an index on key and time is made where there is none.
    pub create_index: bool,
    /// Whether to wait for somebody who is at work on the same deployment.
    pub wait: bool,
    /// The longest wait for a lock on a relation, in milliseconds; zero waits for ever.
    pub lock_timeout_ms: u64,
    /// The longest a statement may take, in milliseconds; zero sets no limit.
    pub statement_timeout_ms: u64,
    /// Ends the deployment before its next statement, or while it waits.
    pub stop: Arc<Stop>,
}

/// What a deployment came to.
#[derive(Clone, Debug)]
pub struct DeployReport {
    /// What was done.
    pub plan: Plan,
    /// What the events look like; `None` when nothing had to be done.
    pub events: Option<EventsFound>,
    /// Rows of the sessions relation.
    pub rows: u64,
    /// Sessions.
    pub sessions: u64,
    /// Ids that stand for more than one session, and two of these sessions.
    pub collision: Option<Collision>,
    /// How long each step took, in order.
    pub took: Vec<(String, Duration)>,
}

/// What a deployment would do. Nothing is changed.
///
/// # Errors
/// What [`deploy`] would refuse.
pub fn plan_deployment(
    client: &mut Client,
    deployment: &Deployment,
    options: &DeployOptions,
) -> Result<Plan> {
    let fit = Fit::find(client, deployment)?;
    plan::plan(client, &fit, options)
}

/// Makes the relations stand as the deployment has them. `observe` hears what is being done, before it is done.
///
/// Everything but an index on the events happens in one transaction: readers see the old relations until it ends, and
/// a server or a client that goes away leaves things as they were.
///
/// # Errors
/// [`PgError::Refused`] for everything that does not fit, [`PgError::Locked`] when somebody else is at work.
pub fn deploy(
    client: &mut Client,
    deployment: &Deployment,
    options: &DeployOptions,
    mut observe: impl FnMut(&str),
) -> Result<DeployReport> {
    check_writable(client)?;
    match options.wait {
        true => lock_or_wait(client, deployment, &options.stop, |holder, _| {
            observe(&format!("waiting for {holder}"));
        })?,
        false => lock(client, deployment)?,
    }
    let done = deploy_locked(client, deployment, options, &mut observe);
    // A connection that is gone has given the lock back by itself.
    let unlocked = client
        .batch_execute("RESET lock_timeout; RESET statement_timeout")
        .while_doing("giving back the lock")
        .and_then(|()| unlock(client, deployment));
    done.and_then(|report| unlocked.map(|()| report))
}

fn deploy_locked(
    client: &mut Client,
    deployment: &Deployment,
    options: &DeployOptions,
    observe: &mut impl FnMut(&str),
) -> Result<DeployReport> {
    let timeouts = format!(
        "SET lock_timeout = {}; SET statement_timeout = {}",
        options.lock_timeout_ms, options.statement_timeout_ms
    );
    client.batch_execute(&timeouts).while_doing("setting timeouts")?;
    let fit = Fit::find(client, deployment)?;
    let plan = plan::plan(client, &fit, options)?;
    let mut took = Vec::new();
    let events = match plan.builds() {
        true => {
            observe(&format!("looking at {}", fit.events.name));
            let found = look_at(client, &fit, None)?;
            data::check(client, &fit, &found)?;
            Some(found)
        }
        false => None,
    };
    for step in &plan.before {
        run(step, options, observe, &mut took, |sql| client.batch_execute(sql))?;
    }
    let mut transaction = client.transaction().while_doing("beginning a transaction")?;
    let mut steps = plan.steps.iter();
    let failed = steps
        .find_map(|step| run(step, options, observe, &mut took, |sql| transaction.batch_execute(sql)).err());
    if let Some(error) = failed {
        drop(transaction); // which rolls back
        return Err(explained(client, &fit, error));
    }
    let (rows, sessions) = data::counts(&mut transaction, &fit.deployment)?;
    if plan.builds() {
        log_build(&mut transaction, &fit.deployment, &took[plan.before.len()..])?;
    }
    let collision = shared_ids(&mut transaction, &fit.deployment)?;
    transaction.commit().while_doing("committing")?;
    Ok(DeployReport { plan, events, rows, sessions, collision, took })
}

/// A build is the first refresh: what was written before it began is in it.
fn log_build(
    transaction: &mut Transaction<'_>,
    deployment: &Deployment,
    took: &[(String, Duration)],
) -> Result<()> {
    let log = deployment.refresh_log();
    let (sessions, summary) = (deployment.sessions(), deployment.summary());
    let summary_begins = format!("building {summary}");
    let seconds = |steps: &mut dyn Iterator<Item = &(String, Duration)>| {
        steps.map(|(_, took)| took.as_secs_f64()).sum::<f64>()
    };
    let for_sessions = seconds(&mut took.iter().take_while(|(does, _)| *does != summary_begins));
    let for_both = seconds(&mut took.iter());
    let sql = format!(
        "INSERT INTO {log} (run_id, relation, started_at, finished_at, method, reason, outcome, rows)
         SELECT (SELECT COALESCE(MAX(run_id), 0) + 1 FROM {log}), built.relation,
                NOW() + built.began * INTERVAL '1 second', NOW() + built.ended * INTERVAL '1 second',
                'plain', 'built by spectrum deploy', 'ok', built.rows
         FROM (SELECT $1::text, 0::float8, $3::float8, (SELECT COUNT(*) FROM {sessions})
               UNION ALL SELECT $2::text, $3::float8, $4::float8, (SELECT COUNT(*) FROM {summary}))
           AS built (relation, began, ended, rows)"
    );
    transaction
        .execute(&sql, &[&sessions.to_string(), &summary.to_string(), &for_sessions, &for_both])
        .while_doing("writing the refresh log")
        .map(drop)
}

/// Does a step and notes how long it took.
fn run(
    step: &Step,
    options: &DeployOptions,
    observe: &mut impl FnMut(&str),
    took: &mut Vec<(String, Duration)>,
    execute: impl FnOnce(&str) -> std::result::Result<(), postgres::Error>,
) -> Result<()> {
    if options.stop.is_requested() {
        return Err(PgError::Interrupted);
    }
    observe(&step.does);
    let begun = Instant::now();
    execute(&step.sql).while_doing(&step.does)?;
    took.push((step.does.clone(), begun.elapsed()));
    Ok(())
}

/// The error with what the data says about it.
fn explained(client: &mut Client, fit: &Fit, error: PgError) -> PgError {
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => {
            duplicates(client, fit, None).ok().flatten().map_or(error, |(_, words)| PgError::Refused(words))
        }
        _ => error,
    }
}

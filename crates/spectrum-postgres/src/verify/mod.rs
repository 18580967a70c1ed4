//! `spectrum verify`: the relations against the reference SQL, row by row, at one snapshot.

mod bound;
mod check;
mod checks;
mod compare;
mod copies;
mod history;
mod ids;
mod repair;
mod same;
mod sample;
mod scope;
mod watched;

use std::time::{Duration, Instant};

use postgres::{Client, GenericClient, IsolationLevel, Transaction};

pub use check::{Check, CheckName, UnknownCheck};
pub use repair::{Repaired, repair};
pub use sample::{Sample, SampleError};
pub use scope::NotCompared;
use spectrum_core::Digest;
use spectrum_sql::postgres::digest_query;

use crate::catalog::{changed_columns, find};
use crate::connect::Connection;
use crate::deploy::being_built;
use crate::deployment::{Deployment, Mode};
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::limits::Limits;
use crate::message::message;
use crate::observer::Event;
use crate::present::{Present, deployed};
use crate::remedy::Command;
use crate::role::Role;
use crate::swapped::Source;
use scope::Scope;

/// What is verified and how strictly.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Only these keys; all of them otherwise.
    pub sample: Option<Sample>,
    /// Checks that may find something.
    pub allowed: Vec<CheckName>,
    /// How long statements may wait and take.
    pub limits: Limits,
}

/// What was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VerifyReport {
    /// The relation that was verified.
    pub deployment: Deployment,
    /// Events that the reference SQL saw.
    pub events: u64,
    /// Rows of the sessions relation that were compared.
    pub rows: u64,
    /// Sessions that the reference SQL saw.
    pub sessions: u64,
    /// Everything that was checked, in the order in which it is best mended.
    pub checks: Vec<Check>,
    /// In [`Mode::Incremental`], what waits for the next refresh and was not compared.
    pub waiting: Option<NotCompared>,
    /// The digest of (event id, session id) over the sessions relation, or over the sampled keys of it. It equals that
    /// of the same events in files, unless copies or events without a time are left out here and not there.
    pub digest: Digest,
    /// How long it took.
    pub took: Duration,
}

impl VerifyReport {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(Check::holds)
    }
}

/// Compares what is deployed with the reference SQL over the events. The observer hears what is
/// being done.
///
/// In [`Mode::Incremental`], keys with changes that wait for the next refresh are not compared; their number
/// is reported.
///
/// # Errors
/// When nothing is deployed under these names or the events cannot be read. A difference is not an error.
pub fn verify(
    connection: &mut Connection,
    deployment: &Deployment,
    options: &VerifyOptions,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<VerifyReport> {
    verified(connection, deployment, options, observer)
}

fn verified(
    client: &mut Client,
    deployment: &Deployment,
    options: &VerifyOptions,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<VerifyReport> {
    let begun = Instant::now();
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .while_doing("beginning a transaction")?;
    options.limits.set(&mut transaction)?;
    let (deployment, present) = deployed(&mut transaction, deployment)?;
    let unpopulated = present.iter().find(|(_, relation)| !relation.populated);
    if let Some((_, relation)) = unpopulated {
        return Err(PgError::refused(format!("{} holds nothing yet; run spectrum refresh", relation.name)));
    }
    refuse_changed(&mut transaction, &deployment, &present)?;
    let fit = Fit::find(&mut transaction, &deployment)?;
    refuse_others(&mut transaction, &fit, &present)?;
    let scope = Scope::find(&mut transaction, &fit, &present, options.sample)?;
    let sampled = scope.sampled.as_deref();

    observer(Event::Step("comparing events with the reference SQL"));
    let same = same::same(&mut transaction, &fit, &scope)?;
    let compared = match &same {
        Some(same) => compare::same_events(same.events),
        None => compare::events(&mut transaction, &fit, &scope, &present)?,
    };
    observer(Event::Step("comparing sessions with the reference SQL"));
    let (sessions, session_check) = match &same {
        Some(same) => (same.sessions, compare::same_sessions()),
        None => compare::sessions(&mut transaction, &fit, &scope)?,
    };
    // Where all events are in the sessions, an index that keeps copies out of these says that there are none.
    let no_copies = same.is_some()
        && scope.compared.is_none()
        && !fit.deployment.without_null_times
        && copies::kept_out(&mut transaction, &fit, &present)?;
    observer(Event::Step("looking at the events"));
    let mut checks = compared.checks.clone();
    checks.push(session_check);
    checks.extend(ids::ids(&mut transaction, &fit, &scope)?);
    checks.extend(history::history(&mut transaction, &fit, &scope)?);
    checks.extend(checks::all(&mut transaction, &fit, sampled, no_copies)?);
    checks.push(bound::bound(&mut transaction, &fit, &present)?);
    if fit.deployment.mode == Mode::Incremental {
        checks.push(watched::watched(&mut transaction, &fit, &present)?);
    }
    observer(Event::Step("digesting"));
    let digest = digest(&mut transaction, &fit.deployment, sampled)?;
    for check in &mut checks {
        check.allowed = options.allowed.contains(&check.name);
    }
    Ok(VerifyReport {
        deployment: fit.deployment,
        events: compared.events,
        rows: compared.rows,
        sessions,
        checks,
        waiting: scope.waiting,
        digest,
        took: begun.elapsed(),
    })
}

/// Refuses to compare values of columns that are of other types than they were.
fn refuse_changed(client: &mut Transaction<'_>, deployment: &Deployment, present: &Present) -> Result<()> {
    let (Some(events), Some(sessions)) = (find(client, &deployment.events)?, present.get(Role::Sessions))
    else {
        return Ok(()); // what is missing is told later
    };
    let changed = changed_columns(client, &events, sessions)?;
    match changed.first() {
        None => Ok(()),
        Some(first) => Err(PgError::refused(format!(
            "the sessions cannot be compared with {}, whose columns have changed: {}; {}",
            events.name,
            changed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            first.remedy()
        ))),
    }
}

/// Refuses sessions of another table, and such that others are being built over: nothing could be compared.
fn refuse_others(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<()> {
    let deployment = &fit.deployment;
    if deployment.mode == Mode::Incremental && present.is_unfinished() {
        return Err(PgError::refused(message![
            format!("{}; run ", being_built(&deployment.sessions())),
            deployment.command(Command::Deploy),
            " again, and it goes on"
        ]));
    }
    match Source::find(client, deployment, present, Some(&fit.events))?.swapped(deployment) {
        None => Ok(()),
        Some(words) => {
            let deploy = deployment.command(Command::Deploy);
            Err(PgError::refused(message![words, "; ", deploy, " makes sessions of it"]))
        }
    }
}

fn digest(client: &mut Transaction<'_>, deployment: &Deployment, sampled: Option<&str>) -> Result<Digest> {
    let sessions = deployment.sessions();
    let relation = match sampled {
        Some(condition) => format!("(SELECT * FROM {sessions} WHERE {condition})"),
        None => sessions.to_string(),
    };
    let sql = digest_query(deployment.definition.event_id(), &relation);
    let row = client.query_one(&sql, &[]).while_doing("digesting")?;
    let sum = |at: usize| row.get::<_, &str>(at).parse::<i128>().unwrap_or_default();
    Ok(Digest::from_sums(row.get::<_, i64>(0).unsigned_abs(), sum(1), sum(2)))
}

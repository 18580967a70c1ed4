//! `spectrum verify`: the relations against the reference SQL, row by row, at one snapshot.

mod checks;
mod compare;
mod sample;

use std::time::{Duration, Instant};

use postgres::{Client, IsolationLevel, Transaction};

pub use sample::{Sample, SampleError};
use spectrum_core::Digest;
use spectrum_sql::postgres::digest_query;

use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::present::deployed;

/// What is verified and how strictly.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Only these keys; all of them otherwise.
    pub sample: Option<Sample>,
    /// Checks that may find something; see [`Check::name`].
    pub allowed: Vec<String>,
    /// The longest a statement may take, in milliseconds; zero sets no limit.
    pub statement_timeout_ms: u64,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct VerifyReport {
    /// The relation that was verified.
    pub deployment: Deployment,
    /// Events that the reference SQL saw.
    pub events: u64,
    /// Rows of the sessions relation.
    pub rows: u64,
    /// Sessions that the reference SQL saw.
    pub sessions: u64,
    /// Everything that was checked, in the order in which it is best mended.
    pub checks: Vec<Check>,
    /// The digest of (event id, session id) over the sessions relation, or over the sampled keys of it. It equals that
    /// of the same events in files, unless copies or events without a time are left out here and not there.
    pub digest: Digest,
    /// How long it took.
    pub took: Duration,
}

/// One question and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// A short name, which `--allow` takes.
    pub name: &'static str,
    /// How many rows, events or ids it found; none is good.
    pub found: u64,
    /// Whether that was allowed.
    pub allowed: bool,
    /// What was found with examples, and what to do; or that nothing was.
    pub words: String,
}

impl Check {
    /// Whether it found nothing, or what is allowed.
    pub fn holds(&self) -> bool {
        self.found == 0 || self.allowed
    }
}

impl VerifyReport {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(Check::holds)
    }
}

/// The names of all checks.
pub const CHECKS: [&str; 9] =
    ["missing", "extra", "different", "sessions", "duplicates", "times", "null-keys", "collisions", "future"];

/// Compares what is deployed with the reference SQL over the events. `observe` hears what is being done.
///
/// # Errors
/// When nothing is deployed under these names or the events cannot be read. What is found is not an error.
pub fn verify(
    client: &mut Client,
    deployment: &Deployment,
    options: &VerifyOptions,
    mut observe: impl FnMut(&str),
) -> Result<VerifyReport> {
    let begun = Instant::now();
    if let Some(unknown) = options.allowed.iter().find(|name| !CHECKS.contains(&name.as_str())) {
        return Err(PgError::Refused(format!(
            "there is no check '{unknown}' to allow; the checks are {}",
            CHECKS.join(", ")
        )));
    }
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .while_doing("beginning a transaction")?;
    let timeout = format!("SET LOCAL statement_timeout = {}", options.statement_timeout_ms);
    transaction.batch_execute(&timeout).while_doing("setting a timeout")?;
    let (deployment, present) = deployed(&mut transaction, deployment)?;
    let unpopulated = present.iter().find(|(_, relation)| !relation.populated);
    if let Some((_, relation)) = unpopulated {
        return Err(PgError::Refused(format!("{} holds nothing yet; run spectrum refresh", relation.name)));
    }
    let fit = Fit::find(&mut transaction, &deployment)?;
    let sampled = options.sample.map(|sample| sample.condition(&fit.query()));

    observe("comparing events with the reference SQL");
    let compared = compare::events(&mut transaction, &fit, sampled.as_deref())?;
    observe("comparing sessions with the reference SQL");
    let (sessions, session_check) = compare::sessions(&mut transaction, &fit, sampled.as_deref())?;
    observe("looking at the events");
    let mut checks = compared.checks.clone();
    checks.push(session_check);
    checks.extend(checks::all(&mut transaction, &fit, sampled.as_deref())?);
    observe("digesting");
    let digest = digest(&mut transaction, &fit.deployment, sampled.as_deref())?;
    for check in &mut checks {
        check.allowed = options.allowed.iter().any(|name| name == check.name);
    }
    Ok(VerifyReport {
        deployment: fit.deployment,
        events: compared.events,
        rows: compared.rows,
        sessions,
        checks,
        digest,
        took: begun.elapsed(),
    })
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

//! `spectrum verify --repair`: the keys that differ from the reference SQL, computed again.

use postgres::error::SqlState;
use postgres::{Client, Transaction};
use spectrum_sql::postgres::key_text;
use spectrum_sql::{identifier, identifiers};

use super::compare::{actual_sessions, event_differs, expected_sessions, numbered_reference};
use super::copies::remove_copies;
use super::scope::Scope;
use super::{VerifyOptions, VerifyReport, refuse_others, verified};
use crate::connect::Connection;
use crate::deployment::{Deployment, Mode};
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::limits::Limits;
use crate::lock::{Busy, with_lock};
use crate::message::message;
use crate::observer::Event;
use crate::present::{Present, deployed};
use crate::refresh::{RefreshCounts, call_refresh};
use crate::remedy::Remedy;

/// What a repair did.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Repaired {
    /// Keys that differed from the reference SQL though no change of theirs was noted.
    pub keys: u64,
    /// Keys that were computed again too, because they were written while the others were looked for.
    pub written_meanwhile: u64,
    /// Rows that were removed because their event stood there more than once.
    pub copies: u64,
    /// The report of the refresh that did it; `None` when there was nothing to do.
    pub counts: Option<RefreshCounts>,
}

/// Finds the keys whose rows differ from the reference SQL, computes them again and no others, and verifies.
/// Triggers that are missing or disabled are reported and left as they are.
///
/// The notes are taken in first, so that pending changes are not mistaken for damage. Readers see the rows as
/// they were until all are mended: it is one transaction.
///
/// # Errors
/// As [`verify`](super::verify()); [`PgError::Refused`] in mode view, where a refresh computes everything
/// anew; [`PgError::Locked`] when another command is working on these sessions.
pub fn repair(
    connection: &mut Connection,
    deployment: &Deployment,
    options: &VerifyOptions,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<(Repaired, VerifyReport)> {
    with_lock(connection, deployment, Busy::Refuse, observer, |connection, observer| {
        repair_locked(connection, deployment, options, observer)
    })
}

fn repair_locked(
    client: &mut Client,
    wanted: &Deployment,
    options: &VerifyOptions,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<(Repaired, VerifyReport)> {
    let (deployment, present) = deployed(client, wanted)?;
    if deployment.mode == Mode::View {
        return Err(PgError::refused(message![
            format!(
                "{} is a materialized view, and every refresh computes it anew; run spectrum refresh, because ",
                deployment.sessions()
            ),
            Remedy::Repair { schema: None },
            " is for mode incremental"
        ]));
    }
    let fit = Fit::find(client, &deployment)?;
    refuse_others(client, &fit, &present)?;
    observer(Event::Step("taking in what was noted"));
    let first = match in_transaction(client, options.limits, |transaction| refresh(transaction, &fit)) {
        Ok(_) => None,
        Err(error) if can_be_damage(&error) => Some(error),
        Err(error) => return Err(error),
    };
    observer(Event::Step("looking for keys that differ"));
    let repaired = in_transaction(client, options.limits, |transaction| {
        let copies = remove_copies(transaction, &fit, &present)?;
        let (found, written_meanwhile) = note_differing(transaction, &fit, &present, options)?;
        match (found, first) {
            (0, Some(error)) => Err(error),
            (0, None) => Ok(Repaired { copies, ..Repaired::default() }),
            _ => {
                let counts = Some(refresh(transaction, &fit)?);
                let keep = fit.incremental(&fit.query()).keep_repaired();
                transaction.batch_execute(&keep).while_doing("keeping what the sessions were")?;
                Ok(Repaired { keys: found - written_meanwhile, written_meanwhile, copies, counts })
            }
        }
    })?;
    Ok((repaired, verified(client, wanted, options, observer)?))
}

/// Whether the content of the tables can be why a refresh of other keys failed: a row that somebody gave
/// another key keeps out the event whose id it has, and times at infinity have no difference.
fn can_be_damage(error: &PgError) -> bool {
    let codes =
        [SqlState::UNIQUE_VIOLATION, SqlState::DATETIME_FIELD_OVERFLOW, SqlState::NUMERIC_VALUE_OUT_OF_RANGE];
    error.code().is_some_and(|code| codes.contains(code))
}

fn in_transaction<T>(
    client: &mut Client,
    limits: Limits,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
) -> Result<T> {
    // Which a refresh demands, whatever the default is here.
    let read_committed = postgres::IsolationLevel::ReadCommitted;
    let transaction = client.build_transaction().isolation_level(read_committed).start();
    let mut transaction = transaction.while_doing("beginning a transaction")?;
    limits.set(&mut transaction)?;
    let done = work(&mut transaction)?;
    transaction.commit().while_doing("committing")?;
    Ok(done)
}

fn refresh(transaction: &mut Transaction<'_>, fit: &Fit) -> Result<RefreshCounts> {
    let function = fit.deployment.refresh_function();
    let done = call_refresh(transaction, &fit.deployment, &format!("running {function}()"));
    done.map_err(|error| match error.code() {
        Some(code) if *code == SqlState::UNDEFINED_FUNCTION => {
            PgError::refused(format!("there is no function {function}(); spectrum deploy restores it"))
        }
        _ => error,
    })
}

/// Notes the keys that differ, and says how many there are and how many of them were noted already.
/// Everything that a refresh could not tell apart or place is removed: their rows of the summary, and rows of
/// events without a finite time.
fn note_differing(
    transaction: &mut Transaction<'_>,
    fit: &Fit,
    present: &Present,
    options: &VerifyOptions,
) -> Result<(u64, u64)> {
    let scope = Scope::of_all(fit, present, options.sample);
    let events = fit.query();
    let incremental = fit.incremental(&events);
    let deployment = &fit.deployment;
    let key = identifiers(deployment.definition.key().iter().map(String::as_str));
    let time = identifier(deployment.definition.time());
    let event_id = identifier(deployment.definition.event_id());
    let found = format!("SELECT {} FROM found", key_text(&events));
    let in_found = incremental.key_among(&found);
    let waits = incremental.key_among(&incremental.waiting_keys(&[], false));
    // An event of a sampled key can stand under a key that is not in the sample, where no refresh of the former finds it.
    let misplaced = match scope.sampled {
        None => String::new(),
        Some(_) => format!(
            "
misplaced AS (DELETE FROM {} WHERE {event_id} IN (SELECT {event_id} FROM numbered EXCEPT SELECT {event_id} FROM have)),",
            deployment.sessions()
        ),
    };
    let tables = incremental.repair_tables();
    transaction.batch_execute(&tables).while_doing("making the tables of a repair")?;
    let sql = format!(
        "WITH {},{misplaced}
{}noted AS ({}),
unplaced AS (DELETE FROM {} WHERE ({time} IS NULL OR NOT {}) AND {in_found}),
told AS (DELETE FROM {} WHERE {in_found})
SELECT (SELECT COUNT(*) FROM found), (SELECT COUNT(*) FROM found WHERE {waits})",
        differing_keys(fit, &scope),
        incremental.note_repaired("found"),
        incremental.note_keys(&format!("SELECT {key} FROM found")),
        deployment.sessions(),
        fit.is_finite(&time),
        deployment.summary(),
    );
    let row = transaction.query_one(&sql, &[]).while_doing("looking for keys that differ")?;
    let count = |at: usize| row.get::<_, i64>(at).unsigned_abs();
    Ok((count(0), count(1)))
}

/// Steps of a query, of which `found` has the keys whose events or sessions differ, on whichever side they stand.
fn differing_keys(fit: &Fit, scope: &Scope) -> String {
    let definition = &fit.deployment.definition;
    let (sessions, event_id) = (fit.deployment.sessions(), identifier(definition.event_id()));
    let names: Vec<String> = definition.key().iter().map(|name| identifier(name)).collect();
    let key = names.join(", ");
    let of = |alias: &str| names.iter().map(|name| format!("{alias}.{name}, ")).collect::<String>();
    // A row of NULLs stands for no row and for the key of NULLs.
    let there = fit.query().own_name("is_there");
    format!(
        "numbered AS MATERIALIZED (
{reference}),
have AS (SELECT *, true AS {there} FROM {sessions}{filter}),
expected AS (
{expected}),
actual AS (
{actual}),
found AS MATERIALIZED (
  SELECT {key} FROM (
  SELECT s.* FROM (SELECT *, true AS {there} FROM numbered) r FULL JOIN have h ON r.{event_id} = h.{event_id}
    CROSS JOIN LATERAL (VALUES ({of_r}r.{there}), ({of_h}h.{there})) s ({key}, {there})
  WHERE s.{there} AND (r.{there} IS NULL OR h.{there} IS NULL OR {differs})
  UNION ALL SELECT {key}, true FROM (SELECT * FROM expected EXCEPT ALL SELECT * FROM actual) AS e
  UNION ALL SELECT {key}, true FROM (SELECT * FROM actual EXCEPT ALL SELECT * FROM expected) AS a{broken_ids}
  ) AS d GROUP BY {key})",
        reference = numbered_reference(fit, &scope.reference(fit).with_what_is_told()),
        filter = scope.filter(),
        expected = expected_sessions(fit, "numbered"),
        actual = actual_sessions(fit, scope),
        of_r = of("r"),
        of_h = of("h"),
        differs = event_differs(fit),
        broken_ids = match definition.id().needs_memory() {
            true => {
                let events = fit.query();
                let broken = fit.incremental(&events).broken_ids(&scope.filter());
                format!("\n  UNION ALL SELECT {key}, true FROM ({broken}) AS b")
            }
            false => String::new(),
        },
    )
}

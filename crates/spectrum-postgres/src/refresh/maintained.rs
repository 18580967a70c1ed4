//! The refresh of maintained sessions: a function in the database takes in what triggers noted of the events.

use postgres::error::SqlState;
use postgres::{Client, IsolationLevel, Transaction};
use spectrum_sql::identifier;
use spectrum_sql::postgres::table_tree;

use super::RefreshOptions;
use super::copies::{copies, shared_id};
use super::counts::RefreshCounts;
use super::obstacles::obstacles;
use super::order::View;
use super::report::{Method, Outcome, Refreshed, now, now_after_cancel};
use crate::catalog::find;
use crate::connect::Canceller;
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::message::{Message, message};
use crate::observer::Event;
use crate::remedy::Command;
use crate::stop::Stop;

/// What stands in the report where keys were not counted.
const REASON: &str = "maintained";

/// Refreshes sessions and summary in one transaction. Problems with them are in the result; only problems of
/// the whole run are errors.
pub(super) fn refresh_maintained(
    client: &mut Client,
    view: &View,
    deployment: &Deployment,
    options: &RefreshOptions,
    stop: &Stop,
    canceller: &Canceller,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Refreshed> {
    let started_at = now(client)?;
    let ended = |outcome, method, finished_at| Refreshed {
        relation: view.name.clone(),
        method,
        reason: if method.is_some() { REASON.to_owned() } else { String::new() },
        outcome,
        started_at,
        finished_at,
        rows: None,
        counts: None,
        error: None,
        refused_copies: false,
    };
    let owner = match standing(client, deployment)? {
        Ok(owner) => owner,
        Err(obstacle) => {
            return Ok(Refreshed { error: Some(obstacle), ..ended(Outcome::Failed, None, started_at) });
        }
    };
    let method = Some(Method::Incremental);
    observer(Event::RefreshBegun { relation: &view.name, method: Method::Incremental, reason: REASON });
    let done = stop.during(canceller.clone()).map(|_running| execute(client, view, deployment, options));
    let is_ours = |error: &PgError| error.code() == Some(&SqlState::QUERY_CANCELED) && stop.is_requested();
    let refreshed = match done {
        Some(Ok(counts)) => {
            let ended = ended(Outcome::Ok, method, now_after_cancel(client)?);
            Refreshed { reason: counts.reason(), counts: Some(counts), ..ended }
        }
        Some(Err(error)) if !is_ours(&error) => {
            let refused_copies = is_of_copies(deployment, &error);
            let why = explained(client, view, deployment, &owner, options, error)?;
            let ended = ended(Outcome::Failed, method, now_after_cancel(client)?);
            Refreshed { error: Some(why), refused_copies, ..ended }
        }
        _ => {
            let why = "the run was stopped; the sessions are as they were, and what was noted waits";
            Refreshed {
                error: Some(why.into()),
                ..ended(Outcome::Cancelled, method, now_after_cancel(client)?)
            }
        }
    };
    Ok(refreshed)
}

/// The function's owner, as whom it runs; or why we may not call it, with the remedy.
fn standing(client: &mut Client, deployment: &Deployment) -> Result<std::result::Result<String, Message>> {
    let function = deployment.refresh_function();
    let row = client
        .query_opt(
            "SELECT pg_get_userbyid(p.proowner)::text, has_function_privilege(p.oid, 'EXECUTE'),
                    has_schema_privilege(n.oid, 'USAGE'), current_user::text
             FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname = $1::text AND p.proname = $2::text AND p.pronargs = 0",
            &[&deployment.names.schema, &function.name()],
        )
        .while_doing(format!("looking at {function}()"))?;
    let Some(row) = row else {
        return Ok(Err(message![
            format!("there is no {function}(), which takes in changes; "),
            deployment.command(Command::Deploy),
            " makes it"
        ]));
    };
    let us = identifier(row.get(3));
    Ok(match (row.get::<_, bool>(2), row.get::<_, bool>(1)) {
        (false, _) => {
            let schema = identifier(&deployment.names.schema);
            Err(format!("role {us} may not use its schema; GRANT USAGE ON SCHEMA {schema} TO {us}").into())
        }
        (true, false) => {
            Err(format!("role {us} may not refresh it; GRANT EXECUTE ON FUNCTION {function}() TO {us}")
                .into())
        }
        (true, true) => Ok(row.get(0)),
    })
}

fn execute(
    client: &mut Client,
    view: &View,
    deployment: &Deployment,
    options: &RefreshOptions,
) -> Result<RefreshCounts> {
    let doing = format!("refreshing {}", view.name);
    // The function refuses any other isolation level, whatever the session's default is.
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start();
    let mut transaction = transaction.while_doing(&doing)?;
    options.limits.set_given(&mut transaction, &doing)?;
    let counts = call_refresh(&mut transaction, deployment, &doing)?;
    transaction.commit().while_doing(&doing)?;
    Ok(counts)
}

/// Calls the function that refreshes, in a transaction that is READ COMMITTED.
pub(crate) fn call_refresh(
    transaction: &mut Transaction<'_>,
    deployment: &Deployment,
    doing: &str,
) -> Result<RefreshCounts> {
    let function = deployment.refresh_function();
    let call = format!("SELECT pg_catalog.to_jsonb(told)::text FROM {function}() AS told");
    let row = transaction.query_one(&call, &[]).while_doing(doing)?;
    serde_json::from_str(row.get(0)).map_err(|error| {
        PgError::refused(message![
            format!("{function}() is of another version of Spectrum ({error}); run "),
            deployment.command(Command::Deploy)
        ])
    })
}

/// Whether an error is that events share an id.
fn is_of_copies(deployment: &Deployment, error: &PgError) -> bool {
    let PgError::Statement { error, .. } = error else { return false };
    error.client_error().as_db_error().is_some_and(|db| shared_id(deployment, db).is_some())
}

/// The server's words, with what they leave open. A lost connection stays the error it is.
fn explained(
    client: &mut Client,
    view: &View,
    deployment: &Deployment,
    owner: &str,
    options: &RefreshOptions,
    error: PgError,
) -> Result<Message> {
    let said = match error {
        PgError::Statement { error, .. } => error,
        PgError::Refused(why) => return Ok(why),
        error => return Err(error),
    };
    let why = said.to_string();
    let Some(db) = said.client_error().as_db_error() else { return Ok(why.into()) };
    let code = db.code();
    Ok(if *code == SqlState::UNIQUE_VIOLATION {
        copies(client, deployment, db)?.unwrap_or(why).into()
    } else if *code == SqlState::LOCK_NOT_AVAILABLE {
        let within = options.limits.lock.map(|timeout| format!(" within {timeout:?}")).unwrap_or_default();
        let locked = View { sources: locked(client, deployment)?.into_iter().collect(), ..view.clone() };
        let who = obstacles(client, &locked, Method::Incremental)?;
        format!("what it reads could not be locked{within}: {who}").into()
    } else if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        format!("{why}; it runs with the rights of its owner, {}", identifier(owner)).into()
    } else if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::UNDEFINED_COLUMN {
        let deploy = deployment.command(Command::Deploy);
        message![why, "; ", deploy, " makes what is missing, if it is Spectrum's"]
    } else {
        why.into()
    })
}

/// The events table and all that is below it: a refresh locks them against DROP and ALTER.
fn locked(client: &mut Client, deployment: &Deployment) -> Result<Vec<u32>> {
    let Some(events) = find(client, &deployment.events)? else { return Ok(Vec::new()) };
    let sql = format!("WITH RECURSIVE {} SELECT oid FROM tree", table_tree("$1::oid"));
    let rows = client.query(&sql, &[&events.oid]).while_doing("listing partitions")?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

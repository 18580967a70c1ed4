//! The refresh of one view.

use postgres::Client;
use postgres::error::SqlState;
use spectrum_sql::identifier;

use super::RefreshOptions;
use super::method::{Choice, choose};
use super::obstacles::obstacles;
use super::order::View;
use super::privilege::{Standing, standing};
use super::report::{Method, Outcome, Refreshed, now, now_after_cancel};
use crate::connect::{Canceller, under_session_path};
use crate::error::{PgError, Result, While};
use crate::observer::Event;
use crate::stop::Stop;

/// Refreshes a view in a transaction of its own. Problems with the view are in the result; only problems of
/// the whole run are errors.
pub(super) fn refresh_view(
    client: &mut Client,
    view: &View,
    options: &RefreshOptions,
    stop: &Stop,
    canceller: &Canceller,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Refreshed> {
    let started_at = now(client)?;
    let ended = |outcome, choice: Option<Choice>, finished_at| Refreshed {
        relation: view.name.clone(),
        method: choice.as_ref().map(|choice| choice.method),
        reason: choice.map(|choice| choice.reason).unwrap_or_default(),
        outcome,
        started_at,
        finished_at,
        rows: None,
        counts: None,
        error: None,
        refused_copies: false,
    };
    let untried =
        |error: String| Refreshed { error: Some(error.into()), ..ended(Outcome::Failed, None, started_at) };
    let Some(standing) = standing(client, view.oid, &view.name)? else {
        return Ok(untried("it is not there any more".into()));
    };
    if let Some(obstacle) = standing.obstacle.clone() {
        return Ok(untried(obstacle));
    }
    let choice = match options.never_concurrently {
        true => Choice { method: Method::Plain, reason: "concurrently was ruled out".into() },
        false => {
            let owner = identifier(&standing.owner);
            let forbidden = (!standing.owner_may_create_temporary).then_some(owner.as_str());
            choose(client, view.oid, standing.populated, forbidden)?
        }
    };
    observer(Event::RefreshBegun { relation: &view.name, method: choice.method, reason: &choice.reason });
    let done = stop.during(canceller.clone()).map(|_running| execute(client, view, choice.method, options));
    // The server does not say on whose behalf it cancelled something, but we know whether it was on ours.
    let is_ours = |error: &PgError| error.code() == Some(&SqlState::QUERY_CANCELED) && stop.is_requested();
    let (outcome, error) = match done {
        Some(Ok(())) => (Outcome::Ok, None),
        Some(Err(error)) if !is_ours(&error) => {
            let why = explained(client, view, &standing, choice.method, options, error)?;
            (Outcome::Failed, Some(why.into()))
        }
        _ => (Outcome::Cancelled, Some("the run was stopped; the view holds what it held before".into())),
    };
    let finished_at = now_after_cancel(client)?;
    let rows = match outcome {
        Outcome::Ok if standing.we_may_read => count(client, view)?,
        _ => None,
    };
    Ok(Refreshed { rows, error, ..ended(outcome, Some(choice), finished_at) })
}

fn execute(client: &mut Client, view: &View, method: Method, options: &RefreshOptions) -> Result<()> {
    let doing = || format!("refreshing {}", view.name);
    let mut transaction = client.transaction().while_doing(doing())?;
    options.limits.set_given(&mut transaction, &doing())?;
    let concurrently = match method {
        Method::Concurrently => "CONCURRENTLY ",
        Method::Plain | Method::Incremental => "",
    };
    let statement = format!("REFRESH MATERIALIZED VIEW {concurrently}{}", view.name);
    // Functions that a view calls may look for others by the path of the refreshing role, before PostgreSQL 17.
    under_session_path(&mut transaction, |transaction| {
        transaction.batch_execute(&statement).while_doing(doing())
    })??;
    transaction.commit().while_doing(doing())
}

/// The server's words, with what they leave open. A lost connection stays the error it is.
fn explained(
    client: &mut Client,
    view: &View,
    standing: &Standing,
    method: Method,
    options: &RefreshOptions,
    error: PgError,
) -> Result<String> {
    let code = error.code().cloned();
    let PgError::Statement { error: why, .. } = error else { return Err(error) };
    Ok(match code {
        Some(code) if code == SqlState::LOCK_NOT_AVAILABLE => {
            let within =
                options.limits.lock.map(|timeout| format!(" within {timeout:?}")).unwrap_or_default();
            let who = obstacles(client, view, method)?;
            format!("it could not be locked{within}: {who}")
        }
        Some(code) if code == SqlState::INSUFFICIENT_PRIVILEGE => {
            format!("{why}; a refresh reads as the view's owner, {}", identifier(&standing.owner))
        }
        _ => why.to_string(),
    })
}

/// How many rows there are. PostgreSQL does not say how many a refresh wrote; reading them once more costs
/// little beside it. When they cannot be counted, which a timeout of the server's can bring about, the view
/// is fresh still.
fn count(client: &mut Client, view: &View) -> Result<Option<i64>> {
    let counted = client
        .query_one(&format!("SELECT COUNT(*) FROM {}", view.name), &[])
        .while_doing(format!("counting the rows of {}", view.name));
    match counted {
        Ok(row) => Ok(Some(row.get(0))),
        Err(error @ PgError::Lost { .. }) => Err(error),
        Err(_) => Ok(None),
    }
}

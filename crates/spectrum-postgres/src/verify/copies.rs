//! Rows of one event that stand in the sessions more than once. The unique index on the event id keeps them out, so they
//! are looked for only where it is missing.

use postgres::GenericClient;
use spectrum_sql::identifier;

use crate::catalog::indexes_of;
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::present::Present;
use crate::role::Role;

/// How many rows there are beyond one per event, and the first ids of such events as text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Copies {
    pub(super) rows: u64,
    pub(super) examples: Vec<String>,
}

/// Looks for copies among the rows for which `filter`, which begins with WHERE, holds.
pub(super) fn copies(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    filter: &str,
) -> Result<Copies> {
    if kept_out(client, fit, present)? {
        return Ok(Copies::default());
    }
    let event_id = identifier(fit.deployment.definition.event_id());
    let sql = format!(
        "SELECT COALESCE(SUM(more), 0)::BIGINT, (ARRAY_AGG(id ORDER BY id))[1:3]
         FROM (SELECT {event_id}::TEXT AS id, COUNT(*) - 1 AS more FROM {}{filter}
               GROUP BY {event_id} HAVING COUNT(*) > 1 AND {event_id} IS NOT NULL) AS copied",
        fit.deployment.sessions()
    );
    let row = client.query_one(&sql, &[]).while_doing("looking for rows that are there twice")?;
    Ok(Copies {
        rows: row.get::<_, i64>(0).unsigned_abs(),
        examples: row.get::<_, Option<Vec<String>>>(1).unwrap_or_default(),
    })
}

/// Removes all rows of an event but one, whichever: those that differ are computed again.
pub(super) fn remove_copies(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<u64> {
    if kept_out(client, fit, present)? {
        return Ok(0);
    }
    let event_id = identifier(fit.deployment.definition.event_id());
    let sessions = fit.deployment.sessions();
    let sql = format!(
        "DELETE FROM {sessions} WHERE ctid IN (
           SELECT place FROM (
             SELECT ctid AS place, {event_id} AS id, ROW_NUMBER() OVER (PARTITION BY {event_id} ORDER BY ctid) AS nth
             FROM {sessions}) AS numbered
           WHERE nth > 1 AND id IS NOT NULL)"
    );
    client.execute(&sql, &[]).while_doing("removing rows that are there twice")
}

/// Whether a unique index on the event id stands.
pub(super) fn kept_out(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<bool> {
    let Some(sessions) = present.get(Role::Sessions) else { return Ok(false) };
    let event_id = fit.deployment.definition.event_id();
    let on_it = |columns: &[Option<String>]| matches!(columns, [Some(name)] if name == event_id);
    Ok(indexes_of(client, sessions.oid)?.iter().any(|index| index.unique && on_it(&index.columns)))
}

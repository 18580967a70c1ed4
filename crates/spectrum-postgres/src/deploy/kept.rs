//! Events of partitions that are gone, of which Spectrum has the only copy.

use postgres::GenericClient;

use super::exchange::notes_roles;
use crate::catalog::columns_of;
use crate::deployment::Mode;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::present::Present;
use crate::record::Role;

/// Whether kept events are there and stay, because the deployment keeps such events with the same columns of the same
/// table.
///
/// # Errors
/// [`PgError::Refused`] when there are some and the deployment would lose them.
pub(super) fn survive(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<bool> {
    let Some(kept) = present.get(Role::KeptEvents) else { return Ok(false) };
    let deployment = &fit.deployment;
    let keeps = deployment.mode == Mode::Incremental && notes_roles(fit).contains(&Role::KeptEvents);
    let before = [Role::Changes, Role::Sessions].iter().find_map(|role| present.record(*role)?.deployment());
    let same_table = before.is_some_and(|before| before.events == deployment.events);
    let definition = &deployment.definition;
    let names = definition.key().iter().map(String::as_str).chain([definition.time(), definition.event_id()]);
    let names = names.chain(deployment.carried.iter().map(String::as_str));
    let wanted = names.map(|name| (name, fit.column(name).map(|column| column.ty.as_str())));
    let columns = columns_of(client, kept)?;
    // Beside those of the events it has columns of its own.
    let has = |(name, ty): (&str, Option<&str>)| {
        columns.iter().any(|column| column.name == name && Some(column.ty.as_str()) == ty)
    };
    let same_columns = wanted.into_iter().all(has);
    if keeps && same_table && same_columns {
        return Ok(true);
    }
    let sql = format!("SELECT COUNT(*) FROM {}", kept.name);
    let count: i64 = client.query_one(&sql, &[]).while_doing(format!("counting {}", kept.name))?.get(0);
    if count == 0 {
        return Ok(false);
    }
    let why = match (keeps, same_table) {
        (false, _) => "this deployment keeps none",
        (true, false) => "this deployment is of another table",
        (true, true) => "this deployment has other columns",
    };
    Err(PgError::Refused(format!(
        "{0} holds {count} events of partitions that are gone, and {why}, so they would be lost; if they may be, TRUNCATE \
         {0}, and if not, bring them back first (INSERT INTO {1} SELECT ... FROM {0}) or save a copy of it",
        kept.name, deployment.events
    )))
}

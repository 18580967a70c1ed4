//! What changed around a deployment: columns of the events, policies on them, and what somebody put in the way of names.

use postgres::GenericClient;

use crate::bound::foreign_bindings;
use crate::capture::Capture;
use crate::catalog::{Relation, changed_columns, hiding};
use crate::deployment::Deployment;
use crate::error::{Result, While};
use crate::present::Present;
use crate::record::Role;

/// In words with what to do, the gravest first.
pub(super) fn changed(
    client: &mut impl GenericClient,
    present: &Present,
    deployment: &Deployment,
    events: Option<&Relation>,
) -> Result<Vec<String>> {
    let capture = Capture::find(client, deployment)?;
    let bound = foreign_bindings(client, present, &capture)?;
    let mut words: Vec<String> = bound
        .iter()
        .map(|bound| {
            format!("{bound}, which is not PostgreSQL's own; find out who made it, and run spectrum deploy, which mends it")
        })
        .collect();
    let (Some(events), Some(sessions)) = (events, present.get(Role::Sessions)) else { return Ok(words) };
    let owner = client
        .query_one(
            "SELECT pg_get_userbyid(relowner)::text FROM pg_catalog.pg_class WHERE oid = $1",
            &[&sessions.oid],
        )
        .while_doing(format!("looking at {}", sessions.name))?;
    words.extend(hiding(client, events, Some(owner.get(0)))?);
    let columns = changed_columns(client, events, sessions)?;
    words.extend(columns.iter().map(|column| format!("in {} {column}; {}", events.name, column.remedy())));
    Ok(words)
}

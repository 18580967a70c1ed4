//! What stands in the way of triggers.

use postgres::GenericClient;
use spectrum_sql::identifier;

use crate::catalog::{Kind, unlogged};
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::remedy::Remedy;

/// What stands in the way of triggers, in words; nothing when they can be made.
pub(crate) fn obstacles(client: &mut impl GenericClient, fit: &Fit) -> Result<Vec<Message>> {
    let events = &fit.events;
    let instead = || message!["deploy with ", Remedy::ViewMode];
    if !matches!(events.kind, Kind::Table | Kind::Partitioned) {
        return Ok(vec![message![
            format!(
                "{} is {}, and mode incremental needs triggers that only tables have; deploy on the table, or ",
                events.name,
                events.kind.words()
            ),
            instead()
        ]]);
    }
    let row = client
        .query_one(
            "SELECT pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner)::text, current_user::text
             FROM pg_catalog.pg_class c WHERE c.oid = $1",
            &[&events.oid],
        )
        .while_doing("reading privileges")?;
    let unlogged = unlogged(client, events.oid)?;
    let mut obstacles: Vec<Message> =
        unlogged.into_iter().map(|table| message![table, ", or ", instead()]).collect();
    if !row.get::<_, bool>(0) {
        let (owner, us) = (identifier(row.get(1)), identifier(row.get(2)));
        obstacles.push(message![
            format!(
            "mode incremental puts triggers on {}, which its owner {owner} may and this role may not; connect as {owner}, or \
             GRANT {owner} TO {us}, or ",
            events.name
            ),
            instead()
        ]);
    }
    obstacles.extend(unseen(fit).map(|column| {
        message![format!(
            "column '{column}' of {} is GENERATED ... VIRTUAL, whose values triggers do not see; drop it and add it again as \
             STORED, or ",
            events.name
        ), instead()]
    }));
    let foreign = fit.below.iter().filter(|below| !matches!(below.kind, Kind::Table | Kind::Partitioned));
    obstacles.extend(foreign.map(|below| {
        message![
            format!(
                "{} is {}, on which nothing notes changes; detach it, or ",
                below.table,
                below.kind.words()
            ),
            instead()
        ]
    }));
    let others = fit.below.iter().filter(|below| !below.is_ours && row.get::<_, bool>(0));
    obstacles.extend(others.map(|below| {
        format!(
            "{} belongs to another role than {}; ALTER TABLE {0} OWNER TO that of {1}",
            below.table, events.name
        )
        .into()
    }));
    Ok(obstacles)
}

/// The columns of the deployment that are computed when they are read. To a trigger they are NULL.
fn unseen(fit: &Fit) -> impl Iterator<Item = &str> {
    let definition = &fit.deployment.definition;
    let ours = definition.key().iter().map(String::as_str).chain([definition.time(), definition.event_id()]);
    let ours = ours.chain(fit.deployment.carried.iter().map(String::as_str));
    ours.filter(|name| fit.column(name).is_some_and(|column| column.is_virtual))
}

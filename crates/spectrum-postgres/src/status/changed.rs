//! What changed around a deployment: columns of the events, policies on them, and what somebody put in the way of names.

use postgres::GenericClient;

use crate::bound::foreign_bindings;
use crate::catalog::{Relation, changed_columns, hiding};
use crate::deployment::{Deployment, Mode};
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::present::Present;
use crate::remedy::Command;
use crate::role::Role;
use crate::triggers::Triggers;

/// In words with what to do, the gravest first.
pub(super) fn changed(
    client: &mut impl GenericClient,
    present: &Present,
    deployment: &Deployment,
    events: Option<&Relation>,
) -> Result<Vec<Message>> {
    let triggers = Triggers::find(client, deployment)?;
    let bound = foreign_bindings(client, present, &triggers)?;
    let mut words: Vec<Message> = bound
        .iter()
        .map(|bound| {
            message![
                format!("{bound}, which is not PostgreSQL's own; find out who made it, and run "),
                deployment.command(Command::Deploy),
                ", which mends it"
            ]
        })
        .collect();
    let (Some(events), Some(sessions)) = (events, present.get(Role::Sessions)) else { return Ok(words) };
    let owner = client
        .query_one(
            "SELECT pg_get_userbyid(relowner)::text FROM pg_catalog.pg_class WHERE oid = $1",
            &[&sessions.oid],
        )
        .while_doing(format!("looking at {}", sessions.name))?;
    words.extend(hiding(client, events, Some(owner.get(0)))?.map(Message::from));
    let columns = changed_columns(client, events, sessions)?;
    if columns.is_empty() {
        // Their text has the types of the columns in it.
        words.extend(outdated(client, present, deployment, &triggers)?);
    }
    words.extend(
        columns.iter().map(|column| format!("in {} {column}; {}", events.name, column.remedy()).into()),
    );
    Ok(words)
}

/// Functions of a deployment in mode incremental that another version made, or that somebody changed.
fn outdated(
    client: &mut impl GenericClient,
    present: &Present,
    deployment: &Deployment,
    triggers: &Triggers,
) -> Result<Option<Message>> {
    // While another definition is built, they are those of that one.
    if deployment.mode == Mode::View || present.is_unfinished() {
        return Ok(None);
    }
    let fit = match Fit::find(client, deployment) {
        Ok(fit) => fit,
        Err(PgError::Refused(_)) => return Ok(None), // whatever does not fit any more is told elsewhere
        Err(error) => return Err(error),
    };
    let events = fit.query();
    let incremental = fit.incremental(&events);
    let made = incremental.functions_of_triggers().into_iter().chain([incremental.refresh_function()]);
    let outdated: Vec<String> =
        made.filter(|made| triggers.is_outdated(made)).map(|made| format!("{}()", made.name)).collect();
    let Some(first) = outdated.first() else { return Ok(None) };
    let (deploy, version) = (deployment.command(Command::Deploy), "as this version of Spectrum makes");
    Ok(Some(match outdated.len() - 1 {
        0 => message![format!("{first} is not {version} it; "), deploy, " makes it anew, and nothing else"],
        more => message![
            format!("{first} and {more} more functions are not {version} them; "),
            deploy,
            " makes them anew, and nothing else"
        ],
    }))
}

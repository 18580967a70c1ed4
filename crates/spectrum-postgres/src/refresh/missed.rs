//! Whether changes of the events reach the sessions at all, so that no refresh says "nothing changed" where
//! nothing was noted.

use postgres::Client;

use super::views::Chosen;
use crate::catalog::find;
use crate::deployment::Deployment;
use crate::error::{PgError, Result};
use crate::message::Message;
use crate::present::deployed;
use crate::role::Role;
use crate::status::missed;

/// Why the sessions of a run may lack what was written, each with what to do.
pub(super) fn missed_by(client: &mut Client, place: &Deployment, chosen: &Chosen) -> Result<Vec<Message>> {
    let sessions = place.sessions();
    let Some(relation) = chosen.views.iter().find(|view| view.name == sessions) else {
        return Ok(Vec::new());
    };
    // A view of somebody else under this name is refreshed too.
    if relation.record()?.is_none_or(|record| record.role != Role::Sessions) {
        return Ok(Vec::new());
    }
    let (deployment, present) = match deployed(client, place) {
        Ok(found) => found,
        // Something of another owner has the log's name, say, which is not a reason to call a finished
        // refresh failed.
        Err(PgError::Refused(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let events = find(client, &deployment.events)?;
    missed(client, &deployment, &present, events.as_ref())
}

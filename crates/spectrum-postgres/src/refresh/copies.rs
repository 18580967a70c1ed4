//! Events that share an id, described for those who have to remove one of them.

use postgres::Client;
use postgres::error::{DbError, SqlState};
use spectrum_sql::postgres::duplicate_event;
use spectrum_sql::{identifier, literal};

use crate::catalog::{Kind, find};
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};

/// How many of the copies are shown.
const EXAMPLES: i64 = 3;
/// The longest we look for them, in milliseconds. Where no index on the event id helps, they are not worth more.
const PATIENCE_MS: u32 = 5_000;

/// The event id that a violation is about; `None` when it is about something else.
pub(super) fn shared_id<'e>(deployment: &Deployment, error: &'e DbError) -> Option<&'e str> {
    let is_violation = *error.code() == SqlState::UNIQUE_VIOLATION;
    let detail = error.detail().filter(|_| is_violation)?;
    duplicate_event(deployment.definition.event_id(), detail)
}

/// What a violation means that is one of the event id: who has it, and what to do. `None` when it is another.
///
/// Copies among the events that a refresh looks at, its function finds itself. One that belongs to a key of which nothing
/// was noted, the unique index of the sessions keeps out.
pub(super) fn copies(
    client: &mut Client,
    deployment: &Deployment,
    error: &DbError,
) -> Result<Option<String>> {
    let Some(id) = shared_id(deployment, error) else { return Ok(None) };
    let event_id = identifier(deployment.definition.event_id());
    let examples = match examples(client, deployment, id) {
        Ok(examples) if examples.len() > 1 => format!(" ({})", examples.join("; ")),
        Err(error @ PgError::Lost { .. }) => return Err(error),
        // A role that may refresh need not be allowed to read the events.
        _ => String::new(),
    };
    let table = find(client, &deployment.events)?;
    let of_each =
        if table.is_some_and(|table| table.kind == Kind::Partitioned) { " of each partition" } else { "" };
    Ok(Some(format!(
        "more than one event has {event_id} {id}{examples}, so the sessions stay as they were and what was noted waits; remove \
         the copies, which spectrum verify finds, and keep new ones out with a unique index on {event_id}{of_each}"
    )))
}

/// Key and time of the events with the id.
fn examples(client: &mut Client, deployment: &Deployment, id: &str) -> Result<Vec<String>> {
    let definition = &deployment.definition;
    let key = definition.key().iter().map(|name| format!("COALESCE({}::text, 'NULL')", identifier(name)));
    let (key, time) = (key.collect::<Vec<_>>().join(", "), identifier(definition.time()));
    let doing = "looking for events that share an id";
    let mut transaction = client.transaction().while_doing(doing)?;
    transaction
        .batch_execute(&format!(
            "SET LOCAL statement_timeout = {PATIENCE_MS}; SET LOCAL lock_timeout = {PATIENCE_MS}"
        ))
        .while_doing(doing)?;
    let sql = format!(
        "SELECT CONCAT_WS(', ', {key}) || ' at ' || COALESCE({time}::text, 'NULL')
         FROM {} WHERE {} = {} ORDER BY {time} LIMIT {EXAMPLES}",
        deployment.events,
        identifier(definition.event_id()),
        literal(id)
    );
    let rows = transaction.query(&sql, &[]).while_doing(doing)?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

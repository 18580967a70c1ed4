//! What waits for the next refresh.

use crate::name::TableName;
use crate::postgres::events::Events;

/// Asks how many keys the notes in `changes` are about, a `bigint`, and whether a TRUNCATE is among them, which is about
/// every key that lost an event.
pub fn pending_query(events: &Events<'_>, changes: &TableName) -> String {
    let (key, everything) = (events.key_list(), events.own_name("everything"));
    format!(
        "SELECT (SELECT COUNT(*) FROM (SELECT DISTINCT {key} FROM {changes} WHERE NOT {everything}) AS keys),
       EXISTS (SELECT FROM {changes} WHERE {everything})"
    )
}

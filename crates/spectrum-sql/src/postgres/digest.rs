//! One number for a whole relation of (event id, session id), whatever the order of its rows.

use super::events::Events;
use super::sessions::encoded;
use crate::quote::identifier;

/// One row with three numbers: the count of `relation`'s rows, and the sums of the upper and of the lower 64
/// bits of one digest per row, both taken as signed integers. `relation` is SQL: a table, or a query in
/// parentheses.
///
/// A row's digest is the MD5 of its event id and its session id, each with its length in octets before it, `-` for
/// NULL. Sums do not depend on the order of the rows, and unlike an exclusive or they count a row that is there twice.
pub fn digest_query(event_id: &str, relation: &str) -> String {
    let row = encoded(&[format!("{}::TEXT", identifier(event_id)), "session_id".to_owned()]);
    format!(
        "\
SELECT COUNT(*), COALESCE(SUM(('x' || LEFT(digest, 16))::BIT(64)::BIGINT), 0)::TEXT,
       COALESCE(SUM(('x' || RIGHT(digest, 16))::BIT(64)::BIGINT), 0)::TEXT
FROM (SELECT MD5({row}) AS digest FROM {relation} AS digested) AS digests"
    )
}

/// A text for the whole key that differs for different keys: every column's text with its length, `-` for NULL.
pub fn key_text(events: &Events<'_>) -> String {
    encoded(&events.key_texts())
}

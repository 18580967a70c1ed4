//! Whether both relations hold exactly the rows of the reference SQL, by sums over hashes of their rows.
//!
//! A join of every event of both sides, and a difference of every session, say which rows differ; most of the time none does.
//! A row's hash is 64 bits of its values, and the sums count every row as often as it is there, whatever the order. If sums
//! and counts are equal, the rows are, but for a chance of one in 10^19. If not, the rows are compared one by one.
//!
//! The reference SQL makes an id of every event's key and number, which costs more than all the rest. Here it is made once a
//! session: the events of a session are weighed with the hash of its id, and so are those of an id in the sessions relation.

use postgres::Transaction;
use spectrum_sql::postgres::{KeyComparison, SUMMARY_COLUMNS, session_id_of};
use spectrum_sql::{identifier, identifiers};

use super::compare::numbered_reference;
use super::scope::Scope;
use crate::catalog::check_server;
use crate::error::{Result, While};
use crate::fit::Fit;

/// The first version that hashes rows.
const HASHES_ROWS: i32 = 140_000;

/// The rows of relations that are the same as the reference.
pub(super) struct Same {
    pub(super) events: u64,
    pub(super) sessions: u64,
}

/// What both relations hold, if they are the same; `None` where they are not, or cannot be known so.
pub(super) fn same(client: &mut Transaction<'_>, fit: &Fit, scope: &Scope) -> Result<Option<Same>> {
    let definition = &fit.deployment.definition;
    let is_hashed = definition.is_plain()
        && definition.summary().is_empty()
        && !definition.id().needs_memory()
        && fit.query().key_comparisons().iter().all(|key| *key == KeyComparison::Plain)
        && check_server(client, definition.id())? >= HASHES_ROWS;
    if !is_hashed {
        return Ok(None);
    }
    let doing = "comparing with the reference SQL";
    let row = client.query_one(&reference(fit, scope), &[]).while_doing(doing)?;
    let (events, sessions): (i64, i64) = (row.get(0), row.get(1));
    let wanted: [Option<String>; 2] = [row.get(2), row.get(3)];
    let row = client.query_one(&summary(fit, scope), &[]).while_doing(doing)?;
    if (row.get::<_, i64>(0), &row.get::<_, Option<String>>(1)) != (sessions, &wanted[1]) {
        return Ok(None);
    }
    let row = client.query_one(&held(fit, scope), &[]).while_doing(doing)?;
    let is_same = (row.get::<_, i64>(0), &row.get::<_, Option<String>>(1)) == (events, &wanted[0]);
    Ok(is_same.then_some(Same { events: events.unsigned_abs(), sessions: sessions.unsigned_abs() }))
}

/// The number of events and of sessions of the reference SQL, the sum over the events, and that over the sessions.
fn reference(fit: &Fit, scope: &Scope) -> String {
    let definition = &fit.deployment.definition;
    let events = fit.query();
    let key = identifiers(definition.key().iter().map(String::as_str));
    let (time, event_id) = (identifier(definition.time()), identifier(definition.event_id()));
    let in_order = format!("(ARRAY_AGG({event_id} ORDER BY {time}, {event_id}))");
    format!(
        "WITH numbered AS (\n{}),
grouped AS (
  SELECT {key}, session_seq::BIGINT AS session_seq, MIN({time}) AS started_at, MAX({time}) AS ended_at, {} AS duration,
         COUNT(*) AS events, {in_order}[1] AS first_event_id, {in_order}[COUNT(*)::INT] AS last_event_id, {} AS {held}
  FROM numbered GROUP BY {key}, numbered.session_seq),
identified AS (SELECT *, {} AS session_id FROM grouped)
SELECT COALESCE(SUM(events), 0)::BIGINT, COUNT(*), SUM({weight} * {held})::TEXT, {}::TEXT FROM identified",
        numbered_reference(fit, &scope.reference(fit)),
        fit.time().difference(&format!("MAX({time})"), &format!("MIN({time})")),
        hashed(&event(fit)),
        session_id_of(&events, "session_seq", "started_at"),
        hashed(&session(fit)),
        held = events.own_name("held"),
        weight = weight(),
    )
}

/// The number of rows of the sessions relation, and the sum over them.
fn held(fit: &Fit, scope: &Scope) -> String {
    format!(
        "SELECT COALESCE(SUM(rows), 0)::BIGINT, SUM({} * held)::TEXT
FROM (SELECT session_id, COUNT(*) AS rows, {} AS held FROM {}{} GROUP BY session_id) AS sessions",
        weight(),
        hashed(&event(fit)),
        fit.deployment.sessions(),
        scope.filter()
    )
}

/// The number of rows of the summary, and the sum over them.
fn summary(fit: &Fit, scope: &Scope) -> String {
    format!(
        "SELECT COUNT(*), {}::TEXT FROM {}{}",
        hashed(&session(fit)),
        fit.deployment.summary(),
        scope.filter()
    )
}

/// What is summed up of an event, whose session's id weighs it.
fn event(fit: &Fit) -> Vec<String> {
    let definition = &fit.deployment.definition;
    let key = definition.key().iter().map(|name| identifier(name));
    let carried = fit.deployment.carried.iter().map(|name| format!("{}::TEXT", identifier(name)));
    key.chain([identifier(definition.time()), format!("{}::TEXT", identifier(definition.event_id()))])
        .chain(carried)
        .collect()
}

/// What is summed up of a session.
fn session(fit: &Fit) -> Vec<String> {
    let key = fit.deployment.definition.key().iter().map(|name| identifier(name));
    let values = SUMMARY_COLUMNS.iter().map(|name| match name.ends_with("event_id") {
        true => format!("{name}::TEXT"),
        false => (*name).to_owned(),
    });
    key.chain(["session_id".to_owned()]).chain(values).collect()
}

fn hashed(values: &[String]) -> String {
    format!("SUM(HASH_RECORD_EXTENDED(ROW({}), 0))", values.join(", "))
}

/// What events are weighed with. A session without an id is one of all such.
fn weight() -> &'static str {
    "COALESCE(HASHTEXTEXTENDED(session_id, 1), 1)"
}

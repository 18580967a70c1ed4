//! What can be wrong with the events themselves.

use postgres::Transaction;
use spectrum_core::IdScheme;
use spectrum_sql::identifier;

use super::{Check, CheckName};
use crate::deploy::{duplicates, look_at, shared_ids};
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::message::Message;

/// Every check but the comparisons, over all events, or the sampled keys where that is asked. Copies of events are not
/// looked for where it is known that there are `no_copies`.
pub(super) fn all(
    client: &mut Transaction<'_>,
    fit: &Fit,
    sampled: Option<&str>,
    no_copies: bool,
) -> Result<Vec<Check>> {
    let found = look_at(client, fit, sampled)?;
    let check = |name, found: u64, good: &str, bad: Message| {
        Check::new(name, found, if found == 0 { good.into() } else { bad })
    };
    let duplicated = match fit.deployment.deduplicated || no_copies {
        true => None, // or they are expected, and the earliest of each is kept
        false => duplicates(client, fit, sampled)?,
    };
    let without_time = if fit.deployment.without_null_times { 0 } else { found.null_times };
    let times = without_time + found.infinite_times;
    let null_keys = match fit.deployment.definition.id() {
        IdScheme::Sequence => found.null_keys,
        IdScheme::Encoded | IdScheme::Start | IdScheme::Persistent => 0,
    };
    let collision = shared_ids(client, &fit.deployment)?;
    let ids = collision.as_ref().map_or(0, |collision| collision.ids);
    let future = future(client, fit, sampled)?;
    Ok(vec![
        check(
            CheckName::Duplicates,
            duplicated.as_ref().map_or(0, |(ids, _)| *ids),
            "no event id stands for more than one event",
            duplicated.map(|(_, words)| words).unwrap_or_default(),
        ),
        check(
            CheckName::Times,
            times,
            "every event has a time",
            format!(
                "events without a time: {without_time}, events at infinity: {}; fix them",
                found.infinite_times
            ).into(),
        ),
        check(
            CheckName::NullKeys,
            null_keys,
            "no event lacks a session id for a NULL in its key",
            format!(
                "events with a NULL in their key: {null_keys}; their session_id is NULL, and id = \"encoded\" gives them one"
            ).into(),
        ),
        check(
            CheckName::Collisions,
            ids,
            "no session id stands for more than one session",
            collision.map(|collision| collision.to_string().into()).unwrap_or_default(),
        ),
        check(
            CheckName::Future,
            future,
            "no event lies in the future",
            format!("events in the future: {future}; look at the clocks of what sends them").into(),
        ),
    ])
}

fn future(client: &mut Transaction<'_>, fit: &Fit, sampled: Option<&str>) -> Result<u64> {
    let time = identifier(fit.deployment.definition.time());
    let filter = sampled.map(|condition| format!(" AND {condition}")).unwrap_or_default();
    // A finite one: those at infinity are counted separately.
    let sql = format!(
        "SELECT COUNT(*) FROM {} WHERE {time} > {} AND {}{filter}",
        fit.events.name,
        fit.time().now(),
        fit.is_finite(&time)
    );
    let row = client.query_one(&sql, &[]).while_doing("looking for events in the future")?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}

//! Event ids that are there more than once: on copies of an event, or on different events.

use postgres::GenericClient;
use spectrum_sql::{identifier, literal};

use super::data::{EXAMPLES, filter};
use crate::catalog::Kind;
use crate::deployment::Mode;
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::remedy::{Command, Remedy};

/// How many event ids are there more than once, and a message with examples; `None` when all differ.
pub(crate) fn duplicates(
    client: &mut impl GenericClient,
    fit: &Fit,
    condition: Option<&str>,
) -> Result<Option<(u64, Message)>> {
    let event_id = identifier(fit.deployment.definition.event_id());
    let sql = format!(
        "SELECT id, times, COUNT(*) OVER () FROM (
           SELECT {event_id}::TEXT AS id, COUNT(*) AS times FROM {}{} GROUP BY {event_id} HAVING COUNT(*) > 1) d
         ORDER BY times DESC, id LIMIT {EXAMPLES}",
        fit.events.name,
        filter(condition)
    );
    let rows = client.query(&sql, &[]).while_doing("looking for event ids that are there twice")?;
    let Some(first) = rows.first() else { return Ok(None) };
    let ids = first.get::<_, i64>(2).unsigned_abs();
    let examples = rows.iter().map(|row| {
        let id: Option<&str> = row.get(0);
        format!("{} ({} times)", id.unwrap_or("NULL"), row.get::<_, i64>(1))
    });
    let different = different(client, fit, condition)?;
    let fix = if different.is_some() { "give each event its own id" } else { "remove the copies" };
    let remedy = match fit.deployment.mode {
        Mode::View => {
            let deduplicating = Remedy::run(Command::Deploy).with(Remedy::Deduplicate);
            let loses = if different.is_some() { " and lose the others" } else { "" };
            message![format!("{fix}, or keep the earliest of each{loses} with "), deduplicating]
        }
        Mode::Incremental => {
            // A unique index on a partitioned table has to have the columns that it is partitioned by.
            let of_each = if fit.events.kind == Kind::Partitioned { " of each partition" } else { "" };
            format!("{fix}; a unique index on {event_id}{of_each} then keeps others out").into()
        }
    };
    let found = format!(
        "{ids} {event_id} values stand for more than one event in {}, such as {}; ",
        fit.events.name,
        examples.collect::<Vec<_>>().join(", ")
    );
    let different = different
        .map(|different| format!("{} of them for different events{}; ", different.ids, different.examples));
    let different = different.unwrap_or_default();
    Ok(Some((ids, message![found, different, remedy])))
}

/// Ids that stand for events of different keys or times.
pub(crate) struct Different {
    ids: u64,
    /// Two of them with two of their events each.
    examples: String,
}

/// Which ids stand for events of different keys or times, which are not copies of each other, with two examples; `None`
/// when none do.
pub(crate) fn different(
    client: &mut impl GenericClient,
    fit: &Fit,
    condition: Option<&str>,
) -> Result<Option<Different>> {
    let definition = &fit.deployment.definition;
    let event_id = identifier(definition.event_id());
    let names: Vec<&str> = definition.key().iter().map(String::as_str).chain([definition.time()]).collect();
    let columns: Vec<String> = names.iter().map(|name| identifier(name)).collect();
    let told: Vec<String> = names
        .iter()
        .zip(&columns)
        .map(|(name, column)| format!("{} || COALESCE({column}::TEXT, 'NULL')", literal(&format!("{name} "))))
        .collect();
    let (events, filter) = (&fit.events.name, filter(condition));
    let earliest = columns.iter().rev().map(String::as_str).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT id, two, COUNT(*) OVER () FROM (
           SELECT id, (ARRAY_AGG(what ORDER BY place))[1:2] AS two FROM (
             SELECT id, what, ROW_NUMBER() OVER (PARTITION BY id ORDER BY {earliest}) AS place FROM (
               SELECT DISTINCT ON ({event_id}, {earliest}) {event_id}::TEXT AS id, CONCAT_WS(', ', {}) AS what, {}
               FROM {events}
               WHERE {event_id} IN (SELECT {event_id} FROM {events}{filter} GROUP BY {event_id} HAVING COUNT(*) > 1)
             ) apart) placed
           GROUP BY id HAVING COUNT(*) > 1) shared
         ORDER BY id LIMIT 2",
        told.join(", "),
        columns.join(", "),
    );
    let rows = client.query(&sql, &[]).while_doing("looking for event ids of different events")?;
    let Some(first) = rows.first() else { return Ok(None) };
    let ids = first.get::<_, i64>(2).unsigned_abs();
    let such_as = if ids > rows.len() as u64 { ", such as" } else { ":" };
    let examples = rows.iter().map(|row| {
        format!("{} for ({})", row.get::<_, &str>(0), row.get::<_, Vec<String>>(1).join(") and ("))
    });
    let examples = format!("{such_as} {}", examples.collect::<Vec<_>>().join("; "));
    Ok(Some(Different { ids, examples }))
}

impl Different {
    /// What a deployment says that keeps the earliest of each.
    pub(crate) fn left_out(&self, event_id: &str) -> String {
        let ids = match self.ids {
            1 => format!("1 {event_id} stands"),
            ids => format!("{ids} {event_id} values stand"),
        };
        format!("{ids} for different events{}; only the earliest of each is in the sessions", self.examples)
    }
}

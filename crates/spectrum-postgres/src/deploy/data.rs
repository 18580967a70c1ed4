//! What the events hold that a definition has to know of, and what came out.

use std::fmt;

use postgres::GenericClient;
use spectrum_sql::identifier;
use spectrum_sql::postgres::TimeSubtraction;

use crate::deployment::{Deployment, Mode};
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::remedy::Remedy;

/// How many examples a message shows.
pub(super) const EXAMPLES: i64 = 3;

/// What the events look like before they are taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct EventsFound {
    /// All of them.
    pub events: u64,
    /// Events without a time.
    pub null_times: u64,
    /// Events at `infinity` or `-infinity`.
    pub infinite_times: u64,
    /// Events without an id.
    pub null_ids: u64,
    /// Events with a NULL in a key column.
    pub null_keys: u64,
}

/// Two sessions that share an id.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Collision {
    /// How many ids stand for more than one session.
    pub ids: u64,
    /// One of them.
    pub id: String,
    /// The keys and numbers of two of its sessions, as text.
    pub sessions: [String; 2],
}

impl fmt::Display for Collision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = match self.ids {
            1 => "1 session id stands".to_owned(),
            ids => format!("{ids} session ids stand"),
        };
        let [one, other] = &self.sessions;
        write!(
            f,
            "{ids} for more than one session, such as {} for ({one}) and ({other}); id = \"encoded\" gives each its own",
            self.id
        )
    }
}

/// One pass over the events, or over those for which a condition holds.
pub(crate) fn look_at(
    client: &mut impl GenericClient,
    fit: &Fit,
    condition: Option<&str>,
) -> Result<EventsFound> {
    let definition = &fit.deployment.definition;
    let time = identifier(definition.time());
    let nulls: Vec<String> =
        definition.key().iter().map(|name| format!("{} IS NULL", identifier(name))).collect();
    let finite = fit.is_finite(&time);
    let sql = format!(
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE {time} IS NULL), COUNT(*) FILTER (WHERE NOT {finite}),
                COUNT(*) FILTER (WHERE {} IS NULL), COUNT(*) FILTER (WHERE {})
         FROM {}{}",
        identifier(definition.event_id()),
        nulls.join(" OR "),
        fit.events.name,
        filter(condition)
    );
    let row = client.query_one(&sql, &[]).while_doing(format!("looking at {}", fit.events.name))?;
    let count = |at| row.get::<_, i64>(at).unsigned_abs();
    Ok(EventsFound {
        events: count(0),
        null_times: count(1),
        infinite_times: count(2),
        null_ids: count(3),
        null_keys: count(4),
    })
}

/// Whether there are events of which no session can be made.
pub(crate) fn has_bad(client: &mut impl GenericClient, fit: &Fit) -> Result<bool> {
    let definition = &fit.deployment.definition;
    let (time, event_id) = (identifier(definition.time()), identifier(definition.event_id()));
    let timeless = match fit.deployment.without_null_times {
        true => String::new(),
        false => format!(" OR {time} IS NULL"),
    };
    let sql = format!(
        "SELECT EXISTS (SELECT FROM {} WHERE NOT {} OR {event_id} IS NULL{timeless})",
        fit.events.name,
        fit.is_finite(&time)
    );
    let row = client.query_one(&sql, &[]).while_doing(format!("looking at {}", fit.events.name))?;
    Ok(row.get(0))
}

pub(super) fn filter(condition: Option<&str>) -> String {
    condition.map(|condition| format!(" WHERE {condition}")).unwrap_or_default()
}

/// Refuses what no session can be made of.
pub(crate) fn check(client: &mut impl GenericClient, fit: &Fit, found: &EventsFound) -> Result<()> {
    let definition = &fit.deployment.definition;
    let (time, event_id) = (identifier(definition.time()), identifier(definition.event_id()));
    let table = &fit.events.name;
    // Only mode view takes a view for events.
    let on_a_view = match fit.deployment.mode {
        Mode::View => message!["deploy on a view without them"],
        Mode::Incremental => message!["deploy with ", Remedy::ViewMode, " on a view without them"],
    };
    let mut problems = Vec::new();
    if found.null_times > 0 && !fit.deployment.without_null_times {
        let examples = examples(client, fit, &format!("{time} IS NULL"))?;
        problems.push(message![
            format!(
                "events without a time: {} of {} ({event_id} {examples}); fix them, or leave them out with ",
                found.null_times, found.events
            ),
            Remedy::DropNullTimes
        ]);
    }
    if found.infinite_times > 0 {
        let infinite = format!("NOT {}", fit.is_finite(&time));
        let examples = examples(client, fit, &infinite)?;
        // People write it without its schema.
        let infinite = infinite.replace("pg_catalog.isfinite", "ISFINITE");
        let at = match fit.time() {
            TimeSubtraction::Epoch(_) => "at times beyond 62 bits",
            TimeSubtraction::Timestamp | TimeSubtraction::Date => "at infinity",
        };
        problems.push(message![
            format!(
                "events {at}: {} ({event_id} {examples}), from where no gap can be counted; fix them (UPDATE {table} \
             SET {time} = ... WHERE {infinite}) or ",
                found.infinite_times
            ),
            on_a_view.clone()
        ]);
    }
    if found.null_ids > 0 {
        problems.push(message![
            format!(
                "events without {event_id}: {}, so nobody could tell which session is whose; give them one, or ",
                found.null_ids
            ),
            on_a_view
        ]);
    }
    if problems.is_empty() { Ok(()) } else { Err(PgError::refused(Message::joined(problems, "\n"))) }
}

fn examples(client: &mut impl GenericClient, fit: &Fit, condition: &str) -> Result<String> {
    let event_id = identifier(fit.deployment.definition.event_id());
    let sql = format!(
        "SELECT COALESCE({event_id}::TEXT, 'NULL') FROM {} WHERE {condition} LIMIT {EXAMPLES}",
        fit.events.name
    );
    let rows = client.query(&sql, &[]).while_doing("looking for examples")?;
    Ok(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join(", "))
}

/// Rows of the sessions relation, and sessions.
pub(crate) fn counts(client: &mut impl GenericClient, deployment: &Deployment) -> Result<(u64, u64)> {
    let rows = match deployment.definition.is_plain() {
        true => "COALESCE(SUM(events), 0)::BIGINT".to_owned(),
        // Some events may belong to no session.
        false => format!("(SELECT COUNT(*) FROM {})", deployment.sessions()),
    };
    let sql = format!("SELECT {rows}, COUNT(*) FROM {}", deployment.summary());
    let row = client.query_one(&sql, &[]).while_doing(format!("counting {}", deployment.summary()))?;
    Ok((row.get::<_, i64>(0).unsigned_abs(), row.get::<_, i64>(1).unsigned_abs()))
}

/// Ids that stand for more than one session, with an example.
pub(crate) fn shared_ids(
    client: &mut impl GenericClient,
    deployment: &Deployment,
) -> Result<Option<Collision>> {
    let key: Vec<String> = deployment
        .definition
        .key()
        .iter()
        .map(|name| format!("COALESCE({}::TEXT, 'NULL')", identifier(name)))
        .collect();
    let sql = format!(
        "SELECT session_id, two, COUNT(*) OVER () FROM (
           SELECT session_id, (ARRAY_AGG(CONCAT_WS(', ', {}) || ' session ' || session_seq))[1:2] AS two
           FROM {} WHERE session_id IS NOT NULL GROUP BY session_id HAVING COUNT(*) > 1) shared
         ORDER BY session_id LIMIT 1",
        key.join(", "),
        deployment.summary()
    );
    let row = client.query_opt(&sql, &[]).while_doing("looking for ids that are shared")?;
    Ok(row.and_then(|row| {
        let sessions: [String; 2] = row.get::<_, Vec<String>>(1).try_into().ok()?;
        Some(Collision { ids: row.get::<_, i64>(2).unsigned_abs(), id: row.get(0), sessions })
    }))
}

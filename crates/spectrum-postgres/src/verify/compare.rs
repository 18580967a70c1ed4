//! The relations against the reference SQL.

use postgres::Transaction;
use spectrum_sql::identifier;
use spectrum_sql::postgres::{SUMMARY_COLUMNS, numbered_sessions_query, sessions_query};

use super::Check;
use crate::error::{Result, While};
use crate::fit::Fit;

/// What brings the relations up to date with the events.
const REMEDY: &str = "spectrum refresh takes in what was written since the last one";

/// What comparing the events came to.
pub(super) struct Compared {
    pub(super) events: u64,
    pub(super) rows: u64,
    pub(super) checks: Vec<Check>,
}

/// Every row of the sessions relation against the reference, by event id.
pub(super) fn events(client: &mut Transaction<'_>, fit: &Fit, sampled: Option<&str>) -> Result<Compared> {
    let deployment = &fit.deployment;
    let definition = &deployment.definition;
    let event_id = identifier(definition.event_id());
    let reference = fit.query();
    let reference = sessions_query(&match sampled {
        Some(condition) => reference.only(condition),
        None => reference,
    });
    let filter = sampled.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
    let same = |name: &str| {
        let name = identifier(name);
        format!("r.{name} IS DISTINCT FROM h.{name}")
    };
    // As text, because some types that can be carried along, such as json, do not compare.
    let same_text = |name: &String| {
        let name = identifier(name);
        format!("r.{name}::TEXT IS DISTINCT FROM h.{name}::TEXT")
    };
    let differs: Vec<String> = definition
        .key()
        .iter()
        .map(String::as_str)
        .chain([definition.time(), "session_id"])
        .map(same)
        .chain(deployment.carried.iter().map(same_text))
        .collect();
    let (missing, extra) = (format!("h.{event_id} IS NULL"), format!("r.{event_id} IS NULL"));
    let different =
        format!("r.{event_id} IS NOT NULL AND h.{event_id} IS NOT NULL AND ({})", differs.join(" OR "));
    let examples = |condition: &str| {
        format!("(ARRAY_AGG(COALESCE(r.{event_id}, h.{event_id})::TEXT) FILTER (WHERE {condition}))[1:3]")
    };
    let sql = format!(
        "WITH reference AS MATERIALIZED (\n{reference}),\nhave AS (SELECT * FROM {}{filter})
SELECT COUNT(*) FILTER (WHERE NOT ({extra})), COUNT(*) FILTER (WHERE NOT ({missing})),
       COUNT(*) FILTER (WHERE {missing}), {},
       COUNT(*) FILTER (WHERE {extra}), {},
       COUNT(*) FILTER (WHERE {different}), {}
FROM reference r FULL JOIN have h ON r.{event_id} = h.{event_id}",
        deployment.sessions(),
        examples(&missing),
        examples(&extra),
        examples(&different),
    );
    let row = client.query_one(&sql, &[]).while_doing("comparing events")?;
    let count = |at: usize| row.get::<_, i64>(at).unsigned_abs();
    let found = |at: usize| row.get::<_, Option<Vec<String>>>(at).unwrap_or_default().join(", ");
    let check = |name, at, what: &str| Check {
        name,
        found: count(at),
        allowed: false,
        words: match count(at) {
            0 => format!("no {what}"),
            n => format!("{what}: {n}, such as {}; {REMEDY}", found(at + 1)),
        },
    };
    Ok(Compared {
        events: count(0),
        rows: count(1),
        checks: vec![
            check("missing", 2, "events missing from the sessions"),
            check("extra", 4, "sessions' events that the events table does not have"),
            check("different", 6, "events with another session or other values than the reference SQL gives"),
        ],
    })
}

/// The summary against the reference, computed another way than the summary's own SQL: by grouping numbered sessions.
pub(super) fn sessions(
    client: &mut Transaction<'_>,
    fit: &Fit,
    sampled: Option<&str>,
) -> Result<(u64, Check)> {
    let deployment = &fit.deployment;
    let definition = &deployment.definition;
    let (time, event_id) = (identifier(definition.time()), identifier(definition.event_id()));
    let key: Vec<String> = definition.key().iter().map(|name| identifier(name)).collect();
    let key = key.join(", ");
    let reference = fit.query();
    let reference = numbered_sessions_query(&match sampled {
        Some(condition) => reference.only(condition),
        None => reference,
    });
    let filter = sampled.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
    let as_time = |sql: &str| match fit.has_dates() {
        true => format!("{sql}::timestamp"),
        false => sql.to_owned(),
    };
    // A key column of citext groups values that differ in case, and shows that of the first event.
    let shown: Vec<String> = definition
        .key()
        .iter()
        .map(|name| identifier(name))
        .map(|name| format!("(ARRAY_AGG({name} ORDER BY {time}, {event_id}))[1]::TEXT AS {name}"))
        .collect();
    let texts: Vec<String> = definition
        .key()
        .iter()
        .map(|name| identifier(name))
        .map(|name| format!("{name}::TEXT AS {name}"))
        .collect();
    let sql = format!(
        "WITH numbered AS (\n{reference}),
expected AS MATERIALIZED (
  SELECT MIN(session_id) AS session_id, {}, session_seq::BIGINT AS session_seq, MIN({time}) AS started_at,
         MAX({time}) AS ended_at, {} - {} AS duration, COUNT(*) AS events,
         (ARRAY_AGG({event_id} ORDER BY {time}, {event_id}))[1] AS first_event_id,
         (ARRAY_AGG({event_id} ORDER BY {time} DESC, {event_id} DESC))[1] AS last_event_id
  FROM numbered GROUP BY {key}, session_seq),
actual AS MATERIALIZED (SELECT session_id, {}, {} FROM {}{filter}),
missing AS (SELECT * FROM expected EXCEPT ALL SELECT * FROM actual),
extra AS (SELECT * FROM actual EXCEPT ALL SELECT * FROM expected)
SELECT (SELECT COUNT(*) FROM expected), (SELECT COUNT(*) FROM missing), (SELECT COUNT(*) FROM extra),
       ARRAY(SELECT COALESCE(session_id, 'NULL') FROM missing LIMIT 3)",
        shown.join(", "),
        as_time(&format!("MAX({time})")),
        as_time(&format!("MIN({time})")),
        texts.join(", "),
        SUMMARY_COLUMNS.join(", "),
        deployment.summary(),
    );
    let row = client.query_one(&sql, &[]).while_doing("comparing sessions")?;
    let count = |at: usize| row.get::<_, i64>(at).unsigned_abs();
    let examples = |ids: &[String]| match ids {
        [] => String::new(),
        ids => format!(", such as {}", ids.join(", ")),
    };
    let found = count(1).max(count(2));
    let words = match found {
        0 => "no session differs from the reference SQL".to_owned(),
        _ => format!(
            "sessions of the reference SQL that the summary does not have: {}{}; others that it has: {}; spectrum refresh \
             builds it anew",
            count(1),
            examples(&row.get::<_, Vec<String>>(3)),
            count(2),
        ),
    };
    Ok((count(0), Check { name: "sessions", found, allowed: false, words }))
}

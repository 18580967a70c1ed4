//! The relations against the reference SQL.

use postgres::Transaction;
use spectrum_sql::postgres::{Events, SUMMARY_COLUMNS, ruled_columns, sessions_query};
use spectrum_sql::{identifier, identifiers};

use super::copies::copies;
use super::scope::Scope;
use super::{Check, CheckName};
use crate::deployment::Mode;
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::present::Present;
use crate::remedy::{Command, Remedy};

/// What comparing the events came to.
pub(super) struct Compared {
    pub(super) events: u64,
    pub(super) rows: u64,
    pub(super) checks: Vec<Check>,
}

/// Every row of the sessions relation against the reference, by event id.
pub(super) fn events(
    client: &mut Transaction<'_>,
    fit: &Fit,
    scope: &Scope,
    present: &Present,
) -> Result<Compared> {
    let deployment = &fit.deployment;
    let definition = &deployment.definition;
    let event_id = identifier(definition.event_id());
    let reference = reference_sessions(fit, &scope.reference(fit));
    let filter = scope.filter();
    // A row without an id, which only a hand can have made, meets no other.
    let extra = format!("r.{event_id} IS NULL");
    let missing = format!("h.{event_id} IS NULL AND r.{event_id} IS NOT NULL");
    let different =
        format!("r.{event_id} IS NOT NULL AND h.{event_id} IS NOT NULL AND ({})", event_differs(fit));
    let examples = |condition: &str| {
        let id = format!("COALESCE(r.{event_id}::TEXT, h.{event_id}::TEXT, 'NULL')");
        format!("(ARRAY_AGG({id} ORDER BY {id}) FILTER (WHERE {condition}))[1:3]")
    };
    let sql = format!(
        "WITH reference AS MATERIALIZED (\n{reference}),\nhave AS (SELECT * FROM {}{filter})
SELECT COUNT(*) FILTER (WHERE NOT {extra}), COUNT(*) FILTER (WHERE NOT ({missing})),
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
    let copies = copies(client, fit, present, &filter)?;
    let count = |at: usize| row.get::<_, i64>(at).unsigned_abs();
    let found = |at: usize| row.get::<_, Option<Vec<String>>>(at).unwrap_or_default().join(", ");
    let check = |(name, what): (CheckName, &str), at| {
        let words = match count(at) {
            0 => format!("no {what}").into(),
            n => message![format!("{what}: {n}, such as {}; ", found(at + 1)), scope.remedy.clone()],
        };
        Check::new(name, count(at), words)
    };
    let [missing, extra, different] = OF_EVENTS;
    let mut extra = check(extra, 4);
    if copies.rows > 0 {
        let by = match fit.deployment.mode {
            Mode::Incremental => Remedy::Repair { schema: None },
            Mode::View => Remedy::run(Command::Refresh),
        };
        let twice = message![
            format!(
                "rows of the sessions beyond one an event: {}, such as of {}; ",
                copies.rows,
                copies.examples.join(", "),
            ),
            by,
            " removes them, and spectrum deploy makes the unique index that keeps them out"
        ];
        extra.words = if extra.found == 0 { twice } else { message![extra.words, ". And ", twice] };
        extra.found += copies.rows;
    }
    Ok(Compared {
        // An event meets each of its rows.
        events: count(0).saturating_sub(copies.rows),
        rows: count(1),
        checks: vec![check(missing, 2), extra, check(different, 6)],
    })
}

/// The checks of [`events`], and what there can be of each.
const OF_EVENTS: [(CheckName, &str); 3] = [
    (CheckName::Missing, "events missing from the sessions"),
    (CheckName::Extra, "sessions' events that the events table does not have"),
    (CheckName::Different, "events with another session or other values than the reference SQL gives"),
];

/// What [`events`] comes to where so many are the same.
pub(super) fn same_events(events: u64) -> Compared {
    let checks = OF_EVENTS.map(|(name, what)| Check::new(name, 0, format!("no {what}")));
    Compared { events, rows: events, checks: checks.into() }
}

/// What [`sessions`] comes to where all are the same.
pub(super) fn same_sessions() -> Check {
    Check::new(CheckName::Sessions, 0, NO_SESSION)
}

const NO_SESSION: &str = "no session differs from the reference SQL";

/// The reference SQL over events.
fn reference_sessions(fit: &Fit, events: &Events<'_>) -> String {
    // The number does no harm to those who do not ask for it.
    match fit.deployment.definition.id().needs_memory() {
        true => numbered_reference(fit, events),
        false => sessions_query(events),
    }
}

/// The same with the number of each session.
pub(super) fn numbered_reference(fit: &Fit, events: &Events<'_>) -> String {
    fit.incremental(events).numbered_by_anchors(events)
}

/// The condition on a row `r` of the reference and a row `h` of the sessions relation that they differ.
pub(super) fn event_differs(fit: &Fit) -> String {
    let definition = &fit.deployment.definition;
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
        .chain(ruled_columns(definition).iter().map(|(name, _)| *name))
        .map(same)
        .chain(fit.deployment.carried.iter().map(same_text))
        .collect();
    differs.join(" OR ")
}

/// The summary against the reference, computed another way than the summary's own SQL: by grouping numbered sessions.
pub(super) fn sessions(client: &mut Transaction<'_>, fit: &Fit, scope: &Scope) -> Result<(u64, Check)> {
    let sql = format!(
        "WITH numbered AS (\n{}),
expected AS MATERIALIZED (\n{}),
actual AS MATERIALIZED (\n{}),
missing AS (SELECT * FROM expected EXCEPT ALL SELECT * FROM actual),
extra AS (SELECT * FROM actual EXCEPT ALL SELECT * FROM expected)
SELECT (SELECT COUNT(*) FROM expected), (SELECT COUNT(*) FROM missing), (SELECT COUNT(*) FROM extra),
       ARRAY(SELECT COALESCE(session_id, 'NULL') FROM missing ORDER BY 1 LIMIT 3)",
        numbered_reference(fit, &scope.reference(fit).with_what_is_told()),
        expected_sessions(fit, "numbered"),
        actual_sessions(fit, scope),
    );
    let row = client.query_one(&sql, &[]).while_doing("comparing sessions")?;
    let count = |at: usize| row.get::<_, i64>(at).unsigned_abs();
    let examples = |ids: &[String]| match ids {
        [] => String::new(),
        ids => format!(", such as {}", ids.join(", ")),
    };
    let found = count(1).max(count(2));
    let words: Message = match found {
        0 => NO_SESSION.into(),
        _ => message![
            format!(
                "sessions of the reference SQL that the summary does not have: {}{}; others that it has: {}; ",
                count(1),
                examples(&row.get::<_, Vec<String>>(3)),
                count(2),
            ),
            scope.remedy.clone()
        ],
    };
    Ok((count(0), Check::new(CheckName::Sessions, found, words)))
}

/// A query of the sessions that `numbered`, what [`numbered_sessions_query`] gives, comes to: the key, its texts, and the
/// other columns of the summary.
pub(super) fn expected_sessions(fit: &Fit, numbered: &str) -> String {
    let definition = &fit.deployment.definition;
    let (time, event_id) = (identifier(definition.time()), identifier(definition.event_id()));
    let key = identifiers(definition.key().iter().map(String::as_str));
    // A key column of citext groups values that differ in case, and shows that of the first event.
    let shown: Vec<String> = definition
        .key()
        .iter()
        .map(|name| format!("(ARRAY_AGG({} ORDER BY {time}, {event_id}))[1]::TEXT", identifier(name)))
        .collect();
    let rule = definition.rule();
    let heard = rule.ignore_when().map(|_| " FILTER (WHERE NOT ignored)").unwrap_or_default();
    let (reason, in_sessions) = match definition.is_plain() {
        true => ("", ""),
        false => (",\n         MIN(started_by) AS started_by", " WHERE session_seq IS NOT NULL"),
    };
    let events = fit.query();
    let inner = format!(
        "  SELECT {key}, ROW({})::TEXT AS {}, MIN(session_id) AS session_id, session_seq::BIGINT AS session_seq,
         MIN({time}){heard} AS started_at, MAX({time}){heard} AS ended_at, {} AS duration, COUNT(*) AS events,
         (ARRAY_AGG({event_id} ORDER BY {time}, {event_id}){heard})[1] AS first_event_id,
         (ARRAY_AGG({event_id} ORDER BY {time} DESC, {event_id} DESC){heard})[1] AS last_event_id{reason}{}
  FROM {numbered}{in_sessions} GROUP BY {key}, session_seq",
        shown.join(", "),
        events.own_name("shown_key"),
        fit.time().difference(&format!("MAX({time}){heard}"), &format!("MIN({time}){heard}")),
        events.aggregated("ignored"),
    );
    if definition.summary().is_empty() {
        return inner;
    }
    let compared = compared_columns(fit);
    format!(
        "  SELECT {compared}, {} FROM (\n{}) AS told",
        told_as_text(fit),
        events.with_whens(inner, std::slice::from_ref(&compared))
    )
}

/// The columns by which sessions are compared, but for those that the summary tells.
fn compared_columns(fit: &Fit) -> String {
    let definition = &fit.deployment.definition;
    format!(
        "{}, {}, session_id, {}{}",
        identifiers(definition.key().iter().map(String::as_str)),
        fit.query().own_name("shown_key"),
        SUMMARY_COLUMNS.join(", "),
        if definition.is_plain() { "" } else { ", started_by" },
    )
}

/// The columns that the summary tells, as texts: some types do not compare.
fn told_as_text(fit: &Fit) -> String {
    let told = fit.deployment.definition.summary().iter();
    told.map(|told| format!("{}::TEXT", identifier(&told.name))).collect::<Vec<_>>().join(", ")
}

/// A query of the summary with the columns of [`expected_sessions`].
pub(super) fn actual_sessions(fit: &Fit, scope: &Scope) -> String {
    let definition = &fit.deployment.definition;
    let texts = definition.key().iter().map(|name| format!("{}::TEXT", identifier(name)));
    format!(
        "  SELECT {}, ROW({})::TEXT AS {}, session_id, {}{}{} FROM {}{}",
        identifiers(definition.key().iter().map(String::as_str)),
        texts.collect::<Vec<_>>().join(", "),
        fit.query().own_name("shown_key"),
        SUMMARY_COLUMNS.join(", "),
        if definition.is_plain() { "" } else { ", started_by" },
        if definition.summary().is_empty() { String::new() } else { format!(", {}", told_as_text(fit)) },
        fit.deployment.summary(),
        scope.filter(),
    )
}

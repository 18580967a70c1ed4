//! The reference SQL: every event with the id of its session.

use spectrum_core::{IdScheme, SessionDefinition};

use super::events::Events;
use super::ruled;
use crate::query::SessionsQuery;
use crate::quote::identifier;

/// The key columns, the time, the event id, what is carried along, and `session_id`; one row per event, in no
/// order. Under rules beyond the gap, or where the summary tells more, [`ruled_columns`] follow.
pub fn sessions_query(events: &Events<'_>) -> String {
    sessions_in_parts(events).text(false)
}

/// [`sessions_query`] with `session_seq` as its last column, for proofs.
pub fn numbered_sessions_query(events: &Events<'_>) -> String {
    sessions_in_parts(events).text(true)
}

/// The columns that follow `session_id` unless all is plain, with their types: the number and the reason of the
/// session, which a row that belongs to none does not have, and where there are such, whether the rule ignores the event.
pub fn ruled_columns(definition: &SessionDefinition) -> &'static [(&'static str, &'static str)] {
    const COLUMNS: [(&str, &str); 3] =
        [("session_seq", "bigint"), ("started_by", "text"), ("ignored", "boolean")];
    match (definition.is_plain(), definition.rule().ignore_when()) {
        (true, _) => &[],
        (false, None) => &COLUMNS[..2],
        (false, Some(_)) => &COLUMNS,
    }
}

/// The same in parts.
pub(crate) fn sessions_in_parts(events: &Events<'_>) -> SessionsQuery {
    if !events.definition.is_plain() {
        return ruled::sessions_in_parts(events);
    }
    let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
    let carried = events.carried_list();
    let previous = events.own_name("prev_occurred_at");
    let is_new = events.own_name("is_new_session");
    let number = events.own_name("session_seq");
    let begins = events.begins_session(&time, &previous);
    let (source, table) = source(events);
    let first = events.own_name("first_occurred_at");
    let session_id = session_id(events, &number, &first);
    let mut named = vec![previous.clone(), is_new.clone(), number.clone(), "session_id".to_owned()];
    let (started, from) = match events.definition.id() {
        IdScheme::Start | IdScheme::Persistent => {
            let started = format!(
                ",\nstarted AS (\n  SELECT *, MIN({time}) OVER (PARTITION BY {key}, {number}) AS {first}\n  FROM sessions)"
            );
            named.push(first);
            (started, "started")
        }
        IdScheme::Sequence | IdScheme::Encoded => (String::new(), "sessions"),
    };
    let up_to_id = format!(
        "\
WITH {source}lagged AS (
  SELECT {key}, {event_id}, {time}{carried},
         LAG({time}) OVER (PARTITION BY {key} ORDER BY {time}) AS {previous}
  FROM {table}),
boundaries AS (
  SELECT *, CASE WHEN {begins}
                 THEN 1 ELSE 0 END AS {is_new}
  FROM lagged),
sessions AS (
  SELECT *, SUM({is_new}) OVER (PARTITION BY {key} ORDER BY {time}
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS {number}
  FROM boundaries){started}
SELECT {key}, {time}, {event_id}{carried},
       MD5({session_id}) AS session_id"
    );
    SessionsQuery {
        up_to_id,
        number: format!(", {number} AS session_seq"),
        from: format!("\nFROM {from}"),
        named,
    }
}

/// What stands before the first step, and where that step reads: the table itself, or a step that leaves rows out.
pub(super) fn source(events: &Events<'_>) -> (String, String) {
    source_where(events, None)
}

/// The same for the events of which a condition holds besides.
pub(super) fn source_where(events: &Events<'_>, also: Option<String>) -> (String, String) {
    let table = events.relation();
    let mut conditions = Vec::new();
    if events.without_null_times {
        conditions.push(format!("{} IS NOT NULL", events.time_name()));
    }
    conditions.extend(events.only.iter().map(|condition| format!("({condition})")));
    let clause = |conditions: &[String]| match conditions.is_empty() {
        true => String::new(),
        false => format!("\n  WHERE {}", conditions.join(" AND ")),
    };
    if events.deduplicated {
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        let carried = events.carried_list();
        let of_rule = events.read_besides();
        let read: String = of_rule.iter().map(|name| format!(", {}", identifier(name))).collect();
        // Copies that a rule tells apart are told apart here too, so that the same one counts every time.
        let told_apart: String =
            of_rule.iter().map(|name| format!(", {}::TEXT COLLATE \"C\"", identifier(name))).collect();
        let filter = clause(&conditions);
        let step = format!(
            "events AS (\n  SELECT DISTINCT ON ({event_id}) {key}, {event_id}, {time}{carried}{read}\n  FROM {table}{filter}\n  \
             ORDER BY {event_id}, {time}, {key}{told_apart}),\n"
        );
        return (step, format!("events{}", clause(also.as_slice())));
    }
    conditions.extend(also);
    (String::new(), format!("{table}{}", clause(&conditions)))
}

/// The id of a session, from the SQL of its number and of its first instant, of schemes that need no memory.
pub fn session_id_of(events: &Events<'_>, number: &str, first: &str) -> String {
    format!("MD5({})", session_id(events, number, first))
}

/// The text whose MD5 is the id, from the SQL of a session's number and of its first instant.
pub(super) fn session_id(events: &Events<'_>, number: &str, first: &str) -> String {
    let texts = events.key_texts();
    match events.definition.id() {
        IdScheme::Sequence => format!("{} || {number}::TEXT", texts.join(" || ")),
        IdScheme::Encoded => format!("'e' || {} || '#' || {number}::TEXT", encoded(&texts)),
        IdScheme::Start | IdScheme::Persistent => {
            format!("'s' || {} || '@' || {}", encoded(&texts), events.time.microseconds(first))
        }
    }
}

/// Every text with its length, or `-` for NULL.
pub(super) fn encoded(texts: &[String]) -> String {
    let parts =
        texts.iter().map(|text| format!("COALESCE(OCTET_LENGTH({text})::TEXT || ':' || {text}, '-')"));
    parts.collect::<Vec<_>>().join(" || ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableName;
    use crate::postgres::{KeyComparison, TimeSubtraction};
    use spectrum_core::SessionDefinition;

    #[test]
    fn the_default_is_the_reference_to_the_letter() {
        let definition = SessionDefinition::default();
        let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap());
        assert_eq!(sessions_query(&events), spectrum_testkit::postgres::ORIGINAL_SQL);
    }

    #[test]
    fn everything_at_once_stays_readable() {
        let builder = SessionDefinition::builder().key(["User", "session_seq"]).time("day").event_id("id");
        let definition = builder.gap("1h30m".parse().unwrap()).id(IdScheme::Start).build().unwrap();
        let events = Events::new(&definition, TableName::parse("\"my.schema\".events").unwrap())
            .typed(TimeSubtraction::Date, vec![KeyComparison::CaseInsensitive, KeyComparison::Plain])
            .carrying(&["event type".to_owned()])
            .deduplicated(true)
            .without_null_times(true);
        insta::assert_snapshot!(sessions_query(&events), @r#"
        WITH events AS (
          SELECT DISTINCT ON (id) "User", session_seq, id, day, "event type"
          FROM "my.schema".events
          WHERE day IS NOT NULL
          ORDER BY id, day, "User", session_seq),
        lagged AS (
          SELECT "User", session_seq, id, day, "event type",
                 LAG(day) OVER (PARTITION BY "User", session_seq ORDER BY day) AS prev_occurred_at
          FROM events),
        boundaries AS (
          SELECT *, CASE WHEN prev_occurred_at IS NULL OR day::timestamp - prev_occurred_at::timestamp > INTERVAL '90 minutes'
                         THEN 1 ELSE 0 END AS is_new_session
          FROM lagged),
        sessions AS (
          SELECT *, SUM(is_new_session) OVER (PARTITION BY "User", session_seq ORDER BY day
                                              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_seq_
          FROM boundaries),
        started AS (
          SELECT *, MIN(day) OVER (PARTITION BY "User", session_seq, session_seq_) AS first_occurred_at
          FROM sessions)
        SELECT "User", session_seq, day, id, "event type",
               MD5('s' || COALESCE(OCTET_LENGTH(LOWER("User"::TEXT))::TEXT || ':' || LOWER("User"::TEXT), '-') || COALESCE(OCTET_LENGTH(session_seq::TEXT)::TEXT || ':' || session_seq::TEXT, '-') || '@' || TRUNC(EXTRACT(EPOCH FROM first_occurred_at) * 1000000)::TEXT) AS session_id
        FROM started
        "#);
    }
}

//! The two queries, with Jinja where the stand-in's names were.

use spectrum_core::{IdScheme, SessionDefinition};

use super::Macro;
use super::parting::parted;
use super::pieces::Taken;
use super::stand_in::{self, CARRIED, EVENT_ID, EVENTS, KEY, SESSIONS, TIME};
use crate::dialect::columns::{Columns, name};
use crate::dialect::relation::Relation;
use crate::dialect::session_id::with_length;
use crate::dialect::types::{KeyType, Types};
use crate::dialect::{Dialect, Unsupported, sessions_by_windows, summary_by_windows, table};
use crate::postgres::SUMMARY_COLUMNS;
use crate::query::{SessionsQuery, SummaryQuery};

const SCHEMES: [(&str, IdScheme); 3] = [
    ("d.id == 'sequence'", IdScheme::Sequence),
    ("d.id == 'encoded'", IdScheme::Encoded),
    ("", IdScheme::Start),
];

/// A row per event, with the session's number when that is asked for.
pub(super) fn sessions(dialect: Dialect) -> Result<Macro, Unsupported> {
    let mut texts = Vec::new();
    for (condition, scheme) in SCHEMES {
        let definition = stand_in::definition(dialect, scheme)?;
        let SessionsQuery { up_to_id, number, from, .. } = sessions_of(dialect, &definition)?;
        let text = format!("{up_to_id}{{%- if numbered %}}{number}{{%- endif %}}{from}");
        texts.push((condition, in_jinja(dialect, &text, &definition, &EVENTS)));
    }
    Ok(Macro { name: "sessions_sql", parameters: "relation, d, numbered=false", body: parted(&texts) })
}

/// A row per session, from a relation with what [`sessions`] gives.
pub(super) fn summary(dialect: Dialect) -> Result<Macro, Unsupported> {
    let definition = stand_in::definition(dialect, IdScheme::Sequence)?;
    let of = |event_id| {
        let text = summary_of(dialect, &definition, event_id)?.text;
        Ok(in_jinja(dialect, &text, &definition, &SESSIONS))
    };
    let texts = [("d.event_id_type == 'uuid'", of(KeyType::Uuid)?), ("", of(KeyType::Text)?)];
    Ok(Macro { name: "summary_sql", parameters: "relation, d", body: parted(&texts) })
}

/// The names that the queries give to columns.
pub(super) fn taken(dialect: Dialect) -> Result<Taken, Unsupported> {
    let mut in_sessions = Vec::new();
    for (_, scheme) in SCHEMES {
        in_sessions.extend(sessions_of(dialect, &stand_in::definition(dialect, scheme)?)?.named);
    }
    let definition = stand_in::definition(dialect, IdScheme::Sequence)?;
    let mut in_summary = summary_of(dialect, &definition, KeyType::Text)?.named;
    in_summary.retain(|name| !SUMMARY_COLUMNS.contains(&name.as_str()));
    for names in [&mut in_sessions, &mut in_summary] {
        names.sort();
        names.dedup();
    }
    Ok(Taken { in_sessions, in_summary })
}

fn sessions_of(dialect: Dialect, definition: &SessionDefinition) -> Result<SessionsQuery, Unsupported> {
    let types = stand_in::types(dialect);
    let columns = Columns::checked(dialect, definition, &types, Relation::Sessions)?;
    sessions_by_windows(&columns, &table::quoted(dialect, &EVENTS)?, &EVENTS)
}

fn summary_of(
    dialect: Dialect,
    definition: &SessionDefinition,
    event_id: KeyType,
) -> Result<SummaryQuery, Unsupported> {
    let types = Types { event_id, carried: Vec::new(), ..stand_in::types(dialect) };
    let columns = Columns::checked(dialect, definition, &types, Relation::Summary)?;
    summary_by_windows(&columns, &table::quoted(dialect, &SESSIONS)?, &SESSIONS)
}

/// A text of the stand-in's as Jinja. The longest go first, as they hold the shorter ones.
fn in_jinja(dialect: Dialect, text: &str, definition: &SessionDefinition, read: &[&str]) -> String {
    let quoted = |of: &str| name(dialect, of);
    let syntax = dialect.expressions();
    let key_text = syntax.text(KEY, &KeyType::Text);
    let relation = read.iter().map(|part| quoted(part)).collect::<Vec<_>>().join(".");
    let mut places = Vec::new();
    if let Some(apart) = syntax.told_apart_by(KEY, &KeyType::Text) {
        // Before the texts of keys, which it holds.
        places.push((format!(",\n         {apart} AS key_octets_1"), "{{ d.beside_key }}"));
        places.push((format!("{KEY}, key_octets_1"), "{{ d.partition }}"));
    }
    places.extend([
        (format!("FROM {relation}"), "FROM {{ relation }}{{ d.filter }}"),
        (with_length(syntax, &key_text), "{{ d.key_parts }}"),
        (key_text, "{{ d.key_texts }}"),
        (format!(", {CARRIED}"), "{{ d.carried }}"),
        (format!("longer than {}", definition.gap()), "longer than {{ d.gap }}"),
    ]);
    if !stand_in::is_reference(dialect) {
        if let Ok(instant) = syntax.instant(TIME, syntax.usual_time()) {
            places.push((instant, "{{ d.instant }}"));
        }
        places.push((format!("ORDER BY {}", syntax.nulls_last("instant")), "ORDER BY {{ d.in_order }}"));
    }
    places.extend([
        (quoted(EVENT_ID), "{{ d.event_id }}"),
        (quoted(TIME), "{{ d.time }}"),
        (quoted(KEY), "{{ d.key }}"),
    ]);
    let text =
        places.iter().fold(text.to_owned(), |text, (place, jinja)| text.replace(place.as_str(), jinja));
    stand_in::gap_in_jinja(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words in lower case behind AS. Steps have their name before it, and types are in capitals.
    fn behind_as(sql: &str) -> Vec<String> {
        let code = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
        let behind_as = code.flat_map(|line| line.split(" AS ").skip(1));
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let words = behind_as.map(|text| text.chars().take_while(|c| is_word(*c)).collect::<String>());
        words.filter(|word| !word.is_empty()).collect()
    }

    /// A name that a query uses and does not tell of could be that of a user's column.
    #[test]
    fn all_names_are_told_of() {
        for dialect in Dialect::ALL {
            for (_, scheme) in SCHEMES {
                let definition = stand_in::definition(dialect, scheme).unwrap();
                let query = sessions_of(dialect, &definition).unwrap();
                for name in behind_as(&query.text(true)) {
                    assert!(query.named.contains(&name), "{dialect} {scheme}: {name}");
                }
                let query = summary_of(dialect, &definition, KeyType::Text).unwrap();
                for name in behind_as(&query.text) {
                    let told = query.named.contains(&name) || SUMMARY_COLUMNS.contains(&name.as_str());
                    assert!(told, "{dialect} {scheme}: {name}");
                }
            }
        }
    }
}

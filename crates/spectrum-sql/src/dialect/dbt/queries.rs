//! The two queries, with Jinja where the stand-in's names were.

use spectrum_core::IdScheme;

use super::Macro;
use super::parting::parted;
use super::pieces::Taken;
use super::pieces::with_length;
use super::stand_in::{self, CARRIED, EVENT_ID, EVENTS, GAP_MICROSECONDS, KEY, SESSIONS, TIME};
use crate::dialect::columns::name;
use crate::dialect::types::{KeyType, Types};
use crate::dialect::{Dialect, Unsupported, sessions_sql, summary_sql};
use crate::postgres::SUMMARY_COLUMNS;

const SCHEMES: [(&str, IdScheme); 3] = [
    ("d.id == 'sequence'", IdScheme::Sequence),
    ("d.id == 'encoded'", IdScheme::Encoded),
    ("", IdScheme::Start),
];

/// A row an event: [`sessions_sql`], with the session's number when that is asked for.
pub(super) fn sessions(dialect: Dialect) -> Result<Macro, Unsupported> {
    let mut texts = Vec::new();
    for (condition, scheme) in SCHEMES {
        let definition = stand_in::definition(dialect, scheme)?;
        let of = |numbered| sessions_sql(dialect, &definition, &EVENTS, &stand_in::types(dialect, numbered));
        let numbered = with_number_on_request(&of(false)?, &of(true)?);
        texts.push((condition, in_jinja(dialect, &numbered, &stand_in::gap_in_words(&definition), &EVENTS)));
    }
    Ok(Macro { name: "sessions_sql", parameters: "relation, d, numbered=false", body: parted(&texts) })
}

/// A row a session: [`summary_sql`] of a relation with what [`sessions`] gives.
pub(super) fn summary(dialect: Dialect) -> Result<Macro, Unsupported> {
    let definition = stand_in::definition(dialect, IdScheme::Sequence)?;
    let of = |event_id| {
        let types = Types { event_id, carried: Vec::new(), ..stand_in::types(dialect, false) };
        let text = summary_sql(dialect, &definition, &SESSIONS, &types)?;
        Ok(in_jinja(dialect, &text, &stand_in::gap_in_words(&definition), &SESSIONS))
    };
    let texts = [("d.event_id_type == 'uuid'", of(KeyType::Uuid)?), ("", of(KeyType::Text)?)];
    Ok(Macro { name: "summary_sql", parameters: "relation, d", body: parted(&texts) })
}

/// The names of the queries' own columns: the words in lower case behind AS. Steps have their name before it, and types
/// are in capitals.
pub(super) fn taken(dialect: Dialect) -> Result<Taken, Unsupported> {
    let mut in_sessions = Vec::new();
    for (_, scheme) in SCHEMES {
        let definition = stand_in::definition(dialect, scheme)?;
        in_sessions.extend(named(&sessions_sql(
            dialect,
            &definition,
            &EVENTS,
            &stand_in::types(dialect, true),
        )?));
    }
    let definition = stand_in::definition(dialect, IdScheme::Sequence)?;
    let summary = summary_sql(dialect, &definition, &SESSIONS, &stand_in::types(dialect, false))?;
    let mut in_summary = named(&summary);
    in_summary.retain(|name| !SUMMARY_COLUMNS.contains(&name.as_str()));
    for names in [&mut in_sessions, &mut in_summary] {
        names.sort();
        names.dedup();
    }
    Ok(Taken { in_sessions, in_summary })
}

fn named(sql: &str) -> Vec<String> {
    let code = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    let behind_as = code.flat_map(|line| line.split(" AS ").skip(1));
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = behind_as.map(|text| text.chars().take_while(|c| is_word(*c)).collect::<String>());
    words.filter(|word| !word.is_empty()).collect()
}

/// What the numbered text has more than the plain one, which is one stretch, with a question around it.
fn with_number_on_request(plain: &str, numbered: &str) -> String {
    let before: usize = plain
        .chars()
        .zip(numbered.chars())
        .take_while(|(one, other)| one == other)
        .map(|(c, _)| c.len_utf8())
        .sum();
    // The stretch begins with the comma after session_id, wherever else the two texts go on alike.
    let added = numbered.len() - plain.len();
    let (start, rest) = numbered.split_at(before);
    let (stretch, end) = rest.split_at(added);
    format!("{start}{{%- if numbered %}}{stretch}{{%- endif %}}{end}")
}

/// A text of the stand-in's as Jinja. The longest go first, as they hold the shorter ones.
fn in_jinja(dialect: Dialect, text: &str, gap: &str, read: &[&str]) -> String {
    let quoted = |of: &str| name(dialect, of);
    let syntax = dialect.syntax();
    let key_text = match syntax {
        Some(syntax) => syntax.text(KEY, &KeyType::Text),
        None => format!("{KEY}::TEXT"),
    };
    let relation = read.iter().map(|part| quoted(part)).collect::<Vec<_>>().join(".");
    let mut places = vec![
        (format!("FROM {relation}"), "FROM {{ relation }}{{ d.filter }}"),
        (with_length(dialect, &key_text), "{{ d.key_parts }}"),
        (key_text.clone(), "{{ d.key_texts }}"),
        (format!(", {CARRIED}"), "{{ d.carried }}"),
        (format!("INTERVAL '{GAP_MICROSECONDS} microseconds'"), "INTERVAL '{{ d.gap_interval }}'"),
        (GAP_MICROSECONDS.to_owned(), "{{ d.gap_microseconds }}"),
        (format!("longer than {gap}"), "longer than {{ d.gap }}"),
    ];
    if let Some(syntax) = syntax {
        if let Ok(instant) = syntax.instant(TIME, syntax.usual_time()) {
            places.push((instant, "{{ d.instant }}"));
        }
        places.push((format!("ORDER BY {}", syntax.nulls_last("instant")), "ORDER BY {{ d.in_order }}"));
        if let Some(apart) = syntax.told_apart_by(KEY, &KeyType::Text) {
            // Before the texts of keys, which it holds.
            places.insert(0, (format!(",\n         {apart} AS key_octets_1"), "{{ d.beside_key }}"));
            places.insert(1, (format!("{KEY}, key_octets_1"), "{{ d.partition }}"));
        }
    } else {
        places.push(("::timestamp".to_owned(), "{{ d.time_cast }}"));
    }
    places.extend([
        (quoted(EVENT_ID), "{{ d.event_id }}"),
        (quoted(TIME), "{{ d.time }}"),
        (quoted(KEY), "{{ d.key }}"),
    ]);
    places.iter().fold(text.to_owned(), |text, (place, jinja)| text.replace(place.as_str(), jinja))
}

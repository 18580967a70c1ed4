//! Quoting: the one place where names and texts become SQL.

use crate::keywords::is_keyword;

/// A name as SQL: as it is where that is safe, otherwise in double quotes.
///
/// ```
/// # use spectrum_sql::identifier;
/// assert_eq!(identifier("user_id"), "user_id");
/// assert_eq!(identifier("order"), "\"order\"");
/// assert_eq!(identifier("say \"hi\"; DROP TABLE x"), "\"say \"\"hi\"\"; DROP TABLE x\"");
/// ```
pub fn identifier(name: &str) -> String {
    let plain_start = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain_start && plain && !is_keyword(name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// A text as a literal in single quotes. A backslash makes it an escape string, which means the same whatever
/// `standard_conforming_strings` is set to (PostgreSQL's manual, "String Constants with C-Style Escapes").
///
/// ```
/// # use spectrum_sql::literal;
/// assert_eq!(literal("it's"), "'it''s'");
/// assert_eq!(literal(r"a\b"), r"E'a\\b'");
/// ```
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// Names with commas between, as in a list of columns.
pub fn identifiers<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(identifier).collect::<Vec<_>>().join(", ")
}

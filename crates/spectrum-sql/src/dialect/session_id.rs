//! The text whose MD5 is a session's id, and that MD5.

use spectrum_core::IdScheme;

use super::columns::Columns;
use super::expressions::Expressions;
use super::types::Unit;

/// The id, from the SQL of a session's number and of its first instant as a number. Concatenation with NULL is NULL in
/// every engine, which is what `sequence` has for NULL keys.
pub(super) fn session_id(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    number: &str,
    first: &str,
) -> String {
    let mut texts = columns.key_texts(syntax);
    let scheme = columns.definition.id();
    if scheme != IdScheme::Sequence {
        for text in &mut texts {
            *text = with_length(syntax, text);
        }
    }
    let text = match scheme {
        IdScheme::Sequence => format!("{} || {}", texts.join(" || "), syntax.digits(number)),
        IdScheme::Encoded => on_lines("'e'", &texts, &format!("'#' || {}", syntax.digits(number))),
        IdScheme::Start | IdScheme::Persistent => {
            let first = microseconds(syntax, columns.time_type(syntax).unit(), first);
            on_lines("'s'", &texts, &format!("'@' || {first}"))
        }
    };
    syntax.md5(&text)
}

/// A text with its length, or `-` for NULL.
pub(super) fn with_length(syntax: &dyn Expressions, text: &str) -> String {
    format!("COALESCE({} || ':' || {text}, '-')", syntax.octets(text))
}

/// One part per line.
fn on_lines(before: &str, parts: &[String], after: &str) -> String {
    let parts = parts.iter().map(String::as_str).chain([after]);
    parts.fold(before.to_owned(), |text, part| format!("{text}\n         || {part}"))
}

/// Microseconds since 1970, rounded down; nanoseconds within one, if any, follow a dot as three digits.
fn microseconds(syntax: &dyn Expressions, unit: Unit, instant: &str) -> String {
    if unit == Unit::Microsecond {
        return syntax.digits(instant);
    }
    let rest = format!("{instant} % 1000");
    let cut_off = syntax.divided(instant, 1000);
    let whole = syntax.digits(&format!("({cut_off} - CASE WHEN {rest} < 0 THEN 1 ELSE 0 END)"));
    // 1000 to 1999, of which the last three digits are meant.
    let padded = syntax.digits(&format!("({rest} + CASE WHEN {rest} < 0 THEN 2000 ELSE 1000 END)"));
    format!("{whole}\n         || CASE WHEN {rest} = 0 THEN '' ELSE '.' || SUBSTR({padded}, 2, 3) END")
}

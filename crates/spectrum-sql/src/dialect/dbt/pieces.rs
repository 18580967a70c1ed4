//! What depends on a name or on the type of a column: a macro each.

use spectrum_core::IdScheme;

use super::stand_in;
use super::{Macro, jinja_literal};
use crate::dialect::columns::{Columns, name};
use crate::dialect::relation::Relation;
use crate::dialect::session_id::with_length;
use crate::dialect::types::{KeyType, TimeType, Unit};
use crate::dialect::{Dialect, Unsupported, reserved};

/// Where a macro has its column.
const COLUMN: &str = "{{ column }}";

/// The types that the package knows, by the names it has for them.
const KEY_TYPES: [(&str, KeyType); 4] = [
    ("uuid", KeyType::Uuid),
    ("boolean", KeyType::Boolean),
    ("integer", KeyType::Integer),
    ("text", KeyType::Text),
];

const TIME_TYPES: [(&str, TimeType); 3] = [
    ("date", TimeType::Date),
    ("timestamptz", TimeType::TimestampTz(Unit::Microsecond)),
    ("timestamp", TimeType::Timestamp(Unit::Microsecond)),
];

/// One fact per engine: its name, what it calls TIMESTAMP, how parts of an id are joined, names that are taken.
pub(super) fn traits(dialect: Dialect, taken: &Taken) -> Macro {
    let usual = TIME_TYPES.iter().find(|(_, ty)| *ty == dialect.usual_time());
    let syntax = dialect.expressions();
    let order = |drops| jinja_literal(&in_order(dialect, drops));
    let body = format!(
        "\
{{{{ return({{
  'title': {title},
  'usual_time': {usual},
  'joined_by': {joined_by},
  'in_order': {kept},
  'in_order_without_nulls': {dropped},
  'has_other_key_types': {any_type},
  'taken': [
    {taken}
  ],
  'taken_in_summary': [
    {taken_in_summary}
  ],
  'reserved': {reserved}
}}) }}}}",
        title = jinja_literal(dialect.title()),
        usual = jinja_literal(usual.map_or("timestamp", |(name, _)| *name)),
        joined_by = jinja_literal(syntax.between_parts()),
        kept = order(false),
        dropped = order(true),
        any_type = syntax.has_all_key_types(),
        taken = list(&taken.in_sessions),
        taken_in_summary = list(&taken.in_summary),
        reserved = reserved(dialect),
    );
    Macro { name: "traits", parameters: "", body }
}

/// Names that the queries give to columns of their own, so that no column of the events may have them.
pub(super) struct Taken {
    pub(super) in_sessions: Vec<String>,
    pub(super) in_summary: Vec<String>,
}

/// Words that must be quoted to be names: a list that most dialects share, or one of the dialect's own.
fn reserved(dialect: Dialect) -> String {
    let words = reserved_words(dialect);
    match words == reserved_words(SHARED) {
        true => "spectrum.reserved_words()".to_owned(),
        false => format!("[\n    {}\n  ]", list(&words)),
    }
}

/// The dialect whose reserved words stand for those of all that share them.
const SHARED: Dialect = Dialect::Duckdb;

/// The macro with the shared list.
pub(super) fn shared_reserved_words() -> String {
    let words = list(&reserved_words(SHARED));
    format!("{{%- macro reserved_words() -%}}\n{{{{ return([\n    {words}\n]) }}}}\n{{%- endmacro %}}\n")
}

fn reserved_words(dialect: Dialect) -> Vec<String> {
    let words = reserved::all_words().into_iter().filter(|word| name(dialect, word) != *word);
    words.map(str::to_owned).collect()
}

/// Literals with commas between, on lines that are not too long.
fn list(words: &[String]) -> String {
    let mut lines = vec![String::new()];
    for word in words.iter().map(|word| jinja_literal(word)) {
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = word,
            Some(line) if line.len() + word.len() < 110 => *line += &format!(", {word}"),
            _ => lines.push(word),
        }
    }
    lines.join(",\n    ")
}

/// ORDER BY the time as a number, with NULLs last while there can be any. PostgreSQL's reference orders by the time.
fn in_order(dialect: Dialect, without_null_times: bool) -> String {
    match without_null_times {
        false => dialect.expressions().nulls_last("instant"),
        true => "instant".to_owned(),
    }
}

/// A name between quotation marks. How a letter is written between them is found by asking the dialect.
pub(super) fn quoted(dialect: Dialect) -> Macro {
    let quoted = |text: &str| dialect.expressions().quoted(text);
    let around = quoted("");
    let (open, close) = around.split_at(around.len() / 2);
    let mut body = "{{ name".to_owned();
    // A backslash first: it may stand in what the others become.
    for letter in ["\\", "\"", "`"] {
        let whole = quoted(letter);
        let within = &whole[open.len()..whole.len() - close.len()];
        if within != letter {
            body += &format!(" | replace({}, {})", jinja_literal(letter), jinja_literal(within));
        }
    }
    Macro { name: "quoted", parameters: "name", body: format!("{open}{body} }}}}{close}") }
}

/// A key column's text.
pub(super) fn key_text(dialect: Dialect) -> Macro {
    let text = |ty: &KeyType| dialect.expressions().text(COLUMN, ty);
    Macro { name: "key_text", parameters: "column, type", body: by_key_type(dialect, text) }
}

/// The same with its length, or `-` for NULL: a text that no other key value has.
pub(super) fn key_part(dialect: Dialect) -> Macro {
    let syntax = dialect.expressions();
    let part = |ty: &KeyType| with_length(syntax, &syntax.text(COLUMN, ty));
    Macro { name: "key_part", parameters: "column, type", body: by_key_type(dialect, part) }
}

/// What distinguishes values that the engine treats as equal; nothing where it treats none so.
pub(super) fn told_apart(dialect: Dialect) -> Macro {
    let apart = |ty: &KeyType| dialect.expressions().told_apart_by(COLUMN, ty).unwrap_or_default();
    Macro { name: "told_apart", parameters: "column, type", body: by_key_type(dialect, apart) }
}

fn by_key_type(dialect: Dialect, of: impl Fn(&KeyType) -> String) -> String {
    let mut types: Vec<(&str, KeyType)> = KEY_TYPES.to_vec();
    if dialect.expressions().has_all_key_types() {
        types.insert(0, ("citext", KeyType::CaseInsensitive));
    }
    let usual = of(&KeyType::Integer);
    by_type(types.iter().map(|(name, ty)| (*name, of(ty))), &usual)
}

/// The text of a type, with a question for each that is not the usual.
fn by_type<'a>(of: impl Iterator<Item = (&'a str, String)>, usual: &str) -> String {
    let others: Vec<_> = of.filter(|(_, text)| text != usual).collect();
    let mut body = String::new();
    for (at, (name, text)) in others.iter().enumerate() {
        let question = if at == 0 { "if" } else { "elif" };
        body += &format!("{{%- {question} type == '{name}' -%}}\n{text}\n");
    }
    match (others.is_empty(), usual) {
        (true, _) => usual.to_owned(),
        (false, "") => format!("{body}{{%- endif -%}}"),
        (false, _) => format!("{body}{{%- else -%}}\n{usual}\n{{%- endif -%}}"),
    }
}

/// A time as the dialect compares it: a number of microseconds, or in PostgreSQL the time itself.
pub(super) fn moment(dialect: Dialect) -> Result<Macro, Unsupported> {
    let of = |ty: TimeType| dialect.expressions().instant(COLUMN, ty);
    let usual = of(dialect.usual_time())?;
    let types = TIME_TYPES.iter().map(|(name, ty)| Ok((*name, of(*ty)?)));
    let types = types.collect::<Result<Vec<_>, Unsupported>>()?;
    Ok(Macro { name: "moment", parameters: "column, type", body: by_type(types.into_iter(), &usual) })
}

/// Whether two neighbouring moments are in two sessions: the rule that the queries ask.
pub(super) fn longer(dialect: Dialect) -> Result<Macro, Unsupported> {
    let definition = stand_in::definition(dialect, IdScheme::Sequence)?;
    let types = stand_in::types(dialect);
    let columns = Columns::checked(dialect, &definition, &types, Relation::Sessions)?;
    let apart = columns.is_apart(dialect.expressions(), "{{ later }}", "{{ earlier }}");
    Ok(Macro { name: "longer", parameters: "later, earlier, d", body: stand_in::gap_in_jinja(&apart) })
}

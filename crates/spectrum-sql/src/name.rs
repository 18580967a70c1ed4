//! The name of a table, with or without its schema.

use std::fmt;

use crate::quote::identifier;

/// The longest name PostgreSQL keeps, in bytes; it cuts longer ones off without a word.
const LONGEST: usize = 63;

/// The events table where nobody says another: the original's.
pub const DEFAULT_EVENTS: &str = "warehouse.fact_events";

/// A relation's name. Its [`Display`](fmt::Display) is SQL, quoted where it must be.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TableName {
    schema: Option<String>,
    name: String,
}

/// Why a text is not a table's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There are more or fewer parts than a schema and a name.
    #[error(
        "'{0}' is not a table's name; write schema.table, and quote parts that hold a dot, as in \"my.schema\".events"
    )]
    Parts(String),
    /// A part is empty.
    #[error("'{0}' has an empty part; write schema.table")]
    Empty(String),
    /// PostgreSQL would cut the name off.
    #[error("name '{name}' is {length} bytes long; PostgreSQL keeps 63 at most")]
    TooLong {
        /// The part that is too long.
        name: String,
        /// How long it is.
        length: usize,
    },
    /// No database knows such names.
    #[error("a name cannot hold a NUL character")]
    Nul,
}

impl TableName {
    /// The table `name` of `schema`, both exactly as the catalog has them.
    ///
    /// # Errors
    /// When a part is empty or longer than PostgreSQL keeps.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Result<Self, NameError> {
        let (schema, name) = (schema.into(), name.into());
        check_part(&schema)?;
        check_part(&name)?;
        Ok(Self { schema: Some(schema), name })
    }

    /// A temporary table of the session that asks.
    pub(crate) fn temporary(name: &'static str) -> Self {
        Self { schema: Some("pg_temp".to_owned()), name: name.to_owned() }
    }

    /// Reads `table` or `schema.table`. Parts stand exactly as the catalog has them, capitals included; one that
    /// holds a dot or a double quote stands in double quotes, with quotes inside doubled.
    ///
    /// ```
    /// # use spectrum_sql::TableName;
    /// let table = TableName::parse(r#"Sales."fact.events""#)?;
    /// assert_eq!((table.schema(), table.name()), (Some("Sales"), "fact.events"));
    /// assert_eq!(table.to_string(), r#""Sales"."fact.events""#);
    /// # Ok::<(), spectrum_sql::NameError>(())
    /// ```
    ///
    /// # Errors
    /// When there are more than two parts, or one is empty or too long.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut parts = parts_of(text).ok_or_else(|| NameError::Parts(text.to_owned()))?;
        if parts.iter().any(String::is_empty) {
            return Err(NameError::Empty(text.to_owned()));
        }
        for part in &parts {
            check_part(part)?;
        }
        match (parts.pop(), parts.pop(), parts.is_empty()) {
            (Some(name), schema, true) => Ok(Self { schema, name }),
            _ => Err(NameError::Parts(text.to_owned())),
        }
    }

    /// The schema; `None` leaves it to the search path.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The name without its schema.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Another relation of the same schema.
    pub fn beside(&self, name: impl Into<String>) -> Self {
        Self { schema: self.schema.clone(), name: name.into() }
    }

    /// A name for an index or another thing that belongs to this table: `table_suffix`, with the table's part
    /// shortened and made unique by a hash when the whole would be too long.
    ///
    /// ```
    /// # use spectrum_sql::TableName;
    /// let table = TableName::new("analytics", "mv_sessions")?;
    /// assert_eq!(table.derived("event_id_key"), "mv_sessions_event_id_key");
    /// # Ok::<(), spectrum_sql::NameError>(())
    /// ```
    pub fn derived(&self, suffix: &str) -> String {
        let whole = format!("{}_{suffix}", self.name);
        if whole.len() <= LONGEST {
            return whole;
        }
        // FNV-1a: only to tell names apart that begin alike.
        let hash = whole
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let tail = format!("_{hash:08x}");
        let mut end = LONGEST - tail.len();
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}{tail}", &whole[..end])
    }
}

/// Refuses what PostgreSQL would cut off or not take at all.
fn check_part(part: &str) -> Result<(), NameError> {
    if part.is_empty() {
        return Err(NameError::Empty(part.to_owned()));
    }
    if part.contains('\0') {
        return Err(NameError::Nul);
    }
    if part.len() > LONGEST {
        return Err(NameError::TooLong { name: part.to_owned(), length: part.len() });
    }
    Ok(())
}

/// The parts between dots; `None` when a quote is not closed, or stands inside a plain part.
pub(crate) fn parts_of(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_part(quoted)?,
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        parts.push(part);
        if after.is_empty() {
            return Some(parts);
        }
        rest = after.strip_prefix('.')?;
    }
}

/// The text before the closing quote, and what follows it.
fn quoted_part(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let quote = rest.find('"')?;
        part.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                part.push('"');
                rest = after;
            }
            None => return Some((part, rest)),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", identifier(schema))?;
        }
        f.write_str(&identifier(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_the_same() {
        let names = ["plain", "with space", "do.t", "quo\"te", "Ünïcode", "order", "'; DROP TABLE x; --"];
        for name in names {
            for schema in names {
                let table = TableName::new(schema, name).unwrap();
                assert_eq!(TableName::parse(&table.to_string()), Ok(table));
            }
        }
    }

    #[test]
    fn refuses_what_no_table_is_called() {
        let refused = |text: &str| TableName::parse(text).unwrap_err().to_string();
        assert!(refused("a.b.c").contains("write schema.table"));
        assert!(refused("\"a").contains("is not a table's name"));
        assert!(refused("\"a\"b").contains("is not a table's name"));
        assert!(refused("a.").contains("empty part"));
        assert!(refused("").contains("empty part"));
        assert!(refused(&"x".repeat(64)).contains("64 bytes long"));
    }

    #[test]
    fn derived_names_fit_and_differ() {
        let table = |name: String| TableName::new("s", name).unwrap();
        let (a, b) = (table("é".repeat(31)), table(format!("{}x", "é".repeat(30))));
        assert!(a.derived("event_id_key").len() <= 63);
        assert_ne!(a.derived("event_id_key"), b.derived("event_id_key"));
        assert_ne!(a.derived("event_id_key"), a.derived("started_at_idx"));
    }
}

//! Names of tables: what people write, and what an engine reads.

use super::columns::name;
use super::{Dialect, Unsupported};

/// The text is not a table's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a table's name; write table, schema.table or catalog.schema.table, and quote parts that hold a dot, as in \"my.schema\".events"
)]
pub struct TableError(String);

/// The parts of a name between its dots. One that holds a dot or a double quote stands in double quotes, with quotes
/// inside doubled, in every dialect alike.
///
/// ```
/// # use spectrum_sql::dialect::table_parts;
/// assert_eq!(table_parts(r#"lake.sales."fact.events""#)?, ["lake", "sales", "fact.events"]);
/// # Ok::<(), spectrum_sql::dialect::TableError>(())
/// ```
///
/// # Errors
/// When a part is empty, or a quote is not closed.
pub fn table_parts(text: &str) -> Result<Vec<String>, TableError> {
    let parts = crate::name::parts_of(text).unwrap_or_default();
    let sound = |part: &String| !part.is_empty() && !part.contains('\0');
    if parts.is_empty() || !parts.iter().all(sound) {
        return Err(TableError(text.to_owned()));
    }
    Ok(parts)
}

/// The name as the dialect's SQL.
pub(super) fn quoted(dialect: Dialect, parts: &[&str]) -> Result<String, Unsupported> {
    if parts.is_empty() || parts.iter().any(|part| part.is_empty()) {
        let written = parts.join(".");
        return Err(Unsupported::new(dialect, format!("a table called '{written}'"), "name the table"));
    }
    dialect.expressions().check_table(parts)?;
    Ok(parts.iter().map(|part| name(dialect, part)).collect::<Vec<_>>().join("."))
}

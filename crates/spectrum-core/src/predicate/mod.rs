//! Conditions on events, as rules have them: a small part of SQL, read once into a tree.
//!
//! The tree is printed anew for every engine and evaluated on Arrow columns for files, so that the text of a definition
//! never gets into a query. Truth is SQL's: a comparison with NULL is unknown, and a rule asks whether a condition is true.

mod by_entry;
mod column_values;
mod decimal;
mod error;
mod evaluate;
mod kinds;
mod lexer;
mod like;
mod not_of_kind;
mod parser;
mod tree;

use std::fmt;
use std::str::FromStr;

pub use self::decimal::Decimal;
pub use self::error::{PredicateError, PredicateProblem};
pub(crate) use self::evaluate::{Rows, Truth};
use self::kinds::ColumnKinds;
pub use self::not_of_kind::{NotOfKind, UsedBy};
pub use self::tree::{Comparison, Condition, EventColumn, Literal, Value, ValueKind, Wildcard};

/// The most bytes that a predicate has.
pub(crate) const LONGEST: usize = 65_536;

/// How deep parentheses, NOT and functions can stand in each other.
pub(crate) const DEEPEST: usize = 32;

/// A condition that was read and makes sense, with the text that it was read from.
///
/// ```
/// use spectrum_core::{Predicate, ValueKind};
///
/// let predicate: Predicate = "event_type IN ('login', 'app_open') AND is_bot IS NOT TRUE".parse()?;
/// let columns: Vec<_> = predicate.columns().map(|(column, kind)| (column.to_string(), kind)).collect();
/// assert_eq!(columns[0], ("event_type".to_owned(), Some(ValueKind::Text)));
/// assert_eq!(columns[1], ("is_bot".to_owned(), Some(ValueKind::Boolean)));
///
/// let error = "event_type == 'login'".parse::<Predicate>().unwrap_err();
/// assert_eq!(error.position(), 11);
/// # Ok::<(), spectrum_core::PredicateError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Predicate {
    text: String,
    condition: Condition,
    /// Every column it reads, in the order in which they first occur, with the kind that they are used as.
    columns: ColumnKinds,
}

impl Predicate {
    /// What it says.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The columns it reads, each once, with the kind of values that it takes them to have; `None` where it only asks whether
    /// there is one.
    pub fn columns(&self) -> impl Iterator<Item = (&EventColumn, Option<ValueKind>)> {
        self.columns.iter().map(|(column, kind)| (column, *kind))
    }
}

/// What a predicate says of some rows, whose columns have these names: `None` is SQL's unknown.
///
/// # Errors
/// When a column does not have what the predicate takes it to have.
pub fn truths(
    predicate: &Predicate,
    names: &[EventColumn],
    columns: &[arrow_array::ArrayRef],
    count: usize,
) -> Result<Vec<Option<bool>>, NotOfKind> {
    let known = |truth| match truth {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Unknown => None,
    };
    Ok(predicate.truths(Rows { names, columns, count })?.into_iter().map(known).collect())
}

/// The rows that a predicate is true for.
///
/// # Errors
/// When a column does not have what the predicate takes it to have.
pub fn holds(
    predicate: &Predicate,
    names: &[EventColumn],
    columns: &[arrow_array::ArrayRef],
    count: usize,
) -> Result<Vec<bool>, NotOfKind> {
    let truths = predicate.truths(Rows { names, columns, count })?;
    Ok(truths.into_iter().map(|truth| truth == Truth::True).collect())
}

impl FromStr for Predicate {
    type Err = PredicateError;

    /// # Errors
    /// When the text is not a condition, has parts of SQL that conditions do not have, or compares what cannot be compared.
    fn from_str(text: &str) -> Result<Self, PredicateError> {
        let refused = |problem| PredicateError::new(text, problem);
        let (condition, columns) = parser::parse(text).map_err(refused)?;
        Ok(Self { text: text.trim().to_owned(), condition, columns })
    }
}

/// As it was written.
impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;

//! What a dialect cannot express.

use spectrum_core::EventColumn;

use super::Dialect;
use super::form::Form;

/// A refusal: the engine has no words for it, or none that give PostgreSQL's bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot express {feature}; {remedy}", dialect.title())]
#[non_exhaustive]
pub struct Unsupported {
    /// The dialect.
    pub dialect: Dialect,
    /// What it cannot express, and why.
    pub feature: String,
    /// What to do instead.
    pub remedy: String,
    /// The forms that the remedy speaks of, which the query can become instead.
    pub forms: &'static [Form],
    /// What the remedy asks to be said.
    pub asks: Option<Asks>,
}

/// Something that can be said of a column, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asks {
    /// Its type ([`Types::told`](super::Types::told)).
    TypeOf(String),
    /// That it goes along with every event ([`Types::carried`](super::Types::carried)).
    Carry(String),
}

impl Unsupported {
    pub(super) fn new(dialect: Dialect, feature: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { dialect, feature: feature.into(), remedy: remedy.into(), forms: &[], asks: None }
    }

    /// The refusal of a form, in place of which others are printed.
    pub(super) fn form(dialect: Dialect, feature: &str, remedy: &str, forms: &'static [Form]) -> Self {
        Self { forms, ..Self::new(dialect, feature, remedy) }
    }

    /// The refusal of something that depends on what a column holds.
    pub(super) fn untold(dialect: Dialect, feature: impl Into<String>, column: &str) -> Self {
        let asks = Some(Asks::TypeOf(column.to_owned()));
        Self { asks, ..Self::new(dialect, feature, "say what its type is") }
    }

    /// The refusal of a member of an object.
    pub(super) fn member(dialect: Dialect, column: &EventColumn) -> Self {
        Self::new(
            dialect,
            format!("the member {column}, which it writes otherwise than PostgreSQL"),
            "make a column of it in a view over the events, and name that",
        )
    }

    /// The refusal of times finer than the engine has.
    pub(super) fn nanoseconds(dialect: Dialect) -> Self {
        Self::new(dialect, "times in nanoseconds", "its times end at microseconds, so leave out [ns]")
    }

    /// The refusal of numbers of nanoseconds.
    pub(super) fn numbers_of_nanoseconds(dialect: Dialect) -> Self {
        let remedy = "make them microseconds in a view over the events, and say bigint[us]";
        Self::new(dialect, "numbers of nanoseconds as times", remedy)
    }
}

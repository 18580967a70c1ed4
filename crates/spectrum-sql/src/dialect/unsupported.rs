//! What a dialect cannot express.

use super::Dialect;

/// A refusal: the engine has no words for it, or none that give PostgreSQL's bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot express {feature}; {remedy}", dialect.title())]
pub struct Unsupported {
    /// The dialect.
    pub dialect: Dialect,
    /// What it cannot express, and why.
    pub feature: String,
    /// What to do instead.
    pub remedy: String,
}

impl Unsupported {
    pub(super) fn new(dialect: Dialect, feature: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { dialect, feature: feature.into(), remedy: remedy.into() }
    }

    /// The refusal of times finer than the engine has.
    pub(super) fn nanoseconds(dialect: Dialect) -> Self {
        Self::new(dialect, "times in nanoseconds", "its times end at microseconds, so leave out [ns]")
    }
}

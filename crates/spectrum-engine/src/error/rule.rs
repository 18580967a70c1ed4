//! What rules beyond the gap cannot take.

use arrow_schema::DataType;
use spectrum_core::{NotOfKind, ValueKind};

/// What does not fit a rule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A text that a rule, or the summary, takes for JSON and that cannot be read as it.
    #[error("{place}: the member '{column}' of {} cannot be read: {what}", if *.is_of_summary { "the summary" } else { "a rule" })]
    NotJson {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column and the member.
        column: String,
        /// Why, in words.
        what: String,
        /// Whether no rule reads it but the summary.
        is_of_summary: bool,
    },
    /// A value, or a type, that a rule cannot take.
    #[error("{place}: {what}")]
    Value {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// What does not fit.
        what: Box<NotOfKind>,
    },
    /// A column whose type is not what a rule takes it to have.
    #[error("column '{column}' in {name} is used as {} by the rule, and its type is {data_type}", .kind.words())]
    Type {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// Its type.
        data_type: DataType,
        /// What the rule takes it to have.
        kind: ValueKind,
    },
    /// A zone for times that are in none.
    #[error(
        "times in column '{column}' have no zone, so split_at cannot be a time of day in {zone}; leave out the time zone to take \
         them as they stand, or give the events a zone"
    )]
    ZoneOfPlainTimes {
        /// The time column.
        column: String,
        /// The zone.
        zone: String,
    },
    /// Gaps are compared where sessions of one make those of another.
    #[error(
        "gaps cannot be compared under the rule {0}, because sessions of a longer gap are not those of a shorter one joined"
    )]
    GapsOfRule(&'static str),
    /// Late events are replayed where two neighbouring instants decide alone.
    #[error(
        "what late events change cannot be said under the rule {0}, because more than two neighbouring instants decide there"
    )]
    LateOfRule(&'static str),
}

//! Why events could not be labelled: of types, values and numbers of them.

use arrow_schema::{DataType, TimeUnit};

use crate::key_kind::KeyKind;
use crate::numbered::Numbered;
use crate::predicate::NotOfKind;

/// Why events could not be labelled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// The type has no defined text.
    #[error(
        "type {0} cannot be a key, because its text is not settled; use text, an integer, a boolean or a uuid \
         (FixedSizeBinary(16))"
    )]
    KeyType(DataType),
    /// The type is not a time.
    #[error("type {0} is not a time; use a timestamp or a date")]
    TimeType(DataType),
    /// An instant does not fit the unit all times are compared in.
    #[error(
        "time {instant} ({} since 1970) does not fit in 64 bits of {}, the finest unit among the inputs",
        plural(*own),
        plural(*unit)
    )]
    TimeRange {
        /// The value in the column's own unit.
        instant: i64,
        /// The column's unit.
        own: TimeUnit,
        /// The unit it had to be counted in.
        unit: TimeUnit,
    },
    /// The column is finer than the labeller counts.
    #[error("times in {} cannot be counted in {} without loss", plural(*column), plural(*unit))]
    CoarserUnit {
        /// The column's unit.
        column: TimeUnit,
        /// The labeller's unit.
        unit: TimeUnit,
    },
    /// A key column was of another kind before.
    #[error("a key column was {seen} before and is {now} now; give it one type throughout")]
    MixedKeyKinds {
        /// The kind seen first.
        seen: KeyKind,
        /// The kind seen now.
        now: KeyKind,
    },
    /// The number of key columns differs.
    #[error("the key and the rule have {expected} columns, but {found} were given")]
    KeyWidth {
        /// What the labeller was made for.
        expected: usize,
        /// What it was given.
        found: usize,
    },
    /// Columns of one batch differ in length.
    #[error("a key column has {key} rows and the time column {time}")]
    Lengths {
        /// Rows of a key column.
        key: usize,
        /// Rows of the time column.
        time: usize,
    },
    /// Labels are 32 bits wide.
    #[error("one labeller takes at most 4294967294 events; share them among several")]
    TooManyEvents,
    /// Values, keys and sessions are numbered in 32 bits.
    #[error(
        "there are more than {most} {what}, which is all that 32 bits can number; take the events apart by key, and \
         work on each part alone"
    )]
    TooMany {
        /// Of what there are too many.
        what: Numbered,
        /// How many there can be.
        most: usize,
    },
    /// A key's text is longer than 32 bits can say.
    #[error("a key column has a text of {bytes} bytes, and a key has at most 4294967294; use a shorter key")]
    LongKey {
        /// The length of the longest.
        bytes: usize,
    },
    /// A column that the rule reads does not have what the rule takes it to have.
    #[error(transparent)]
    NotOfKind(Box<NotOfKind>),
    /// What is to be remembered are no sessions of the rule.
    #[error("row {} of the remembered sessions is none that the rule could have made after those before it", .row + 1)]
    NotSessions {
        /// Which row of the batch, from zero.
        row: usize,
    },
    /// Labellers that are resolved together must agree.
    #[error("labellers with different rules, units or key widths cannot be resolved together")]
    Mismatched,
}

impl From<NotOfKind> for LabelError {
    fn from(error: NotOfKind) -> Self {
        Self::NotOfKind(Box::new(error))
    }
}

fn plural(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}

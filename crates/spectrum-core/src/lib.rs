//! The session rule, and nothing else: a definition, several ways to name a session, the interval algebra and
//! the kernel that labels events held in Arrow arrays.
//!
//! A session is a run of events of the same key with no gap longer than the definition's gap; [`SessionRule`] says so,
//! and everything else asks it. This crate
//! promises that the order of events, the way they are cut into batches and the number of [`Labeller`]s that
//! took part never change a result, and that a result equals the reference SQL in PostgreSQL to the byte.
//! It does no I/O, reads no clock and never blocks.
//!
//! The short way, for data that is in memory:
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
//! use spectrum_core::{SessionDefinition, sessionize};
//!
//! let minutes = |m: i64| m * 60_000_000;
//! let events = RecordBatch::try_from_iter([
//!     ("user_id", Arc::new(StringArray::from(vec!["ann", "ann", "ann"])) as ArrayRef),
//!     ("account_id", Arc::new(StringArray::from(vec!["acme", "acme", "acme"]))),
//!     ("occurred_at", Arc::new(TimestampMicrosecondArray::from(vec![minutes(0), minutes(30), minutes(61)]))),
//! ])?;
//!
//! let sessionized = sessionize(&[events], &SessionDefinition::default())?;
//! let numbers: Vec<_> = sessionized.session_numbers().collect();
//! assert_eq!(numbers, [Some(1), Some(1), Some(2)]); // 30 minutes is still together, 31 is not
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The long way, for data that comes in pieces and on several threads, is one [`Labeller`] per thread and one
//! [`resolve`] over all of them; [`sessionize`] is thirty lines that do just that.

// A value that does not fit is an error, never another number.
#![deny(clippy::cast_possible_truncation)]

mod code_index;
mod collisions;
mod column_codes;
mod column_role;
mod definition;
mod definition_error;
mod definition_file;
mod digest;
mod distinct_values;
mod epoch_unit;
mod gap;
mod id_scheme;
mod intervals;
mod key_kind;
mod key_numbers;
mod key_table;
mod key_text;
mod label_error;
mod label_forest;
mod labeller;
mod moments;
mod near;
mod numbered;
mod numbering;
mod open_sessions;
mod oracle;
mod pair_codes;
mod predicate;
mod preset;
mod regroup;
mod remembered;
mod resolve;
mod rule;
mod session_ids;
mod sessionize;
mod sessions;
mod summary_columns;
pub mod text;
mod time_column;
mod waiting;

pub use collisions::Collision;
pub use column_role::ColumnRole;
pub use definition::{DefinitionBuilder, SessionDefinition};
pub use definition_error::{DefinitionError, NotADefinitionFile};
pub use definition_file::DefinitionFile;
pub use digest::Digest;
pub use epoch_unit::{EpochUnit, UnknownEpochUnit};
pub use gap::{Gap, GapError, nanoseconds_per};
pub use id_scheme::{IdScheme, SessionId, UnknownIdScheme};
pub use key_kind::KeyKind;
pub use label_error::LabelError;
pub use label_forest::Label;
pub use labeller::Labeller;
pub use numbered::Numbered;
pub use predicate::{
    Comparison, Condition, Decimal, EventColumn, Literal, NotOfKind, Predicate, PredicateError,
    PredicateProblem, UsedBy, Value, ValueKind, Wildcard,
};
pub use preset::{Certainty, Claim, PRESETS_LOOKED_UP, Preset};
pub use regroup::Span;
pub use remembered::PastSessions;
pub use resolve::{Resolution, resolve, resolve_as_of};
pub use rule::{
    AtGap, GapWhen, Neighbours, Pause, Reason, Reasons, RuleColumn, RuleError, RuleKind, RuleParts,
    SessionRule, SplitAt, SplitAtError, SplitOnNull, ValueChange,
};
pub use sessionize::{SessionizeError, Sessionized, sessionize};
pub use sessions::{LeftOut, SessionIndex, Sessions};
pub use summary_columns::{
    Measure, Picked, SUMMARY_BUILT_IN, SUMMARY_READABLE, SummaryColumn, SummaryColumnError,
};
pub use time_column::time_unit_of;

// Their types stand in signatures.
pub use arrow_array;
pub use arrow_schema;

/// What Spectrum's own crates and tests need besides. It changes without notice.
#[doc(hidden)]
pub mod internals {
    pub use crate::key_numbers::KeyNumbers;
    pub use crate::near::or_near;
    pub use crate::oracle::{RuledBy, RuledEvent, session_numbers, sessions_by_rule};
    pub use crate::predicate::{holds, truths};
    pub use crate::time_column::{Clock, instants};
}

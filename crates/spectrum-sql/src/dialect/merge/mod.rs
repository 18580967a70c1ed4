//! Plan merge: what moves between machines is a row a key and piece of time, and events get their ids where they lie.
//!
//! Time is cut into pieces of the gap and a microsecond, so two events of a key in one piece are never more than the gap
//! apart, and one session has them both. Each task reduces what it reads to the first and the last instant of every key
//! and piece, which is all that a session's bounds depend on; few rows are sorted then, and a key with many events is no
//! task's lot. The rows get their session's id, go to every machine, and each event takes the id of its key and piece.
//!
//! A row a session needs no events a second time: it is made of the rows of its pieces.
//!
//! The events are read twice, and must be the same both times.

mod labels;
mod spans;
mod summary;

pub(super) use labels::sessions;
pub(super) use spans::{Kept, Spans, spans};
pub(super) use summary::{of_events as summary_of_events, of_sessions as summary_of_sessions};

/// How an engine writes what only this plan needs. Arguments are SQL expressions.
pub(super) trait Merging {
    /// A whole number divided by another, rounded down, exact in 64 bits and at both of their ends.
    fn floor_divided(&self, number: &str, by: u64) -> String;

    /// Whether two values are equal, or both NULL; by a hash, not pair by pair.
    fn same(&self, left: &str, right: &str) -> String;

    /// After SELECT: that a step's rows go to every machine that has rows to join with them.
    fn sent_to_all(&self, step: &str) -> String;

    /// An aggregate that holds the smallest id among the events of the first instant; NULLs only where there is no other.
    fn first_of(&self, instant: &str, id: &str) -> String;

    /// The greatest id among those of the last instant, in the same way.
    fn last_of(&self, instant: &str, id: &str) -> String;

    /// The id in a value of one of these, of which MIN and MAX are those of several groups.
    fn id_in(&self, of: &str) -> String;
}

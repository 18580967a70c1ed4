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

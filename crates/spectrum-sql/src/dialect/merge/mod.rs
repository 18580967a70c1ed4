//! Plan merge: one row per key and piece of time moves between machines, and events get their ids where they
//! are.
//!
//! Time is cut into pieces of the gap and a microsecond, so two events of a key in one piece are never more
//! than the gap apart, and one session has them both. Each task reduces what it reads to the first and the
//! last instant of every key and piece, which is all that a session's bounds depend on; few rows are sorted
//! then, and no task has to take all events of a large key. The rows get their session's id, go to every
//! machine, and each event takes the id of its key and piece.
//!
//! The relation with one row per session does not need the events again: it is made from the rows of its
//! pieces.
//!
//! The events are read twice, and must be the same both times.

mod labels;
mod spans;
mod summary;

pub(super) use labels::sessions;
pub(super) use spans::{Kept, Spans, spans};
pub(super) use summary::{of_events as summary_of_events, of_sessions as summary_of_sessions};

//! The second kernel, for rules that two instants alone cannot decide: every event is kept with what the rule has to know of
//! it, gathered by key, sorted by time and shown moment by moment to a machine with a few variables.
//!
//! Which labeller took an event, and when, does not matter, because all that is looked at is the events of a moment together.

mod facts;
mod fold;
mod gathered;
mod machine;
mod order;
mod parted;
mod ranks;

pub(crate) use self::facts::{Facts, FactsReader};
pub(crate) use self::fold::{Beginning, LeftOutMoments, Limits, NO_SESSION, fold};
pub(crate) use self::gathered::Gathered;

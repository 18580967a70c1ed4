//! Which relation is asked for.

/// Which relation the columns are to be in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Relation {
    /// A row per event.
    Sessions,
    /// A row per session.
    Summary,
}

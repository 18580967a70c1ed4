//! What an engine needs to say for plan merge, beside all that sessions need.

/// How an engine writes what only plan merge needs. Arguments are SQL expressions.
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

//! What an engine needs to say for rules for which it matters where a session began: lists, and how to follow them.

/// How an engine writes lists of whole numbers and what is done with them. Arguments are SQL expressions, and places count
/// from 1.
pub(super) trait Folding {
    /// An aggregate: the values of a group in the order of their places.
    fn listed(&self, value: &str, place: &str) -> String;

    /// An aggregate: the value of any row of a group.
    fn any(&self, value: &str) -> String;

    /// A list with one more value at its end.
    fn appended(&self, list: &str, value: &str) -> String;

    /// The values of a list at certain places. Neither the values nor the places ever fall.
    fn chosen(&self, list: &str, places: &str) -> String;

    /// All places on the way that begins at `first` and goes on from each place to the one that the list has there, in their
    /// order; the last place, at which the way stays, may be there more than once.
    ///
    /// It must not take a step of the query, or one call of a function, for each place: a key can have a million. What all
    /// engines do well is to choose from whole lists. Where every place is known to lead to the one that is two further on,
    /// the list chosen from itself leads four further on, and the way so far, once as it is and once chosen from the list,
    /// is twice as long. So a way over a million places is there after twenty rounds.
    fn way(&self, next: &str, first: &str) -> String;

    /// What is selected, and what stands behind FROM, so that every row is there once for each value of some lists of one
    /// length. Each list has the name of its value beside it.
    fn unfolded(&self, from: &str, lists: &[(String, String)]) -> (String, String);
}

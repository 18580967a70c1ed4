//! Queries in parts, for those that put something of their own between them.

/// A row per event, before it is settled whether the session's number goes along.
pub(crate) struct SessionsQuery {
    /// All up to the session's id.
    pub(crate) up_to_id: String,
    /// The session's number as one more column, with a comma before it.
    pub(crate) number: String,
    /// Where all that is selected from.
    pub(crate) from: String,
    /// The columns that the query gives names to, so that no column of the events may have them.
    pub(crate) named: Vec<String>,
}

/// A row per session.
pub(crate) struct SummaryQuery {
    /// The query.
    pub(crate) text: String,
    /// The columns that the query gives names to, so that no column of the sessions may have them.
    pub(crate) named: Vec<String>,
}

impl SessionsQuery {
    /// The query, with or without the session's number as its last column.
    pub(crate) fn text(&self, numbered: bool) -> String {
        let number = if numbered { self.number.as_str() } else { "" };
        [&self.up_to_id, number, &self.from].concat()
    }
}

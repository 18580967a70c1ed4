//! What was removed, and what is left.

use spectrum_sql::TableName;

use crate::message::Message;

/// The proof of an erasure, or the plan of one.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// When, in UTC by the server's clock, as in `2026-11-22 10:00:00`.
    pub at: String,
    /// In which database.
    pub database: String,
    /// Columns of the key and the values that they had.
    pub key: Vec<(String, String)>,
    /// The events table.
    pub events: TableName,
    /// How many events of the person it held at the beginning.
    pub events_found: u64,
    /// What was removed from each relation.
    pub relations: Vec<Erased>,
    /// Error texts in the refresh log that named one of the person's events or a value of the key, and were cleared.
    pub log_texts: u64,
    /// What may hold something of the person and was not touched, in words.
    pub not_covered: Vec<Message>,
}

/// What was removed from a relation.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Erased {
    /// The relation.
    pub relation: TableName,
    /// How many rows went.
    pub removed: u64,
    /// How many of the person's rows are left, counted after the deletion in the same transaction.
    pub remain: u64,
}

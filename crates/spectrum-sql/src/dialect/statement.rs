//! What is asked for.

use spectrum_core::SessionDefinition;

use super::Dialect;
use super::form::Form;
use super::types::Types;

/// What is asked for, and from where. Names of tables are given in parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content<'a> {
    /// One row per event.
    Sessions {
        /// The events.
        events: &'a [&'a str],
    },
    /// One row per session, from the events.
    Summary {
        /// The events.
        events: &'a [&'a str],
    },
    /// One row per session, from a relation that holds the rows of [`Content::Sessions`].
    SummaryOf {
        /// That relation.
        sessions: &'a [&'a str],
    },
}

/// A whole statement.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The engine.
    pub dialect: Dialect,
    /// What a session is.
    pub definition: &'a SessionDefinition,
    /// What SQL must know of the columns.
    pub types: &'a Types,
    /// What is asked for.
    pub content: Content<'a>,
    /// What the query becomes.
    pub form: Form,
    /// The name of what is created, in parts; a select and a dbt model need none.
    pub name: &'a [&'a str],
}

//! Session definitions as SQL text.
//!
//! Text goes in and out; nothing here talks to a database. Every name and every literal that reaches SQL is quoted
//! by [`identifier`] and [`literal`], here and nowhere else.
//!
//! ```
//! use spectrum_core::SessionDefinition;
//! use spectrum_sql::{DEFAULT_EVENTS, TableName};
//! use spectrum_sql::postgres::{Events, sessions_query};
//!
//! let definition = SessionDefinition::default();
//! let events = Events::new(&definition, TableName::parse(DEFAULT_EVENTS)?);
//! assert!(sessions_query(&events).starts_with("WITH lagged AS (\n  SELECT user_id, account_id, event_id, occurred_at,"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod dialect;
mod keywords;
mod name;
pub mod postgres;
mod query;
mod quote;

pub use name::{DEFAULT_EVENTS, NameError, TableName};
pub use quote::{identifier, identifiers, literal};

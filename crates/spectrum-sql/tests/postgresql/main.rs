//! What is printed for PostgreSQL, run there and compared with what the core says.

#![allow(clippy::unwrap_used, reason = "this is how a test fails")]

mod conditions;
mod rules;

//! Tests that need PostgreSQL.

#![allow(clippy::unwrap_used, reason = "this is how a test fails")]

mod cases;
mod lifetime;

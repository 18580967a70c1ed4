//! The contract: what the cases say and what PostgreSQL says.

#![allow(clippy::unwrap_used, reason = "this is how a test fails")]

mod cases;
mod days;
mod digest;
mod documented;
mod kernel;
mod postgresql;
mod properties;
mod rules;

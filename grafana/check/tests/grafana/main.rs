//! The dashboard against Grafana's types and against a real PostgreSQL.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod deployed;
mod expected;
mod keys;
mod nothing;
mod plans;
mod preview;
mod provisioning;
mod shape;
mod types;
mod values;
mod world;

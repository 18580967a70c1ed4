//! What goes wrong for users: each case with its exit code, its message to the letter, and nothing left behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod columns;
mod damaged;
mod definitions;
mod dialects;
mod engines;
mod inputs;
mod interrupted;
mod outputs;
mod rules;
mod spectrum;
mod standard_input;
mod values;

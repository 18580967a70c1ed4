//! Tables in tests/data, read to their rows and broken in one way at a time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod broken;
mod rows;
mod tables;

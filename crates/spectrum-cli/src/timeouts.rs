//! The flags that bound how long the database may wait or work.

use anyhow::{Context, Result};
use clap::Args;
use spectrum_core::Gap;

/// How long to wait for locks and statements.
#[derive(Args, Debug)]
pub(crate) struct TimeoutFlags {
    /// Longest wait for a lock on a relation, as in 10s [default: no limit]
    #[arg(long, value_name = "DURATION", help_heading = "Database")]
    lock_timeout: Option<String>,
    /// Longest time for one statement, as in 30m [default: no limit]
    #[arg(long, value_name = "DURATION", help_heading = "Database")]
    statement_timeout: Option<String>,
}

impl TimeoutFlags {
    /// Milliseconds; zero is no limit.
    pub(crate) fn lock(&self) -> Result<u64> {
        milliseconds(self.lock_timeout.as_deref()).context("--lock-timeout")
    }

    /// Milliseconds; zero is no limit.
    pub(crate) fn statement(&self) -> Result<u64> {
        milliseconds(self.statement_timeout.as_deref()).context("--statement-timeout")
    }
}

/// Durations are written as gaps are; what is shorter than a millisecond counts as one.
fn milliseconds(text: Option<&str>) -> Result<u64> {
    let Some(text) = text else { return Ok(0) };
    let duration: Gap = text.parse().map_err(|error: spectrum_core::GapError| {
        anyhow::anyhow!("{}", error.to_string().replacen("gap", "duration", 1))
    })?;
    Ok((duration.nanoseconds() / 1_000_000).clamp(1, i32::MAX as u64))
}

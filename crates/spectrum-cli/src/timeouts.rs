//! The flags that bound how long the database may wait or work.

use clap::Args;

use crate::period::Period;

/// How long to wait for locks and statements.
#[derive(Args, Debug)]
pub(crate) struct TimeoutFlags {
    /// Longest wait for a lock on a relation, as in 10s [default: no limit]
    #[arg(long, value_name = "DURATION", help_heading = "Database")]
    lock_timeout: Option<Period>,
    /// Longest time for one statement, as in 30m [default: no limit]
    #[arg(long, value_name = "DURATION", help_heading = "Database")]
    statement_timeout: Option<Period>,
}

impl TimeoutFlags {
    /// Milliseconds; zero is no limit.
    pub(crate) fn lock(&self) -> u64 {
        milliseconds(self.lock_timeout)
    }

    /// Milliseconds; zero is no limit.
    pub(crate) fn statement(&self) -> u64 {
        milliseconds(self.statement_timeout)
    }
}

/// What is shorter than a millisecond counts as one, and the server knows no more than 31 bits of them.
fn milliseconds(period: Option<Period>) -> u64 {
    period.map_or(0, |period| period.length().as_millis().clamp(1, i32::MAX as u128) as u64)
}

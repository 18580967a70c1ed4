//! The flags that bound how long the database may wait or work.

use clap::Args;
use spectrum_postgres::Limits;

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
    /// What the flags say.
    pub(crate) fn limits(&self) -> Limits {
        let [lock, statement] = [self.lock_timeout, self.statement_timeout].map(|it| it.map(Period::length));
        Limits { lock, statement }
    }
}

//! How long statements may wait and take.

use std::time::Duration;

use postgres::Transaction;

use crate::error::{Result, While};

/// How long the statements of a command may wait for locks and take.
///
/// Where one is `None`, a refresh is bound by the server's settings, as are other refreshes of the same views. All other
/// commands then have no limit: a setting that is meant for short queries would end a build.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// The longest wait for a lock on a relation.
    pub lock: Option<Duration>,
    /// The longest a statement may take.
    pub statement: Option<Duration>,
}

impl Limits {
    /// What sets both for a session.
    pub(crate) fn for_session(self) -> String {
        let [lock, statement] = self.milliseconds();
        format!("SET lock_timeout = {lock}; SET statement_timeout = {statement}")
    }

    /// Sets both for a transaction.
    pub(crate) fn set(self, transaction: &mut Transaction<'_>) -> Result<()> {
        let [lock, statement] = self.milliseconds();
        let sql = format!("SET LOCAL lock_timeout = {lock}; SET LOCAL statement_timeout = {statement}");
        transaction.batch_execute(&sql).while_doing("setting timeouts")
    }

    /// Sets those that are given for a transaction.
    pub(crate) fn set_given(self, transaction: &mut Transaction<'_>, doing: &str) -> Result<()> {
        for (setting, limit) in [("lock_timeout", self.lock), ("statement_timeout", self.statement)] {
            if let Some(limit) = limit {
                let set = format!("SET LOCAL {setting} = {}", milliseconds(limit));
                transaction.batch_execute(&set).while_doing(doing)?;
            }
        }
        Ok(())
    }

    fn milliseconds(self) -> [i32; 2] {
        [self.lock, self.statement].map(|limit| limit.map_or(0, milliseconds))
    }
}

/// A limit as the server takes it: zero would be none at all, and it counts in 31 bits.
pub(crate) fn milliseconds(limit: Duration) -> i32 {
    i32::try_from(limit.as_millis()).unwrap_or(i32::MAX).max(1)
}

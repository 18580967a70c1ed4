//! How long a statement of a run may wait and take.

use std::time::Duration;

use postgres::Transaction;

use super::RefreshOptions;
use crate::error::{Result, While};

/// Sets the timeouts for this transaction.
pub(super) fn set_limits(
    transaction: &mut Transaction<'_>,
    options: &RefreshOptions,
    doing: &str,
) -> Result<()> {
    let timeouts = [("lock_timeout", options.lock_timeout), ("statement_timeout", options.statement_timeout)];
    for (setting, timeout) in timeouts {
        if let Some(timeout) = timeout {
            let set = format!("SET LOCAL {setting} = {}", milliseconds(timeout));
            transaction.batch_execute(&set).while_doing(doing)?;
        }
    }
    Ok(())
}

/// Zero would mean no timeout at all, and the server counts in 31 bits.
fn milliseconds(timeout: Duration) -> i32 {
    i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).max(1)
}

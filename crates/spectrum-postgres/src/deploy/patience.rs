//! Taking locks that readers and writers hold, without making others wait for long and without failing them.

use std::time::{Duration, Instant};

use postgres::Transaction;
use postgres::error::SqlState;

use crate::error::{PgError, Result, While};
use crate::limits::milliseconds;
use crate::stop::Stop;

/// For so long locks are tried for again and again; after that they are waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two attempts those who queued go on.
const PAUSE: Duration = Duration::from_millis(100);

/// Does `attempt` in a savepoint. While it waits for a lock, readers and writers of the same relation queue
/// behind it, and a reader of two relations can hold what it waits for and wait for what it holds. So it
/// gives up before PostgreSQL looks for such circles, which would end one of the two, and is tried again.
///
/// The last attempt waits for as long as `longest` says; without it for ever.
pub(crate) fn patiently(
    transaction: &mut Transaction<'_>,
    longest: Option<Duration>,
    stop: &Stop,
    mut attempt: impl FnMut(&mut Transaction<'_>) -> Result<()>,
) -> Result<()> {
    let row = transaction
        .query_one("SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'", &[])
        .while_doing("asking for a setting")?;
    let at_once = Duration::from_millis((row.get::<_, i64>(0).unsigned_abs() / 2).max(1));
    let limit = longest.map_or(PATIENCE, |longest| PATIENCE.min(longest));
    let begun = Instant::now();
    loop {
        let is_last = begun.elapsed() + at_once >= limit;
        let timeout = if is_last { longest } else { Some(at_once) }.map_or(0, milliseconds);
        let mut savepoint = transaction.transaction().while_doing("setting a savepoint")?;
        savepoint
            .batch_execute(&format!("SET LOCAL lock_timeout = {timeout}"))
            .while_doing("setting a timeout")?;
        match attempt(&mut savepoint) {
            Ok(()) => return savepoint.commit().while_doing("releasing a savepoint"),
            Err(error) if !is_last && error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => drop(savepoint),
            Err(error) => return Err(error),
        }
        if stop.wait(PAUSE) {
            return Err(PgError::Interrupted);
        }
    }
}

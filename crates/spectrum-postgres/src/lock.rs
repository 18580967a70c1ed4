//! One at a time: whoever changes a deployment or refreshes it holds an advisory lock.

use std::time::Duration;

use postgres::Client;
use spectrum_sql::literal;

use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::stop::Stop;

/// The first half of the lock's key: "SPEC" in ASCII. The second is a hash of the schema.
const SPACE: i32 = 0x5350_4543;

/// How often a waiting command looks again.
const PAUSE: Duration = Duration::from_millis(200);

/// The lock's key as SQL, for functions that take it themselves.
pub(crate) fn lock_key(deployment: &Deployment) -> String {
    format!("{SPACE}, pg_catalog.hashtext({})", literal(&deployment.names.schema))
}

/// Takes the deployment's lock for as long as the connection lives, or until [`unlock`].
///
/// # Errors
/// [`PgError::Locked`] with the holder.
pub(crate) fn lock(client: &mut Client, deployment: &Deployment) -> Result<()> {
    let schema = &deployment.names.schema;
    let row = client
        .query_one("SELECT pg_try_advisory_lock($1, hashtext($2))", &[&SPACE, schema])
        .while_doing("taking the lock")?;
    if row.get(0) { Ok(()) } else { Err(holder(client, schema)?) }
}

/// [`lock`], once whoever holds it has given it back. `waiting` hears of the holder and since when, once.
///
/// It tries again and again, rather than let the server wait: a statement that waits could run into a timeout, and
/// would hold up an index that the holder makes CONCURRENTLY.
///
/// # Errors
/// [`PgError::Interrupted`] when `stop` is requested.
pub(crate) fn lock_or_wait(
    client: &mut Client,
    deployment: &Deployment,
    stop: &Stop,
    mut waiting: impl FnMut(&str, &str),
) -> Result<()> {
    let mut told = false;
    loop {
        match lock(client, deployment) {
            Err(PgError::Locked { holder, since }) => {
                if !std::mem::replace(&mut told, true) {
                    waiting(&holder, &since);
                }
            }
            done => return done,
        }
        if stop.wait(PAUSE) {
            return Err(PgError::Interrupted);
        }
    }
}

/// Gives the lock back.
pub(crate) fn unlock(client: &mut Client, deployment: &Deployment) -> Result<()> {
    client
        .execute("SELECT pg_advisory_unlock($1, hashtext($2))", &[&SPACE, &deployment.names.schema])
        .while_doing("giving back the lock")
        .map(drop)
}

/// Who holds the lock.
fn holder(client: &mut Client, schema: &str) -> Result<PgError> {
    let row = client
        .query_opt(
            "SELECT a.application_name, l.pid, a.usename::text,
                    to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
             FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
               AND l.classid = $1::int4::oid AND l.objid = hashtext($2)::int4::oid
             LIMIT 1",
            &[&SPACE, &schema],
        )
        .while_doing("asking who holds the lock")?;
    let text = |column| row.as_ref().and_then(|row| row.get::<_, Option<String>>(column));
    let program = text(0).filter(|name| !name.is_empty()).unwrap_or_else(|| "another session".into());
    let pid = row.as_ref().and_then(|row| row.get::<_, Option<i32>>(1)).unwrap_or_default();
    let user = text(2).map(|user| format!(", user {user}")).unwrap_or_default();
    let since = text(3).map(|since| format!(", connected since {since} UTC")).unwrap_or_default();
    Ok(PgError::Locked { holder: format!("{program} (pid {pid}{user})"), since })
}

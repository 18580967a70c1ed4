//! One at a time: whoever changes a deployment or refreshes it holds an advisory lock while it works.

use std::time::Duration;

use postgres::Client;
use spectrum_sql::literal;

use crate::catalog::check_writable;
use crate::connect::Connection;
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::observer::Event;
use crate::stop::Stop;

/// The first half of the lock's key: "SPEC" in ASCII. The second is a hash of the schema.
const SPACE: i32 = 0x5350_4543;

/// How often a waiting command looks again.
const PAUSE: Duration = Duration::from_millis(200);

/// What to do while somebody else is at work.
#[derive(Clone, Copy)]
pub(crate) enum Busy<'a> {
    /// Give up.
    Refuse,
    /// Wait for them, until a stop is requested.
    Wait(&'a Stop),
}

/// Does `work` under the deployment's lock, on a server that takes writes.
///
/// # Errors
/// [`PgError::Locked`] when somebody else is at work, or [`PgError::Interrupted`] while waiting for them.
/// [`PgError::LockLost`] when the lock was lost on the way, even if all was done: others may have been at work meanwhile.
pub(crate) fn with_lock<T>(
    connection: &mut Connection,
    deployment: &Deployment,
    busy: Busy<'_>,
    observer: &mut dyn FnMut(Event<'_>),
    work: impl FnOnce(&mut Connection, &mut dyn FnMut(Event<'_>)) -> Result<T>,
) -> Result<T> {
    check_writable(&mut **connection)?;
    match busy {
        Busy::Refuse => lock(connection, deployment)?,
        Busy::Wait(stop) => lock_or_wait(connection, deployment, stop, observer)?,
    }
    let done = work(connection, observer);
    match unlock(connection, deployment) {
        Err(lost @ PgError::LockLost { .. }) => done.and(Err(lost)),
        // A connection that is gone has given the lock back by itself, and what was done is done.
        _ => done,
    }
}

/// The lock's key as SQL, for functions that take it themselves.
pub(crate) fn lock_key(deployment: &Deployment) -> String {
    format!("{SPACE}, pg_catalog.hashtext({})", literal(&deployment.names.schema))
}

/// Takes the deployment's lock for as long as the connection lives, or until [`unlock`].
///
/// # Errors
/// [`PgError::Locked`] with the holder.
fn lock(client: &mut Client, deployment: &Deployment) -> Result<()> {
    let schema = &deployment.names.schema;
    let row = client
        .query_one("SELECT pg_catalog.pg_try_advisory_lock($1, pg_catalog.hashtext($2))", &[&SPACE, schema])
        .while_doing("taking the lock")?;
    if row.get(0) { Ok(()) } else { Err(holder(client, schema)?) }
}

/// [`lock`], once its holder has released it. The observer hears of the holder once.
///
/// It tries again and again, rather than let the server wait: a statement that waits could run into a timeout, and
/// would hold up an index that the holder makes CONCURRENTLY.
///
/// # Errors
/// [`PgError::Interrupted`] when `stop` is requested.
fn lock_or_wait(
    client: &mut Client,
    deployment: &Deployment,
    stop: &Stop,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<()> {
    let mut told = false;
    loop {
        match lock(client, deployment) {
            Err(PgError::Locked { holder, since }) => {
                if !std::mem::replace(&mut told, true) {
                    observer(Event::Waiting { holder: &holder, since: &since });
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
///
/// # Errors
/// [`PgError::LockLost`] when it was not held any more: another command may have run meanwhile.
fn unlock(client: &mut Client, deployment: &Deployment) -> Result<()> {
    let schema = &deployment.names.schema;
    let row = client
        .query_one("SELECT pg_catalog.pg_advisory_unlock($1, pg_catalog.hashtext($2))", &[&SPACE, schema])
        .while_doing("giving back the lock")?;
    if row.get(0) {
        return Ok(());
    }
    let left = Holder::find(client, schema)?.map(|holder| {
        format!("; {} holds it now, and {} if that is nobody's work", holder.words(), holder.release())
    });
    Err(PgError::LockLost { left: left.unwrap_or_default() })
}

/// The error that names who holds the lock.
fn holder(client: &mut Client, schema: &str) -> Result<PgError> {
    Ok(match Holder::find(client, schema)? {
        Some(holder) => PgError::Locked { holder: holder.words(), since: holder.since() },
        // It was given back between the two statements.
        None => PgError::Locked { holder: "another session".to_owned(), since: String::new() },
    })
}

/// The session that holds the lock. Of the sessions of other roles not all may be known.
struct Holder {
    pid: i32,
    program: Option<String>,
    user: Option<String>,
    /// In UTC.
    connected: Option<String>,
    /// Since when it has had nothing to do, in UTC.
    idle: Option<String>,
}

impl Holder {
    fn find(client: &mut Client, schema: &str) -> Result<Option<Self>> {
        let row = client
            .query_opt(
                "SELECT l.pid, a.application_name, a.usename::text,
                        pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                        CASE WHEN a.state = 'idle'
                             THEN pg_catalog.to_char(a.state_change AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') END
                 FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
                 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
                   AND l.database = (SELECT oid FROM pg_catalog.pg_database
                                     WHERE datname = pg_catalog.current_database())
                   AND l.classid = $1::int4::oid AND l.objid = pg_catalog.hashtext($2)::int4::oid
                 LIMIT 1",
                &[&SPACE, &schema],
            )
            .while_doing("asking who holds the lock")?;
        Ok(row.map(|row| Self {
            pid: row.get(0),
            program: row.get::<_, Option<String>>(1).filter(|name| !name.is_empty()),
            user: row.get(2),
            connected: row.get(3),
            idle: row.get(4),
        }))
    }

    /// As in `spectrum refresh (pid 123, user etl)`.
    fn words(&self) -> String {
        let program = self.program.as_deref().unwrap_or("another session");
        let user = self.user.as_ref().map(|user| format!(", user {user}")).unwrap_or_default();
        format!("{program} (pid {}{user})", self.pid)
    }

    /// Since when it is there. A session that does nothing may have been left behind by a pooler, which keeps it for
    /// others.
    fn since(&self) -> String {
        let connected = self.connected.as_ref().map(|since| format!(", connected since {since} UTC"));
        let idle = self.idle.as_ref().map(|since| {
            format!(", idle since {since} UTC (if no command works there any more, {})", self.release())
        });
        [connected, idle].into_iter().flatten().collect()
    }

    /// What frees the lock.
    fn release(&self) -> String {
        format!("SELECT pg_catalog.pg_terminate_backend({}) frees the lock", self.pid)
    }
}

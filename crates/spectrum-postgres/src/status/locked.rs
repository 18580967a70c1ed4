//! Reading without waiting for long: a relation that somebody has locked is named, and the rest is reported.

use std::time::{Duration, Instant};

use postgres::GenericClient;
use postgres::error::SqlState;
use spectrum_sql::TableName;
use spectrum_sql::postgres::table_tree;

use crate::error::{PgError, Result, While};

/// A relation that could not be read because somebody has locked it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Locked {
    /// The relation, or an index of it.
    pub relation: TableName,
    /// Who has locked it, or waits in front of us to do so, as in `psql (pid 123, user ann)`. `None` when it was free again
    /// by the time somebody asked.
    pub by: Option<String>,
}

/// What is left of the patience for locks, and what could not be had.
pub(super) struct Patience {
    deadline: Instant,
    pub(super) locked: Vec<Locked>,
}

/// When nothing is left, a lock that can be had is still to be had.
const LEAST: Duration = Duration::from_millis(10);

impl Patience {
    pub(super) fn new(lock_timeout: Duration) -> Self {
        // Longer than anybody waits, where there is no such time.
        let deadline = Instant::now().checked_add(lock_timeout);
        let deadline = deadline.unwrap_or_else(|| Instant::now() + Duration::from_secs(u32::MAX.into()));
        Self { deadline, locked: Vec::new() }
    }

    /// Lets nothing that the connection does from here on wait for longer.
    pub(super) fn set(&self, client: &mut impl GenericClient) -> Result<()> {
        let left = self.deadline.saturating_duration_since(Instant::now()).max(LEAST).as_millis();
        let timeout = i32::try_from(left).unwrap_or(i32::MAX);
        client.batch_execute(&format!("SET lock_timeout = {timeout}")).while_doing("setting a timeout")
    }

    /// Reads what needs a lock on a relation, on one of its indexes or on what is below it. `None` when that was not to be
    /// had.
    pub(super) fn read<C: GenericClient, T>(
        &mut self,
        client: &mut C,
        relation: (u32, &TableName),
        read: impl FnOnce(&mut C) -> Result<T>,
    ) -> Result<Option<T>> {
        self.set(client)?;
        match read(client) {
            Ok(read) => Ok(Some(read)),
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                let locked = holder(client, relation)?;
                self.locked.push(locked);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Who has locked a relation, an index of it or one below it, in a way that lets nobody read.
fn holder(client: &mut impl GenericClient, (oid, name): (u32, &TableName)) -> Result<Locked> {
    let row = client
        .query_opt(
            &format!("WITH RECURSIVE {},
             read AS (
               SELECT oid FROM tree
               UNION ALL
               SELECT x.indexrelid FROM tree t JOIN pg_catalog.pg_index x ON x.indrelid = t.oid
               UNION ALL
               -- What a view reads.
               SELECT d.refobjid FROM pg_catalog.pg_rewrite r
               JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
                AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
               WHERE r.ev_class = $1)
             SELECT n.nspname::text, c.relname::text, l.pid, a.application_name, a.usename::text,
                    pg_catalog.to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
             FROM pg_catalog.pg_locks l
             JOIN pg_catalog.pg_class c ON c.oid = l.relation
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
             WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation IN (SELECT oid FROM read)
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
               AND l.pid <> pg_catalog.pg_backend_pid()
             ORDER BY l.granted DESC, c.oid <> $1, a.xact_start
             LIMIT 1", table_tree("$1::oid")),
            &[&oid],
        )
        .while_doing(format!("asking who has locked {name}"))?;
    let Some(row) = row else { return Ok(Locked { relation: name.clone(), by: None }) };
    let relation = TableName::new(row.get::<_, &str>(0), row.get::<_, &str>(1));
    let text = |column| row.get::<_, Option<String>>(column).filter(|text| !text.is_empty());
    let program = text(3).unwrap_or_else(|| "another session".to_owned());
    let user = text(4).map(|user| format!(", user {user}")).unwrap_or_default();
    let since = text(5).map(|since| format!(", in a transaction since {since} UTC")).unwrap_or_default();
    let pid: i32 = row.get(2);
    Ok(Locked {
        relation: relation.map_err(|error| PgError::refused(error.to_string()))?,
        by: Some(format!("{program} (pid {pid}{user}{since})")),
    })
}

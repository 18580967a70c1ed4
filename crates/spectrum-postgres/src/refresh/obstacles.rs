//! Who holds the locks that a refresh waited for in vain.

use postgres::Client;

use super::order::View;
use super::report::Method;
use crate::error::{Result, While};

/// The sessions that stand in the way now, in words: at most three, the oldest transaction first.
///
/// A plain refresh needs the view for itself. A concurrent one lets readers be, and whatever it reads must not be
/// locked against readers (PostgreSQL's manual, "Table-Level Lock Modes").
pub(super) fn obstacles(client: &mut Client, view: &View, method: Method) -> Result<String> {
    let sources: Vec<u32> = view.sources.iter().copied().collect();
    let rows = client
        .query(
            "SELECT COALESCE(NULLIF(a.application_name, ''), a.backend_type, 'a prepared transaction'), l.pid,
                    a.usename::text, a.state, to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                    l.mode, l.relation::regclass::text
             FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
             WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
               AND (l.relation = $1 AND (l.mode <> 'AccessShareLock' OR $2)
                    OR l.relation = ANY($3) AND l.mode = 'AccessExclusiveLock')
             ORDER BY a.xact_start, l.pid
             LIMIT 3",
            &[&view.oid, &(method == Method::Plain), &sources],
        )
        .while_doing("asking who holds locks")?;
    if rows.is_empty() {
        return Ok("whoever held it has let go since".into());
    }
    let holder = |row: &postgres::Row| {
        let text = |column| row.get::<_, Option<String>>(column);
        let mut session = text(0).unwrap_or_default();
        let known = [
            row.get::<_, Option<i32>>(1).map(|pid| format!("pid {pid}")),
            text(2).map(|user| format!("user {user}")),
            text(3),
            text(4).map(|since| format!("in a transaction since {since} UTC")),
        ];
        let known: Vec<String> = known.into_iter().flatten().collect();
        if !known.is_empty() {
            session.push_str(&format!(" ({})", known.join(", ")));
        }
        format!("{session} holds {} on {}", text(5).unwrap_or_default(), text(6).unwrap_or_default())
    };
    Ok(rows.iter().map(holder).collect::<Vec<_>>().join("; "))
}

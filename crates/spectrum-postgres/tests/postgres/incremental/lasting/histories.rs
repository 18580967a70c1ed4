//! Histories of `cases/histories/`, after each run of which the tables are refreshed.

use std::collections::BTreeMap;

use spectrum_postgres::Connection;
use spectrum_testkit::{Happens, History, HistorySession, PrivatePostgres, all_histories};

use super::{deployed, found, lasting};
use crate::refresh::Database;

fn hold(history: &History) {
    let deployment = lasting(|builder| {
        let builder = builder.key(["user_id"]).id(history.id.parse().unwrap());
        builder.gap(history.gap.parse().unwrap())
    });
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    client
        .batch_execute(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id text PRIMARY KEY, user_id text, occurred_at timestamptz)",
        )
        .unwrap();
    deployed(&mut client, &deployment, false).unwrap();
    for (at, run) in history.runs.iter().enumerate() {
        let place = format!("{}, run {}: {}", history.name, at + 1, history.shows);
        let sql: String = match &run.happens {
            Happens::Events(events) => {
                let insert = |[id, key, time]: &[String; 3]| {
                    format!("INSERT INTO warehouse.fact_events VALUES ('{id}', '{key}', '{time}Z');")
                };
                events.iter().map(insert).collect()
            }
            Happens::Delete(ids) => {
                let delete =
                    |id: &String| format!("DELETE FROM warehouse.fact_events WHERE event_id = '{id}';");
                ids.iter().map(delete).collect()
            }
            Happens::CopyOf(_) => unreachable!("a table knows no files"),
        };
        client.batch_execute(&sql).unwrap();
        client.batch_execute("SELECT * FROM analytics.refresh_sessions()").unwrap();
        assert_eq!(sessions(&mut client), run.sessions, "{place}");
        if deployment.definition.id().needs_memory() {
            let (aliases, gone) = ids(&mut client);
            assert_eq!((aliases, gone), (run.aliases.clone(), run.gone.clone()), "{place}");
        }
        assert_eq!(found(&mut client, &deployment), Vec::<String>::new(), "{place}");
    }
}

fn sessions(client: &mut Connection) -> Vec<HistorySession> {
    let sql = "
        SELECT user_id, TO_CHAR(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
          TO_CHAR(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), events::bigint, session_id
        FROM analytics.mv_session_summary";
    let session = |row: &postgres::Row| HistorySession {
        key: row.get(0),
        start: row.get(1),
        end: row.get(2),
        events: row.get::<_, i64>(3).unsigned_abs(),
        id: row.get(4),
    };
    let mut sessions: Vec<HistorySession> = client.query(sql, &[]).unwrap().iter().map(session).collect();
    sessions.sort();
    sessions
}

/// Where ids lead that lead to others, and which are gone.
fn ids(client: &mut Connection) -> (BTreeMap<String, String>, Vec<String>) {
    let aliases = client.query("SELECT alias, current_id FROM analytics.v_session_aliases", &[]).unwrap();
    let gone = client
        .query("SELECT session_id FROM analytics.session_ids WHERE state = 'gone' ORDER BY founded_no", &[])
        .unwrap();
    let aliases = aliases.iter().map(|row| (row.get(0), row.get(1))).collect();
    (aliases, gone.iter().map(|row| row.get(0)).collect())
}

#[test]
fn events_in_refreshes() {
    let histories = all_histories().unwrap();
    let of_tables: Vec<&History> = histories.iter().filter(|history| history.is_of_tables()).collect();
    assert!(of_tables.len() >= 12, "there are {}", of_tables.len());
    of_tables.into_iter().for_each(hold);
}

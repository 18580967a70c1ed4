//! What becomes of numbers and ids when old events go, under every scheme: by DROP of a partition, with its events kept or
//! not, and by DELETE; and when an event comes late for a session that is not there any more.

use insta::assert_snapshot;
use spectrum_core::Gap;
use spectrum_postgres::{
    Connection, DeployOptions, Deployment, EraseOptions, Mode, OnDetach, erase, plan_deployment,
};
use spectrum_testkit::PrivatePostgres;

use super::{deployed, found, lasting};
use crate::refresh::Database;

/// Five sessions of a key: on the 5th, over midnight, and on the 6th; the 5th is a partition, and other days have one
/// where late events go.
const EVENTS: &str = "
    CREATE SCHEMA warehouse;
    CREATE TABLE warehouse.fact_events (event_id bigint, user_id text, account_id text, occurred_at timestamptz)
      PARTITION BY RANGE (occurred_at);
    CREATE TABLE warehouse.day_5 PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z');
    CREATE TABLE warehouse.others PARTITION OF warehouse.fact_events DEFAULT;
    INSERT INTO warehouse.fact_events VALUES
      (1, 'u', 'a', '2026-01-05 10:00Z'), (2, 'u', 'a', '2026-01-05 10:20Z'), (3, 'u', 'a', '2026-01-05 12:00Z'),
      (4, 'u', 'a', '2026-01-05 23:50Z'), (5, 'u', 'a', '2026-01-06 00:10Z'),
      (6, 'u', 'a', '2026-01-06 12:00Z'), (7, 'u', 'a', '2026-01-06 15:00Z')";

/// The moment at which the first session began; and one of a session that was never there.
const LATE: &str = "INSERT INTO warehouse.fact_events VALUES (8, 'u', 'a', '2026-01-05 10:00Z'), (9, 'u', 'a', '2026-01-05 06:00Z')";

/// The sessions by number, each as its first event and a letter for its id: capital ones for those of the beginning.
fn sessions(client: &mut Connection, letters: &mut Vec<String>) -> String {
    client.batch_execute("SELECT * FROM analytics.refresh_sessions()").unwrap();
    let sql = "SELECT session_seq, first_event_id, session_id, events FROM analytics.mv_session_summary ORDER BY session_seq";
    let session = |row: &postgres::Row| {
        let (number, first, id, events): (i64, i64, String, i64) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let known = letters.iter().position(|known| *known == id).unwrap_or_else(|| {
            letters.push(id);
            letters.len() - 1
        });
        let letter = if known < 5 { b'A' + known as u8 } else { b'v' + (known - 5) as u8 };
        let events = if events == 1 { String::new() } else { format!(" and {} more", events - 1) };
        format!("{number}: {} ({first}{events})", char::from(letter))
    };
    client.query(sql, &[]).unwrap().iter().map(session).collect::<Vec<_>>().join(", ")
}

/// How old events are that count on when they go.
fn age(text: &str) -> Option<Gap> {
    Some(text.parse().unwrap())
}

fn told(id: &str, on_detach: OnDetach, retention: Option<Gap>, goes: &str) -> String {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    client.batch_execute(EVENTS).unwrap();
    let deployment = lasting(|builder| builder.id(id.parse().unwrap()));
    let deployment = Deployment { on_detach, retention, ..deployment };
    deployed(&mut client, &deployment, false).unwrap();
    let mut letters = Vec::new();
    let before = sessions(&mut client, &mut letters);
    assert_eq!(before, "1: A (1 and 1 more), 2: B (3), 3: C (4 and 1 more), 4: D (6), 5: E (7)");
    client.batch_execute(goes).unwrap();
    let after = sessions(&mut client, &mut letters);
    client.batch_execute(LATE).unwrap();
    let late = sessions(&mut client, &mut letters);
    assert_eq!(found(&mut client, &deployment), Vec::<String>::new());
    format!("{id:<10} {after}\n{:<10} late: {late}\n", "")
}

fn under_every_scheme(on_detach: OnDetach, retention: Option<Gap>, goes: &str) -> String {
    ["sequence", "encoded", "start", "persistent"].map(|id| told(id, on_detach, retention, goes)).concat()
}

const DROPPED: &str = "DROP TABLE warehouse.day_5";
const DELETED: &str = "DELETE FROM warehouse.fact_events WHERE occurred_at < '2026-01-06Z'";

#[test]
fn a_partition_is_dropped() {
    assert_snapshot!(under_every_scheme(OnDetach::Remove, None, DROPPED), @r"
    sequence   1: A (5), 2: B (6), 3: C (7)
               late: 1: A (9), 2: B (8), 3: C (5), 4: D (6), 5: E (7)
    encoded    1: A (5), 2: B (6), 3: C (7)
               late: 1: A (9), 2: B (8), 3: C (5), 4: D (6), 5: E (7)
    start      1: v (5), 2: D (6), 3: E (7)
               late: 1: w (9), 2: A (8), 3: v (5), 4: D (6), 5: E (7)
    persistent 1: C (5), 2: D (6), 3: E (7)
               late: 1: v (9), 2: w (8), 3: C (5), 4: D (6), 5: E (7)
    ");
}

#[test]
fn a_partition_is_dropped_and_its_events_count_on() {
    assert_snapshot!(under_every_scheme(OnDetach::Keep, None, DROPPED), @r"
    sequence   1: A (1 and 1 more), 2: B (3), 3: C (4 and 1 more), 4: D (6), 5: E (7)
               late: 1: A (9), 2: B (1 and 2 more), 3: C (3), 4: D (4 and 1 more), 5: E (6), 6: v (7)
    encoded    1: A (1 and 1 more), 2: B (3), 3: C (4 and 1 more), 4: D (6), 5: E (7)
               late: 1: A (9), 2: B (1 and 2 more), 3: C (3), 4: D (4 and 1 more), 5: E (6), 6: v (7)
    start      1: A (1 and 1 more), 2: B (3), 3: C (4 and 1 more), 4: D (6), 5: E (7)
               late: 1: v (9), 2: A (1 and 2 more), 3: B (3), 4: C (4 and 1 more), 5: D (6), 6: E (7)
    persistent 1: A (1 and 1 more), 2: B (3), 3: C (4 and 1 more), 4: D (6), 5: E (7)
               late: 1: v (9), 2: A (1 and 2 more), 3: B (3), 4: C (4 and 1 more), 5: D (6), 6: E (7)
    ");
}

#[test]
fn old_events_are_deleted() {
    let deleted = under_every_scheme(OnDetach::Keep, None, DELETED);
    assert_eq!(deleted, under_every_scheme(OnDetach::Remove, None, DELETED));
    assert_eq!(deleted, under_every_scheme(OnDetach::Remove, None, DROPPED));
}

#[test]
fn old_events_go_and_count_on() {
    // Whoever deletes a month of events row by row, or drops its partition.
    let kept = under_every_scheme(OnDetach::Keep, None, DROPPED);
    for goes in [DELETED, DROPPED] {
        assert_eq!(under_every_scheme(OnDetach::Remove, age("90d"), goes), kept, "{goes}");
    }
    // They are not that old.
    let gone = under_every_scheme(OnDetach::Remove, None, DROPPED);
    for goes in [DELETED, DROPPED] {
        assert_eq!(under_every_scheme(OnDetach::Remove, age("36500d"), goes), gone, "{goes}");
    }
}

/// A table without partitions, and the deployment over it.
fn whole(retention: Option<Gap>) -> (Database, Connection, Deployment) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    let events = EVENTS.replace("PARTITION BY RANGE (occurred_at)", "");
    let is_partition = |statement: &&str| !statement.contains("PARTITION OF");
    let events: Vec<&str> = events.split(';').filter(is_partition).collect();
    client.batch_execute(&events.join(";")).unwrap();
    let deployment = Deployment { retention, ..lasting(|builder| builder) };
    deployed(&mut client, &deployment, false).unwrap();
    (database, client, deployment)
}

fn refreshed(client: &mut Connection, deployment: &Deployment, sql: &str) -> String {
    client.batch_execute(sql).unwrap();
    client.batch_execute("SELECT * FROM analytics.refresh_sessions()").unwrap();
    assert_eq!(found(client, deployment), Vec::<String>::new());
    let sql = "SELECT STRING_AGG(event_id::text, ' ' ORDER BY event_id) FROM analytics.mv_sessions";
    client.query_one(sql, &[]).unwrap().get::<_, Option<String>>(0).unwrap_or_default()
}

#[test]
fn what_goes_is_kept_by_its_age_alone() {
    let (_database, mut client, deployment) = whole(age("90d"));
    let client = &mut client;
    let young = "INSERT INTO warehouse.fact_events SELECT 10 + i, 'u', 'a', now() - i * INTERVAL '1 minute' FROM generate_series(1, 3) i";
    assert_eq!(refreshed(client, &deployment, young), "1 2 3 4 5 6 7 11 12 13");
    let mixed = "DELETE FROM warehouse.fact_events WHERE event_id IN (1, 3, 12)";
    assert_eq!(refreshed(client, &deployment, mixed), "1 2 3 4 5 6 7 11 13");
    // An id that is taken away is not an event that goes, and an event that is written elsewhere is there.
    let changed = "UPDATE warehouse.fact_events SET event_id = 20 WHERE event_id = 2;
        WITH gone AS (DELETE FROM warehouse.fact_events WHERE event_id = 4 RETURNING *)
        INSERT INTO warehouse.fact_events SELECT event_id, 'v', account_id, occurred_at FROM gone";
    assert_eq!(refreshed(client, &deployment, changed), "1 3 4 5 6 7 11 13 20");
    let of_v = "SELECT COUNT(*) FROM analytics.mv_sessions WHERE user_id = 'v' AND event_id = 4";
    assert_eq!(client.query_one(of_v, &[]).unwrap().get::<_, i64>(0), 1);
    // Written again, as from an archive.
    let again = "INSERT INTO warehouse.fact_events VALUES (1, 'u', 'a', '2026-01-05 10:00Z')";
    assert_eq!(refreshed(client, &deployment, again), "1 3 4 5 6 7 11 13 20");
    let kept = "SELECT STRING_AGG(event_id::text, ' ' ORDER BY event_id) FROM analytics.spectrum_changes_kept_events";
    assert_eq!(client.query_one(kept, &[]).unwrap().get::<_, String>(0), "3");
    assert_eq!(refreshed(client, &deployment, "TRUNCATE warehouse.fact_events"), "3");
    // Another gap is computed from what is kept, too.
    let wider = Deployment { retention: age("90d"), ..lasting(|builder| builder.gap("3h".parse().unwrap())) };
    let written = "INSERT INTO warehouse.fact_events VALUES (1, 'u', 'a', '2026-01-05 10:00Z')";
    client.batch_execute(written).unwrap();
    deployed(client, &wider, false).unwrap();
    assert_eq!(refreshed(client, &wider, ""), "1 3");
    let sessions = "SELECT COUNT(*) FROM analytics.mv_session_summary";
    assert_eq!(client.query_one(sessions, &[]).unwrap().get::<_, i64>(0), 1);
    // A person's are erased with the rest.
    let key = vec![("user_id".to_owned(), "u".to_owned())];
    let options = EraseOptions { key, events: true, ..EraseOptions::default() };
    let receipt = erase(client, &wider, &options).unwrap();
    assert!(receipt.relations.iter().any(|erased| {
        erased.relation.name() == "spectrum_changes_kept_events" && erased.removed == 1 && erased.remain == 0
    }));
    assert_eq!(refreshed(client, &wider, ""), "");
}

#[test]
fn what_a_retention_needs_and_what_its_end_takes() {
    let (_database, mut client, deployment) = whole(age("90d"));
    let client = &mut client;
    let options = DeployOptions::default();
    let without = Deployment { retention: None, ..deployment.clone() };
    let plan = plan_deployment(client, &without, &options).unwrap();
    assert_eq!(
        plan.takes,
        ["retention of events 90d is now none, from when on sessions of old events that go are removed"]
    );
    let other = Deployment { retention: age("30d"), ..deployment.clone() };
    assert_eq!(plan_deployment(client, &other, &options).unwrap().takes, Vec::<String>::new());
    refreshed(client, &deployment, "DELETE FROM warehouse.fact_events WHERE event_id = 1");
    let refused = plan_deployment(client, &without, &options).unwrap_err().to_string();
    assert!(refused.contains("holds 1 events that are gone"), "{refused}");
    let view = Deployment { mode: Mode::View, ..Deployment { retention: age("90d"), ..deployment } };
    let definition = view.definition.to_builder().id("start".parse().unwrap()).build().unwrap();
    let refused = Deployment { definition, ..view }.checked().unwrap_err().to_string();
    assert_eq!(
        refused,
        "[retention] keeps sessions of events that go when they are 90d old, and mode view computes everything from the events \
         that are there; deploy with mode incremental, or say events = \"none\" under [retention]"
    );
}

//! What a repair finds is remembered like what a refresh changes.

use spectrum_postgres::{Connection, Deployment, VerifyOptions, repair};

use super::{after, as_of, deployed, event, events, found, last_end, remembering, summary};

/// Sessions of three keys, of which `u` has three; and when they had been refreshed.
fn begun(client: &mut Connection, deployment: &Deployment) -> String {
    client.batch_execute(&event(1, "u", "10:00")).unwrap();
    deployed(client, deployment).unwrap();
    let more = [
        event(2, "u", "12:00"),
        event(3, "u", "14:00"),
        event(4, "v", "10:00"),
        event(5, "w", "10:00"),
        event(6, "w", "12:00"),
    ];
    after(client, &more.concat())
}

/// Repairs, and expects that everything is right then.
fn mended(client: &mut Connection, deployment: &Deployment) -> u64 {
    let (done, _) = repair(client, deployment, &VerifyOptions::default(), &mut |_| ()).unwrap();
    assert_eq!(found(client, deployment), Vec::<String>::new());
    done.keys
}

/// What the history has since a time: the key, the start and what happened.
fn since(client: &mut Connection, time: &str) -> Vec<String> {
    let sql = format!(
        "SELECT concat_ws(' ', user_id, to_char(started_at AT TIME ZONE 'UTC', 'HH24:MI'), events, change) FROM analytics.session_history
         WHERE valid_to > '{time}' ORDER BY valid_to, user_id, started_at"
    );
    client.query(&sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

const UNSEEN: &str =
    "SET session_replication_role = replica; ALTER TABLE warehouse.fact_events DISABLE TRIGGER ALL;";
const SEEN: &str = "ALTER TABLE warehouse.fact_events ENABLE TRIGGER ALL; RESET session_replication_role;";

#[test]
fn sessions_that_a_repair_leaves_equal_leave_no_trace() {
    for id in ["start", "sequence", "persistent"] {
        let (_database, mut client) = events();
        let client = &mut client;
        let deployment = remembering(|builder| builder.id(id.parse().unwrap()));
        let first = begun(client, &deployment);
        let was = summary(client);

        // One session grows, one goes and another key has one more, and no trigger sees it.
        client
            .batch_execute(&format!(
                "{UNSEEN} {} DELETE FROM warehouse.fact_events WHERE event_id = 3; {} {SEEN}",
                event(7, "u", "12:10"),
                event(8, "v", "12:00"),
            ))
            .unwrap();
        deployed(client, &deployment).unwrap();
        assert_eq!(mended(client, &deployment), 2, "{id}");
        assert_eq!(as_of(client, &format!("'{first}'")), was, "{id}");
        assert_eq!(
            since(client, &first),
            ["u 12:00 1 changed", "u 14:00 1 removed", "v 12:00 created"],
            "{id}"
        );
        let second = last_end(client);
        assert_eq!(as_of(client, &format!("'{second}'")), summary(client), "{id}");

        // Only the events are wrong: the summary stays, and nothing is told of it.
        client
            .batch_execute("UPDATE analytics.mv_sessions SET session_id = 'bad' WHERE event_id = 2")
            .unwrap();
        assert_eq!(mended(client, &deployment), 1, "{id}");
        assert_eq!(since(client, &second), Vec::<String>::new(), "{id}");
        assert_eq!(as_of(client, &format!("'{first}'")), was, "{id}");
    }
}

#[test]
fn a_summary_that_was_changed_by_hand_is_told_as_it_stood_until_its_repair() {
    let damage = [
        "UPDATE analytics.mv_session_summary SET events = 77 WHERE user_id IN ('u', 'v')",
        // There since the refresh before, and there since the history begins.
        "DELETE FROM analytics.mv_session_summary WHERE user_id = 'u'",
        "UPDATE analytics.mv_session_summary SET user_id = 'nobody' WHERE user_id = 'w'",
        "UPDATE analytics.mv_session_summary SET started_at = started_at - INTERVAL '1 hour' WHERE user_id = 'u'",
        "UPDATE analytics.mv_session_summary SET user_id = NULL WHERE user_id = 'v'",
        // One that was there once.
        "INSERT INTO analytics.mv_session_summary SELECT (jsonb_populate_record(s, '{\"user_id\": \"x\"}')).*
         FROM analytics.mv_session_summary s WHERE user_id = 'v'",
        "TRUNCATE analytics.mv_session_summary",
    ];
    for sql in damage {
        let (_database, mut client) = events();
        let client = &mut client;
        let deployment = remembering(|builder| builder.id("start".parse().unwrap()));
        begun(client, &deployment);
        after(client, &event(9, "x", "10:00"));
        let first = after(client, "DELETE FROM warehouse.fact_events WHERE event_id = 9");
        let right = summary(client);
        for _ in 0..2 {
            client.batch_execute(sql).unwrap();
            let (stood, then) = (summary(client), last_end(client));
            assert_ne!(stood, right, "{sql}");
            let told = as_of(client, &format!("'{first}'"));
            assert!(mended(client, &deployment) > 0, "{sql}");
            assert_eq!(summary(client), right, "{sql}");
            assert_eq!(as_of(client, &format!("'{then}'")), stood, "{sql}");
            assert_eq!(as_of(client, &format!("'{first}'")), told, "{sql}");
            let now = last_end(client);
            assert_eq!(as_of(client, &format!("'{now}'")), right, "{sql}");
        }
    }
}

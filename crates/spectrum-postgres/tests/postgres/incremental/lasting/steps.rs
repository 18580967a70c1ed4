//! What becomes of ids, one change after another.

use super::{after, deployed, empty, event, found, lasting, resolved};

#[test]
fn ids_follow_their_moments() {
    let deployment = lasting(|builder| builder);
    let (_database, mut client) = empty(&deployment);
    let client = &mut client;
    assert_eq!(
        after(client, &(event(1, "10:00") + &event(2, "12:00"))),
        ["A current at 10:00: 1", "B current at 12:00: 2"]
    );
    // On a history without late events ids are those of the scheme start.
    let start = "SELECT COUNT(*) FROM analytics.session_ids
        WHERE session_id = MD5('s1:u1:a@' || (EXTRACT(EPOCH FROM anchored_at) * 1000000)::bigint)";
    assert_eq!(client.query_one(start, &[]).unwrap().get::<_, i64>(0), 2);

    // An earlier event joins, and the id stays with the moment that founded it.
    assert_eq!(after(client, &event(3, "09:45")), ["A current at 10:00: 3 1", "B current at 12:00: 2"]);
    // A late session of its own changes nobody's id.
    assert_eq!(
        after(client, &event(4, "08:00")),
        ["A current at 10:00: 3 1", "B current at 12:00: 2", "C current at 08:00: 4"]
    );
    // What bridges the sessions leaves the id that was founded first.
    let bridge: String =
        [(5, "10:25"), (6, "10:50"), (7, "11:15"), (8, "11:40")].map(|(id, at)| event(id, at)).concat();
    assert_eq!(
        after(client, &bridge),
        ["A current at 10:00: 3 1 5 6 7 8 2", "B alias of A at 12:00", "C current at 08:00: 4"]
    );
    assert_eq!(found(client, &deployment), Vec::<String>::new());
    // Split again, each part has its own back; the part between founds one.
    assert_eq!(
        after(client, "DELETE FROM warehouse.fact_events WHERE event_id IN (5, 8)"),
        [
            "A current at 10:00: 3 1",
            "B current at 12:00: 2",
            "C current at 08:00: 4",
            "D current at 10:50: 6 7"
        ]
    );
    // The event that founded it goes; the id moves to what is left.
    assert_eq!(
        after(client, "DELETE FROM warehouse.fact_events WHERE event_id = 1")[0],
        "A current at 09:45: 3"
    );
    // All of them go, and the id with them.
    assert_eq!(after(client, "DELETE FROM warehouse.fact_events WHERE event_id = 3")[0], "A gone");
    // A session at the moment of one that is gone has another id.
    let now = after(client, &event(9, "10:00"));
    assert_eq!([now[0].as_str(), now[4].as_str()], ["A gone", "E current at 10:00: 9"]);
    let again = "SELECT session_id = MD5('s1:u1:a@1767607200000000#2') FROM analytics.session_ids ORDER BY founded_no DESC LIMIT 1";
    assert!(client.query_one(again, &[]).unwrap().get::<_, bool>(0));
    assert_eq!(found(client, &deployment), Vec::<String>::new());
}

#[test]
fn an_event_that_moves_leaves_its_id_behind() {
    let (_database, mut client) = empty(&lasting(|builder| builder));
    let client = &mut client;
    let first = event(1, "10:00") + &event(2, "10:10") + &event(3, "14:00");
    assert_eq!(after(client, &first), ["A current at 10:00: 1 2", "B current at 14:00: 3"]);
    let moved = "UPDATE warehouse.fact_events SET occurred_at = '2026-01-05 14:05Z' WHERE event_id = 1";
    assert_eq!(after(client, moved), ["A current at 10:10: 2", "B current at 14:00: 3 1"]);
    let moved = "UPDATE warehouse.fact_events SET user_id = 'v' WHERE event_id = 2";
    assert_eq!(after(client, moved), ["A gone", "B current at 14:00: 3 1", "C current at 10:10: 2"]);
}

#[test]
fn ids_stay_over_another_gap() {
    let deployment = lasting(|builder| builder);
    let (_database, mut client) = empty(&deployment);
    let client = &mut client;
    let events = event(1, "10:00") + &event(2, "10:20") + &event(3, "11:00") + &event(4, "13:00");
    let before = ["A current at 10:00: 1 2", "B current at 11:00: 3", "C current at 13:00: 4"];
    assert_eq!(after(client, &events), before);
    let wider = lasting(|builder| builder.gap("1h".parse().unwrap()));
    deployed(client, &wider, false).unwrap();
    let merged = ["A current at 10:00: 1 2 3", "B alias of A at 11:00", "C current at 13:00: 4"];
    assert_eq!(resolved(client), merged);
    assert_eq!(found(client, &wider), Vec::<String>::new());
    // What went between two deployments moves its anchor too.
    client.batch_execute("DELETE FROM warehouse.fact_events WHERE event_id IN (1, 4)").unwrap();
    let narrower = lasting(|builder| builder.gap("15m".parse().unwrap()));
    deployed(client, &narrower, false).unwrap();
    assert_eq!(resolved(client), ["A current at 10:20: 2", "B current at 11:00: 3", "C gone"]);
    assert_eq!(found(client, &narrower), Vec::<String>::new());
    assert_eq!(after(client, &event(5, "10:30"))[0], "A current at 10:20: 2 5");
}

#[test]
fn ids_last_under_rules_beyond_the_gap() {
    let rules = r#"
        [session]
        id = "persistent"
        end_when = "event_type = 'end'"
        passive_when = "event_type = 'beat'"
        ignore_when = "event_type = 'note'""#;
    let definition = spectrum_core::SessionDefinition::from_toml(rules).unwrap();
    let deployment = spectrum_postgres::Deployment { definition, ..lasting(|builder| builder) };
    let (_database, mut client) = empty(&deployment);
    let client = &mut client;
    let events = event(1, "10:00") + &event(2, "10:10") + &event(3, "10:20");
    assert_eq!(after(client, &events), ["A current at 10:00: 1 2 3"]);
    let ended = "UPDATE warehouse.fact_events SET event_type = 'end' WHERE event_id = 2";
    assert_eq!(after(client, ended), ["A current at 10:00: 1 2", "B current at 10:20: 3"]);
    // The moment has an event, and none that counts: its anchor moves.
    let ignored = "UPDATE warehouse.fact_events SET event_type = 'note' WHERE event_id = 1";
    assert_eq!(after(client, ignored)[0], "A current at 10:10: 2");
    let passive = "UPDATE warehouse.fact_events SET event_type = 'beat' WHERE event_id = 3";
    assert_eq!(after(client, passive)[1], "B gone");
    assert_eq!(found(client, &deployment), Vec::<String>::new());
}

#[test]
fn damage_to_ids_is_found_and_repaired() {
    let deployment = lasting(|builder| builder);
    let (_database, mut client) = empty(&deployment);
    let client = &mut client;
    let events = event(1, "10:00") + &event(2, "11:00");
    after(client, &events);
    let before = after(client, &event(3, "10:30"));
    assert_eq!(before, ["A current at 10:00: 1 3 2", "B alias of A at 11:00"]);
    let damage = [
        (
            "UPDATE analytics.session_ids SET current_id = session_id, state = 'current' WHERE state = 'alias'",
            "is said to be current and is of no session",
        ),
        (
            "UPDATE analytics.session_ids SET current_id = 'x' WHERE state = 'alias'",
            "is said to stand for x and does not",
        ),
        (
            "UPDATE analytics.mv_sessions SET session_id = 'x' WHERE event_id = 3",
            "events with another session",
        ),
        (
            "UPDATE analytics.mv_session_summary SET session_id = 'x'",
            "is of a session and not current in session_ids",
        ),
    ];
    for (sql, words) in damage {
        client.batch_execute(sql).unwrap();
        let said = found(client, &deployment).join("\n");
        assert!(said.contains(words), "{sql}: {said}");
        let (repaired, _) =
            spectrum_postgres::repair(client, &deployment, &Default::default(), &mut |_| ()).unwrap();
        assert_eq!(repaired.keys, 1, "{sql}");
        assert_eq!(resolved(client), before, "{sql}");
        assert_eq!(found(client, &deployment), Vec::<String>::new(), "{sql}");
    }
}

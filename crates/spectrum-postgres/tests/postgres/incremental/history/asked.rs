//! What readers ask, and what refreshes keep and forget.

use insta::assert_snapshot;
use postgres::IsolationLevel;
use postgres::error::SqlState;

use super::{after, as_of, deployed, event, events, last_end, remembering, summary};
use crate::refresh::Database;
use spectrum_postgres::Connection;

fn begun() -> (Database, Connection) {
    let (database, mut client) = events();
    deployed(&mut client, &remembering(|builder| builder)).unwrap();
    (database, client)
}

fn kept(client: &mut Connection) -> Vec<String> {
    let sql =
        "SELECT change || ' ' || user_id || ' ' || COALESCE(events::text, '-') FROM analytics.session_history
        WHERE change <> 'begun' ORDER BY valid_to, user_id, started_at";
    client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn a_refresh_keeps_what_it_replaces_and_nothing_else() {
    let (_database, mut client) = begun();
    let client = &mut client;
    let first = after(client, &(event(1, "u", "10:00") + &event(2, "v", "10:00")));
    let second = after(client, &event(3, "u", "10:10"));
    let third = after(client, "DELETE FROM warehouse.fact_events WHERE user_id = 'v'");
    after(client, "UPDATE warehouse.fact_events SET event_type = 'x'");
    after(client, "");
    // A row that was not there has nothing to keep but that.
    assert_eq!(kept(client), ["created u -", "created v -", "changed u 1", "removed v 1"]);
    let at = |client: &mut Connection, time: &str| {
        let sql =
            format!("SELECT user_id || ' ' || events FROM analytics.sessions_as_of('{time}') ORDER BY 1");
        let rows = client.query(&sql, &[]).unwrap();
        rows.iter().map(|row| row.get(0)).collect::<Vec<String>>()
    };
    assert_eq!(at(client, &first), ["u 1", "v 1"]);
    assert_eq!(at(client, &second), ["u 2", "v 1"]);
    assert_eq!(at(client, &third), ["u 2"]);
}

#[test]
fn times_of_which_nothing_is_known_are_refused() {
    let (_database, mut client) = begun();
    let client = &mut client;
    let moved = "UPDATE analytics.session_history SET valid_to = '2026-01-01 10:00:00.5Z'";
    client.batch_execute(moved).unwrap();
    let mut refused = |time: &str, code: SqlState| {
        let error = client.query(&format!("SELECT FROM analytics.sessions_as_of({time})"), &[]).unwrap_err();
        let said = error.as_db_error().unwrap();
        assert_eq!(*said.code(), code, "{said:?}");
        format!("{}\n{}", said.message(), said.hint().unwrap())
    };
    let invalid = SqlState::INVALID_PARAMETER_VALUE;
    assert_snapshot!(refused("'2026-01-01 10:00:00.499999Z'", invalid.clone()), @"
analytics.session_history goes back to 2026-01-01 10:00:00.500000 UTC, and 2026-01-01 10:00:00.499999 UTC is earlier
Ask for 2026-01-01 10:00:00.500000 UTC, or a later one.
");
    assert_snapshot!(refused("'-infinity'", invalid.clone()), @"
analytics.session_history goes back to 2026-01-01 10:00:00.500000 UTC, and -infinity is earlier
Ask for 2026-01-01 10:00:00.500000 UTC, or a later one.
");
    assert_snapshot!(refused("'9999-01-01Z'", invalid.clone()), @"
9999-01-01 00:00:00.000000 UTC is later than now
Ask for now(), or read analytics.v_session_summary.
");
    assert_snapshot!(refused("'infinity'", invalid), @"
infinity is later than now
Ask for now(), or read analytics.v_session_summary.
");
    assert_snapshot!(refused("NULL", SqlState::NULL_VALUE_NOT_ALLOWED), @"
analytics.sessions_as_of() needs a time, and it is NULL
Ask for 2026-01-01 10:00:00.500000 UTC, or a later one.
");
    assert_eq!(as_of(client, "'2026-01-01 10:00:00.5Z'"), Vec::<String>::new());
    client.batch_execute("TRUNCATE analytics.session_history").unwrap();
    let error = client.query("SELECT FROM analytics.sessions_as_of(now())", &[]).unwrap_err();
    let said = error.as_db_error().unwrap();
    assert_snapshot!(format!("{}\n{}", said.message(), said.hint().unwrap()), @"
analytics.session_history does not say when it begins, as after a TRUNCATE
DROP TABLE analytics.session_history, and spectrum deploy begins it anew.
");
}

#[test]
fn a_refresh_that_is_rolled_back_keeps_nothing() {
    let (_database, mut client) = begun();
    let client = &mut client;
    let first = after(client, &event(1, "u", "10:00"));
    let was = summary(client);
    client.batch_execute(&(event(2, "u", "10:10") + &event(3, "w", "09:00"))).unwrap();
    let before = kept(client);
    client.batch_execute("BEGIN; SELECT * FROM analytics.refresh_sessions(); ROLLBACK").unwrap();
    assert_eq!(kept(client), before);
    // One that fails in the middle is rolled back too.
    client
        .batch_execute(
            "ALTER TABLE analytics.session_history ADD CONSTRAINT full_disk CHECK (events IS NULL)",
        )
        .unwrap();
    client.batch_execute("SELECT * FROM analytics.refresh_sessions()").unwrap_err();
    assert_eq!(kept(client), before);
    assert_eq!(summary(client), was);
    client.batch_execute("ALTER TABLE analytics.session_history DROP CONSTRAINT full_disk").unwrap();
    after(client, "");
    assert_eq!(as_of(client, &format!("'{first}'")), was);
}

#[test]
fn readers_see_what_was_while_a_refresh_runs() {
    let (database, mut client) = begun();
    let client = &mut client;
    let first = format!("'{}'", after(client, &event(1, "u", "10:00")));
    let was = summary(client);
    let mut other = database.connect();
    let mut snapshot =
        other.build_transaction().isolation_level(IsolationLevel::RepeatableRead).start().unwrap();
    snapshot.batch_execute("SELECT 1 FROM analytics.mv_session_summary").unwrap();

    client
        .batch_execute(&(event(2, "u", "10:10") + "BEGIN; SELECT * FROM analytics.refresh_sessions()"))
        .unwrap();
    let mut reader = database.connect();
    reader.batch_execute("SET lock_timeout = '1s'").unwrap();
    assert_eq!(as_of(&mut reader, &first), was);
    assert_eq!(as_of(&mut reader, "now()"), was);
    client.batch_execute("COMMIT").unwrap();
    assert_eq!(as_of(&mut reader, &first), was);
    assert_eq!(as_of(&mut reader, "now()"), summary(client));
    // In a snapshot from before, the refresh has not happened.
    let sql = format!("SELECT there::text FROM analytics.sessions_as_of({first}) AS there");
    let seen: Vec<String> = snapshot.query(&sql, &[]).unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(seen, was);
}

#[test]
fn what_is_too_old_is_forgotten() {
    let (_database, mut client) = begun();
    let client = &mut client;
    after(client, &(event(1, "u", "10:00") + &event(2, "v", "10:00")));
    let second = after(client, &event(3, "u", "10:10"));
    let third = after(client, &event(4, "u", "10:20"));
    let was = summary(client);
    // As if the first two had been forty days ago.
    let older = format!(
        "UPDATE analytics.session_history SET valid_to = valid_to - INTERVAL '40 days' WHERE valid_to <= '{second}'"
    );
    client.batch_execute(&older).unwrap();
    let at = |days| format!("'{second}'::timestamptz - INTERVAL '{days} days'");
    assert_eq!(as_of(client, &at(40)).len(), 2);
    after(client, &event(5, "u", "10:30"));
    assert_eq!(kept(client), ["changed u 2", "changed u 3"]);
    assert_eq!(as_of(client, &format!("'{third}'")), was);
    // Nothing changed after the last that was forgotten, so that time is the first that can be asked for.
    assert_eq!(as_of(client, &at(40)).len(), 2);
    let error =
        client.query(&format!("SELECT FROM analytics.sessions_as_of({} - INTERVAL '1 us')", at(40)), &[]);
    assert!(error.unwrap_err().as_db_error().unwrap().message().ends_with(" is earlier"));
    // A refresh without anything to do forgets too.
    client
        .batch_execute("UPDATE analytics.session_history SET valid_to = valid_to - INTERVAL '31 days'")
        .unwrap();
    after(client, "");
    assert_eq!(kept(client), Vec::<String>::new());
}

#[test]
fn no_refresh_forgets_without_a_bound() {
    let (_database, mut client) = begun();
    let client = &mut client;
    client
        .batch_execute(
            "INSERT INTO analytics.session_history (user_id, account_id, started_at, valid_to, change)
             SELECT 'u' || n, 'a', '2026-01-01Z', now() - INTERVAL '60 days' + n * INTERVAL '1 s', 'created'
             FROM generate_series(1, 10005) n;
             UPDATE analytics.session_history SET valid_to = now() - INTERVAL '61 days' WHERE change = 'begun'",
        )
        .unwrap();
    after(client, "");
    assert_eq!(kept(client).len(), 5);
    // The oldest go first, and the beginning moves with them.
    let sql = "SELECT MIN(valid_to) = MAX(valid_to) FILTER (WHERE change = 'begun'), COUNT(*) FROM analytics.session_history
               WHERE change = 'begun' OR user_id = 'u10001'";
    let row = client.query_one(sql, &[]).unwrap();
    assert_eq!((row.get::<_, bool>(0), row.get::<_, i64>(1)), (true, 2));
    after(client, "");
    assert_eq!(kept(client).len(), 0);
}

#[test]
fn refreshes_end_one_after_the_other_though_clocks_are_put_back() {
    let (_database, mut client) = begun();
    let client = &mut client;
    client
        .batch_execute("UPDATE analytics.session_history SET valid_to = now() + INTERVAL '1 hour'")
        .unwrap();
    let first = after(client, &event(1, "u", "10:00"));
    let was = summary(client);
    let second = after(client, &event(2, "u", "10:10"));
    assert_ne!(first, second);
    assert_eq!(as_of(client, &format!("'{first}'")), was);
    assert_eq!(as_of(client, &format!("'{second}'")), summary(client));
    assert_eq!(last_end(client), second);
}

/// So that the condition on a key is looked up in an index, and a whole summary is read once.
#[test]
fn the_query_goes_into_that_of_the_reader() {
    let (_database, mut client) = begun();
    let client = &mut client;
    client
        .batch_execute(
            "INSERT INTO warehouse.fact_events SELECT n, 'u' || n, 'a', '2026-01-05Z', 't' FROM generate_series(1, 5000) n",
        )
        .unwrap();
    let first = after(client, "");
    after(client, "DELETE FROM warehouse.fact_events WHERE event_id < 50");
    client.batch_execute("ANALYZE analytics.mv_session_summary, analytics.session_history").unwrap();
    let sql = format!(
        "EXPLAIN SELECT * FROM analytics.sessions_as_of('{first}') WHERE user_id = 'u70' AND account_id = 'a'"
    );
    let plan: Vec<String> = client.query(&sql, &[]).unwrap().iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains("Index Scan using mv_session_summary_key_ended_at_key"), "{plan}");
    assert!(!plan.contains("Function Scan") && !plan.contains("Seq Scan"), "{plan}");
}

#[test]
fn who_may_ask_and_who_may_refresh() {
    let (database, mut client) = begun();
    let client = &mut client;
    let name = database.name();
    client
        .batch_execute(&format!(
            "CREATE ROLE {name}_reader LOGIN; CREATE ROLE {name}_refresher LOGIN;
             GRANT USAGE ON SCHEMA analytics TO {name}_reader, {name}_refresher;
             GRANT SELECT ON analytics.v_session_summary TO {name}_reader;
             GRANT EXECUTE ON FUNCTION analytics.refresh_sessions() TO {name}_refresher"
        ))
        .unwrap();
    let first = after(client, &event(1, "u", "10:00"));
    let was = summary(client);
    client.batch_execute(&event(2, "u", "10:10")).unwrap();
    let mut refresher = database.server_as(&format!("{name}_refresher")).connect("spectrum").unwrap();
    refresher.batch_execute("SELECT * FROM analytics.refresh_sessions()").unwrap();
    let forbidden = |client: &mut Connection, sql: &str| {
        let error = client.batch_execute(sql).unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}: {error}");
    };
    forbidden(&mut refresher, "SELECT FROM analytics.sessions_as_of(now())");
    let mut reader = database.server_as(&format!("{name}_reader")).connect("spectrum").unwrap();
    forbidden(&mut reader, "SELECT FROM analytics.sessions_as_of(now())");
    client.batch_execute(&format!("GRANT SELECT ON analytics.session_history TO {name}_reader")).unwrap();
    let first = format!("'{first}'");
    assert_eq!(as_of(&mut reader, &first), was);
    // What stands in the caller's path does not get in the way.
    let operator = "CREATE FUNCTION pg_temp.always(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR pg_temp.> (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = pg_temp.always);
        SET search_path = pg_temp, pg_catalog";
    reader.batch_execute(operator).unwrap();
    assert_eq!(as_of(&mut reader, &first), was);
    forbidden(&mut reader, "DELETE FROM analytics.session_history");
    drop((reader, refresher));
    client
        .batch_execute(&format!(
            "DROP OWNED BY {name}_reader, {name}_refresher; DROP ROLE {name}_reader, {name}_refresher"
        ))
        .unwrap();
}

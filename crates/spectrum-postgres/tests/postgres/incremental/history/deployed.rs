//! What deployments and commands do with what is remembered.

use insta::assert_snapshot;
use spectrum_core::SummaryColumn;
use spectrum_postgres::{
    Change, Connection, DeployOptions, Deployment, DropOptions, EraseOptions, FoundLife, Mode, PgError, Stop,
    Wanted, deploy, drop_deployment, erase, plan_deployment, plan_erase, session_life, status,
};

use super::{after, as_of, deployed, event, events, found, remembering, summary};

fn text(client: &mut Connection, sql: &str) -> String {
    client.query_one(sql, &[]).unwrap().get(0)
}

const BODY: &str = "SELECT prosrc FROM pg_proc WHERE oid = 'analytics.refresh_sessions'::regproc";
const SESSIONS: &str = "SELECT 'analytics.mv_sessions'::regclass::oid::text";
const OF_HISTORY: &str = "SELECT COALESCE(string_agg(name, ' ' ORDER BY name), '') FROM (
    SELECT relname::text AS name FROM pg_class WHERE relname LIKE 'session_history%'
    UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE '%as_of') AS there";

/// Without asking, and without what nobody agreed to.
fn asked(client: &mut Connection, deployment: &Deployment) -> Result<(), PgError> {
    let options = DeployOptions { agreed: Some(Vec::new()), ..DeployOptions::default() };
    deploy(client, deployment, &options, &Stop::default(), &mut |_| ()).map(drop)
}

#[test]
fn history_begins_and_ends_without_a_build() {
    let (_database, mut client) = events();
    let client = &mut client;
    let with = remembering(|builder| builder);
    let without = Deployment { history: None, ..with.clone() };
    deployed(client, &without).unwrap();
    let (body, sessions) = (text(client, BODY), text(client, SESSIONS));
    assert_eq!(text(client, OF_HISTORY), "");
    after(client, &event(1, "u", "10:00"));
    let was = summary(client);

    let plan = deployed(client, &with).unwrap();
    assert_eq!((plan.change, plan.takes.len()), (Change::Completed, 0));
    assert_eq!(deployed(client, &with).unwrap().change, Change::Unchanged);
    assert_eq!(text(client, SESSIONS), sessions);
    assert_eq!(
        text(client, OF_HISTORY),
        "session_history session_history_key_started_at_idx session_history_started_at_idx session_history_valid_to_idx sessions_as_of spectrum_changes_as_of"
    );
    let first = text(client, "SELECT valid_to::text FROM analytics.session_history");
    after(client, &event(2, "u", "10:10"));
    assert_eq!(as_of(client, &format!("'{first}'")), was);

    // Another time to keep it changes nothing else.
    let longer = Deployment { history: Some("60d".parse().unwrap()), ..with.clone() };
    assert_eq!(deployed(client, &longer).unwrap().change, Change::Completed);
    assert_eq!(as_of(client, &format!("'{first}'")), was);
    // What nobody says stays.
    let said = Wanted { history: None, ..Wanted::from(&with) };
    assert_eq!(plan_deployment(client, said, &DeployOptions::default()).unwrap().change, Change::Unchanged);

    assert_snapshot!(asked(client, &without).unwrap_err(), @"
history 60d is now none, which takes away the history of analytics.mv_session_summary
nothing was changed; say agreed if that is meant, or leave out what asks for it: what neither a flag nor a definition file says stays as it is
");
    assert_eq!(deployed(client, &without).unwrap().change, Change::Completed);
    assert_eq!(text(client, OF_HISTORY), "");
    assert_eq!(text(client, BODY), body);
    assert_eq!(text(client, SESSIONS), sessions);
    assert_eq!(found(client, &without), Vec::<String>::new());
}

#[test]
fn history_goes_on_over_a_definition_with_the_same_columns() {
    let (_database, mut client) = events();
    let client = &mut client;
    let first = remembering(|builder| builder);
    deployed(client, &first).unwrap();
    let events = event(1, "u", "10:00") + &event(2, "u", "10:20") + &event(3, "v", "10:00");
    let before = after(client, &events);
    let was = summary(client);
    client
        .batch_execute(
            "CREATE ROLE history_reader; GRANT SELECT ON analytics.session_history TO history_reader",
        )
        .unwrap();
    let narrower = remembering(|builder| builder.gap("15m".parse().unwrap()));
    deployed(client, &narrower).unwrap();
    assert_eq!(as_of(client, &format!("'{before}'")), was);
    assert_eq!(as_of(client, "now()"), summary(client));
    // The session of v is what it was.
    let kept = "SELECT string_agg(change || ' ' || user_id, ', ' ORDER BY valid_to, change, user_id) FROM analytics.session_history
                WHERE valid_to = (SELECT MAX(valid_to) FROM analytics.session_history)";
    assert_eq!(text(client, kept), "changed u, created u");
    assert_eq!(found(client, &narrower), Vec::<String>::new());

    // With other columns it begins anew.
    let told = SummaryColumn::read_all("types = { count_distinct = \"event_type\" }").unwrap();
    let other = remembering(|builder| builder.gap("15m".parse().unwrap()).summary(told));
    assert_snapshot!(asked(client, &other).unwrap_err(), @"
the columns of analytics.mv_session_summary change, so its history in analytics.session_history begins anew
nothing was changed; say agreed if that is meant, or leave out what asks for it: what neither a flag nor a definition file says stays as it is
");
    deployed(client, &other).unwrap();
    let error = client.query(&format!("SELECT FROM analytics.sessions_as_of('{before}')"), &[]).unwrap_err();
    assert!(error.as_db_error().unwrap().message().ends_with(" is earlier"));
    assert_eq!(as_of(client, "now()"), summary(client));
    let granted = "SELECT has_table_privilege('history_reader', 'analytics.session_history', 'SELECT')::text";
    assert_eq!(text(client, granted), "true");
    client.batch_execute("DROP OWNED BY history_reader; DROP ROLE history_reader").unwrap();
    let new = after(client, &event(4, "v", "10:10"));
    assert_eq!(as_of(client, &format!("'{new}'")), summary(client));
}

#[test]
fn a_build_of_the_same_keeps_nothing() {
    let (_database, mut client) = events();
    let client = &mut client;
    let deployment = remembering(|builder| builder);
    deployed(client, &deployment).unwrap();
    after(client, &(event(1, "u", "10:00") + &event(2, "u", "12:00")));
    let rebuilt = |client: &mut Connection| {
        let options = DeployOptions { rebuild: Some("for a test".to_owned()), ..DeployOptions::default() };
        deploy(client, &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
        text(client, "SELECT COUNT(*)::text FROM analytics.session_history")
    };
    let kept = text(client, "SELECT COUNT(*)::text FROM analytics.session_history");
    assert_eq!(rebuilt(client), kept);
    // What it takes in counts from when it ended, as its row in the log has it.
    let was = summary(client);
    client.batch_execute(&event(3, "u", "10:10")).unwrap();
    rebuilt(client);
    let until = text(client, "SELECT MAX(valid_to)::text FROM analytics.session_history");
    assert_eq!(until, super::last_end(client));
    assert_eq!(as_of(client, &format!("'{until}'::timestamptz - INTERVAL '1 us'")), was);
    assert_eq!(as_of(client, &format!("'{until}'")), summary(client));
}

#[test]
fn keys_and_times_of_every_type_are_known_again() {
    let (_database, mut client) = events();
    let client = &mut client;
    client
        .batch_execute(
            "CREATE EXTENSION citext WITH SCHEMA public; DROP TABLE warehouse.fact_events;
             CREATE DOMAIN public.place AS varchar(10) NOT NULL;
             CREATE TABLE warehouse.fact_events (event_id varchar(20) PRIMARY KEY, user_id public.citext, account_id varchar(10),
               occurred_at bigint, place public.place, event_type varchar(5))",
        )
        .unwrap();
    let told = SummaryColumn::read_all("kind = { last = \"event_type\" }").unwrap();
    let definition = |gap: &str| {
        let told = told.clone();
        let deployment = remembering(|builder| {
            builder
                .id("encoded".parse().unwrap())
                .key(["user_id", "account_id", "place"])
                .gap(gap.parse().unwrap())
                .summary(told)
        });
        Deployment { time_unit: Some("s".parse().unwrap()), ..deployment }
    };
    deployed(client, &definition("30m")).unwrap();
    let mut remembered = Vec::new();
    for sql in [
        "INSERT INTO warehouse.fact_events VALUES ('1', 'Bob', 'a', 0, 'p', 'x'), ('2', NULL, 'a', 0, 'p', 'x'), ('3', NULL, NULL, 0, 'q', 'y')",
        "INSERT INTO warehouse.fact_events VALUES ('4', 'bob', 'a', -60, 'p', 'x'), ('5', NULL, NULL, 60, 'q', 'z')",
        "UPDATE warehouse.fact_events SET event_type = 'w' WHERE event_id = '5'",
        "DELETE FROM warehouse.fact_events WHERE event_id IN ('2', '4')",
    ] {
        remembered.push((after(client, sql), summary(client)));
    }
    // Their columns have the same types still.
    assert_eq!(
        deployed(client, &definition("10s")).unwrap().takes,
        ["gap 30m is now 10s, which changes ids of sessions"]
    );
    remembered.push((super::last_end(client), summary(client)));
    for (time, was) in &remembered {
        assert_eq!(as_of(client, &format!("'{time}'")), *was, "{time}");
    }
    assert_eq!(remembered[3].1.len(), 2);
    assert_eq!(found(client, &definition("10s")), Vec::<String>::new());
    let id = "SELECT session_id FROM analytics.mv_session_summary WHERE user_id OPERATOR(public.=) 'BOB'::public.citext";
    let id = text(client, id);
    let life = session_life(client, &definition("10s"), &id).unwrap();
    assert!(matches!(&life, FoundLife::Known(life) if life.steps.len() == 3), "{life:?}");
}

#[test]
fn history_is_refused_where_it_cannot_be() {
    let with = remembering(|builder| builder);
    let view = Deployment { mode: Mode::View, ..with.clone() };
    assert_snapshot!(view.checked().unwrap_err(), @r#"[history] keeps for 30d what each refresh replaces, and a refresh in mode view computes everything anew without knowing that; deploy with mode incremental, or say keep = "none" under [history]"#);
    let key = remembering(|builder| builder.key(["change"]));
    assert_snapshot!(key.checked().unwrap_err(), @"column 'change' of the key has the name of a column that Spectrum adds to the table of history; rename it in a view over the events");
    let told = SummaryColumn::read_all("valid_to = { max = \"occurred_at\" }").unwrap();
    assert_snapshot!(remembering(|builder| builder.summary(told)).checked().unwrap_err(), @"column 'valid_to' of [summary.columns] has the name of a column that Spectrum adds to the table of history; rename it in a view over the events");
    let said = |text: &str| Wanted::from_toml(text).unwrap_err().message();
    assert_snapshot!(said("[history]\nkeep = \"soon\""), @r#"[history] keep = "soon" is neither a time, as in "30d", nor "none": gap 'soon' is not a duration; write numbers and units, such as 30m, 1h30m, 1.5h, 90s, 500ms or 2d, or PT30M"#);
    assert_snapshot!(said("[history]\nkeeps = \"30d\""), @r#"
not a definition: TOML parse error at line 2, column 1
  |
2 | keeps = "30d"
  | ^^^^^
unknown field `keeps`, expected `keep`
"#);

    let (_database, mut client) = events();
    let client = &mut client;
    let without = Deployment { history: None, ..with.clone() };
    deployed(client, &without).unwrap();
    client
        .batch_execute(
            "CREATE FUNCTION analytics.sessions_as_of(timestamptz) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        )
        .unwrap();
    // Nobody's business without history.
    assert_eq!(deployed(client, &without).unwrap().change, Change::Unchanged);
    assert_snapshot!(deployed(client, &with).unwrap_err(), @"analytics.sessions_as_of(timestamptz) is a function that Spectrum did not make, so it stays as it is; rename it, or choose another name with sessions_as_of or changes under [postgres] in spectrum.toml. If it is Spectrum's and lost its comment, spectrum deploy with adopt looks whether it is what the definition gives, and takes it");
    client
        .batch_execute("DROP FUNCTION analytics.sessions_as_of(timestamptz); CREATE TABLE analytics.session_history (n int)")
        .unwrap();
    assert_eq!(deployed(client, &without).unwrap().change, Change::Unchanged);
    assert_snapshot!(deployed(client, &with).unwrap_err(), @"analytics.session_history is a table that Spectrum did not make, so it stays as it is; rename it (ALTER TABLE analytics.session_history RENAME TO ...), or choose another name with session_history under [postgres] in spectrum.toml, or another schema with schema. If it is Spectrum's and lost its comment, as in a dump restored without comments, spectrum deploy with adopt looks whether it is what the definition gives, and takes it");
}

#[test]
fn history_goes_with_the_rest() {
    let (_database, mut client) = events();
    let client = &mut client;
    let deployment = remembering(|builder| builder);
    deployed(client, &deployment).unwrap();
    after(client, &event(1, "u", "10:00"));
    let dropped = drop_deployment(client, &deployment, &DropOptions::default()).unwrap();
    assert!(
        dropped.goes.contains(&"function analytics.sessions_as_of(timestamptz)".to_owned()),
        "{dropped:?}"
    );
    assert!(dropped.goes.contains(&"table analytics.session_history".to_owned()), "{dropped:?}");
    // The schema too, in which nothing was left.
    assert!(dropped.goes.contains(&"schema analytics".to_owned()), "{dropped:?}");
    assert_eq!(text(client, OF_HISTORY), "");
    // And with mode view.
    deployed(client, &deployment).unwrap();
    let view = Deployment { mode: Mode::View, history: None, ..deployment.clone() };
    assert_snapshot!(asked(client, &view).unwrap_err(), @"
mode incremental is now view, which takes analytics.refresh_sessions() and the triggers on warehouse.fact_events away
history 30d is now none, which takes away the history of analytics.mv_session_summary
nothing was changed; say agreed if that is meant, or leave out what asks for it: what neither a flag nor a definition file says stays as it is
");
    deployed(client, &view).unwrap();
    assert_eq!(text(client, OF_HISTORY), "");
}

#[test]
fn a_person_goes_out_of_history() {
    let (_database, mut client) = events();
    let client = &mut client;
    let deployment = remembering(|builder| builder);
    deployed(client, &deployment).unwrap();
    let first = after(client, &(event(1, "u", "10:00") + &event(2, "v", "10:00")));
    after(client, &(event(3, "u", "10:10") + &event(4, "u", "08:00")));
    let options = EraseOptions {
        key: vec![("user_id".to_owned(), "u".to_owned())],
        events: true,
        ..EraseOptions::default()
    };
    let planned = plan_erase(client, &deployment, &options).unwrap();
    let receipt = erase(client, &deployment, &options).unwrap();
    for receipt in [planned, receipt] {
        let of_history = receipt.relations.iter().find(|erased| erased.relation.name() == "session_history");
        // Made, changed to two events and another number, and the late one made.
        assert_eq!(of_history.unwrap().removed, 3);
    }
    let sql = format!("SELECT string_agg(user_id, ' ') FROM analytics.sessions_as_of('{first}')");
    assert_eq!(text(client, &sql), "v");
    after(client, "");
    assert_eq!(found(client, &deployment), Vec::<String>::new());
}

#[test]
fn damage_to_history_is_found() {
    let (_database, mut client) = events();
    let client = &mut client;
    let deployment = remembering(|builder| builder);
    deployed(client, &deployment).unwrap();
    after(client, &(event(1, "u", "10:00") + &event(2, "v", "10:00")));
    after(client, "DELETE FROM warehouse.fact_events WHERE user_id = 'v'");
    client.batch_execute("UPDATE analytics.session_history SET valid_to = date_trunc('day', valid_to) + CASE change WHEN 'removed' THEN INTERVAL '2 s' ELSE INTERVAL '1 s' END").unwrap();
    assert_eq!(found(client, &deployment), Vec::<String>::new());
    let damage = [
        "DELETE FROM analytics.session_history WHERE change = 'removed'",
        "UPDATE analytics.session_history SET change = 'removed' WHERE user_id = 'u'",
        "UPDATE analytics.session_history SET change = 'removed' WHERE change = 'created' AND user_id = 'v'",
        "INSERT INTO analytics.session_history SELECT * FROM analytics.session_history WHERE change = 'created'",
    ];
    let said = damage.map(|sql| {
        client.batch_execute(&format!("BEGIN; {sql}")).unwrap();
        client.batch_execute("COMMIT").unwrap();
        let day = text(client, "SELECT CURRENT_DATE::text");
        let said = found(client, &deployment).join("\n").replace(&day, "DAY");
        assert!(said.starts_with("history: "), "{sql}: {said}");
        // As it was.
        client
            .batch_execute(
                "TRUNCATE analytics.session_history;
                 INSERT INTO analytics.session_history (session_id, user_id, account_id, started_at, events, valid_to, change)
                 VALUES (NULL, NULL, NULL, NULL, NULL, CURRENT_DATE + INTERVAL '1 s', 'begun'),
                   ('x', 'u', 'a', '2026-01-05 10:00Z', NULL, CURRENT_DATE + INTERVAL '1 s', 'created'),
                   ('y', 'v', 'a', '2026-01-05 10:00Z', NULL, CURRENT_DATE + INTERVAL '1 s', 'created'),
                   ('y', 'v', 'a', '2026-01-05 10:00Z', 1, CURRENT_DATE + INTERVAL '2 s', 'removed')",
            )
            .unwrap();
        said
    });
    assert_snapshot!(said.join("\n"), @"
history: rows that analytics.session_history and the summary tell differently: 1; v, a: there since DAY 00:00:01.000000 and is not there; they were changed by hand, so analytics.sessions_as_of() is wrong of them before now. DROP TABLE analytics.session_history, and spectrum deploy begins it anew
history: rows that analytics.session_history and the summary tell differently: 1; u, a: removed at DAY 00:00:01.000000 and is there; they were changed by hand, so analytics.sessions_as_of() is wrong of them before now. DROP TABLE analytics.session_history, and spectrum deploy begins it anew
history: rows that analytics.session_history and the summary tell differently: 1; v, a: removed at DAY 00:00:02.000000 and was not there; they were changed by hand, so analytics.sessions_as_of() is wrong of them before now. DROP TABLE analytics.session_history, and spectrum deploy begins it anew
history: rows that analytics.session_history and the summary tell differently: 2; u, a: was made at DAY 00:00:01.000000 and was there; v, a: was made at DAY 00:00:01.000000 and was there; they were changed by hand, so analytics.sessions_as_of() is wrong of them before now. DROP TABLE analytics.session_history, and spectrum deploy begins it anew
");
    assert_eq!(found(client, &deployment), Vec::<String>::new());
    client.batch_execute("DROP TABLE analytics.session_history").unwrap();
    assert_eq!(deployed(client, &deployment).unwrap().change, Change::Completed);
    after(client, &event(5, "u", "10:05"));
    assert_eq!(found(client, &deployment), Vec::<String>::new());
}

#[test]
fn status_says_since_when() {
    let (_database, mut client) = events();
    let client = &mut client;
    let deployment = remembering(|builder| builder);
    deployed(client, &deployment).unwrap();
    client
        .batch_execute("UPDATE analytics.session_history SET valid_to = '2026-01-01 10:00:00.25Z'")
        .unwrap();
    let status = status(client, &deployment).unwrap();
    let past = status.past_summaries.unwrap();
    assert_eq!(
        (past.keep.to_string(), past.since.as_deref()),
        ("30d".to_owned(), Some("2026-01-01 10:00:01"))
    );
    assert!(status.relations.iter().any(|of| of.name.name() == "session_history" && of.bytes > Some(0)));
}

#[test]
fn history_without_comments_is_adopted() {
    let (_database, mut client) = events();
    let client = &mut client;
    let deployment = remembering(|builder| builder);
    deployed(client, &deployment).unwrap();
    let first = after(client, &event(1, "u", "10:00"));
    let was = summary(client);
    after(client, &event(2, "u", "10:10"));
    client
        .batch_execute(
            "COMMENT ON TABLE analytics.session_history IS NULL;
             COMMENT ON FUNCTION analytics.sessions_as_of(timestamptz) IS NULL;
             COMMENT ON FUNCTION analytics.spectrum_changes_as_of(timestamptz) IS NULL",
        )
        .unwrap();
    deployed(client, &deployment).unwrap_err();
    let options = DeployOptions { adopt: true, ..DeployOptions::default() };
    let report = deploy(client, &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
    assert_eq!(report.plan.change, Change::Completed);
    assert_eq!(as_of(client, &format!("'{first}'")), was);
    assert_eq!(deployed(client, &deployment).unwrap().change, Change::Unchanged);
}

//! Rules beyond the gap, deployed: what stands there, what is written down, and what is refused.

use insta::assert_snapshot;
use spectrum_core::SessionDefinition;
use spectrum_postgres::{
    Change, CheckName, DeployOptions, Deployment, Mode, OnDetach, Stop, VerifyOptions, Wanted, deploy,
    plan_deployment, verify,
};

use super::{Database, on_table};
use spectrum_testkit::PrivatePostgres;

/// A database with a day of two people, and nothing deployed.
fn events() -> Database {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TYPE warehouse.device AS ENUM ('phone', 'desktop');
         CREATE TABLE warehouse.fact_events (
           event_id int, user_id text, account_id text, occurred_at timestamptz, event_type text, utm_campaign varchar,
           is_bot boolean, amount real, device warehouse.device, props jsonb);
         INSERT INTO warehouse.fact_events VALUES
           (1, 'ann', 'a', '2026-01-01 09:00Z', 'heartbeat', NULL, NULL, NULL, 'phone', '{}'),
           (2, 'ann', 'a', '2026-01-01 10:00Z', 'login', 'spring', NULL, 0.1, 'phone', '{}'),
           (3, 'ann', 'a', '2026-01-01 10:05Z', 'view', NULL, false, 1, 'phone', '{}'),
           (4, 'ann', 'a', '2026-01-01 10:05Z', 'view', 'spring', false, 1, 'phone', '{}'),
           (5, 'ann', 'a', '2026-01-01 10:06Z', 'view', 'summer', NULL, NULL, 'phone', '{}'),
           (6, 'ann', 'a', '2026-01-01 10:07Z', 'view', 'summer', true, NULL, 'phone', '{}'),
           (7, 'ann', 'a', '2026-01-01 10:20Z', 'heartbeat', NULL, NULL, NULL, 'phone', '{}'),
           (8, 'ann', 'a', '2026-01-01 10:40Z', 'notification', NULL, NULL, NULL, 'phone', '{}'),
           (9, 'ann', 'a', '2026-01-01 10:45Z', 'logout', NULL, NULL, NULL, 'phone', '{}'),
           (10, 'ann', 'a', '2026-01-01 10:46Z', 'heartbeat', NULL, NULL, NULL, 'phone', '{}'),
           (11, 'ann', 'a', '2026-01-01 10:47Z', 'view', NULL, NULL, NULL, 'phone', '{}'),
           (12, NULL, 'a', '2026-01-01 22:50Z', 'view', NULL, NULL, NULL, 'desktop', '{}'),
           (13, NULL, 'a', '2026-01-01 23:10Z', 'view', NULL, NULL, NULL, 'desktop', '{\"step\": \"end\"}');",
    );
    database
}

fn ruled(toml: &str) -> Deployment {
    Deployment::new(SessionDefinition::from_toml(toml).unwrap()).unwrap()
}

const WINDOWED: &str = r#"
    [events]
    where = "is_bot is not true"
    [session]
    gap_when = [{ when = "amount = 0.1 and device = 'phone'", gap = "1h" }]
    split_at = "midnight"
    timezone = "Europe/Paris"
    start_when = "event_type = 'login'"
    end_when = "event_type = 'logout' or props ->> 'step' = 'end'"
    split_on = ["utm_campaign"]
    passive_when = "event_type = 'heartbeat'"
    ignore_when = "event_type = 'notification'"
    id = "encoded""#;

fn holds(database: &Database, deployment: &Deployment) {
    let allowed = vec![CheckName::NullKeys];
    let options = VerifyOptions { allowed, ..VerifyOptions::default() };
    let report = verify(&mut database.connect(), deployment, &options, &mut |_| ()).unwrap();
    assert!(report.holds(), "{:?}", report.checks);
}

#[test]
fn every_event_has_its_session_and_every_session_its_reason() {
    let database = events();
    let report = database.deploy(&ruled(WINDOWED));
    assert_eq!((report.rows, report.sessions), (13, 5));
    holds(&database, &ruled(WINDOWED));
    assert_snapshot!(database.run(
        "SET timezone = 'UTC'; SELECT event_id, session_seq, started_by, ignored, session_id IS NULL
         FROM analytics.v_sessions ORDER BY event_id;"
    ));
    assert_snapshot!(database.run(
        "SET timezone = 'UTC'; SELECT user_id, session_seq, started_at, ended_at, duration, events, first_event_id, last_event_id, started_by
         FROM analytics.v_session_summary ORDER BY user_id, session_seq;"
    ));
    // What is found wrong is named.
    database.run("INSERT INTO warehouse.fact_events VALUES (14, 'ann', 'a', '2026-01-01 10:03Z', 'login', NULL, NULL, NULL, 'phone', '{}');");
    let report =
        verify(&mut database.connect(), &ruled(WINDOWED), &VerifyOptions::default(), &mut |_| ()).unwrap();
    assert!(!report.holds());
    database.refresh_all();
    holds(&database, &ruled(WINDOWED));
}

#[test]
fn rules_that_depend_on_the_start_are_deployed_too() {
    let database = events();
    let sequential = format!("{WINDOWED}\nmax_duration = \"6m\"\nmax_events = 3");
    database.deploy(&ruled(&sequential));
    holds(&database, &ruled(&sequential));
    assert_snapshot!(
        database.run("SELECT event_id, session_seq, started_by FROM analytics.v_sessions ORDER BY event_id;")
    );
    // What stands is kept where nothing else is said, and what is turned off is off.
    let kept = Wanted::from_toml("[session]\nmax_events = \"none\"").unwrap();
    let over = kept.over(Some(&ruled(&sequential))).unwrap();
    assert_eq!(over.definition.rule().settings().last().unwrap().0, "ignore_when");
    assert_eq!(over.definition.rule().max_events(), None);
    database.deploy(&over);
    holds(&database, &over);
    // It is told that the others stand, once something is said of rules.
    let options = DeployOptions::default();
    let planned = |toml: &str| {
        let wanted = Wanted::from_toml(toml).unwrap();
        let plan = plan_deployment(&mut database.connect(), wanted, &options).unwrap();
        plan.notes
            .iter()
            .map(ToString::to_string)
            .filter(|note| note.contains("deployed"))
            .collect::<Vec<_>>()
    };
    assert_eq!(planned(""), [""; 0]);
    assert_snapshot!(planned("[session]\nmax_duration = \"6m\"\nend_when = \"none\"\nsplit_on = [\"utm_campaign\"]").join("\n"), @"where, gap_when, split_at, start_when, passive_when, ignore_when stay as they were deployed, because nothing was said of them now; the word none turns a rule off, and [summary.columns] without columns what is told");
    // Back at a plain gap the columns go.
    let plain = ruled("[session]\nid = \"encoded\"");
    database.deploy(&plain);
    holds(&database, &plain);
    let columns = "SELECT table_name, STRING_AGG(column_name, ', ' ORDER BY ordinal_position)
         FROM information_schema.columns WHERE table_name IN ('v_sessions', 'v_session_summary') GROUP BY 1 ORDER BY 1;";
    assert_snapshot!(database.run(columns), @r"
    v_session_summary|session_id, user_id, account_id, session_seq, started_at, ended_at, duration, events, first_event_id, last_event_id
    v_sessions|user_id, account_id, occurred_at, event_id, session_id
    ");
}

/// Tables that follow the events, from a view and back, while a rule changes and columns that only it reads do.
#[test]
fn rules_stay_when_the_mode_changes() {
    let database = events();
    let sequential = format!("{WINDOWED}\nmax_duration = \"6m\"\nmax_events = 3");
    let view = ruled(&sequential);
    database.deploy(&view);
    let rows = "SET timezone = 'UTC'; SELECT * FROM analytics.v_sessions ORDER BY event_id;
                SELECT * FROM analytics.v_session_summary ORDER BY user_id, session_seq;";
    let of_view = database.run(rows);
    let mut tables = view.clone();
    tables.mode = Mode::Incremental;
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    let deployed = |deployment: &Deployment| {
        deploy(&mut database.connect(), deployment, &options, &Stop::default(), &mut |_| ()).unwrap()
    };
    deployed(&tables);
    assert_eq!(database.run(rows), of_view);
    holds(&database, &tables);

    // A change of what only the rule reads is noted, whichever way it comes.
    for change in [
        "UPDATE warehouse.fact_events SET utm_campaign = 'autumn' WHERE event_id = 3;",
        "UPDATE warehouse.fact_events SET props = '{\"step\": \"end\"}' WHERE event_id = 4;",
        "UPDATE warehouse.fact_events SET is_bot = true WHERE event_id = 2;",
        "UPDATE warehouse.fact_events SET device = 'desktop', amount = 7 WHERE event_id = 2;",
    ] {
        database.run(&format!("{change} SELECT FROM analytics.refresh_sessions();"));
        holds(&database, &tables);
    }
    let before = database.run(rows);
    let mut longer = ruled(&sequential.replace("6m", "1h"));
    longer.mode = Mode::Incremental;
    let report = deployed(&longer);
    assert_snapshot!(format!("{:?}", report.plan.change), @r#"Exchanged(["max_duration 6m is now 1h"])"#);
    assert_ne!(database.run(rows), before);
    holds(&database, &longer);
    deployed(&view);
    assert_eq!(database.run(rows), before);
}

/// Types keep their lengths under every kind of rule, so that no column seems to have changed.
#[test]
fn types_keep_their_lengths() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE TABLE events (event_id varchar(20), user_id varchar(10), account_id text, occurred_at timestamptz(3), amount numeric(12, 3),
                              event_type varchar(30));
         INSERT INTO events SELECT 'e' || i, 'u' || i % 3, 'a', '2026-01-01 10:00Z'::timestamptz + i * interval '7 min', i, 'view'
         FROM generate_series(1, 40) i;",
    );
    for rules in [
        "max_events = 3",
        "max_duration = \"12h\"\nignore_when = \"event_type = 'note'\"",
        "split_on = [\"event_type\"]\npassive_when = \"event_type = 'beat'\"",
        "at_gap = \"new\"",
    ] {
        let mut tables = on_table("events", ruled(&format!("[session]\n{rules}\nid = \"encoded\"")));
        (tables.mode, tables.carried) = (Mode::Incremental, vec!["amount".to_owned()]);
        let options = DeployOptions { create_index: true, ..DeployOptions::default() };
        let deployed =
            || deploy(&mut database.connect(), &tables, &options, &Stop::default(), &mut |_| ()).unwrap();
        deployed();
        holds(&database, &tables);
        assert_eq!(deployed().plan.change, Change::Unchanged, "{rules}");
        database.run("SELECT FROM analytics.refresh_sessions();");
        // All rows are in the log, though not all are in a session.
        let logged = "SELECT rows FROM analytics.v_refresh_log WHERE relation = 'analytics.mv_sessions' AND rows IS NOT NULL ORDER BY started_at DESC LIMIT 1;";
        assert_eq!(database.run(logged), "40", "{rules}");
    }
}

/// Values of another type would be compared as something else.
#[test]
fn columns_that_only_rules_read_cannot_change_unseen() {
    let database = events();
    let mut tables = ruled(WINDOWED);
    tables.mode = Mode::Incremental;
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    let deployed = |deployment: &Deployment| {
        deploy(&mut database.connect(), deployment, &options, &Stop::default(), &mut |_| ())
    };
    deployed(&tables).unwrap();
    let refreshed =
        || database.connect().batch_execute("SELECT FROM analytics.refresh_sessions()").unwrap_err();
    let told = |error: postgres::Error| error.as_db_error().unwrap().message().to_owned();
    database.run("ALTER TABLE warehouse.fact_events ALTER amount TYPE double precision;");
    // Writers go on, and what they write is noted.
    database.run("INSERT INTO warehouse.fact_events (event_id, user_id, account_id, occurred_at) VALUES (20, 'bob', 'a', '2026-01-01 12:00Z');");
    assert_snapshot!(told(refreshed()), @"column amount of warehouse.fact_events is now double precision, and was real when the sessions were deployed");
    let status = spectrum_postgres::status(&mut database.connect(), &tables).unwrap();
    assert_snapshot!(format!("{:?}", status.advice), @r#"[Message([Text("in warehouse.fact_events column amount was real and is now double precision; run spectrum deploy, which rebuilds the sessions")])]"#);
    let report = deployed(&tables).unwrap();
    assert_snapshot!(format!("{:?}", report.plan.change), @r#"Exchanged(["column amount was real and is now double precision"])"#);
    holds(&database, &tables);
    database.run("ALTER TABLE warehouse.fact_events RENAME utm_campaign TO campaign;");
    database.run("UPDATE warehouse.fact_events SET device = 'phone' WHERE event_id = 20;");
    assert_snapshot!(told(refreshed()), @"warehouse.fact_events no longer has a column utm_campaign");
    assert_snapshot!(database.refusal(&tables));
}

/// Of copies the earliest counts, and of equal times always the same one, whatever order the table has them in.
#[test]
fn copies_that_rules_tell_apart_count_as_one_event() {
    let database = events();
    database.run(
        "INSERT INTO warehouse.fact_events VALUES
           (5, 'ann', 'a', '2026-01-01 10:06Z', 'view', 'autumn', NULL, NULL, 'phone', '{}'),
           (4, 'ann', 'a', '2026-01-01 10:30Z', 'logout', 'spring', NULL, NULL, 'phone', '{}');",
    );
    let mut deployment = ruled(WINDOWED);
    deployment.deduplicated = true;
    let report = database.deploy(&deployment);
    assert_eq!((report.rows, report.sessions), (13, 5));
    holds(&database, &deployment);
    let before = database.run("SELECT * FROM analytics.v_sessions ORDER BY event_id;");
    database.run(
        "CREATE TABLE again AS SELECT * FROM warehouse.fact_events ORDER BY event_id DESC, utm_campaign DESC;
         TRUNCATE warehouse.fact_events; INSERT INTO warehouse.fact_events SELECT * FROM again;",
    );
    database.refresh_all();
    assert_eq!(database.run("SELECT * FROM analytics.v_sessions ORDER BY event_id;"), before);
}

/// Every type of time, and a view for events, under rules of each kind.
#[test]
fn times_of_every_type() {
    let database = events();
    database.run(
        "CREATE VIEW civil AS SELECT *, occurred_at AT TIME ZONE 'UTC' AS at FROM warehouse.fact_events;
         CREATE VIEW counted AS SELECT *, (EXTRACT(EPOCH FROM occurred_at) * 1000)::BIGINT AS at FROM warehouse.fact_events;
         CREATE VIEW days AS SELECT *, occurred_at::DATE + event_id % 3 AS at FROM warehouse.fact_events;",
    );
    let rules = "
        [events]
        time = \"at\"
        [session]
        gap = \"25m\"
        max_duration = \"6m\"
        max_events = 2
        split_at = \"23:00\"
        passive_when = \"event_type = 'heartbeat'\"";
    let seen = |view: &str| {
        let mut deployment = on_table(view, ruled(rules));
        deployment.time_unit = (view == "counted").then_some(spectrum_core::EpochUnit::Millisecond);
        deployment.names.schema = format!("of_{view}");
        database.deploy(&deployment);
        holds(&database, &deployment);
        database.run(&format!(
            "SELECT event_id, session_seq, started_by FROM of_{view}.v_sessions ORDER BY event_id;"
        ))
    };
    let civil = seen("civil");
    assert_snapshot!(civil);
    assert_eq!(seen("counted"), civil);
    assert_snapshot!(seen("days"));
}

#[test]
fn what_rules_cannot_read_is_refused() {
    let database = events();
    assert_snapshot!(database.refusal(&ruled(
        r#"
        [session]
        start_when = "event_typ = 'login' and amount = 'x' and props = 'y'"
        end_when = "event_typ = 'logout' and user_id ->> 'x' = 'y' and occurred = 5 and is_bot = 'x'"
        split_on = ["props", "amount", "utm_campain"]"#
    )));
    let mut kept = ruled("[session]\nsplit_on = [\"utm_campaign\"]\nend_when = \"event_type = 'logout'\"");
    (kept.mode, kept.on_detach) = (Mode::Incremental, OnDetach::Keep);
    database.run("CREATE TABLE parts (LIKE warehouse.fact_events) PARTITION BY RANGE (occurred_at);");
    assert_snapshot!(database.refusal(&on_table("parts", kept)), @"the rule or the summary reads event_type, utm_campaign, which the sessions relation does not have; events of partitions that go are kept with its columns alone, so name them in [postgres] columns");
    database.run(
        "CREATE TABLE public.civil (event_id int, user_id text, account_id text, occurred_at timestamp);",
    );
    let civil = ruled("[session]\nsplit_at = \"04:00\"\ntimezone = \"Europe/Paris\"");
    assert_snapshot!(database.refusal(&on_table("civil", civil)), @"timezone Europe/Paris is the zone of split_at, and time column 'occurred_at' has none, so its days are its own; take timezone out, or make it timestamptz");
    database.deploy(&on_table("civil", ruled("[session]\nsplit_at = \"04:00\"")));
    assert_snapshot!(Deployment::new(SessionDefinition::from_toml("[events]\nkey = [\"started_by\"]\n[session]\nmax_events = 5").unwrap()).unwrap_err(), @"column 'started_by' of the key has the name of a column that Spectrum adds to the sessions relation; rename it in a view over the events");
}

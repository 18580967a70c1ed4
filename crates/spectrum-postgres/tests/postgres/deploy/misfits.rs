//! Everything that does not fit is told, with what to do, before anything is made.

use insta::assert_snapshot;
use spectrum_postgres::{DeployOptions, Stop, deploy};

use super::{definition, events, on_table};

#[test]
fn tables_and_columns_that_are_not_there() {
    let database = events();
    assert_snapshot!(database.refusal(&on_table("warehouse.fact_event", definition(|d| d))), @"there is no events table warehouse.fact_event in this database; did you mean warehouse.fact_events?");
    assert_snapshot!(database.refusal(&on_table("public.fact_events", definition(|d| d))), @"there is no events table public.fact_events in this database; did you mean warehouse.fact_events?");
    assert_snapshot!(database.refusal(&on_table("zebra", definition(|d| d))), @"there is no events table zebra in this database; name it with table, or make it with spectrum load with create_table");
    assert_snapshot!(database.refusal(&definition(|d| d.key(["userid", "account"]).time("occured_at").event_id("id"))), @r"
    key column 'userid' is not in warehouse.fact_events; did you mean user_id? (it has: event_id text, user_id text, account_id text, event_type text, occurred_at timestamp with time zone); name it with key
    key column 'account' is not in warehouse.fact_events; did you mean account_id? (it has: event_id text, user_id text, account_id text, event_type text, occurred_at timestamp with time zone); name it with key
    time column 'occured_at' is not in warehouse.fact_events; did you mean occurred_at? (it has: event_id text, user_id text, account_id text, event_type text, occurred_at timestamp with time zone); name it with time
    event id column 'id' is not in warehouse.fact_events; did you mean user_id or event_id or account_id? (it has: event_id text, user_id text, account_id text, event_type text, occurred_at timestamp with time zone); name it with event id
    ");
}

#[test]
fn types_that_cannot_be_key_time_or_id() {
    let database = events();
    database.run("CREATE TABLE public.typed (n numeric, f float8, c char(3), t text, j json, i int);");
    let typed = |key: &[&str]| {
        database
            .refusal(&on_table("typed", definition(|d| d.key(key.iter().copied()).time("t").event_id("j"))))
    };
    assert_snapshot!(typed(&["n", "f", "c", "i"]), @r"
    key column 'n' is numeric, whose text is not settled; a key column is uuid, smallint, integer, bigint, text, varchar, citext or boolean: cast it in a view over the events
    key column 'f' is double precision, whose text is not settled; a key column is uuid, smallint, integer, bigint, text, varchar, citext or boolean: cast it in a view over the events
    key column 'c' is character(3), whose text is not settled; a key column is uuid, smallint, integer, bigint, text, varchar, citext or boolean: cast it in a view over the events
    time column 't' is text; the time is timestamptz, timestamp, date or bigint: convert it in a view over the events
    event id column 'j' is json, whose text is not settled; an event id is uuid, smallint, integer, bigint, text or varchar: cast it in a view over the events
    ");
}

#[test]
fn a_collation_under_which_different_texts_are_equal() {
    let database = events();
    if database.run("SELECT COUNT(*) > 0 FROM pg_collation WHERE collprovider = 'i';") != "t" {
        return eprintln!("this PostgreSQL was built without ICU: not tried");
    }
    database.run(
        "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         ALTER TABLE warehouse.fact_events ALTER COLUMN user_id TYPE text COLLATE folded;",
    );
    assert_snapshot!(database.refusal(&definition(|d| d)), @"key column 'user_id' is text with a nondeterministic collation, under which different texts are equal; use a deterministic one");
}

#[test]
fn data_that_no_session_can_be_made_of() {
    let database = events();
    database.run("INSERT INTO warehouse.fact_events VALUES ('x1', 'u1', 'a', 'view', 'infinity'), ('x2', 'u1', 'a', 'view', NULL), (NULL, 'u1', 'a', 'view', '2026-01-01Z');");
    assert_snapshot!(database.refusal(&definition(|d| d)), @r"
    events without a time: 1 of 7 (event_id x2); fix them, or leave them out with without_null_times
    events at infinity: 1 (event_id x1), from where no gap can be counted; fix them (UPDATE warehouse.fact_events SET occurred_at = ... WHERE NOT ISFINITE(occurred_at)) or deploy on a view without them
    events without event_id: 1, so nobody could tell which session is whose; give them one, or deploy on a view without them
    ");
    database.run("DELETE FROM warehouse.fact_events WHERE event_id = 'x1' OR event_id IS NULL;");
    let mut dropping = definition(|d| d);
    dropping.without_null_times = true;
    let report = database.deploy(&dropping);
    assert_eq!((report.rows, report.events.unwrap().null_times), (4, 1));
}

#[test]
fn copies_are_not_called_different_events() {
    let database = events();
    database
        .run("INSERT INTO warehouse.fact_events SELECT * FROM warehouse.fact_events WHERE event_id = 'e1';");
    assert_snapshot!(database.refusal(&definition(|d| d)), @"1 event_id values stand for more than one event in warehouse.fact_events, such as e1 (2 times); remove the copies, or keep the earliest of each with spectrum deploy with deduplicated");
    let mut earliest = definition(|d| d);
    earliest.deduplicated = true;
    assert_eq!(database.deploy(&earliest).different, None);
}

#[test]
fn copies_of_events_are_named_or_left_out() {
    let database = events();
    database.run(
        "INSERT INTO warehouse.fact_events VALUES ('e1', 'u9', 'a', 'view', '2026-01-02 10:00Z'), ('e1', 'u1', 'a', 'view', '2026-01-03 10:00Z'),
                                                  ('e2', 'u1', 'a', 'view', '2025-01-03 10:00Z');",
    );
    assert_snapshot!(database.refusal(&definition(|d| d)), @"2 event_id values stand for more than one event in warehouse.fact_events, such as e1 (3 times), e2 (2 times); 2 of them for different events: e1 for (user_id u1, account_id a, occurred_at 2026-01-01 10:00:00+00) and (user_id u9, account_id a, occurred_at 2026-01-02 10:00:00+00); e2 for (user_id u1, account_id a, occurred_at 2025-01-03 10:00:00+00) and (user_id u1, account_id a, occurred_at 2026-01-01 10:10:00+00); give each event its own id, or keep the earliest of each and lose the others with spectrum deploy with deduplicated");
    let mut earliest = definition(|d| d);
    earliest.deduplicated = true;
    let report = database.deploy(&earliest);
    assert_eq!(report.rows, 4);
    assert_snapshot!(report.different.unwrap(), @"2 event_id values stand for different events: e1 for (user_id u1, account_id a, occurred_at 2026-01-01 10:00:00+00) and (user_id u9, account_id a, occurred_at 2026-01-02 10:00:00+00); e2 for (user_id u1, account_id a, occurred_at 2025-01-03 10:00:00+00) and (user_id u1, account_id a, occurred_at 2026-01-01 10:10:00+00); only the earliest of each is in the sessions");
    assert_snapshot!(database.run("SET timezone = 'UTC'; SELECT event_id, user_id, occurred_at FROM analytics.v_sessions ORDER BY 1;"), @r"
    e1|u1|2026-01-01 10:00:00+00
    e2|u1|2025-01-03 10:00:00+00
    e3|u1|2026-01-01 12:00:00+00
    e4|u2|2026-01-01 10:00:00+00
    ");
}

#[test]
fn null_keys_and_shared_ids_are_reported() {
    let database = events();
    database.run(
        "CREATE TABLE public.numbers (event_id int, user_id int, account_id int, occurred_at timestamptz);
         INSERT INTO public.numbers VALUES (1, 1, 23, '2026-01-01Z'), (2, 12, 3, '2026-01-01Z'), (3, NULL, 3, '2026-01-01Z');",
    );
    let report = database.deploy(&on_table("public.numbers", definition(|d| d)));
    assert_eq!(report.events.unwrap().null_keys, 1);
    assert_snapshot!(report.collision.unwrap(), @r#"1 session id stands for more than one session, such as 6c14da109e294d1e8155be8aa4b1ce8e for (1, 23 session 1) and (12, 3 session 1); id = "encoded" gives each its own"#);
    let report =
        database.deploy(&on_table("public.numbers", definition(|d| d.id("encoded".parse().unwrap()))));
    assert_eq!(report.collision, None);
    assert_eq!(database.run("SELECT COUNT(session_id) FROM analytics.v_sessions;"), "3");
}

#[test]
fn privileges_that_are_missing() {
    let database = events();
    let role = format!("nobody_{}", database.name());
    database.run(&format!("CREATE ROLE {role} LOGIN;"));
    let refusal = || {
        let mut client = database.server_as(&role).connect("spectrum deploy").unwrap();
        let refusal =
            deploy(&mut client, &definition(|d| d), &DeployOptions::default(), &Stop::default(), &mut |_| ())
                .unwrap_err();
        refusal.to_string().replace(&role, "ROLE").replace(database.name(), "DATABASE")
    };
    assert_snapshot!(refusal(), @r"
    this role may not read event_id, user_id, account_id, occurred_at; GRANT USAGE ON SCHEMA warehouse TO ROLE; GRANT SELECT ON warehouse.fact_events TO ROLE
    schema analytics is not there and this role may not create it; CREATE SCHEMA analytics AUTHORIZATION ROLE, or GRANT CREATE ON DATABASE DATABASE TO ROLE
    ");
    database.run(&format!("GRANT USAGE ON SCHEMA warehouse TO {role}; GRANT SELECT ON warehouse.fact_events TO {role}; CREATE SCHEMA analytics;"));
    assert_snapshot!(refusal(), @"this role may not create relations in schema analytics; GRANT USAGE, CREATE ON SCHEMA analytics TO ROLE");
    database.run(&format!("GRANT USAGE, CREATE ON SCHEMA analytics TO {role};"));
    let mut client = database.server_as(&role).connect("spectrum deploy").unwrap();
    deploy(&mut client, &definition(|d| d), &DeployOptions::default(), &Stop::default(), &mut |_| ())
        .unwrap();
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role};"));
}

//! `erase` on a real server: a person's rows go from everywhere, and nobody else's.

use insta::assert_snapshot;
use spectrum_postgres::{
    Deployment, EraseOptions, Mode, OnDetach, PgError, Receipt, RefreshOptions, Stop, VerifyOptions, erase,
    plan_erase, refresh, vacuum_erased, verify,
};
use spectrum_testkit::PrivatePostgres;

use crate::deploy::{definition, events};
use crate::incremental::{Maintained, defined};
use crate::refresh::Database;

/// Four people, one of them with two accounts, and one who is nobody.
fn people(mode: Mode) -> (Database, Deployment) {
    let database = events();
    database.run(
        "INSERT INTO warehouse.fact_events VALUES
           ('e5', 'u1', 'b', 'view', '2026-01-01 10:00Z'), ('e6', 'u11', 'a', 'view', '2026-01-01 10:00Z'),
           ('e7', NULL, 'a', 'view', '2026-01-01 10:00Z');",
    );
    let deployment = Deployment { mode, ..definition(|d| d) };
    Maintained::deploy(&database, deployment.clone());
    (database, deployment)
}

fn of(key: &[(&str, &str)]) -> EraseOptions {
    let key = key.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect();
    EraseOptions { key, ..EraseOptions::default() }
}

fn with_events(key: &[(&str, &str)]) -> EraseOptions {
    EraseOptions { events: true, ..of(key) }
}

fn erased(database: &Database, deployment: &Deployment, options: &EraseOptions) -> Receipt {
    erase(&mut database.connect(), deployment, options).unwrap()
}

fn refusal(database: &Database, deployment: &Deployment, options: &EraseOptions) -> String {
    let before = contents(database, "true");
    let error = erase(&mut database.connect(), deployment, options).unwrap_err();
    assert_eq!(contents(database, "true"), before, "refused, and something changed: {error}");
    error.to_string()
}

/// The receipt without its time, a line a relation.
fn told(receipt: &Receipt) -> String {
    let at = &receipt.at;
    let is_time = at.len() == 19 && at.chars().all(|c| c.is_ascii_digit() || "- :".contains(c));
    assert!(is_time, "{at}");
    let mut lines = vec![format!("{:?}, {} events found", receipt.key, receipt.events_found)];
    lines.extend(
        receipt.relations.iter().map(|erased| {
            format!("{}: {} removed, {} remain", erased.relation, erased.removed, erased.remain)
        }),
    );
    lines.push(format!("log texts: {}", receipt.log_texts));
    lines.extend(receipt.not_covered.iter().map(|words| format!("not covered: {words}")));
    lines.join("\n")
}

/// All rows, as text, of all that has the column `user_id`, for which a condition holds.
fn contents(database: &Database, condition: &str) -> String {
    let tables = database.run(
        "SELECT a.attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE a.attname = 'user_id' AND c.relkind IN ('r', 'm') AND c.relispopulated ORDER BY 1;",
    );
    let rows = tables.lines().map(|table| {
        let rows = format!("SELECT t::text FROM {table} t WHERE {condition} ORDER BY t::text COLLATE \"C\";");
        format!("{table}\n{}", database.run(&rows))
    });
    let log = database.run("SELECT l::text FROM analytics.spectrum_refresh_log l ORDER BY id;");
    rows.chain([log]).collect::<Vec<_>>().join("\n")
}

/// After a refresh all is as the reference SQL has it.
fn is_sound(database: &Database, deployment: &Deployment) {
    let mut client = database.connect();
    refresh(&mut client, deployment, &RefreshOptions::default(), &Stop::default(), &mut |_| ()).unwrap();
    let allowed = vec!["null-keys".to_owned()];
    let report =
        verify(&mut client, deployment, &VerifyOptions { allowed, ..VerifyOptions::default() }, |_| ())
            .unwrap();
    assert!(report.holds(), "{:?}", report.checks);
}

#[test]
fn a_person_goes_with_their_events_and_nobody_else() {
    let (database, deployment) = people(Mode::Incremental);
    // Something waits, of them and of others.
    database.run(
        "INSERT INTO warehouse.fact_events VALUES ('e8', 'u1', 'c', 'view', '2026-01-02Z'), ('e9', 'u2', 'a', 'view', '2026-01-02Z');",
    );
    let others = contents(&database, "user_id IS DISTINCT FROM 'u1'");
    let plan = plan_erase(&mut database.connect(), &deployment, &with_events(&[("user_id", "u1")])).unwrap();
    assert_snapshot!(told(&plan), @r#"
    [("user_id", "u1")], 5 events found
    analytics.mv_sessions: 4 removed, 4 remain
    analytics.mv_session_summary: 3 removed, 3 remain
    analytics.spectrum_changes: 1 removed, 1 remain
    log texts: 0
    "#);
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "u1")]));
    assert_snapshot!(told(&receipt), @r#"
    [("user_id", "u1")], 5 events found
    warehouse.fact_events: 5 removed, 0 remain
    analytics.mv_sessions: 4 removed, 0 remain
    analytics.mv_session_summary: 3 removed, 0 remain
    analytics.spectrum_changes: 4 removed, 0 remain
    log texts: 0
    "#);
    assert_eq!(receipt.database, database.name());
    assert_eq!(contents(&database, "user_id IS DISTINCT FROM 'u1'"), others);
    assert_eq!(contents(&database, "t::text LIKE '%u1,%'").matches("u1,").count(), 0);
    is_sound(&database, &deployment);
    // Again there is nothing to do.
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "u1")]));
    assert!(receipt.relations.iter().all(|erased| erased.removed == 0) && receipt.events_found == 0);
}

#[test]
fn one_account_of_a_person() {
    let (database, deployment) = people(Mode::Incremental);
    let key = [("user_id", "u1"), ("account_id", "a")];
    let others = contents(&database, "(user_id, account_id) IS DISTINCT FROM ('u1', 'a')");
    assert_snapshot!(told(&erased(&database, &deployment, &with_events(&key))), @r#"
    [("user_id", "u1"), ("account_id", "a")], 3 events found
    warehouse.fact_events: 3 removed, 0 remain
    analytics.mv_sessions: 3 removed, 0 remain
    analytics.mv_session_summary: 2 removed, 0 remain
    analytics.spectrum_changes: 1 removed, 0 remain
    log texts: 0
    "#);
    assert_eq!(contents(&database, "true"), others);
    is_sound(&database, &deployment);
}

#[test]
fn events_that_are_there_are_in_the_way() {
    let mut refusals = Vec::new();
    for mode in [Mode::Incremental, Mode::View] {
        let (database, deployment) = people(mode);
        refusals.push(refusal(&database, &deployment, &of(&[("user_id", "u1")])));
        // Once they are gone, it is done, whether a refresh knows of it or not.
        database.run("DELETE FROM warehouse.fact_events WHERE user_id = 'u1';");
        let receipt = erased(&database, &deployment, &of(&[("user_id", "u1")]));
        let rows: Vec<_> = receipt.relations.iter().map(|erased| (erased.removed, erased.remain)).collect();
        match mode {
            Mode::Incremental => assert_eq!(rows, [(4, 0), (3, 0), (2, 0)]),
            Mode::View => assert_eq!(rows, [(4, 0), (3, 0)]),
        }
        assert_eq!(contents(&database, "t::text LIKE '%u1,%'").matches("u1,").count(), 0);
        is_sound(&database, &deployment);
    }
    assert_eq!(refusals[0], refusals[1]);
    assert_snapshot!(refusals[0], @"warehouse.fact_events still holds 4 events with user_id 'u1', from which the next refresh would make the sessions again; delete them there first, or say --events to delete them too, in the same transaction");
}

#[test]
fn materialized_views_are_computed_anew() {
    let (database, deployment) = people(Mode::View);
    database.run("CREATE MATERIALIZED VIEW public.of_days AS SELECT COUNT(*) FROM analytics.v_sessions;");
    let others = contents(&database, "user_id IS DISTINCT FROM 'u1'");
    assert_snapshot!(told(&erased(&database, &deployment, &with_events(&[("user_id", "u1")]))), @r#"
    [("user_id", "u1")], 4 events found
    warehouse.fact_events: 4 removed, 0 remain
    analytics.mv_sessions: 4 removed, 0 remain
    analytics.mv_session_summary: 3 removed, 0 remain
    log texts: 0
    not covered: public.of_days, a materialized view that reads these sessions; refresh it
    "#);
    assert_eq!(contents(&database, "true"), others);
    is_sound(&database, &deployment);
    // What holds nothing is left alone.
    database.run("REFRESH MATERIALIZED VIEW analytics.mv_session_summary WITH NO DATA;");
    assert_snapshot!(told(&erased(&database, &deployment, &with_events(&[("user_id", "u2")]))), @r#"
    [("user_id", "u2")], 1 events found
    warehouse.fact_events: 1 removed, 0 remain
    analytics.mv_sessions: 1 removed, 0 remain
    log texts: 0
    not covered: public.of_days, a materialized view that reads these sessions; refresh it
    "#);
}

#[test]
fn who_is_meant_must_be_clear() {
    let (database, deployment) = people(Mode::Incremental);
    let refusal = |key: &[(&str, &str)]| refusal(&database, &deployment, &of(key));
    assert_snapshot!(refusal(&[]), @"nobody is named; say who with --key COLUMN=VALUE");
    assert_snapshot!(refusal(&[("event_id", "e1")]), @"column 'event_id' is not of the key (user_id, account_id), and nothing else says whose a session is");
    assert_snapshot!(refusal(&[("userid", "u1")]), @"column 'userid' is not of the key (user_id, account_id), and nothing else says whose a session is; did you mean user_id?");
    assert_snapshot!(refusal(&[("user_id", "u1"), ("user_id", "u2")]), @"column 'user_id' is given twice; erase one after the other");
    let error = plan_erase(&mut database.connect(), &definition(|d| d.table("x")), &of(&[("x", "1")]));
    assert_snapshot!(error.unwrap_err(), @"column 'x' is not of the key (user_id, account_id), and nothing else says whose a session is");
    // A quote is a quote, and nobody has it.
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "x' OR 'a' = 'a")]));
    assert!(receipt.relations.iter().all(|erased| erased.removed == 0));
}

/// A database whose key has one column, of a type, with the two values that are given.
fn typed(ty: &str, values: [&str; 2]) -> (Database, Deployment) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(&format!(
        "CREATE SCHEMA types; CREATE SCHEMA warehouse;
         DO $$ BEGIN IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citext') THEN CREATE EXTENSION citext SCHEMA types; END IF; END $$;
         CREATE DOMAIN types.short AS varchar(9) CHECK (VALUE <> '');
         CREATE TABLE warehouse.fact_events (event_id text, who {ty}, occurred_at timestamptz);
         INSERT INTO warehouse.fact_events VALUES ('e1', {}, '2026-01-01Z'), ('e2', {}, '2026-01-01Z');",
        values[0], values[1]
    ));
    let maintained = Maintained::deploy(&database, defined(|d| d.key(["who"])));
    (database, maintained.deployment)
}

#[test]
fn values_are_compared_in_the_type_of_their_column() {
    let uuid = "'6b0d1b6e-0000-0000-0000-00000000000a'";
    for (ty, values, given, wrong) in [
        ("bigint", ["42", "43"], "42", Some("4x")),
        ("numeric(20,0)", ["42", "43"], "42", Some("4x")),
        ("uuid", [uuid, "gen_random_uuid()"], "6B0D1B6E-0000-0000-0000-00000000000A", Some("6b0d")),
        ("boolean", ["true", "false"], "yes", Some("perhaps")),
        // Cut to five characters, the value would mean somebody else.
        ("varchar(5)", ["'abcde'", "'abcdf'"], "abcde", None),
        ("types.short", ["'abcde'", "'abcdf'"], "abcde", None),
        ("types.citext", ["'Bob'", "'alice'"], "bOB", None),
    ] {
        let has_citext = PrivatePostgres::shared()
            .unwrap()
            .run_script("SELECT COUNT(*) FROM pg_available_extensions WHERE name = 'citext';")
            .unwrap();
        if ty == "types.citext" && has_citext.trim() == "0" {
            continue;
        }
        let (database, deployment) = typed(ty, values);
        let receipt = erased(&database, &deployment, &with_events(&[("who", given)]));
        let rows: Vec<_> = receipt.relations.iter().map(|erased| erased.removed).collect();
        assert_eq!(rows, [1, 1, 1, 1], "{ty}");
        let left = "SELECT event_id FROM warehouse.fact_events UNION ALL SELECT event_id FROM analytics.mv_sessions;";
        assert_eq!(database.run(left), "e2\ne2", "{ty}");
        let longer = erased(
            &database,
            &deployment,
            &with_events(&[("who", if wrong.is_none() { "abcdfgh" } else { given })]),
        );
        assert!(longer.relations.iter().all(|erased| erased.removed == 0), "{ty}");
        if let Some(wrong) = wrong {
            let error =
                erase(&mut database.connect(), &deployment, &of(&[("who", wrong)])).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!(
                    "reading '{wrong}' as a value of who, which is {ty}: invalid input syntax"
                )),
                "{error}"
            );
        }
    }
}

#[test]
fn all_of_it_or_nothing() {
    let (database, deployment) = people(Mode::Incremental);
    let person = with_events(&[("user_id", "u1")]);
    database.run(
        "CREATE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
         CREATE FUNCTION public.stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
         CREATE TRIGGER no BEFORE DELETE ON warehouse.fact_events FOR EACH ROW WHEN (OLD.event_id = 'e3') EXECUTE FUNCTION public.no();",
    );
    assert_snapshot!(refusal(&database, &deployment, &person), @"deleting rows of warehouse.fact_events: not today");
    database.run(
        "DROP TRIGGER no ON warehouse.fact_events;
         CREATE TRIGGER no BEFORE DELETE ON analytics.mv_session_summary FOR EACH ROW EXECUTE FUNCTION public.no();",
    );
    assert_snapshot!(refusal(&database, &deployment, &person), @"deleting rows of analytics.mv_session_summary: not today");
    database.run(
        "DROP TRIGGER no ON analytics.mv_session_summary;
         CREATE TRIGGER stays BEFORE DELETE ON warehouse.fact_events FOR EACH ROW WHEN (OLD.event_id = 'e3') EXECUTE FUNCTION public.stays();",
    );
    assert_snapshot!(refusal(&database, &deployment, &person), @"rows with user_id 'u1' that are in warehouse.fact_events after all were deleted: 1, so nothing was erased; they were written meanwhile, or a trigger or a rule keeps them. Run the command again");
    // What comes while the others are deleted is not overlooked.
    database.run(
        "DROP TRIGGER stays ON warehouse.fact_events;
         CREATE FUNCTION public.again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           INSERT INTO warehouse.fact_events VALUES ('e10', 'u1', 'a', 'again', '2026-01-01Z'); RETURN NULL; END $$;
         CREATE TRIGGER again AFTER DELETE ON analytics.mv_sessions EXECUTE FUNCTION public.again();",
    );
    assert_snapshot!(refusal(&database, &deployment, &person), @"rows with user_id 'u1' that are in warehouse.fact_events after all were deleted: 1, so nothing was erased; they were written meanwhile, or a trigger or a rule keeps them. Run the command again");
    database.run("DROP TRIGGER again ON analytics.mv_sessions;");
    erased(&database, &deployment, &person);
    is_sound(&database, &deployment);
}

#[test]
fn one_at_a_time() {
    let (database, deployment) = people(Mode::Incremental);
    let mut other = database.connect();
    other.batch_execute("SELECT pg_advisory_lock(1397769539, hashtext('analytics'))").unwrap();
    let error = erase(&mut database.connect(), &deployment, &with_events(&[("user_id", "u1")])).unwrap_err();
    assert!(matches!(error, PgError::Locked { .. }), "{error}");
    // A lock on a relation is waited for no longer than was said.
    other
        .batch_execute("SELECT pg_advisory_unlock_all(); BEGIN; LOCK TABLE analytics.mv_session_summary")
        .unwrap();
    let options = EraseOptions { lock_timeout_ms: 1, ..with_events(&[("user_id", "u1")]) };
    let error = erase(&mut database.connect(), &deployment, &options).unwrap_err();
    assert_snapshot!(error, @"deleting rows of analytics.mv_session_summary: canceling statement due to lock timeout");
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(database.run("SELECT COUNT(*) FROM warehouse.fact_events WHERE user_id = 'u1';"), "4");
}

#[test]
fn events_that_are_kept_go_too() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz) PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.january PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
         CREATE TABLE warehouse.rest PARTITION OF warehouse.fact_events DEFAULT;
         INSERT INTO warehouse.fact_events VALUES ('e1', 'u1', 'a', '2026-01-05Z'), ('e2', 'u1', 'a', '2026-02-05Z'), ('e3', 'u2', 'a', '2026-01-05Z');",
    );
    let deployment = Deployment { on_detach: OnDetach::Keep, ..defined(|d| d) };
    Maintained::deploy(&database, deployment.clone());
    database.run("DROP TABLE warehouse.january;");
    database.run("SELECT keys FROM analytics.refresh_sessions();");
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "u1")]));
    assert_snapshot!(told(&receipt), @r#"
    [("user_id", "u1")], 1 events found
    warehouse.fact_events: 1 removed, 0 remain
    analytics.mv_sessions: 2 removed, 0 remain
    analytics.mv_session_summary: 2 removed, 0 remain
    analytics.spectrum_changes_kept_events: 1 removed, 0 remain
    analytics.spectrum_changes: 1 removed, 0 remain
    log texts: 0
    "#);
    is_sound(&database, &deployment);
    assert_eq!(database.run("SELECT event_id FROM analytics.mv_sessions;"), "e3");
}

#[test]
fn texts_of_the_refresh_log_that_name_somebody_are_cleared() {
    let (database, deployment) = people(Mode::Incremental);
    database.run(
        "INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, reason, outcome, error)
         SELECT 7, 'x', now(), now(), 'x', 'failed', e
         FROM UNNEST(ARRAY['Key (event_id)=(e1) already exists.', 'Key (event_id)=(e11) already exists.', 'more than one event has event_id e3',
                           'Key (user_id, account_id)=(u1, a)', 'Key (user_id, account_id)=(u11, a)', 'no space left', NULL]) e;",
    );
    let person = with_events(&[("user_id", "u1")]);
    assert_eq!(plan_erase(&mut database.connect(), &deployment, &person).unwrap().log_texts, 3);
    assert_eq!(erased(&database, &deployment, &person).log_texts, 3);
    assert_snapshot!(database.run("SELECT COALESCE(error, '-') FROM analytics.spectrum_refresh_log WHERE run_id = 7 ORDER BY id;"), @r"
    (text removed by spectrum erase)
    Key (event_id)=(e11) already exists.
    (text removed by spectrum erase)
    (text removed by spectrum erase)
    Key (user_id, account_id)=(u11, a)
    no space left
    -
    ");
    // Words with signs that mean something in a pattern.
    database.run(
        "INSERT INTO warehouse.fact_events VALUES ('(x).*', 'u5', 'a', 'view', '2026-01-01Z');
         INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, reason, outcome, error)
         SELECT 8, 'x', now(), now(), 'x', 'failed', e FROM UNNEST(ARRAY['Key (event_id)=((x).*) already exists.', 'xyz']) e;",
    );
    assert_eq!(erased(&database, &deployment, &with_events(&[("user_id", "u5")])).log_texts, 1);
}

#[test]
fn what_is_not_covered_is_named() {
    let (database, deployment) = people(Mode::Incremental);
    let mut second = definition(|d| d.key(["user_id"]));
    second.names.schema = "others".to_owned();
    database.deploy(&second);
    database.run("CREATE MATERIALIZED VIEW public.of_days AS SELECT COUNT(*) FROM analytics.v_sessions;");
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "u1")]));
    assert_snapshot!(receipt.not_covered.join("\n"), @r"
    others.mv_sessions and what belongs to it, another deployment over the same events; run spectrum erase --schema others too
    public.of_days, a materialized view that reads these sessions; refresh it
    ");
    assert_eq!(database.run("SELECT COUNT(*) FROM others.mv_sessions WHERE user_id = 'u1';"), "4");
    let receipt = erased(&database, &second, &of(&[("user_id", "u1")]));
    assert_eq!(receipt.relations.iter().map(|erased| erased.removed).collect::<Vec<_>>(), [4, 2]);
    is_sound(&database, &second);
}

#[test]
fn rights_that_are_missing_are_named_and_hidden_rows_are_not_overlooked() {
    let (database, deployment) = people(Mode::Incremental);
    let role = "spectrum_eraser";
    database.run(&format!(
        "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA warehouse, analytics TO {role}; GRANT CREATE ON SCHEMA analytics TO {role};
         GRANT SELECT ON ALL TABLES IN SCHEMA warehouse, analytics TO {role};"
    ));
    let person = with_events(&[("user_id", "u1")]);
    let refused = || {
        let mut client = database.server_as(role).connect("spectrum erase").unwrap();
        erase(&mut client, &deployment, &person).unwrap_err().to_string()
    };
    assert_snapshot!(refused(), @"role spectrum_eraser may not erase everything; GRANT DELETE ON analytics.mv_sessions, analytics.mv_session_summary, analytics.spectrum_changes, warehouse.fact_events TO spectrum_eraser; GRANT UPDATE ON analytics.spectrum_refresh_log TO spectrum_eraser");
    database.run(&format!(
        "GRANT DELETE ON warehouse.fact_events TO {role}; GRANT DELETE, UPDATE ON ALL TABLES IN SCHEMA analytics TO {role};
         ALTER TABLE warehouse.fact_events ENABLE ROW LEVEL SECURITY;
         CREATE POLICY not_all ON warehouse.fact_events TO {role} USING (event_id <> 'e1');"
    ));
    assert_snapshot!(refused(), @"row-level security hides rows of warehouse.fact_events from this role, so nobody could say that all of a person are gone; connect as the owner of the table or as a role with BYPASSRLS");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions WHERE user_id = 'u1';"), "4");
    database.run("ALTER TABLE warehouse.fact_events DISABLE ROW LEVEL SECURITY;");
    let mut client = database.server_as(role).connect("spectrum erase").unwrap();
    let receipt = erase(&mut client, &deployment, &person).unwrap();
    assert_eq!(receipt.relations[0].removed, 4);
    // It owns nothing, so it may vacuum nothing.
    assert!(vacuum_erased(&mut client, &receipt).unwrap().iter().all(|(_, done)| !done));
    let done = vacuum_erased(&mut database.connect(), &receipt).unwrap();
    assert!(done.len() == 4 && done.iter().all(|(_, done)| *done), "{done:?}");
    assert_eq!(
        database.run("SELECT COUNT(*) FROM pg_stats WHERE schemaname IN ('warehouse', 'analytics') AND most_common_vals::text LIKE '%u1,%';"),
        "0"
    );
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role};"));
}

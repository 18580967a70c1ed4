//! What is in the way, and what is left alone.

use std::time::Duration;

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{EraseOptions, Limits, Mode, PgError, erase, vacuum_erased};

use super::{contents, erased, is_sound, of, people, refusal, with_events};
use crate::deploy::definition;
use crate::refresh::hold_lock;

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
    assert_snapshot!(refusals[0], @"warehouse.fact_events still holds 4 events with user_id 'u1', from which the next refresh would make the sessions again; delete them there first, or say events to delete them too, in the same transaction");
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
    hold_lock(&mut other, "analytics");
    let error = erase(&mut database.connect(), &deployment, &with_events(&[("user_id", "u1")])).unwrap_err();
    assert!(matches!(error, PgError::Locked { .. }), "{error}");
    // A lock on a relation is waited for no longer than was said.
    other
        .batch_execute("SELECT pg_advisory_unlock_all(); BEGIN; LOCK TABLE analytics.mv_session_summary")
        .unwrap();
    let options = EraseOptions {
        limits: Limits { lock: Some(Duration::from_millis(1)), ..Limits::default() },
        ..with_events(&[("user_id", "u1")])
    };
    let error = erase(&mut database.connect(), &deployment, &options).unwrap_err();
    assert_snapshot!(error, @"deleting rows of analytics.mv_session_summary: canceling statement due to lock timeout");
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(database.run("SELECT COUNT(*) FROM warehouse.fact_events WHERE user_id = 'u1';"), "4");
}

#[test]
fn what_is_not_covered_is_named() {
    let (database, deployment) = people(Mode::Incremental);
    let mut second = definition(|d| d.key(["user_id"]));
    second.names.schema = "others".to_owned();
    database.deploy(&second);
    database.run("CREATE MATERIALIZED VIEW public.of_days AS SELECT COUNT(*) FROM analytics.v_sessions;");
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "u1")]));
    assert_snapshot!(messages(&receipt.not_covered).join("\n"), @r"
    others.mv_sessions and what belongs to it, another deployment over the same events; run spectrum erase too
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
    assert_snapshot!(refused(), @"row-level security of warehouse.fact_events (policy not_all) hides rows from role spectrum_eraser, so the result would silently leave them out; ALTER ROLE spectrum_eraser BYPASSRLS, or act as the owner of warehouse.fact_events");
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

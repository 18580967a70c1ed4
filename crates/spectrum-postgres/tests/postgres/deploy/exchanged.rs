//! A changed definition takes the place of the old one, and nobody notices but by the answer.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{Change, DeployOptions, Stop, deploy};

use super::{definition, events};

#[test]
fn the_same_definition_changes_nothing() {
    let database = events();
    database.deploy(&definition(|d| d));
    let before = database.everything();
    let report = database.deploy(&definition(|d| d));
    assert_eq!(report.plan.change, Change::Unchanged);
    assert!(report.took.is_empty());
    assert_eq!(database.everything(), before);
}

#[test]
fn readers_always_find_sessions() {
    let database = events();
    database.deploy(&definition(|d| d));
    let done = AtomicBool::new(false);
    let reads = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut client = database.connect();
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                for relation in ["mv_sessions", "mv_session_summary", "v_sessions", "v_session_summary"] {
                    let sql = format!("SELECT COUNT(*) FROM analytics.{relation}");
                    // Not prepared, as most readers are: names are looked up each time.
                    let rows = client.simple_query(&sql).unwrap();
                    let count = rows.iter().find_map(|row| match row {
                        postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                        _ => None,
                    });
                    assert_ne!(count.as_deref(), Some("0"), "{relation} was empty");
                    reads += 1;
                }
            }
            reads
        });
        for gap in ["5m", "1h", "3h", "10m", "2h", "30m"] {
            let report = database.deploy(&definition(|d| d.gap(gap.parse().unwrap())));
            assert!(matches!(report.plan.change, Change::Exchanged(_)));
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(reads > 0);
    assert_eq!(database.run("SELECT COUNT(*) FROM pg_class WHERE relname LIKE '%spectrum_new%';"), "0");
}

#[test]
fn differences_are_told_and_taken_over() {
    let database = events();
    database.deploy(&definition(|d| d));
    let report = database.deploy(&definition(|d| {
        d.gap("5m".parse().unwrap()).id("encoded".parse().unwrap()).key(["user_id"])
    }));
    let Change::Exchanged(differences) = report.plan.change else { panic!("{:?}", report.plan.change) };
    assert_snapshot!(differences.join("; "), @"key user_id, account_id is now user_id; gap 30m is now 5m; id scheme sequence is now encoded");
    assert_eq!(report.sessions, 4);
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.v_session_summary;"), "4");
}

#[test]
fn privileges_stay() {
    let database = events();
    database.deploy(&definition(|d| d));
    let reader = format!("reader_{}", database.name());
    database.run(&format!(
        "CREATE ROLE {reader}; GRANT SELECT ON analytics.mv_sessions, analytics.v_sessions, analytics.v_session_summary TO {reader};
         GRANT SELECT ON analytics.mv_session_summary TO PUBLIC;"
    ));
    // First the views stay as they are, then they get another column.
    for key in [vec!["user_id"], vec!["user_id", "account_id"]] {
        database.deploy(&definition(|d| d.gap("5m".parse().unwrap()).key(key)));
        for relation in ["mv_sessions", "mv_session_summary", "v_sessions", "v_session_summary"] {
            let may = database
                .run(&format!("SELECT has_table_privilege('{reader}', 'analytics.{relation}', 'SELECT');"));
            assert_eq!(may, "t", "{relation}");
        }
    }
    database.run(&format!("DROP OWNED BY {reader}; DROP ROLE {reader};"));
}

#[test]
fn what_others_built_is_named_and_only_goes_when_asked() {
    let database = events();
    database.deploy(&definition(|d| d));
    database.run(
        "CREATE VIEW public.daily AS SELECT occurred_at::date, COUNT(*) FROM analytics.mv_sessions GROUP BY 1;
         CREATE VIEW public.weekly AS SELECT * FROM public.daily;
         CREATE VIEW public.on_view AS SELECT session_id FROM analytics.v_sessions;",
    );
    let changed = definition(|d| d.gap("5m".parse().unwrap()));
    assert_snapshot!(database.refusal(&changed), @"the relations that would be exchanged are read by public.daily (a view), public.weekly (a view), which Spectrum did not make; drop what reads them first, or let it go too with cascade (its definition is printed)");
    let cascade = DeployOptions { cascade: true, ..DeployOptions::default() };
    let report = deploy(&mut database.connect(), &changed, &cascade, &Stop::default(), &mut |_| ()).unwrap();
    // Each version of the server prints views in its own way.
    let told = messages(&report.plan.notes[1..]).join("\n");
    let begins =
        |name: &str| format!("public.{name} goes, because it reads what is exchanged; it was: SELECT ");
    assert!(told.starts_with(&begins("daily")) && told.contains(&begins("weekly")), "{told}");
    assert!(told.contains("GROUP BY") && told.contains("FROM analytics.mv_sessions"), "{told}");
    // What reads a plain view of ours goes on, for the view stays the same.
    assert_eq!(database.run("SELECT COUNT(DISTINCT session_id) FROM public.on_view;"), "4");
    assert_eq!(
        database.run("SELECT to_regclass('public.daily') IS NULL AND to_regclass('public.weekly') IS NULL;"),
        "t"
    );
}

#[test]
fn what_is_missing_beside_the_sessions_is_made_again() {
    let database = events();
    database.deploy(&definition(|d| d));
    database.run("DROP VIEW analytics.v_sessions; DROP VIEW analytics.v_refresh_log;");
    let sessions = database.run("SELECT 'analytics.mv_sessions'::regclass::oid;");
    assert_eq!(database.deploy(&definition(|d| d)).plan.change, Change::Completed);
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.v_sessions;"), "4");
    assert_eq!(database.run("SELECT 'analytics.mv_sessions'::regclass::oid;"), sessions);
    assert_eq!(database.deploy(&definition(|d| d)).plan.change, Change::Unchanged);
}

#[test]
fn what_spectrum_did_not_make_stays() {
    for (foreign, kind) in [
        (
            "CREATE MATERIALIZED VIEW analytics.mv_sessions AS SELECT 1 AS one WITH NO DATA;",
            "never populated",
        ),
        ("CREATE TABLE analytics.mv_session_summary (mine int);", "is a table"),
        ("CREATE VIEW analytics.v_sessions AS SELECT 1 AS one;", "is a view"),
        ("CREATE TABLE analytics.spectrum_refresh_log (mine int);", "spectrum_refresh_log"),
    ] {
        let database = events();
        database.run(&format!("CREATE SCHEMA analytics; {foreign}"));
        let refusal = database.refusal(&definition(|d| d));
        assert!(refusal.contains(kind) && refusal.contains("Spectrum did not make"), "{refusal}");
    }
}

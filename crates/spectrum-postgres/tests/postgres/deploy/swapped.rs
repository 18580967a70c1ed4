//! A table takes the place, or the name, of the events that sessions were made of.

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{
    Change, DeployOptions, Deployment, Mode, RefreshOptions, Stop, VerifyOptions, Wanted, deploy, repair,
    status, verify,
};
use spectrum_sql::TableName;

use super::incremental::{in_mode, many_events};
use super::{Database, definition};

/// The old events go away by their name, and others with one event less come into it.
const SWAP: &str = "CREATE TABLE warehouse.fresh (LIKE warehouse.fact_events INCLUDING ALL);
    INSERT INTO warehouse.fresh SELECT * FROM warehouse.fact_events WHERE event_id <> 'e7';
    ALTER TABLE warehouse.fact_events RENAME TO old;
    ALTER TABLE warehouse.fresh RENAME TO fact_events;";

fn deployment(mode: Mode) -> Deployment {
    in_mode(definition(|d| d.gap("10m".parse().unwrap())), mode)
}

fn advice(database: &Database) -> Vec<String> {
    messages(&status(&mut database.connect(), &definition(|d| d)).unwrap().advice)
}

/// What every command says after the swap, and what one command mends.
fn swapped(mode: Mode) -> (Database, [String; 3]) {
    let database = many_events();
    database.deploy_in_parts(&deployment(mode));
    assert!(database.refresh(&RefreshOptions::default()).missed.is_empty());
    database.run(SWAP);
    let told = [
        advice(&database).join("\n"),
        messages(&database.refresh(&RefreshOptions::default()).missed).join("\n"),
        verify(&mut database.connect(), &deployment(mode), &VerifyOptions::default(), &mut |_| ())
            .unwrap_err()
            .to_string(),
    ];
    // Nothing is agreed to, for nothing of the definition changes.
    let options = DeployOptions { agreed: Some(Vec::new()), ..DeployOptions::default() };
    let report =
        deploy(&mut database.connect(), Wanted::default(), &options, &Stop::default(), &mut |_| ()).unwrap();
    assert_eq!(
        report.plan.change,
        Change::Exchanged(vec!["analytics.mv_sessions is made of warehouse.old, and warehouse.fact_events is another table that took its place or its name".into()])
    );
    assert_eq!((report.rows, report.deployment), (5999, deployment(mode)));
    assert_eq!(advice(&database), [""; 0]);
    assert!(database.refresh(&RefreshOptions::default()).missed.is_empty());
    let verified =
        verify(&mut database.connect(), &deployment(mode), &VerifyOptions::default(), &mut |_| ()).unwrap();
    let failed: Vec<&str> =
        verified.checks.iter().filter(|check| !check.holds()).map(|check| check.name.name()).collect();
    assert_eq!(failed, ["null-keys"]);
    (database, told)
}

#[test]
fn under_materialized_views() {
    let (_, [advice, missed, refusal]) = swapped(Mode::View);
    assert_snapshot!(advice, @"analytics.mv_sessions is made of warehouse.old, and warehouse.fact_events is another table that took its place or its name; spectrum deploy makes sessions of it");
    assert_eq!((&missed, &refusal), (&advice, &advice));
}

#[test]
fn under_maintained_tables() {
    let (database, [advice, missed, refusal]) = swapped(Mode::Incremental);
    assert_snapshot!(advice, @"analytics.mv_sessions is made of warehouse.old, and warehouse.fact_events is another table that took its place or its name; spectrum deploy makes sessions of it");
    assert_eq!((&missed, &refusal), (&advice, &advice));
    // Nothing is noted of the old one any more, and of the new one everything.
    database.run("DELETE FROM warehouse.old WHERE event_id = 'e8'; DELETE FROM warehouse.fact_events WHERE event_id = 'e9';
        SELECT * FROM analytics.refresh_sessions();");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), "5998");
    database.run(SWAP.replace(" old;", " older;").as_str());
    let options = VerifyOptions::default();
    let refused =
        repair(&mut database.connect(), &deployment(Mode::Incremental), &options, &mut |_| ()).unwrap_err();
    assert!(refused.to_string().contains("is made of warehouse.older"), "{refused}");
}

/// A table that is only renamed is followed without a question, because its sessions stay the same.
#[test]
fn a_new_name_of_the_same_table() {
    for mode in [Mode::View, Mode::Incremental] {
        let database = many_events();
        database.deploy_in_parts(&deployment(mode));
        database.run("ALTER TABLE warehouse.fact_events RENAME TO events;");
        assert_eq!(
            advice(&database)[0],
            "the events table warehouse.fact_events is gone, and the sessions are made of warehouse.events; spectrum deploy \
             with table warehouse.events goes on with that"
        );
        let options = DeployOptions { agreed: Some(Vec::new()), ..DeployOptions::default() };
        let wanted = Wanted { events: Some("warehouse.events".to_owned()), ..Wanted::default() };
        let report =
            deploy(&mut database.connect(), wanted, &options, &Stop::default(), &mut |_| ()).unwrap();
        assert_eq!(report.deployment.events, TableName::parse("warehouse.events").unwrap());
        assert_eq!(
            report.plan.change,
            Change::Exchanged(vec!["events table warehouse.fact_events is now warehouse.events".into()])
        );
        assert_eq!(advice(&database), [""; 0]);
    }
}

/// Another table is another matter.
#[test]
fn another_table_is_asked_for() {
    let database = many_events();
    database.deploy_in_parts(&deployment(Mode::View));
    database.run("CREATE TABLE warehouse.events AS TABLE warehouse.fact_events;");
    let options = DeployOptions { agreed: Some(Vec::new()), ..DeployOptions::default() };
    let wanted = Wanted { events: Some("warehouse.events".to_owned()), ..Wanted::default() };
    let refused = deploy(&mut database.connect(), wanted, &options, &Stop::default(), &mut |_| ())
        .unwrap_err()
        .to_string();
    let asks = "events table warehouse.fact_events is now warehouse.events, which changes ids of sessions\n";
    assert!(refused.starts_with(asks), "{refused}");
}

/// A partitioned table takes the name, and the old events become one of its partitions.
#[test]
fn the_old_events_become_a_partition() {
    for mode in [Mode::View, Mode::Incremental] {
        let database = many_events();
        database.deploy_in_parts(&deployment(mode));
        database.run(
            "ALTER TABLE warehouse.fact_events RENAME TO old;
             CREATE TABLE warehouse.fact_events (LIKE warehouse.old) PARTITION BY RANGE (occurred_at);
             CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);
             ALTER TABLE warehouse.old ALTER occurred_at SET NOT NULL;
             ALTER TABLE warehouse.fact_events ALTER event_id SET NOT NULL;
             ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.old FOR VALUES FROM (MINVALUE) TO ('2027-01-01Z');
             CREATE TABLE warehouse.later PARTITION OF warehouse.fact_events FOR VALUES FROM ('2027-01-01Z') TO ('2028-01-01Z');
             INSERT INTO warehouse.fact_events VALUES ('later', 'u1', 'a1', 'view', '2027-02-01Z');",
        );
        assert!(!database.refresh(&RefreshOptions::default()).missed.is_empty());
        let report = deploy(
            &mut database.connect(),
            Wanted::default(),
            &DeployOptions::default(),
            &Stop::default(),
            &mut |_| (),
        )
        .unwrap();
        assert_eq!(report.rows, 6001, "{mode:?}: {:?}", report.plan.change);
        assert!(database.refresh(&RefreshOptions::default()).missed.is_empty());
    }
}

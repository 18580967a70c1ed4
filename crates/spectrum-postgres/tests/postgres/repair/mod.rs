//! `verify` and `repair` of maintained tables: what waits is not wrong, and what is wrong is mended.

mod damage;
mod limits;
mod missed;
mod waiting;

use spectrum_postgres::{
    CheckName, Deployment, OnDetach, Repaired, VerifyOptions, VerifyReport, repair, verify,
};
use spectrum_testkit::PrivatePostgres;

use crate::incremental::{Maintained, defined};
use crate::refresh::Database;
use crate::verify::told;

const COLUMNS: &str =
    "event_id bigint, user_id text, account_id text, occurred_at timestamptz, event_type text";

/// 300 events of five users, one of them NULL, and two accounts, one of them NULL; in sessions of one to three events.
const EVENTS: &str = "INSERT INTO warehouse.fact_events
    SELECT n, 'u' || NULLIF(n % 5, 0), CASE WHEN n % 2 = 0 THEN 'a' END,
           TIMESTAMPTZ '2026-01-01Z' + (n / 10) * INTERVAL '29 minutes' + (n % 7) * INTERVAL '2 minutes', 'view'
    FROM generate_series(1, 300) n;";

fn maintained() -> (Database, Maintained) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database
        .run(&format!("CREATE SCHEMA warehouse; CREATE TABLE warehouse.fact_events ({COLUMNS}); {EVENTS}"));
    let deployment = Deployment { carried: vec!["event_type".to_owned()], ..defined(|d| d) };
    let maintained = Maintained::deploy(&database, deployment);
    (database, maintained)
}

fn partitioned(on_detach: OnDetach) -> (Database, Maintained) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(&format!(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events ({COLUMNS}) PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.morning PARTITION OF warehouse.fact_events FOR VALUES FROM (MINVALUE) TO ('2026-01-01 06:00Z');
         CREATE TABLE warehouse.rest PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01 06:00Z') TO (MAXVALUE);
         {EVENTS}"
    ));
    let maintained = Maintained::deploy(&database, Deployment { on_detach, ..defined(|d| d) });
    (database, maintained)
}

fn verified(database: &Database, maintained: &Maintained) -> VerifyReport {
    // Events with a NULL in their key have no id under `sequence`.
    let options = VerifyOptions { allowed: vec![CheckName::NullKeys], ..VerifyOptions::default() };
    verify(&mut database.connect(), &maintained.deployment, &options, &mut |_| ()).unwrap()
}

fn repaired(database: &Database, maintained: &Maintained) -> (Repaired, VerifyReport) {
    let options = VerifyOptions { allowed: vec![CheckName::NullKeys], ..VerifyOptions::default() };
    repair(&mut database.connect(), &maintained.deployment, &options, &mut |_| ()).unwrap()
}

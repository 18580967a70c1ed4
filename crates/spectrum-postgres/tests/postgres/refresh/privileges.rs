//! Those who may not, and servers that do not.

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{RefreshOptions, Stop, refresh};

use super::{Database, told};

fn refresh_as(
    database: &Database,
    user: &str,
) -> Result<spectrum_postgres::RefreshReport, spectrum_postgres::PgError> {
    let mut connection = database.server_as(user).connect("spectrum refresh").unwrap();
    refresh(
        &mut connection,
        &database.deployment(),
        &RefreshOptions::default(),
        &Stop::default(),
        &mut |_| (),
    )
}

/// A role that owns nothing, then one with no more than it needs.
#[test]
fn least_privilege() {
    let database = Database::new();
    database.run("CREATE ROLE the_owner; CREATE ROLE refresher LOGIN; GRANT USAGE ON SCHEMA analytics TO refresher;
                  GRANT USAGE ON SCHEMA warehouse, analytics TO the_owner; GRANT CREATE ON SCHEMA analytics TO the_owner;
                  GRANT SELECT ON warehouse.fact_events TO the_owner;
                  ALTER MATERIALIZED VIEW analytics.mv_sessions OWNER TO the_owner;
                  ALTER MATERIALIZED VIEW analytics.mv_session_summary OWNER TO the_owner;");
    let report = refresh_as(&database, "refresher").unwrap();
    // Since PostgreSQL 17 there is a second remedy, MAINTAIN.
    let before_17 = told(&report).replace(" or GRANT MAINTAIN ON analytics.mv_sessions TO refresher", "");
    assert_snapshot!(before_17, @"
    analytics.mv_sessions - failed -:  / role refresher may not refresh it, its owner the_owner may; connect as the_owner, or GRANT the_owner TO refresher
    analytics.mv_session_summary - skipped -: it reads analytics.mv_sessions, which failed
    ");
    assert_snapshot!(messages(&report.notes).join("\n"), @"the refresh log is not kept: role refresher may not write it; GRANT SELECT, INSERT, DELETE ON analytics.spectrum_refresh_log TO refresher");

    database.run("GRANT the_owner TO refresher; GRANT SELECT, INSERT, DELETE ON analytics.spectrum_refresh_log TO refresher;");
    let report = refresh_as(&database, "refresher").unwrap();
    assert!(report.is_complete(), "{}", told(&report));
    assert_eq!(report.notes, []);
    assert_eq!(report.run_id, Some(1));

    // The owner, as whom a refresh reads, may not read the events any more.
    database.run("REVOKE SELECT ON warehouse.fact_events FROM the_owner");
    assert_snapshot!(told(&refresh_as(&database, "refresher").unwrap()), @"
    analytics.mv_sessions concurrently failed -: unique index mv_sessions_event_id_key / permission denied for table fact_events; a refresh reads as the view's owner, the_owner
    analytics.mv_session_summary - skipped -: it reads analytics.mv_sessions, which failed
    ");

    database.run("REVOKE USAGE ON SCHEMA analytics FROM refresher, the_owner; GRANT SELECT ON warehouse.fact_events TO the_owner");
    assert_snapshot!(told(&refresh_as(&database, "refresher").unwrap()), @"
    analytics.mv_sessions - failed -:  / role refresher may not use its schema; GRANT USAGE ON SCHEMA analytics TO refresher
    analytics.mv_session_summary - skipped -: it reads analytics.mv_sessions, which failed
    ");
    database.run(
        "DROP SCHEMA analytics CASCADE; DROP OWNED BY the_owner, refresher; DROP ROLE the_owner, refresher;",
    );
}

/// Since PostgreSQL 17, MAINTAIN is enough. Without SELECT the rows cannot be counted, and that is all.
#[test]
fn maintain() {
    let database = Database::new();
    if database.run("SHOW server_version_num").as_str() < "170000" {
        return; // there is no such privilege
    }
    database.run("CREATE ROLE maintainer LOGIN; GRANT USAGE ON SCHEMA analytics TO maintainer;");
    let report = refresh_as(&database, "maintainer").unwrap();
    let error = report.views[0].error.as_ref().unwrap().to_string();
    assert!(error.ends_with(" or GRANT MAINTAIN ON analytics.mv_sessions TO maintainer"), "{error}");
    database.run("GRANT MAINTAIN ON ALL TABLES IN SCHEMA analytics TO maintainer");
    let report = refresh_as(&database, "maintainer").unwrap();
    assert!(report.is_complete(), "{}", told(&report));
    assert_eq!(report.views[0].rows, None);
    database.run("DROP OWNED BY maintainer; DROP ROLE maintainer;");
}

#[test]
fn a_server_that_takes_no_writes_is_refused_before_anything_is_tried() {
    let database = Database::new();
    database.run("CREATE ROLE reads_only LOGIN SUPERUSER; ALTER ROLE reads_only SET default_transaction_read_only = on;");
    let error = refresh_as(&database, "reads_only").unwrap_err();
    assert_snapshot!(error.to_string(), @"the server takes no writes here (default_transaction_read_only is on); turn that off for this role or database");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.spectrum_refresh_log"), "0");
    database.run("DROP ROLE reads_only");
}

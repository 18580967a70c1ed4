//! Row-level security: where a policy hides events from whoever makes or refreshes the sessions, nothing is made of the
//! rest as if it were all.

use insta::assert_snapshot;
use spectrum_postgres::{
    Connection, DeployOptions, Deployment, Mode, Outcome, RefreshOptions, Stop, deploy, refresh, status,
};

use super::{found, in_mode};
use crate::deploy::events;
use crate::refresh::Database;

/// Events that a role may read all of, and the role.
fn with_operator(owns: bool) -> (Database, String) {
    let database = events();
    let role = format!("operator_of_{}", database.name());
    database.run(&format!(
        "CREATE ROLE {role} LOGIN; GRANT CREATE ON DATABASE {} TO {role};
         GRANT USAGE, CREATE ON SCHEMA warehouse TO {role}; GRANT SELECT ON warehouse.fact_events TO {role};",
        database.name()
    ));
    if owns {
        database.run(&format!("ALTER TABLE warehouse.fact_events OWNER TO {role};"));
    }
    (database, role)
}

const POLICY: &str = "ALTER TABLE warehouse.fact_events ENABLE ROW LEVEL SECURITY;
     CREATE POLICY own_users ON warehouse.fact_events USING (user_id = 'u1');";

/// The role's name differs from run to run.
fn told(words: &str, role: &str) -> String {
    words.replace(role, "operator")
}

fn try_deploy(connection: &mut Connection, deployment: &Deployment) -> Result<(), String> {
    let options =
        DeployOptions { create_index: deployment.mode == Mode::Incremental, ..DeployOptions::default() };
    deploy(connection, deployment, &options, &Stop::default(), &mut |_| ())
        .map(drop)
        .map_err(|error| error.to_string())
}

fn sessions(database: &Database) -> String {
    database.run("SELECT string_agg(event_id, ' ' ORDER BY event_id) FROM analytics.mv_sessions;")
}

fn gone(database: &Database, role: &str) {
    database.run(&format!(
        "ALTER TABLE warehouse.fact_events OWNER TO spectrum; DROP OWNED BY {role} CASCADE; DROP ROLE {role};"
    ));
}

#[test]
fn a_deployment_of_a_part_is_refused() {
    let (database, role) = with_operator(false);
    database.run(POLICY);
    let mut operator = database.server_as(&role).connect("spectrum").unwrap();
    let refused = try_deploy(&mut operator, &in_mode(Mode::View)).unwrap_err();
    assert_snapshot!(told(&refused, &role), @"row-level security of warehouse.fact_events (policy own_users) hides rows from role operator, so the result would silently leave them out; ALTER ROLE operator BYPASSRLS, or act as the owner of warehouse.fact_events");
    // Its remedy is one.
    database.run(&format!("ALTER ROLE {role} BYPASSRLS;"));
    try_deploy(&mut operator, &in_mode(Mode::View)).unwrap();
    assert_eq!(sessions(&database), "e1 e2 e3 e4");
    drop(operator);
    gone(&database, &role);
}

#[test]
fn a_policy_that_comes_later_ends_refreshes_and_removes_nothing() {
    for mode in [Mode::View, Mode::Incremental] {
        let (database, role) = with_operator(mode == Mode::Incremental);
        let mut operator = database.server_as(&role).connect("spectrum").unwrap();
        let deployment = in_mode(mode);
        try_deploy(&mut operator, &deployment).unwrap();
        database.run(POLICY);
        database.run(
            "ALTER TABLE warehouse.fact_events FORCE ROW LEVEL SECURITY;
             UPDATE warehouse.fact_events SET account_id = 'b' WHERE user_id = 'u2';
             DELETE FROM warehouse.fact_events WHERE event_id = 'e3';",
        );
        let report =
            refresh(&mut operator, &deployment, &RefreshOptions::default(), &Stop::default(), &mut |_| ())
                .unwrap();
        assert_eq!(report.views[0].outcome, Outcome::Failed);
        let why = report.views[0].error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(why.contains("row-level security policy for table \"fact_events\""), "{why}");
        assert_eq!(sessions(&database), "e1 e2 e3 e4");
        let advice = status(&mut operator, &deployment).unwrap().advice;
        let verified = found(&mut operator, &deployment);
        assert_eq!(advice[0].to_string(), verified);
        match mode {
            Mode::View => {
                assert_snapshot!(told(&verified, &role), @"row-level security of warehouse.fact_events (policy own_users) hides rows from role operator, so the result would silently leave them out; ALTER ROLE operator BYPASSRLS, or act as the owner of warehouse.fact_events")
            }
            Mode::Incremental => {
                assert_snapshot!(told(&verified, &role), @"row-level security of warehouse.fact_events (policy own_users) hides rows from role operator, so the result would silently leave them out; ALTER ROLE operator BYPASSRLS, or ALTER TABLE warehouse.fact_events NO FORCE ROW LEVEL SECURITY")
            }
        }
        // Others than the one that refreshes see it, too, and the remedy is one.
        assert_eq!(super::advice(&database, &deployment)[0], verified);
        let remedy = match mode {
            Mode::View => format!("ALTER ROLE {role} BYPASSRLS;"),
            Mode::Incremental => "ALTER TABLE warehouse.fact_events NO FORCE ROW LEVEL SECURITY;".to_owned(),
        };
        database.run(&remedy);
        let report =
            refresh(&mut operator, &deployment, &RefreshOptions::default(), &Stop::default(), &mut |_| ())
                .unwrap();
        assert_eq!(report.views[0].outcome, Outcome::Ok, "{:?}", report.views[0].error);
        assert_eq!(sessions(&database), "e1 e2 e4");
        assert_eq!(found(&mut operator, &deployment), "everything holds");
        drop(operator);
        gone(&database, &role);
    }
}

//! What a newer version of Spectrum made is refused by its name, in every command that writes or interprets.

use spectrum_postgres::{
    DeployOptions, DropOptions, EraseOptions, Mode, PgError, RefreshOptions, Stop, VerifyOptions, Wanted,
    deploy, drift, drop_deployment, erase, plan_deployment, plan_drop, repair, status, verify,
};

use crate::deploy::incremental::{in_mode, many_events};
use crate::deploy::{Database, definition};

/// Every command, and why it refuses.
fn refusals(database: &Database) -> Vec<(&'static str, PgError)> {
    let deployment = definition(|d| d);
    let mut connection = database.connect();
    let options = DeployOptions::default();
    let cascading = DropOptions { cascade: true, ..DropOptions::default() };
    let key =
        EraseOptions { key: vec![("user_id".into(), "u1".into())], events: true, ..EraseOptions::default() };
    vec![
        (
            "deploy",
            deploy(&mut connection, Wanted::default(), &options, &Stop::default(), &mut |_| ())
                .map(drop)
                .unwrap_err(),
        ),
        (
            "deploy --gap",
            deploy(
                &mut connection,
                &definition(|d| d.gap("5m".parse().unwrap())),
                &options,
                &Stop::default(),
                &mut |_| (),
            )
            .map(drop)
            .unwrap_err(),
        ),
        (
            "deploy --dry-run",
            plan_deployment(&mut connection, Wanted::default(), &options).map(drop).unwrap_err(),
        ),
        ("refresh", database.try_refresh(&RefreshOptions::default()).map(drop).unwrap_err()),
        (
            "verify",
            verify(&mut connection, &deployment, &VerifyOptions::default(), &mut |_| ())
                .map(drop)
                .unwrap_err(),
        ),
        (
            "verify --repair",
            repair(&mut connection, &deployment, &VerifyOptions::default(), &mut |_| ())
                .map(drop)
                .unwrap_err(),
        ),
        ("status", status(&mut connection, &deployment).map(drop).unwrap_err()),
        ("drift", drift(&mut connection, &deployment).map(drop).unwrap_err()),
        ("erase", erase(&mut connection, &deployment, &key).map(drop).unwrap_err()),
        ("drop --dry-run", plan_drop(&mut connection, &deployment, &cascading).map(drop).unwrap_err()),
        ("drop", drop_deployment(&mut connection, &deployment, &cascading).map(drop).unwrap_err()),
    ]
}

#[test]
fn every_command_leaves_it_as_it_is() {
    for mode in [Mode::View, Mode::Incremental] {
        let kind = if mode == Mode::View { "MATERIALIZED VIEW" } else { "TABLE" };
        let database = many_events();
        database.deploy_in_parts(&in_mode(definition(|d| d), mode));
        let comment = database.run("SELECT obj_description('analytics.mv_sessions'::regclass);");
        for (comment, why) in [
            (
                comment.replace("\"layout\":2", "\"layout\":3"),
                "it is of layout 3, and 2 is the latest known here",
            ),
            (comment.replace("\"gap\":", "\"grace\":\"5m\",\"gap\":"), "unknown field `grace`"),
            ("Made by Spectrum 9.1.0: something else entirely.".to_owned(), "EOF while parsing"),
        ] {
            database.run(&format!(
                "COMMENT ON {kind} analytics.mv_sessions IS '{}';",
                comment.replace('\'', "''")
            ));
            let before = database.everything();
            for (command, refusal) in refusals(&database) {
                let refusal = refusal.to_string();
                assert!(
                    refusal.starts_with("analytics.mv_sessions was made by Spectrum ")
                        && refusal.contains(why)
                        && refusal.contains("use the version that made it, or a newer one"),
                    "{command}: {refusal}"
                );
            }
            assert_eq!(database.everything(), before);
        }
    }
}

/// The sessions are of this version, and something that belongs to them is not.
#[test]
fn what_belongs_to_it_counts_too() {
    let database = many_events();
    database.deploy_in_parts(&in_mode(definition(|d| d), Mode::Incremental));
    let newer = "Made by Spectrum 9.1.0: it. {\"layout\":3}";
    database.run(&format!("COMMENT ON FUNCTION analytics.refresh_sessions() IS '{newer}';"));
    let before = database.everything();
    let refused = deploy(
        &mut database.connect(),
        Wanted::default(),
        &DeployOptions::default(),
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap_err();
    assert!(
        refused.to_string().starts_with("analytics.refresh_sessions() was made by Spectrum 9.1.0, "),
        "{refused}"
    );
    let refused = drop_deployment(
        &mut database.connect(),
        &definition(|d| d),
        &DropOptions { cascade: true, ..DropOptions::default() },
    )
    .unwrap_err();
    assert!(
        refused.to_string().starts_with("analytics.refresh_sessions() was made by Spectrum 9.1.0, "),
        "{refused}"
    );
    assert_eq!(database.everything(), before);
}

//! Deployments that begin to have ids that last, or end it, and what people have to agree to.

use spectrum_postgres::{DeployOptions, Deployment, Mode, Stop, deploy, plan_deployment};

use super::{after, deployed, empty, event, found, lasting, resolved};

fn by(id: &str, gap: &str, mode: Mode) -> Deployment {
    let builder = lasting(|builder| builder).definition.to_builder();
    let definition = builder.id(id.parse().unwrap()).gap(gap.parse().unwrap()).build().unwrap();
    Deployment { mode, definition, ..lasting(|builder| builder) }
}

fn takes(client: &mut spectrum_postgres::Connection, wanted: &Deployment, keep_ids: bool) -> Vec<String> {
    let options = DeployOptions { keep_ids, create_index: true, ..DeployOptions::default() };
    plan_deployment(client, wanted, &options).unwrap().takes
}

const PUBLISHED: &str =
    "SELECT STRING_AGG(event_id || ' ' || session_id, ', ' ORDER BY event_id) FROM analytics.mv_sessions";

#[test]
fn published_ids_of_another_scheme_stay_valid() {
    for (id, mode) in [("sequence", Mode::View), ("encoded", Mode::Incremental), ("start", Mode::Incremental)]
    {
        let (_database, mut client) = empty(&by(id, "30m", mode));
        let client = &mut client;
        let events = event(1, "10:00") + &event(2, "12:00") + &event(3, "12:50");
        client.batch_execute(&events).unwrap();
        let refresh = match mode {
            Mode::View => {
                "REFRESH MATERIALIZED VIEW analytics.mv_sessions; REFRESH MATERIALIZED VIEW analytics.mv_session_summary"
            }
            Mode::Incremental => "SELECT * FROM analytics.refresh_sessions()",
        };
        client.batch_execute(refresh).unwrap();
        let before: String = client.query_one(PUBLISHED, &[]).unwrap().get(0);
        let wanted = by("persistent", "30m", Mode::Incremental);
        // Those of start are the same anyway.
        assert_eq!(takes(client, &wanted, false).is_empty(), id == "start", "{id}");
        assert_eq!(takes(client, &wanted, true), Vec::<String>::new(), "{id}");
        deployed(client, &wanted, true).unwrap();
        assert_eq!(client.query_one(PUBLISHED, &[]).unwrap().get::<_, String>(0), before, "{id}");
        assert_eq!(
            after(client, &(event(4, "09:00") + &event(5, "12:25"))),
            [
                "A current at 10:00: 1",
                "B current at 12:00: 2 5 3",
                "C alias of B at 12:50",
                "D current at 09:00: 4"
            ],
            "{id}"
        );
        assert_eq!(found(client, &wanted), Vec::<String>::new(), "{id}");
    }
}

#[test]
fn what_takes_ids_away_is_said() {
    let (_database, mut client) = empty(&lasting(|builder| builder));
    let client = &mut client;
    after(client, &event(1, "10:00"));
    assert_eq!(takes(client, &by("persistent", "1h", Mode::Incremental), false), Vec::<String>::new());
    assert_eq!(
        takes(client, &by("start", "30m", Mode::Incremental), false),
        ["id scheme persistent is now start, which changes ids of sessions"]
    );
    let by_user = lasting(|builder| builder.key(["user_id"]));
    assert_eq!(
        takes(client, &by_user, false),
        ["key user_id, account_id is now user_id, which changes ids of sessions"]
    );
    let refused = deployed(client, &by_user, true).unwrap_err().to_string();
    assert!(
        refused.contains("the present ids are of sessions by user_id, account_id, and those by user_id are"),
        "{refused}"
    );
    deployed(client, &by_user, false).unwrap();
    assert_eq!(resolved(client), ["A current at 10:00: 1"]);
    assert_eq!(after(client, &event(2, "10:10")), ["A current at 10:00: 1 2"]);

    // Another type of the key, for which the ids that were given are not remembered.
    client.batch_execute("ALTER TABLE warehouse.fact_events ALTER user_id TYPE varchar(7)").unwrap();
    assert_eq!(
        takes(client, &by_user, false),
        [
            "columns of warehouse.fact_events have other types than in analytics.session_ids, which changes ids of sessions"
        ]
    );
    deployed(client, &by_user, false).unwrap();
    assert_eq!(found(client, &by_user), Vec::<String>::new());

    deployed(client, &by("start", "30m", Mode::Incremental), false).unwrap();
    let left = "SELECT to_regclass('analytics.session_ids') IS NULL AND to_regclass('analytics.v_session_aliases') IS NULL";
    assert!(client.query_one(left, &[]).unwrap().get::<_, bool>(0));
    // From then on the names are free for others.
    client.batch_execute("CREATE TABLE analytics.session_ids (mine int)").unwrap();
    deployed(client, &by("start", "1h", Mode::Incremental), false).unwrap();
    let refused = deployed(client, &by_user, false).unwrap_err().to_string();
    assert!(refused.contains("analytics.session_ids is a table that Spectrum did not make"), "{refused}");
}

#[test]
fn a_mode_without_memory_is_refused() {
    let (_database, mut client) = empty(&lasting(|builder| builder));
    let wanted = Deployment { mode: Mode::View, ..lasting(|builder| builder) };
    let refused = wanted.clone().checked().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "ids of the scheme persistent need a memory of what was there before, and mode view computes everything from the events \
         alone; deploy with mode incremental, or take ids by start"
    );
    let options = DeployOptions { keep_ids: true, ..DeployOptions::default() };
    let start = by("start", "30m", Mode::Incremental);
    let refused = deploy(&mut client, &start, &options, &Stop::default(), &mut |_| ()).unwrap_err();
    assert!(
        refused.to_string().ends_with("so the present ones cannot be kept; deploy with persistent ids"),
        "{refused}"
    );
}

#[test]
fn what_is_missing_is_made_again_with_the_ids_that_there_are() {
    let deployment = lasting(|builder| builder);
    let (_database, mut client) = empty(&deployment);
    let client = &mut client;
    after(client, &(event(1, "10:00") + &event(2, "12:00")));
    assert_eq!(after(client, &event(3, "09:45"))[0], "A current at 10:00: 3 1");
    let before: String = client.query_one(PUBLISHED, &[]).unwrap().get(0);
    client.batch_execute("DROP TABLE analytics.session_ids CASCADE").unwrap();
    deployed(client, &deployment, false).unwrap();
    assert_eq!(client.query_one(PUBLISHED, &[]).unwrap().get::<_, String>(0), before);
    assert_eq!(resolved(client), ["A current at 09:45: 3 1", "B current at 12:00: 2"]);
    assert_eq!(found(client, &deployment), Vec::<String>::new());
    client.batch_execute("SELECT * FROM analytics.v_session_aliases").unwrap();
}

#[test]
fn what_lost_its_comments_is_taken_again() {
    let deployment = lasting(|builder| builder);
    let (_database, mut client) = empty(&deployment);
    let client = &mut client;
    let before = after(client, &(event(1, "10:00") + &event(2, "11:00") + &event(3, "10:30")));
    client
        .batch_execute("COMMENT ON TABLE analytics.session_ids IS NULL; COMMENT ON VIEW analytics.v_session_aliases IS NULL")
        .unwrap();
    let refused = deployed(client, &deployment, false).unwrap_err().to_string();
    assert!(refused.contains("analytics.session_ids is a table that Spectrum did not make"), "{refused}");
    let adopting = DeployOptions { adopt: true, ..DeployOptions::default() };
    let report = deploy(client, &deployment, &adopting, &Stop::default(), &mut |_| ()).unwrap();
    assert_eq!(
        report.plan.notes[0].to_string(),
        "adopted analytics.session_ids, analytics.v_session_aliases; spectrum verify compares their rows"
    );
    assert_eq!(resolved(client), before);
    deployed(client, &deployment, false).unwrap();
}

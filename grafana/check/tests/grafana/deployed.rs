//! The dashboard over what `spectrum deploy` and `spectrum refresh` really make.

use jiff::{SignedDuration, Timestamp};
use spectrum_core::SessionDefinition;
use spectrum_grafana_check::ask::{Table, ask_all};
use spectrum_grafana_check::dashboard::Dashboard;
use spectrum_grafana_check::frame::series;
use spectrum_grafana_check::interpolate::Choices;
use spectrum_grafana_check::macros::expand;
use spectrum_grafana_check::time_range::TimeRange;
use spectrum_postgres::{DeployOptions, Deployment, Mode, RefreshOptions, Server, Stop, deploy, refresh};
use spectrum_testkit::PrivatePostgres;

use crate::world::role_of_the_readme;

/// Twelve users with four sessions each, hours apart; a user's sessions have one to four events, three minutes apart.
const EVENTS: &str = "
CREATE SCHEMA warehouse;
CREATE TABLE warehouse.fact_events (event_id bigint PRIMARY KEY, user_id bigint NOT NULL, account_id text NOT NULL,
                                    occurred_at timestamptz NOT NULL);
INSERT INTO warehouse.fact_events
SELECT row_number() OVER (), u, 'account ' || u % 3,
       now() - s * interval '5 hours' - u * interval '7 minutes' + e * interval '3 minutes'
FROM generate_series(0, 11) u, generate_series(1, 4) s, generate_series(0, u % 4) e;
";

#[test]
fn the_dashboard_shows_what_is_deployed() {
    let postgres = PrivatePostgres::start().unwrap();
    postgres.run_script(EVENTS).unwrap();
    let url = format!(
        "host='{}' user={} dbname={}",
        postgres.socket_folder().display(),
        postgres.user(),
        postgres.database()
    );
    let server = Server::resolve(Some(&url), |_| None).unwrap();
    let mut connection = server.connect("spectrum deploy").unwrap();
    let deployment = Deployment::new(SessionDefinition::default()).unwrap();
    deploy(&mut connection, &deployment, &DeployOptions::default(), &Stop::default(), &mut |_| ()).unwrap();
    postgres.run_script(&role_of_the_readme()).unwrap();

    let built = Answers::of(&postgres);
    assert_eq!(built.number("Sessions"), 48.0);
    assert_eq!(built.number("Average length"), 270.0);
    assert_eq!(built.number("Events per session"), 2.5);
    assert_eq!(built.number("Single-event share"), 0.25);
    assert_eq!(
        built.number("Active now"),
        0.0,
        "the build counts as a refresh, so nobody is known to be active"
    );
    assert!((0.0..600.0).contains(&built.number("Data age")));
    assert_eq!(built.table("Top accounts").rows.len(), 3);
    assert_eq!(built.table("Refreshes").rows.len(), 2);

    postgres
        .run_script(
            "INSERT INTO warehouse.fact_events VALUES (1000, 99, 'new', now() - interval '1 minute');",
        )
        .unwrap();
    let options = RefreshOptions::default();
    let report = refresh(&mut connection, &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
    assert_eq!(report.views.len(), 2);
    let refreshed = Answers::of(&postgres);
    assert_eq!(refreshed.number("Sessions"), 49.0);
    assert_eq!(refreshed.number("Active now"), 1.0);
    assert!(refreshed.number("Data age") < built.number("Data age") + 600.0);
    assert_eq!(refreshed.table("Refresh duration").rows.len(), 4, "two relations, built and refreshed");
    let last: Vec<_> = refreshed.table("Refreshes").column("Last run").unwrap();
    assert_eq!(last, ["ok", "ok"]);
}

/// The same over tables that follow the events under rules beyond the gap, with a summary that tells more.
#[test]
fn the_dashboard_shows_sessions_by_rules() {
    let postgres = PrivatePostgres::start().unwrap();
    postgres.run_script(EVENTS).unwrap();
    let url = format!(
        "host='{}' user={} dbname={}",
        postgres.socket_folder().display(),
        postgres.user(),
        postgres.database()
    );
    let mut connection = Server::resolve(Some(&url), |_| None).unwrap().connect("spectrum deploy").unwrap();
    let rules = "
        [session]
        max_events = 2
        end_when = \"event_id = 1\"
        [summary.columns]
        many = { when = \"events > 1\" }
        seen = { count = \"event_id is not null\" }
        whose = { last = \"account_id\" }";
    let definition = SessionDefinition::from_toml(rules).unwrap();
    let deployment = Deployment { mode: Mode::Incremental, ..Deployment::new(definition).unwrap() };
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    deploy(&mut connection, &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
    postgres.run_script(&role_of_the_readme()).unwrap();
    // Of 1 to 4 events, two at a time: 1, 1, 2 and 2 sessions, of 12 users in 4 rounds.
    let built = Answers::of(&postgres);
    assert_eq!(built.number("Sessions"), 72.0);
    assert_eq!(built.number("Events per session"), 120.0 / 72.0);
    assert_eq!(built.number("Single-event share"), 24.0 / 72.0);
    // Those of two events last three minutes.
    assert_eq!(built.number("Average length"), 120.0);
    let told = built.table("What sessions tell");
    assert_eq!(told.column("Column").unwrap(), ["many", "seen", "whose"]);
    assert_eq!(told.column("True").unwrap()[0].as_f64(), Some(48.0 / 72.0));
    assert_eq!(told.column("Average").unwrap()[1].as_f64(), Some(120.0 / 72.0));
    assert_eq!(told.column("Different").unwrap()[2].as_f64(), Some(3.0));
    postgres
        .run_script("INSERT INTO warehouse.fact_events SELECT 1000 + n, 99, 'new', now() - n * interval '1 minute' FROM generate_series(1, 5) n;
                     INSERT INTO warehouse.fact_events SELECT 2000 + n, 98, 'new', now() + interval '3 hours' FROM generate_series(1, 3) n;")
        .unwrap();
    let options = RefreshOptions::default();
    refresh(&mut connection, &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
    let refreshed = Answers::of(&postgres);
    assert_eq!(refreshed.number("Sessions"), 75.0);
    // By the gap alone, as its description says; one of them is in the future.
    assert_eq!(refreshed.number("Active now"), 4.0);
    assert_eq!(built.table("Unusual events").rows.len(), 0);
    let unusual = refreshed.table("Unusual events");
    let counted =
        ["Late", "In the future", "NULL in the key"].map(|name| unusual.column(name).unwrap()[0].as_f64());
    assert_eq!(counted, [Some(0.0), Some(3.0), Some(0.0)]);
}

/// A log of a refresh a second for a while: what each relation's last refreshes were is found without reading it all.
#[test]
fn the_table_of_refreshes_is_read_by_index() {
    let postgres = PrivatePostgres::start().unwrap();
    postgres.run_script(EVENTS).unwrap();
    let url = format!(
        "host='{}' user={} dbname={}",
        postgres.socket_folder().display(),
        postgres.user(),
        postgres.database()
    );
    let mut connection = Server::resolve(Some(&url), |_| None).unwrap().connect("spectrum deploy").unwrap();
    let deployment = Deployment::new(SessionDefinition::default()).unwrap();
    deploy(&mut connection, &deployment, &DeployOptions::default(), &Stop::default(), &mut |_| ()).unwrap();
    let filled = "
        INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, method, reason, outcome)
        SELECT n, r, now() - n * interval '1 second', now() - n * interval '1 second', 'incremental', '',
               CASE n % 100 WHEN 0 THEN 'failed' ELSE 'ok' END
        FROM generate_series(1, 20000) n, unnest(ARRAY['analytics.mv_sessions', 'analytics.mv_session_summary']) r;
        ANALYZE analytics.spectrum_refresh_log;";
    postgres.run_script(filled).unwrap();
    let to = Timestamp::now() + SignedDuration::from_mins(1);
    let range = TimeRange { from: to - SignedDuration::from_hours(7 * 24), to };
    let dashboard = Dashboard::load().unwrap();
    let choices = Choices::of(&dashboard, &range).unwrap();
    let panel = dashboard.panels.iter().find(|panel| panel.title == "Refreshes").unwrap();
    let query = expand(&choices.interpolate(&panel.targets[0].sql).unwrap(), &range).unwrap().sql;
    let plan = postgres.run_script(&format!("EXPLAIN (ANALYZE, TIMING OFF) {query};")).unwrap();
    assert!(plan.contains("latest_idx") && !plan.contains("Seq Scan"), "{plan}");
}

/// The answers of all panels by their titles; a title that comes twice has its total first.
struct Answers(Vec<(String, Table)>);

impl Answers {
    fn of(postgres: &PrivatePostgres) -> Self {
        let to = Timestamp::now() + SignedDuration::from_mins(1);
        let range = TimeRange { from: to - SignedDuration::from_hours(7 * 24), to };
        let dashboard = Dashboard::load().unwrap();
        let choices = Choices::of(&dashboard, &range).unwrap();
        let queries: Vec<_> = dashboard
            .panels
            .iter()
            .map(|panel| expand(&choices.interpolate(&panel.targets[0].sql).unwrap(), &range).unwrap())
            .collect();
        let sql: Vec<_> = queries.iter().map(|query| query.sql.clone()).collect();
        let tables = ask_all(postgres, "SET ROLE grafana_reader;", &sql).unwrap();
        for ((panel, table), query) in dashboard.panels.iter().zip(&tables).zip(&queries) {
            // Before anything was taken in, there is nothing unusual about it.
            if panel.title == "Unusual events" && table.rows.is_empty() {
                continue;
            }
            let is_declared = tables
                .iter()
                .zip(&dashboard.panels)
                .any(|(table, panel)| panel.title == "What sessions tell" && !table.rows.is_empty());
            if !is_declared
                && panel.fields.defaults["noValue"].as_str().is_some_and(|says| says.contains("declared"))
            {
                assert!(table.rows.is_empty(), "{}", panel.title);
                continue;
            }
            assert!(!table.rows.is_empty(), "{}", panel.title);
            if panel.targets[0].format == "time_series" {
                assert!(!series(table, query.fill, &range).unwrap().values.is_empty(), "{}", panel.title);
            }
        }
        Self(dashboard.panels.into_iter().map(|panel| panel.title).zip(tables).collect())
    }

    fn table(&self, title: &str) -> &Table {
        &self.0.iter().find(|(known, _)| known == title).unwrap().1
    }

    fn number(&self, title: &str) -> f64 {
        let value = &self.table(title).rows[0][0];
        value.as_f64().unwrap_or_else(|| panic!("{title} is {value}"))
    }
}

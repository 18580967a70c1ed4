//! Every case, deployed: the relations hold what the case expects.

use std::sync::Mutex;

use spectrum_core::{EpochUnit, SessionDefinition};
use spectrum_postgres::{CheckName, DeployOptions, Deployment, Mode, Stop, VerifyOptions, deploy, verify};
use spectrum_sql::{TableName, identifier};
use spectrum_testkit::{
    Case, ColumnType, Engine, Labelled, NullTime, PostgresEngine, PrivatePostgres, Scheme, Summary, TimeUnit,
    Told, all_cases, check_cases,
};

use crate::refresh::Database;

/// Deploys a case's events and reads the relations.
struct Deployed {
    database: Database,
    /// Whether the server is new enough for ids by start.
    exact_extract: bool,
    /// Cases one after another: they share the names of their relations.
    one_at_a_time: Mutex<()>,
    mode: Mode,
}

impl Deployed {
    fn deployment(&self, case: &Case) -> Result<Deployment, String> {
        let toml = case.definition.to_toml();
        let definition = SessionDefinition::from_toml(&toml).map_err(with_causes)?;
        let mut deployment = Deployment::new(definition).map_err(|error| error.to_string())?;
        deployment.events = TableName::parse("cases.events").unwrap();
        deployment.without_null_times = case.definition.null_time == NullTime::Drop;
        deployment.time_unit = case.definition.time_unit.map(counted_in);
        deployment.mode = self.mode;
        Ok(deployment)
    }

    /// Joins each event with the session of the summary that it lies in, so both relations are read. By rules an event may
    /// belong to none, or to one that ended before it.
    fn labels(&self, case: &Case) -> Result<Vec<Labelled>, String> {
        let definition = &case.definition;
        let key = definition.key.iter().map(|name| {
            let name = identifier(name);
            format!("s.{name} IS NOT DISTINCT FROM u.{name}")
        });
        let (event_id, time) = (identifier(&definition.event_id), identifier(&definition.time));
        let key = key.collect::<Vec<_>>().join(" AND ");
        let is_plain_gap = self.deployment(case)?.definition.rule().is_plain_gap();
        let sql = match is_plain_gap {
            true => format!(
                "SELECT s.{event_id}::TEXT, u.session_seq, s.session_id, NULL
                 FROM analytics.v_sessions s JOIN analytics.v_session_summary u
                   ON {key} AND s.{time} BETWEEN u.started_at AND u.ended_at
                      AND s.session_id IS NOT DISTINCT FROM u.session_id"
            ),
            // Times do not say it, and some events belong to none.
            false => format!(
                "SELECT s.{event_id}::TEXT, u.session_seq, s.session_id, u.started_by
                 FROM analytics.v_sessions s LEFT JOIN analytics.v_session_summary u
                   ON {key} AND s.session_seq = u.session_seq AND s.{time} >= u.started_at
                      AND s.started_by = u.started_by AND s.session_id IS NOT DISTINCT FROM u.session_id"
            ),
        };
        if !is_plain_gap {
            self.check_summary(case);
        }
        let rows = self.database.connect().query(&sql, &[]).map_err(|error| error.to_string())?;
        let label = |row: &postgres::Row| Labelled {
            event_id: row.get(0),
            session_seq: row.get::<_, Option<i64>>(1).map(i64::unsigned_abs),
            session_id: row.get(2),
            started_by: row.get(3),
        };
        Ok(rows.iter().map(label).collect())
    }
}

impl Deployed {
    /// Sessions have the events that have their id, and begin and end with those that are not ignored, by the case's own
    /// condition.
    fn check_summary(&self, case: &Case) {
        let definition = &case.definition;
        let (event_id, time) = (identifier(&definition.event_id), identifier(&definition.time));
        let ignored =
            definition.rules.ignore_when.as_deref().filter(|when| *when != "none").unwrap_or("FALSE");
        let wrong = self.database.run(&format!(
            "SELECT count(*) FROM analytics.v_session_summary u CROSS JOIN LATERAL (
               SELECT count(*) AS events, min({time}) AS started_at, max({time}) FILTER (WHERE ({ignored}) IS NOT TRUE) AS ended_at
               FROM cases.events
               WHERE {event_id} IN (SELECT s.{event_id} FROM analytics.v_sessions s WHERE s.session_id = u.session_id)) AS e
             WHERE u.session_id IS NOT NULL
               AND (u.events, u.started_at, u.ended_at) IS DISTINCT FROM (e.events, e.started_at, e.ended_at);"
        ));
        assert_eq!(wrong, "0", "{}", case.place());
    }
}

fn with_causes(error: impl std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn counted_in(unit: TimeUnit) -> EpochUnit {
    match unit {
        TimeUnit::Second => EpochUnit::Second,
        TimeUnit::Millisecond => EpochUnit::Millisecond,
        TimeUnit::Microsecond => EpochUnit::Microsecond,
        TimeUnit::Nanosecond => EpochUnit::Nanosecond,
    }
}

impl Engine for Deployed {
    fn name(&self) -> &str {
        "spectrum deploy"
    }

    fn unsupported(&self, case: &Case) -> Option<String> {
        if !case.definition.read_as_text.is_empty() {
            return Some("keys whose text is not settled are cast in a view".to_owned());
        }
        if case.theme == "rules_refused" {
            // Types have PostgreSQL's names, and text is never taken for numbers.
            let is_of_types = case
                .columns
                .iter()
                .any(|column| matches!(column.ty, ColumnType::Int64 | ColumnType::Float64));
            let of_types = || "what a deployment refuses of types is in its own words".to_owned();
            return is_of_types.then(of_types);
        }
        if case.definition.id == Scheme::Start && !self.exact_extract {
            return Some("EXTRACT is not exact before PostgreSQL 14".to_owned());
        }
        PostgresEngine::new(PrivatePostgres::shared().unwrap()).unsupported(case)
    }

    fn run(&self, case: &Case) -> Result<Vec<Labelled>, String> {
        let _one = self.one_at_a_time.lock().unwrap();
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let table =
            PostgresEngine::new(PrivatePostgres::shared().unwrap()).table_script(case, "cases.events");
        self.database.run(&format!(
            "DROP SCHEMA IF EXISTS analytics CASCADE; DROP SCHEMA IF EXISTS cases CASCADE; CREATE SCHEMA cases;\n{}",
            table.map_err(|error| format!("{error:#}"))?
        ));
        let deployment = self.deployment(case)?;
        let mut client = self.database.connect();
        // In mode incremental half of the events come later, and some more come and go.
        let comes_later = self.mode == Mode::Incremental && case.refused.is_empty();
        let event_id = identifier(&case.definition.event_id);
        if comes_later {
            self.database.run(&format!(
                "CREATE TABLE cases.later AS SELECT * FROM cases.events WHERE hashtext({event_id}::TEXT) % 2 = 0;
                 DELETE FROM cases.events WHERE {event_id} IN (SELECT {event_id} FROM cases.later);"
            ));
        }
        let options = DeployOptions { create_index: true, ..DeployOptions::default() };
        deploy(&mut client, &deployment, &options, &Stop::default(), &mut |_| ()).map_err(|e| told(&e))?;
        if comes_later {
            let refresh = format!("SELECT FROM {}();", deployment.refresh_function());
            self.database.run(&format!("INSERT INTO cases.events SELECT * FROM cases.later; {refresh}"));
            self.database.run(&format!(
                "CREATE TABLE cases.gone AS SELECT * FROM cases.events WHERE hashtext({event_id}::TEXT) % 3 = 0;
                 DELETE FROM cases.events WHERE {event_id} IN (SELECT {event_id} FROM cases.gone); {refresh}
                 INSERT INTO cases.events SELECT * FROM cases.gone; {refresh}"
            ));
        }
        let allowed = vec![CheckName::NullKeys, CheckName::Collisions, CheckName::Future];
        let options = VerifyOptions { allowed, ..VerifyOptions::default() };
        let report = verify(&mut client, &deployment, &options, &mut |_| ()).map_err(|e| told(&e))?;
        assert!(report.holds(), "{}: {:?}", case.place(), report.checks);
        self.labels(case)
    }

    fn told(&self, case: &Case) -> Option<Result<Vec<Told>, String>> {
        let columns = case.definition.summary.columns().unwrap();
        let names = case.definition.key.iter().chain(columns.iter().map(|column| &column.name));
        let names: Vec<_> = names.map(|name| format!("{}::text", identifier(name))).collect();
        let sql = format!("SELECT session_seq, {} FROM analytics.v_session_summary", names.join(", "));
        let rows = match self.database.connect().query(&sql, &[]) {
            Ok(rows) => rows,
            Err(error) => return Some(Err(error.to_string())),
        };
        let keys = case.definition.key.len();
        let told = rows.iter().map(|row| Told {
            seq: row.get::<_, i64>(0).unsigned_abs(),
            key: (1..=keys).map(|at| row.get(at)).collect(),
            values: (keys + 1..=names.len()).map(|at| row.get(at)).collect(),
        });
        Some(Ok(told.collect()))
    }
}

fn is_plain(case: &Case) -> bool {
    case.definition.rules.is_empty() && case.definition.summary.is_empty()
}

/// Deploys the cases with rules beyond the gap or columns of the summary, or those without.
fn check(ruled: bool, mode: Mode) -> Summary {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let exact_extract = database.run("SELECT current_setting('server_version_num')::int >= 140000;") == "t";
    let cases: Vec<Case> = all_cases().unwrap().into_iter().filter(|case| is_plain(case) != ruled).collect();
    let deployed = Deployed { database, exact_extract, one_at_a_time: Mutex::new(()), mode };
    let summary = check_cases(&deployed, &cases).unwrap();
    println!("{summary}");
    summary
}

#[test]
fn every_case_is_what_a_deployment_holds() {
    let summary = check(false, Mode::View);
    assert!(summary.labelled > 90, "{summary}");
}

#[test]
fn every_case_of_rules_is_what_a_deployment_holds() {
    let summary = check(true, Mode::View);
    assert!(summary.labelled > 150 && summary.refused > 25, "{summary}");
    let unsupported: Vec<_> = summary.unsupported.iter().map(|(case, _)| case.as_str()).collect();
    let known = [
        "where-refuses-no-time",
        "days-in-nanoseconds",
        "condition-of-the-wrong-type",
        "split-on-floating-point",
    ];
    assert!(unsupported.iter().all(|case| known.contains(case)), "{summary}");
}

#[test]
fn every_case_of_rules_is_what_tables_that_follow_the_events_hold() {
    let summary = check(true, Mode::Incremental);
    assert!(summary.labelled > 150 && summary.refused > 25, "{summary}");
}

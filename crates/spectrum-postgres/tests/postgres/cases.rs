//! Every case, deployed: the relations hold what the case expects.

use std::sync::Mutex;

use spectrum_core::{EpochUnit, SessionDefinition};
use spectrum_postgres::{CheckName, DeployOptions, Deployment, Stop, VerifyOptions, deploy, verify};
use spectrum_sql::{TableName, identifier};
use spectrum_testkit::{
    Case, Engine, Labelled, NullTime, PostgresEngine, PrivatePostgres, Scheme, TimeUnit, check_all,
};

use crate::refresh::Database;

/// Deploys a case's events and reads the relations.
struct Deployed {
    database: Database,
    /// Whether the server is new enough for ids by start.
    exact_extract: bool,
    /// Cases one after another: they share the names of their relations.
    one_at_a_time: Mutex<()>,
}

impl Deployed {
    fn deployment(case: &Case) -> Result<Deployment, String> {
        let toml = case.definition.to_toml();
        let definition = SessionDefinition::from_toml(&toml).map_err(|error| error.to_string())?;
        let mut deployment = Deployment::new(definition).map_err(|error| error.to_string())?;
        deployment.events = TableName::parse("cases.events").unwrap();
        deployment.without_null_times = case.definition.null_time == NullTime::Drop;
        deployment.time_unit = case.definition.time_unit.map(|unit| match unit {
            TimeUnit::Second => EpochUnit::Second,
            TimeUnit::Millisecond => EpochUnit::Millisecond,
            TimeUnit::Microsecond => EpochUnit::Microsecond,
            TimeUnit::Nanosecond => EpochUnit::Nanosecond,
        });
        Ok(deployment)
    }

    /// Joins each event with the session of the summary that it lies in, so both relations are read.
    fn labels(&self, case: &Case) -> Result<Vec<Labelled>, String> {
        let definition = &case.definition;
        let key = definition.key.iter().map(|name| {
            let name = identifier(name);
            format!("s.{name} IS NOT DISTINCT FROM u.{name}")
        });
        let (event_id, time) = (identifier(&definition.event_id), identifier(&definition.time));
        let key = key.collect::<Vec<_>>().join(" AND ");
        let is_plain_gap = Self::deployment(case)?.definition.rule().is_plain_gap();
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

impl Engine for Deployed {
    fn name(&self) -> &str {
        "spectrum deploy"
    }

    fn unsupported(&self, case: &Case) -> Option<String> {
        if !case.definition.read_as_text.is_empty() {
            return Some("a deployment reads no key as text".to_owned());
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
        let deployment = Self::deployment(case)?;
        let mut client = self.database.connect();
        deploy(&mut client, &deployment, &DeployOptions::default(), &Stop::default(), &mut |_| ())
            .map_err(|e| told(&e))?;
        let allowed = vec![CheckName::NullKeys, CheckName::Collisions, CheckName::Future];
        let options = VerifyOptions { allowed, ..VerifyOptions::default() };
        let report = verify(&mut client, &deployment, &options, &mut |_| ()).map_err(|e| told(&e))?;
        assert!(report.holds(), "{}: {:?}", case.place(), report.checks);
        self.labels(case)
    }
}

#[test]
fn every_case_is_what_a_deployment_holds() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let exact_extract = database.run("SELECT current_setting('server_version_num')::int >= 140000;") == "t";
    let summary = check_all(&Deployed { database, exact_extract, one_at_a_time: Mutex::new(()) }).unwrap();
    println!("{summary}");
    assert!(summary.labelled > 140, "{summary}");
}

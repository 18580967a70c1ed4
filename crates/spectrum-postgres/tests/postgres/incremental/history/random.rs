//! Random histories, in which the summary is remembered whole after every refresh, and asked for at every time that was
//! remembered and between them.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use spectrum_core::{Gap, SessionDefinition};
use spectrum_postgres::{
    Connection, Deployment, FoundLife, LifeChange, OnDetach, SessionFate, SessionLife, SessionShape,
    session_life,
};
use spectrum_testkit::PrivatePostgres;

use super::super::operations::{Able, Operation, operations};
use super::super::random::{CAMPAIGN, SEED, times, tolerated};
use super::super::written::{PARTITIONS, Statement, Writer};
use super::{as_of, deployed, found, last_end, remembering, summary};
use crate::refresh::Database;

/// The gaps that a deployment can have, in minutes; the first is that which a history begins with.
const GAPS: [u64; 3] = [30, 10, 50];

/// Operations, and then, if anything, a deployment with another gap.
type Part = (Vec<Operation>, Option<u8>);

/// When a refresh ended, as text, and all rows that the summary had then.
type Remembered = (String, Vec<String>, Vec<Shape>);

/// A session's id, number, start, end and events.
type Shape = (Option<String>, i64, String, String, u64);

struct Subject {
    client: Connection,
    deployment: Deployment,
    able: Able,
    gap: usize,
    steps: u32,
    _database: Database,
}

impl Subject {
    fn new(definition: &SessionDefinition, on_detach: Option<OnDetach>, retention: Option<Gap>) -> Self {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        let mut client = database.connect();
        let (by, unique) = match on_detach {
            Some(_) => ("PARTITION BY RANGE (occurred_at)", "event_id, occurred_at"),
            None => ("", "event_id"),
        };
        let partitions = if on_detach.is_some() { PARTITIONS } else { "" };
        client
            .batch_execute(&format!(
                "CREATE SCHEMA warehouse;
                 CREATE TABLE warehouse.fact_events (event_id bigint, user_id text, account_id text,
                   occurred_at timestamptz, event_type text, payload json,
                   campaign text GENERATED ALWAYS AS ({CAMPAIGN}) STORED, UNIQUE ({unique})) {by};{partitions}"
            ))
            .unwrap();
        let carried = ["event_type", "payload", "campaign"].map(str::to_owned).to_vec();
        let deployment = Deployment {
            carried,
            on_detach: on_detach.unwrap_or_default(),
            retention,
            ..remembering(|_| definition.to_builder())
        };
        deployed(&mut client, &deployment).unwrap();
        let able = Able { partitioned: on_detach.is_some(), merge: true };
        Self { client, deployment, able, gap: 0, steps: 0, _database: database }
    }

    /// Deploys with another gap, over which the history goes on.
    fn redeploy(&mut self, gap: usize) -> Result<(), String> {
        self.gap = gap;
        let builder = self.deployment.definition.to_builder();
        let definition = builder.gap(format!("{}m", GAPS[gap]).parse().unwrap()).build().unwrap();
        self.deployment.definition = definition;
        deployed(&mut self.client, &self.deployment).map(drop).map_err(|error| error.to_string())
    }

    /// Empties everything, without what is tested, and begins the history anew.
    fn reset(&mut self) -> Result<Vec<Remembered>, String> {
        self.client.batch_execute("ROLLBACK").unwrap();
        let deployment = &self.deployment;
        let mut sql = "SET session_replication_role = replica; ".to_owned();
        if self.able.partitioned {
            sql += "DROP TABLE warehouse.fact_events_0, warehouse.fact_events_1, warehouse.fact_events_2;";
            sql += PARTITIONS;
            let _ = write!(sql, "TRUNCATE {};", deployment.partitions());
        }
        if deployment.retention.is_some() || (self.able.partitioned && deployment.on_detach == OnDetach::Keep)
        {
            let _ = write!(sql, "TRUNCATE {};", deployment.kept_events());
        }
        if deployment.definition.id().needs_memory() {
            let _ = write!(sql, "TRUNCATE {};", deployment.session_ids());
        }
        let _ = write!(
            sql,
            "TRUNCATE warehouse.fact_events, {}, {}, {}; TRUNCATE {}; RESET session_replication_role",
            deployment.sessions(),
            deployment.summary(),
            deployment.changes(),
            deployment.session_history(),
        );
        self.client.batch_execute(&sql).unwrap();
        if self.gap != 0 {
            self.redeploy(0)?;
        }
        let refresh = self.refresh_sql();
        self.client.batch_execute(&refresh).unwrap();
        let begun = format!(
            "TRUNCATE {0}; INSERT INTO {0} (valid_to, change) VALUES (pg_catalog.clock_timestamp(), 'begun')",
            self.deployment.session_history()
        );
        self.client.batch_execute(&begun).unwrap();
        let sql = "SELECT valid_to::text FROM analytics.session_history";
        let begun = self.client.query_one(sql, &[]).unwrap().get(0);
        Ok(vec![(begun, summary(&mut self.client), self.shapes())])
    }

    fn refresh_sql(&self) -> String {
        format!("SELECT * FROM {}()", self.deployment.refresh_function())
    }

    /// The sessions as the summary has them.
    fn shapes(&mut self) -> Vec<Shape> {
        let sql = "SELECT session_id, session_seq::bigint, started_at::text, ended_at::text, events
                   FROM analytics.mv_session_summary ORDER BY session_id, started_at";
        let rows = self.client.query(sql, &[]).unwrap();
        let shape = |row: &postgres::Row| {
            (row.get(0), row.get(1), row.get(2), row.get(3), row.get::<_, i64>(4).unsigned_abs())
        };
        rows.iter().map(shape).collect()
    }

    fn kept(&mut self) -> i64 {
        let sql = "SELECT COUNT(*) FROM analytics.session_history";
        self.client.query_one(sql, &[]).unwrap().get(0)
    }

    /// Remembers the summary as it is after a refresh, before which so many rows were kept.
    fn remember(&mut self, remembered: &mut Vec<Remembered>, kept: i64) -> Result<(), String> {
        self.steps += 1;
        let now = (last_end(&mut self.client), summary(&mut self.client), self.shapes());
        let is_same = remembered.last().is_some_and(|(_, rows, _)| *rows == now.1);
        let more = self.kept() - kept;
        if is_same && more != 0 {
            return Err(format!("a refresh that changed nothing kept {more} rows"));
        }
        remembered.push(now);
        Ok(())
    }

    /// Asks for every time that is remembered, and for those beside and between.
    fn compare(&mut self, remembered: &[Remembered]) -> Result<(), String> {
        let client = &mut self.client;
        let now = ("pg_catalog.clock_timestamp()".to_owned(), None);
        let mut asked = Vec::new();
        for (at, (time, ..)) in remembered.iter().enumerate() {
            let literal = format!("'{time}'::timestamptz");
            asked.push((literal.clone(), Some(at)));
            if at > 0 {
                asked.push((format!("{literal} - INTERVAL '1 us'"), Some(at - 1)));
                let before = &remembered[at - 1].0;
                let between = format!("'{before}'::timestamptz + ({literal} - '{before}'::timestamptz) / 2");
                asked.push((between, Some(at - 1)));
            }
        }
        for (time, at) in asked.into_iter().chain([now]) {
            let at = at.unwrap_or(remembered.len() - 1);
            let (there, wanted) = (as_of(client, &time), &remembered[at].1);
            if there != *wanted {
                return Err(format!(
                    "at {time}, step {at} of {}, the summary is said to have been\n{}\nand was\n{}",
                    remembered.len() - 1,
                    there.join("\n"),
                    wanted.join("\n")
                ));
            }
        }
        let too_early = format!(
            "SELECT FROM analytics.sessions_as_of('{}'::timestamptz - INTERVAL '1 us')",
            remembered[0].0
        );
        match client.query(&too_early, &[]) {
            Err(error) if error.as_db_error().is_some_and(|db| db.message().ends_with(" is earlier")) => {
                Ok(())
            }
            other => Err(format!("before the history begins: {other:?}")),
        }
    }

    /// Asks for the life of sessions that there are or were: every step of it is what was remembered, and leads to the next.
    fn compare_lives(&mut self, remembered: &[Remembered]) -> Result<(), String> {
        let all = remembered.iter().rev().flat_map(|(.., shapes)| shapes).filter_map(|shape| shape.0.clone());
        let mut ids: Vec<String> = Vec::new();
        for id in all {
            if ids.len() < 12 && !ids.contains(&id) {
                ids.push(id);
            }
        }
        for id in &ids {
            let life = match session_life(&mut self.client, &self.deployment, id) {
                Ok(FoundLife::Known(life)) => life,
                other => return Err(format!("of {id}: {other:?}")),
            };
            holds(remembered, id, &life).map_err(|why| format!("{why}: {life:#?}"))?;
        }
        Ok(())
    }

    fn run(&mut self, statement: &Statement) -> Result<(), String> {
        let done = match &statement.rows {
            None => self.client.batch_execute(&statement.sql),
            Some(rows) => self.client.copy_in(&statement.sql).and_then(|mut copy| {
                std::io::Write::write_all(&mut copy, rows.as_bytes()).unwrap();
                copy.finish().map(drop)
            }),
        };
        tolerated(done)
    }

    /// Runs a history from nothing. What is done is added to `script`.
    fn follow(&mut self, parts: &[Part], script: &mut String) -> Result<(), String> {
        let mut remembered = self.reset()?;
        let mut writer = Writer { able: self.able, refresh: self.refresh_sql(), next_id: 0 };
        let last = [(vec![Operation::Refresh], None)];
        for (operations, gap) in parts.iter().chain(&last) {
            for operation in operations {
                for statement in writer.statements(operation) {
                    let _ = writeln!(script, "{statement}");
                    if matches!(operation, Operation::Refresh) {
                        let kept = self.kept();
                        self.run(&statement)?;
                        self.remember(&mut remembered, kept)?;
                    } else {
                        self.run(&statement)?;
                    }
                }
            }
            let gap = gap.map(|gap| usize::from(gap) % GAPS.len()).filter(|gap| *gap != self.gap);
            if let Some(gap) = gap {
                let _ = writeln!(script, "-- deploy with a gap of {} minutes", GAPS[gap]);
                let kept = self.kept();
                self.redeploy(gap)?;
                self.remember(&mut remembered, kept)?;
            }
        }
        self.compare(&remembered)?;
        self.compare_lives(&remembered)?;
        let found = found(&mut self.client, &self.deployment);
        let of_history: Vec<&String> = found.iter().filter(|found| found.starts_with("history")).collect();
        if of_history.is_empty() { Ok(()) } else { Err(format!("a verification finds {of_history:?}")) }
    }
}

/// Whether a life is one that was remembered.
fn holds(remembered: &[Remembered], id: &str, life: &SessionLife) -> Result<(), String> {
    let shape =
        |of: &SessionShape| (of.id.clone(), of.seq, of.started_at.clone(), of.ended_at.clone(), of.events);
    let (.., last) = remembered.last().unwrap();
    let has_it = last.iter().any(|shape| shape.0.as_deref() == Some(id));
    let told = life.now.as_ref().map(shape);
    let is_right = match life.fate {
        SessionFate::Current => has_it && told.as_ref().is_some_and(|now| now.0.as_deref() == Some(id)),
        SessionFate::Gone => !has_it && told.is_none(),
        _ => !has_it && told.is_some(),
    };
    if !is_right || told.is_some_and(|now| !last.contains(&now)) {
        return Err("what it is now is something else".to_owned());
    }
    if life.steps.windows(2).any(|pair| pair[0].after != pair[1].before) {
        return Err("a step does not lead to the next".to_owned());
    }
    let begins = &life.steps[0].changes[0];
    if !matches!(begins, LifeChange::WasThere | LifeChange::FirstSeen | LifeChange::SplitFrom(_)) {
        return Err("it does not begin".to_owned());
    }
    for step in &life.steps {
        // The server's text leaves out zeros at the end.
        let digits = |time: &str| time.trim_end_matches("+00").trim_end_matches(['0', '.']).to_owned();
        let then = remembered.iter().position(|(time, ..)| digits(time) == digits(&step.at));
        let then = then.ok_or("at a time of no refresh")?;
        if step.after.as_ref().is_some_and(|after| !remembered[then].2.contains(&shape(after))) {
            return Err(format!("at {} it was something else", step.at));
        }
        if step.before.as_ref().is_some_and(|before| !remembered[then - 1].2.contains(&shape(before))) {
            return Err(format!("before {} it was something else", step.at));
        }
    }
    Ok(())
}

/// At least so many steps of random histories.
fn is_remembered(
    definition: &SessionDefinition,
    on_detach: Option<OnDetach>,
    retention: Option<Gap>,
    steps: u32,
) {
    let seed =
        std::env::var(SEED).map_or_else(|_| RandomState::new().hash_one(0), |given| given.parse().unwrap());
    let subject = RefCell::new(Subject::new(definition, on_detach, retention));
    let able = subject.borrow().able;
    let config = Config { max_shrink_iters: 300, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let parts =
        proptest::collection::vec((operations(able), proptest::option::weighted(0.3, any::<u8>())), 1..4);
    let (mut histories, steps) = (0, steps * times());
    while subject.borrow().steps < steps {
        histories += 1;
        let tree = parts.new_tree(&mut runner).unwrap();
        let done = runner.run_one(tree, |parts| {
            subject.borrow_mut().follow(&parts, &mut String::new()).map_err(TestCaseError::fail)
        });
        if let Err(TestError::Fail(_, parts)) = done {
            let mut script = String::new();
            let why = subject.borrow_mut().follow(&parts, &mut script).err();
            panic!(
                "{}\nafter\n{script}\n{SEED}={seed} repeats this",
                why.unwrap_or("it does not fail again".into())
            );
        }
    }
    println!("{} steps in {histories} histories, {SEED}={seed}", subject.borrow().steps);
}

fn by(id: &str) -> SessionDefinition {
    SessionDefinition::builder().id(id.parse().unwrap()).build().unwrap()
}

#[test]
fn summaries_of_numbered_ids_are_remembered() {
    is_remembered(&by("sequence"), None, None, 80);
    is_remembered(&by("encoded"), None, None, 40);
}

#[test]
fn summaries_of_ids_by_start_and_ids_that_last_are_remembered() {
    is_remembered(&by("start"), None, None, 40);
    is_remembered(&by("persistent"), None, None, 60);
}

#[test]
fn summaries_are_remembered_over_partitions_that_come_and_go() {
    is_remembered(&by("sequence"), Some(OnDetach::Remove), None, 40);
    is_remembered(&by("start"), Some(OnDetach::Keep), None, 30);
}

#[test]
fn summaries_are_remembered_with_old_events_that_go() {
    is_remembered(&by("encoded"), Some(OnDetach::Remove), Some("1d".parse().unwrap()), 30);
    is_remembered(&by("persistent"), None, Some("1d".parse().unwrap()), 30);
}

#[test]
fn summaries_that_tell_more_are_remembered_under_rules() {
    let rules = r#"
        [session]
        id = "sequence"
        gap_when = [{ when = "event_type = 't6'", gap = "1h30m" }]
        split_on = ["campaign"]
        [summary.columns]
        entry = { first = "event_type" }
        body = { last = "payload" }
        newcomer = { when = "started_by = 'first' and events > 2" }"#;
    is_remembered(&SessionDefinition::from_toml(rules).unwrap(), None, None, 50);
    let rules = r#"
        [events]
        where = "event_type <> 't5'"
        [session]
        id = "persistent"
        start_when = "event_type = 't1'"
        end_when = "event_type = 't2'"
        max_events = 3
        passive_when = "event_type = 't3'"
        ignore_when = "event_type = 't4'"
        [summary.columns]
        types = { count_distinct = "event_type" }"#;
    is_remembered(&SessionDefinition::from_toml(rules).unwrap(), Some(OnDetach::Remove), None, 40);
}

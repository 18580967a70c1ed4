//! Random histories, after each step of which the ids are held against the model and against the promises.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use spectrum_core::internals::session_numbers;
use spectrum_core::{Gap, SessionDefinition};
use spectrum_postgres::{Connection, Deployment, OnDetach};
use spectrum_sql::TableName;
use spectrum_sql::postgres::{Events, KeyComparison, TimeSubtraction, numbered_sessions_query};
use spectrum_testkit::PrivatePostgres;

use super::super::operations::{Able, Operation, operations};
use super::super::random::{CAMPAIGN, SEED, times, tolerated};
use super::super::written::{PARTITIONS, Statement, Writer};
use super::model::{Given, Model, Moment, Placed};
use super::{deployed, found, lasting};
use crate::refresh::Database;

/// The gaps that a deployment can have, in minutes; the first is that which a history begins with.
const GAPS: [u64; 4] = [30, 10, 50, 29];

/// Operations, and then, if anything, a deployment with another gap.
type Part = (Vec<Operation>, Option<u8>);

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
        let definition = definition.to_builder().id("persistent".parse().unwrap()).build().unwrap();
        let deployment = Deployment {
            definition,
            carried,
            on_detach: on_detach.unwrap_or_default(),
            retention,
            ..lasting(|builder| builder)
        };
        deployed(&mut client, &deployment, false).unwrap();
        let able = Able { partitioned: on_detach.is_some(), merge: true };
        Self { client, deployment, able, gap: 0, steps: 0, _database: database }
    }

    fn keeps(&self) -> bool {
        let by_partitions = self.able.partitioned && self.deployment.on_detach == OnDetach::Keep;
        by_partitions || self.deployment.retention.is_some()
    }

    /// Deploys with another gap.
    fn redeploy(&mut self, gap: usize) -> Result<(), String> {
        self.gap = gap;
        let builder = self.deployment.definition.to_builder();
        let definition = builder.gap(format!("{}m", GAPS[gap]).parse().unwrap()).build().unwrap();
        self.deployment.definition = definition;
        deployed(&mut self.client, &self.deployment, false).map_err(|error| error.to_string())
    }

    /// Empties everything, without what is tested.
    fn reset(&mut self) -> Result<(), String> {
        self.client.batch_execute("ROLLBACK").unwrap();
        let mut sql = "SET session_replication_role = replica; ".to_owned();
        if self.able.partitioned {
            sql += "DROP TABLE warehouse.fact_events_0, warehouse.fact_events_1, warehouse.fact_events_2;";
            sql += PARTITIONS;
            let _ = write!(sql, "TRUNCATE {};", self.deployment.partitions());
        }
        if self.keeps() {
            let _ = write!(sql, "TRUNCATE {};", self.deployment.kept_events());
        }
        let _ = write!(
            sql,
            "TRUNCATE warehouse.fact_events, {}, {}, {}, {}; RESET session_replication_role",
            self.deployment.sessions(),
            self.deployment.summary(),
            self.deployment.session_ids(),
            self.deployment.changes(),
        );
        self.client.batch_execute(&sql).unwrap();
        if self.gap != 0 {
            self.redeploy(0)?;
        }
        self.refresh()
    }

    fn refresh(&mut self) -> Result<(), String> {
        let sql = self.refresh_sql();
        self.client.batch_execute(&sql).map_err(|error| format!("the refresh failed: {error:?}"))
    }

    fn refresh_sql(&self) -> String {
        format!("SELECT * FROM {}()", self.deployment.refresh_function())
    }

    /// The events and the numbers of their sessions: by the core, row by row, where there is a gap alone; otherwise by the
    /// reference SQL, which other tests hold against the core.
    fn placed(&mut self) -> Vec<Placed> {
        let columns = "event_id, user_id, account_id, (EXTRACT(EPOCH FROM occurred_at) * 1000000)::bigint";
        let is_plain = self.deployment.definition.is_plain();
        let mut of_table = TableName::parse("warehouse.fact_events").unwrap();
        if self.keeps() {
            let all = "event_id, user_id, account_id, occurred_at, event_type, payload, campaign";
            let sql = format!(
                "CREATE OR REPLACE TEMP VIEW with_kept AS SELECT {all} FROM warehouse.fact_events UNION ALL SELECT {all} FROM {}",
                self.deployment.kept_events()
            );
            self.client.batch_execute(&sql).unwrap();
            of_table = TableName::parse("pg_temp.with_kept").unwrap();
        }
        let sql = match is_plain {
            true => format!("SELECT {columns}, NULL::bigint, false FROM {of_table} ORDER BY event_id"),
            false => {
                let numbered = self.deployment.definition.to_builder().id("sequence".parse().unwrap());
                let numbered = numbered.build().unwrap();
                let ignored = if numbered.rule().ignore_when().is_some() {
                    "COALESCE(ignored, false)"
                } else {
                    "false"
                };
                let events = Events::new(&numbered, of_table)
                    .typed(TimeSubtraction::Timestamp, vec![KeyComparison::Plain; 2])
                    .carrying(&self.deployment.carried);
                format!(
                    "SELECT {columns}, session_seq::bigint, {ignored} FROM ({}) n ORDER BY event_id",
                    numbered_sessions_query(&events)
                )
            }
        };
        let rows = self.client.query(&sql, &[]).unwrap();
        let placed = |row: &postgres::Row| Placed {
            event_id: row.get(0),
            moment: ((row.get(1), row.get(2)), row.get(3)),
            session: row.get::<_, Option<i64>>(4).map(i64::unsigned_abs),
            ignored: row.get(5),
        };
        if self.keeps() {
            self.client.batch_execute("DROP VIEW pg_temp.with_kept").unwrap();
        }
        let mut events: Vec<Placed> = rows.iter().map(placed).collect();
        if is_plain {
            let moments: Vec<Moment> = events.iter().map(|event| event.moment.clone()).collect();
            let numbers = session_numbers(&moments, GAPS[self.gap] * 60_000_000);
            for (event, number) in events.iter_mut().zip(numbers) {
                event.session = Some(number);
            }
        }
        events
    }

    /// Holds what stands against what the model says that follows, and that against what it promises.
    fn compare(&mut self, model: &mut Model) -> Result<(), String> {
        self.steps += 1;
        let events = self.placed();
        let after = model.step(&events, &mut self.client);
        if let Some(broken) = after.broken_since(model) {
            return Err(format!("the model itself breaks a promise: {broken}"));
        }
        *model = after;
        let sql = format!("SELECT event_id, session_id FROM {}", self.deployment.sessions());
        let mut there: Vec<(i64, Option<String>)> =
            self.client.query(&sql, &[]).unwrap().iter().map(|row| (row.get(0), row.get(1))).collect();
        there.sort();
        let wanted: Vec<(i64, Option<String>)> =
            model.of_event.iter().map(|(event, id)| (*event, id.clone())).collect();
        if there != wanted {
            return Err(format!("events have the ids {there:?}\nand not {wanted:?}"));
        }
        let sql = format!(
            "SELECT session_id, state, current_id, user_id, account_id, (EXTRACT(EPOCH FROM anchored_at) * 1000000)::bigint
             FROM {} ORDER BY session_id COLLATE \"C\"",
            self.deployment.session_ids()
        );
        type Row = (String, String, Option<String>, Option<Moment>);
        let there: Vec<Row> = self
            .client
            .query(&sql, &[])
            .unwrap()
            .iter()
            .map(|row| {
                let at: Option<i64> = row.get(5);
                (row.get(0), row.get(1), row.get(2), at.map(|at| ((row.get(3), row.get(4)), at)))
            })
            .collect();
        let state = |id: &str, given: &Given| match &given.current {
            None => "gone",
            Some(current) if current == id => "current",
            Some(_) => "alias",
        };
        let wanted: Vec<Row> = model
            .given
            .iter()
            .map(|(id, given)| {
                (id.clone(), state(id, given).to_owned(), given.current.clone(), given.at.clone())
            })
            .collect();
        if there != wanted {
            return Err(format!("ids are {there:#?}\nand not {wanted:#?}"));
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
        self.reset()?;
        let mut model = Model::default();
        let mut writer = Writer { able: self.able, refresh: self.refresh_sql(), next_id: 0 };
        for (operations, gap) in parts {
            for operation in operations {
                for statement in writer.statements(operation) {
                    let _ = writeln!(script, "{statement}");
                    self.run(&statement)?;
                    if matches!(operation, Operation::Refresh) {
                        self.compare(&mut model)?;
                    }
                }
            }
            if let Some(gap) = gap {
                let gap = usize::from(*gap) % GAPS.len();
                let _ = writeln!(script, "-- deploy with a gap of {} minutes", GAPS[gap]);
                match gap == self.gap {
                    true => self.refresh()?,
                    false => self.redeploy(gap)?,
                }
                self.compare(&mut model)?;
            }
        }
        self.refresh()?;
        self.compare(&mut model)?;
        let bad: Vec<String> = found(&mut self.client, &self.deployment);
        let bad: Vec<&String> = bad.iter().filter(|bad| !bad.starts_with("future")).collect();
        if bad.is_empty() { Ok(()) } else { Err(format!("a verification finds {bad:?}")) }
    }
}

fn seed() -> u64 {
    std::env::var(SEED).map_or_else(|_| RandomState::new().hash_one(0), |given| given.parse().unwrap())
}

/// At least so many steps of random histories.
fn last(definition: &SessionDefinition, on_detach: Option<OnDetach>, steps: u32) {
    last_retaining(definition, on_detach, None, steps);
}

fn last_retaining(
    definition: &SessionDefinition,
    on_detach: Option<OnDetach>,
    retention: Option<Gap>,
    steps: u32,
) {
    let seed = seed();
    let subject = RefCell::new(Subject::new(definition, on_detach, retention));
    let able = subject.borrow().able;
    let config = Config { max_shrink_iters: 400, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let parts =
        proptest::collection::vec((operations(able), proptest::option::weighted(0.5, any::<u8>())), 1..4);
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

#[test]
fn ids_last_as_the_model_says() {
    last(&SessionDefinition::default(), None, 150);
}

#[test]
fn ids_last_over_partitions_that_come_and_go() {
    last(&SessionDefinition::default(), Some(OnDetach::Remove), 60);
}

#[test]
fn ids_last_with_what_is_kept_of_partitions_that_go() {
    last(&SessionDefinition::default(), Some(OnDetach::Keep), 60);
}

#[test]
fn ids_last_with_what_is_kept_of_old_events_that_go() {
    for on_detach in [None, Some(OnDetach::Remove)] {
        last_retaining(&SessionDefinition::default(), on_detach, Some("1d".parse().unwrap()), 40);
    }
}

#[test]
fn ids_last_under_rules() {
    let rules = r#"
        [session]
        gap_when = [{ when = "event_type = 't6'", gap = "1h30m" }]
        split_on = ["campaign"]"#;
    last(&SessionDefinition::from_toml(rules).unwrap(), None, 60);
}

#[test]
fn ids_last_under_rules_that_count_and_leave_out() {
    let rules = r#"
        [events]
        where = "event_type <> 't5'"
        [session]
        start_when = "event_type = 't1'"
        end_when = "event_type = 't2'"
        max_events = 3
        passive_when = "event_type = 't3'"
        ignore_when = "event_type = 't4'"
        [summary.columns]
        entry = { first = "event_type" }"#;
    last(&SessionDefinition::from_toml(rules).unwrap(), None, 60);
}

//! Random changes of events, compared after every refresh, and shrunk to few when something differs.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

use postgres::error::SqlState;
use proptest::prelude::Rng as _;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use spectrum_core::SessionDefinition;
use spectrum_postgres::{Connection, Deployment, OnDetach};
use spectrum_sql::TableName;
use spectrum_testkit::{ATTRIBUTES, PrivatePostgres, attributes_agree};

use super::counts::{Snapshot, Tales, counts, retold, snapshot, tales};
use super::operations::{Able, Operation, operations};
use super::written::{PARTITIONS, Statement, Writer};
use super::{Maintained, defined};
use crate::refresh::Database;

/// A number in this variable repeats the run that printed it.
pub(super) const SEED: &str = "SPECTRUM_TEST_SEED";

/// What a column has that only rules read: it changes with the type, and some events have none.
pub(super) const CAMPAIGN: &str =
    "CASE event_type WHEN 't0' THEN 'spring' WHEN 't1' THEN 'summer' WHEN 't6' THEN 'spring' END";

/// What an event is worth, which some are not.
const AMOUNT: &str = "CASE WHEN event_id % 4 <> 0 THEN trim_scale((event_id % 1000 - 300) / 8.0) END";

/// An events table that is changed, and what holds for it.
struct Subject {
    maintained: Maintained,
    client: Connection,
    able: Able,
    /// What the tables are compared with; another one must be found out.
    reference: SessionDefinition,
    refreshes: u32,
    /// Whether a program in Python reckons what the summary tells, too, and how many sessions it saw.
    in_python: bool,
    reckoned: u64,
}

/// That nothing differed.
#[derive(Debug)]
struct Found {
    refreshes: u32,
    reckoned: u64,
}

fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(given) => given.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(0),
    }
}

/// What the events do not take, such as a row that no partition is for, changes nothing.
pub(super) fn tolerated(done: Result<(), postgres::Error>) -> Result<(), String> {
    let Err(error) = done else { return Ok(()) };
    let refusals = [
        &SqlState::CHECK_VIOLATION,
        &SqlState::UNDEFINED_TABLE,
        &SqlState::WRONG_OBJECT_TYPE,
        &SqlState::IN_FAILED_SQL_TRANSACTION,
        &SqlState::S_E_INVALID_SPECIFICATION,
        &SqlState::CARDINALITY_VIOLATION,
        &SqlState::OBJECT_IN_USE,
    ];
    match error.code() {
        Some(code) if refusals.contains(&code) => Ok(()),
        _ => Err(format!("{error:?}")),
    }
}

impl Subject {
    /// The sessions are those of `definition`; columns that only its rule reads go along where `carried` names them.
    fn new(
        database: &Database,
        definition: SessionDefinition,
        carried: &[&str],
        on_detach: Option<OnDetach>,
    ) -> Self {
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
                   campaign text GENERATED ALWAYS AS ({CAMPAIGN}) STORED,
                   amount numeric GENERATED ALWAYS AS ({AMOUNT}) STORED, UNIQUE ({unique})) {by};{partitions}"
            ))
            .unwrap();
        let deployment = Deployment {
            carried: carried.iter().map(|name| (*name).to_owned()).collect(),
            on_detach: on_detach.unwrap_or_default(),
            ..defined(|_| definition.to_builder())
        };
        let mut maintained = Maintained::deploy(database, deployment);
        if on_detach == Some(OnDetach::Keep) {
            let columns = format!("event_id, user_id, account_id, occurred_at, {}", carried.join(", "));
            client
                .batch_execute(&format!(
                    "CREATE VIEW warehouse.with_kept AS SELECT {columns} FROM warehouse.fact_events
                     UNION ALL SELECT {columns} FROM {}",
                    maintained.deployment.kept_events()
                ))
                .unwrap();
            maintained.reference = Some(TableName::parse("warehouse.with_kept").unwrap());
        }
        let version = client.query_one("SHOW server_version_num", &[]).unwrap().get::<_, String>(0);
        let able =
            Able { partitioned: on_detach.is_some(), merge: version.parse::<u32>().unwrap() >= 150_000 };
        let reference = maintained.deployment.definition.clone();
        Self { maintained, client, able, reference, refreshes: 0, in_python: false, reckoned: 0 }
    }

    /// Empties everything, without what is tested.
    fn reset(&mut self) {
        let deployment = &self.maintained.deployment;
        let mut sql = "ROLLBACK; SET session_replication_role = replica; ".to_owned();
        if self.able.partitioned {
            sql += "DROP TABLE warehouse.fact_events_0, warehouse.fact_events_1, warehouse.fact_events_2;";
            sql += PARTITIONS;
            let _ = write!(sql, "TRUNCATE {};", deployment.partitions());
        }
        if self.maintained.reference.is_some() {
            let _ = write!(sql, "TRUNCATE {};", deployment.kept_events());
        }
        let _ = write!(
            sql,
            "TRUNCATE warehouse.fact_events, {}, {}; TRUNCATE {}; RESET session_replication_role",
            deployment.sessions(),
            deployment.summary(),
            deployment.changes()
        );
        self.client.batch_execute(&sql).unwrap();
        if self.able.partitioned {
            // Watches the new partitions.
            self.client.batch_execute(&self.maintained.refresh_sql()).unwrap();
        }
    }

    /// Runs a statement. One that the events do not take, such as a row that no partition is for, changes nothing.
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

    /// Refreshes, and compares the tables and what the refresh told.
    fn refresh(&mut self, before: &mut (Snapshot, Tales)) -> Result<(), String> {
        let noted = format!(
            "SELECT COUNT(DISTINCT ROW(user_id, account_id)) FILTER (WHERE times IS NOT NULL OR since IS NOT NULL), bool_or(everything) FROM {}",
            self.maintained.deployment.changes()
        );
        let noted = self.client.query_one(&noted, &[]).map_err(|error| format!("{error:?}"))?;
        let (noted, everything): (i64, Option<bool>) = (noted.get(0), noted.get(1));
        let row = self
            .client
            .query_one(&self.maintained.refresh_sql(), &[])
            .map_err(|error| format!("the refresh failed: {error:?}"))?;
        // A TRUNCATE and partitions that come and go note more when it begins.
        if everything != Some(true) && !self.able.partitioned && row.get::<_, i64>("keys") != noted {
            return Err(format!(
                "{noted} keys were noted, and the refresh told {}",
                row.get::<_, i64>("keys")
            ));
        }
        self.refreshes += 1;
        let differing = self.maintained.differing_by(&mut self.client, &self.reference);
        if !differing.is_empty() {
            return Err(differing.join("\n"));
        }
        if self.in_python {
            self.reckon()?;
        }
        let after = snapshot(&mut self.client, &self.maintained.deployment);
        let told_after = tales(&mut self.client, &self.maintained.deployment);
        let retold = ("sessions_retold", retold(&before.1, &told_after));
        let counts = counts(&self.maintained.deployment, &before.0, &after);
        for (name, wanted) in counts.into_iter().chain([retold]) {
            let told: i64 = row.get(name);
            if told != wanted {
                return Err(format!("{name} is {wanted}, and the refresh told {told}"));
            }
        }
        *before = (after, told_after);
        Ok(())
    }

    /// Holds the maintained summary, and the view's, against what Python makes of the events.
    fn reckon(&mut self) -> Result<(), String> {
        let events = self.csv(
            "SELECT event_id, user_id, account_id, occurred_at, event_type, campaign, amount FROM warehouse.fact_events",
        );
        let maintained = self.csv(&format!("SELECT * FROM {}", self.maintained.deployment.summary()));
        let view = self.csv(&self.maintained.summary_sql());
        let agree = attributes_agree(&events, &[&maintained, &view]);
        self.reckoned +=
            agree.map_err(|error| format!("the table (1) or the view (2) and Python differ: {error:#}"))?;
        Ok(())
    }

    fn csv(&mut self, query: &str) -> String {
        let mut rows = String::new();
        let mut copy =
            self.client.copy_out(&format!("COPY ({query}) TO STDOUT (FORMAT csv, HEADER)")).unwrap();
        std::io::Read::read_to_string(&mut copy, &mut rows).unwrap();
        rows
    }

    /// Runs a sequence from nothing. What is done is added to `script`.
    fn follow(&mut self, operations: &[Operation], script: &mut String) -> Result<(), String> {
        self.reset();
        let mut before = (Snapshot::new(), Tales::new());
        let mut writer = Writer { able: self.able, refresh: self.maintained.refresh_sql(), next_id: 0 };
        for operation in operations.iter().chain([&Operation::Refresh]) {
            for statement in writer.statements(operation) {
                let _ = writeln!(script, "{statement}");
                match operation {
                    Operation::Refresh => self.refresh(&mut before)?,
                    _ => self.run(&statement)?,
                }
            }
        }
        match self.maintained.notes(&mut self.client) {
            0 => Ok(()),
            notes => Err(format!("{notes} notes are left")),
        }
    }

    /// Runs random sequences until there were so many refreshes; the shortest one found that fails, as the operations
    /// and as a message.
    fn find(self, seed: u64, refreshes: u32) -> Result<Found, (Vec<Operation>, String)> {
        let able = self.able;
        let subject = RefCell::new(self);
        let config = Config { max_shrink_iters: 600, failure_persistence: None, ..Config::default() };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let strategy = operations(able);
        let mut runs = || {
            while subject.borrow().refreshes < refreshes {
                let tree = strategy.new_tree(&mut runner).map_err(TestError::Abort)?;
                runner.run_one(tree, |operations| {
                    let followed = subject.borrow_mut().follow(&operations, &mut String::new());
                    followed.map_err(TestCaseError::fail)
                })?;
            }
            Ok(())
        };
        match runs() {
            Ok(()) => {
                let Self { refreshes, reckoned, .. } = subject.into_inner();
                Ok(Found { refreshes, reckoned })
            }
            Err(TestError::Fail(why, operations)) => {
                let mut script = String::new();
                let again = subject.borrow_mut().follow(&operations, &mut script);
                let why = again.err().unwrap_or_else(|| format!("{why}, though not again"));
                let made: String = operations.iter().map(|operation| format!("\n  {operation:?}")).collect();
                let message = format!("{why}\nafter\n{script}\nfrom{made}\n{SEED}={seed} repeats this");
                Err((operations, message))
            }
            Err(abort) => panic!("{abort}"),
        }
    }
}

/// At least so many refreshes after random changes.
fn follows(id: &str, on_detach: Option<OnDetach>, refreshes: u32) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let definition = SessionDefinition::builder().id(id.parse().unwrap()).build().unwrap();
    let subject = Subject::new(&database, definition, &["event_type", "payload"], on_detach);
    match subject.find(seed(), refreshes) {
        Ok(found) => assert!(found.refreshes >= refreshes),
        Err((_, message)) => panic!("{message}"),
    }
}

#[test]
fn sequence_ids_follow_the_reference() {
    follows("sequence", None, 250);
}

#[test]
fn encoded_ids_follow_the_reference() {
    follows("encoded", None, 200);
}

#[test]
fn start_ids_follow_the_reference() {
    follows("start", None, 200);
}

#[test]
fn sequence_ids_follow_partitions() {
    follows("sequence", Some(OnDetach::Remove), 150);
}

#[test]
fn encoded_ids_follow_partitions_and_keep_those_that_go() {
    follows("encoded", Some(OnDetach::Keep), 150);
}

#[test]
fn start_ids_follow_partitions() {
    follows("start", Some(OnDetach::Remove), 150);
}

/// What is told equals what a program in Python makes of the events, which knows nothing of Spectrum and its SQL.
#[test]
fn attributes_follow_python() {
    for on_detach in [None, Some(OnDetach::Remove)] {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        let mut subject =
            Subject::new(&database, SessionDefinition::from_toml(ATTRIBUTES).unwrap(), &[], on_detach);
        subject.in_python = true;
        let wanted = 20 * times();
        match subject.find(seed(), wanted) {
            Ok(Found { refreshes, reckoned }) => {
                assert!(refreshes >= wanted && reckoned > 0);
                println!(
                    "{refreshes} refreshes, {reckoned} sessions reckoned in Python, none told otherwise"
                );
            }
            Err((_, message)) => panic!("{message}"),
        }
    }
}

/// What a summary can tell of the events that there are.
const TOLD: &str = r#"
[summary.columns]
entry = { first = "event_type" }
exit = { last = "campaign", where = "event_type <> 't3'", skip_null = true }
starts = { count = "event_type = 't1' or campaign is null" }
types = { count_distinct = "event_type" }
total = { sum = "event_id", where = "event_type in ('t0', 't1', 't4')" }
least = { min = "campaign" }
latest = { max = "occurred_at" }
ended = { any = "event_type = 't2'" }
body = { last = "payload ->> 'a'" }
long = { when = "duration_seconds >= 3600 or starts > 1 and entry = 't1' or started_by = 'split_on'" }
newcomer = { when = "started_by = 'first' and (starts > 0 or events > 2)" }
"#;

/// A definition with each rule once in a while, over the types of [`Writer`] and [`CAMPAIGN`].
fn random_rules(rng: &mut TestRng) -> String {
    let mut one_in = |n: u32| rng.next_u32().is_multiple_of(n);
    let mut events = String::new();
    let mut session = format!("gap = \"{}\"\n", if one_in(3) { "20m" } else { "30m" });
    let mut rule = |chance: u32, line: &str| {
        if one_in(chance) {
            let _ = writeln!(session, "{line}");
        }
    };
    rule(3, "at_gap = \"new\"");
    rule(3, "gap_when = [{ when = \"event_type = 't6'\", gap = \"1h30m\" }]");
    rule(4, "split_at = \"02:00\"\ntimezone = \"Europe/Paris\"");
    rule(3, "start_when = \"event_type = 't1'\"");
    rule(3, "end_when = \"event_type in ('t2')\"");
    rule(4, "max_duration = \"50m\"");
    rule(5, "max_events = 3");
    rule(3, "passive_when = \"event_type = 't3'\"");
    rule(3, "ignore_when = \"event_type = 't4' or campaign is null and event_type = 't7'\"");
    if one_in(2) {
        session += "split_on = [\"campaign\"]\n";
        if one_in(3) {
            session += "split_on_null = \"split\"\n";
        }
    }
    if one_in(3) {
        events += "where = \"event_type <> 't5'\"\n";
    }
    let id = if one_in(3) { "start" } else { "sequence" };
    let told = if one_in(2) { TOLD } else { "" };
    format!("[events]\n{events}[session]\n{session}id = \"{id}\"\n{told}")
}

/// At least so many refreshes under each of so many random definitions beyond the gap.
fn rules_follow(definitions: u32, carried: &[&str], on_detach: Option<OnDetach>, refreshes: u32) {
    let server = PrivatePostgres::shared().unwrap();
    let first = seed();
    let mut done = 0;
    while done < definitions {
        let seed = first.wrapping_add(u64::from(done));
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let toml = std::iter::repeat_with(|| random_rules(&mut rng));
        let mut read = toml.map(|toml| (SessionDefinition::from_toml(&toml).unwrap(), toml));
        let (definition, toml) = read.find(|(definition, _)| !definition.is_plain()).unwrap();
        let database = Database::empty(server);
        let subject = Subject::new(&database, definition, carried, on_detach);
        if let Err((_, message)) = subject.find(seed, refreshes) {
            panic!("{toml}\n{message}");
        }
        done += 1;
    }
}

/// How many random definitions a test tries, which this variable multiplies.
const TIMES: &str = "SPECTRUM_TEST_TIMES";

pub(super) fn times() -> u32 {
    std::env::var(TIMES).map_or(1, |given| given.parse().unwrap())
}

#[test]
fn rules_follow_the_reference() {
    rules_follow(8 * times(), &["payload"], None, 25);
}

#[test]
fn rules_follow_partitions() {
    rules_follow(3 * times(), &["payload"], Some(OnDetach::Remove), 25);
}

#[test]
fn rules_follow_partitions_and_keep_those_that_go() {
    rules_follow(3 * times(), &["event_type", "payload", "campaign"], Some(OnDetach::Keep), 25);
}

/// A test that found nothing in any case would be worthless, and so would one whose finds nobody can read.
#[test]
fn what_differs_is_found_and_shrunk_to_the_least() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut subject = Subject::new(&database, SessionDefinition::default(), &["event_type", "payload"], None);
    subject.reference = SessionDefinition::builder().gap("29m".parse().unwrap()).build().unwrap();
    let (operations, message) = subject.find(1, 1_000).unwrap_err();
    // Two events of one key with a pause of more than 29 and no more than 30 minutes would do.
    let changes = operations.iter().filter(|operation| !matches!(operation, Operation::Refresh)).count();
    assert!(changes <= 2 && operations.len() <= 4, "{message}");
    let (_, script) = message.split_once("after\n").unwrap();
    assert!(script.lines().count() <= 16, "{message}");
    assert!(message.contains("SPECTRUM_TEST_SEED=1 repeats this"), "{message}");
}

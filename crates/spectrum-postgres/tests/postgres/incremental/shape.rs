//! An events table of any types and names, and one change of every kind to it.

use spectrum_core::EpochUnit;
use spectrum_postgres::Deployment;
use spectrum_sql::postgres::{KeyComparison, TimeSubtraction};
use spectrum_sql::{TableName, identifier};
use spectrum_testkit::PrivatePostgres;

use super::{Maintained, defined};
use crate::refresh::Database;

/// A column: name, type, and its value in row `i` as SQL.
pub(super) type Column<'a> = (&'a str, &'a str, &'a str);

/// An events table of which a test says what differs.
pub(super) struct Shape<'a> {
    pub(super) table: TableName,
    pub(super) event_id: Column<'a>,
    pub(super) key: Vec<Column<'a>>,
    pub(super) time: Column<'a>,
    pub(super) carried: Vec<Column<'a>>,
    /// As in `PARTITION BY HASH (id)`.
    pub(super) partitioned: bool,
    pub(super) folds: bool,
    pub(super) id: &'a str,
    /// What a time of type bigint counts.
    pub(super) unit: Option<EpochUnit>,
}

const TEXT_KEY: Column<'_> = ("user_id", "text", "'u' || i % 4");

impl Default for Shape<'_> {
    fn default() -> Self {
        Self {
            table: TableName::parse("warehouse.fact_events").unwrap(),
            event_id: ("event_id", "bigint", "i"),
            key: vec![TEXT_KEY],
            time: ("occurred_at", "timestamptz", "'2026-01-05 10:00Z'::timestamptz + i * INTERVAL '7 min'"),
            carried: Vec::new(),
            partitioned: false,
            folds: false,
            id: "encoded",
            unit: None,
        }
    }
}

impl Shape<'_> {
    fn columns(&self) -> Vec<&Column<'_>> {
        [&self.event_id].into_iter().chain(&self.key).chain([&self.time]).chain(&self.carried).collect()
    }

    /// Adds the rows of a range of `i`.
    pub(super) fn insert(&self, from: i64, to: i64) -> String {
        let columns = self.columns();
        let names: Vec<String> = columns.iter().map(|(name, ..)| identifier(name)).collect();
        let values: Vec<&str> = columns.iter().map(|(_, _, value)| *value).collect();
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM generate_series({from}, {to}) i",
            self.table,
            names.join(", "),
            values.join(", ")
        )
    }

    /// Makes the table and deploys. The definition has the names of this shape.
    pub(super) fn deploy(
        &self,
        database: &Database,
        change: impl FnOnce(Deployment) -> Deployment,
    ) -> Maintained {
        let columns: Vec<String> =
            self.columns().iter().map(|(name, ty, _)| format!("{} {ty}", identifier(name))).collect();
        let partitions = match self.partitioned {
            false => String::new(),
            true => format!(
                " PARTITION BY HASH ({}); CREATE TABLE {} PARTITION OF {} FOR VALUES WITH (MODULUS 2, REMAINDER 0);
                 CREATE TABLE {} PARTITION OF {2} FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                identifier(self.event_id.0),
                self.table.beside("half % \"of\" it"),
                self.table,
                self.table.beside("the other's half"),
            ),
        };
        let schema = identifier(self.table.schema().unwrap());
        let mut client = database.connect();
        client
            .batch_execute(&format!(
                "CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {} ({}){partitions}; {}",
                self.table,
                columns.join(", "),
                self.insert(1, 40)
            ))
            .unwrap();
        let key: Vec<&str> = self.key.iter().map(|(name, ..)| *name).collect();
        let deployment = defined(|definition| {
            definition.event_id(self.event_id.0).time(self.time.0).key(key).id(self.id.parse().unwrap())
        });
        let carried = self.carried.iter().map(|(name, ..)| (*name).to_owned()).collect();
        let events = self.table.clone();
        let deployment = Deployment { carried, events, time_unit: self.unit, ..deployment };
        let deployment = change(deployment).checked().unwrap();
        let time = match (self.unit, self.time.1) {
            (Some(unit), _) => TimeSubtraction::Epoch(unit),
            (None, "date") => TimeSubtraction::Date,
            (None, _) => TimeSubtraction::Timestamp,
        };
        let folds = if self.folds { KeyComparison::CaseInsensitive } else { KeyComparison::Plain };
        let key = self
            .key
            .iter()
            .map(|(_, ty, _)| if ty.contains("citext") { folds } else { KeyComparison::Plain });
        Maintained::deploy_typed(database, deployment, time, key.collect())
    }

    /// One change of every kind, in order.
    pub(super) fn changes(&self) -> Vec<String> {
        let (table, id, time) = (&self.table, identifier(self.event_id.0), identifier(self.time.0));
        let text = format!("{id}::text");
        let (step, long) = match (self.unit, self.time.1) {
            (Some(unit), _) => {
                let minutes = |n: u64| (n * 60_000_000_000 / unit.nanoseconds()).to_string();
                (minutes(45), minutes(24 * 60))
            }
            (None, "date") => ("2".to_owned(), "40".to_owned()),
            (None, _) => ("INTERVAL '45 min'".to_owned(), "INTERVAL '1 day'".to_owned()),
        };
        let first = &self.key[0];
        let mut changes = vec![
            self.insert(41, 60),
            format!("UPDATE {table} SET {time} = {time} - {step} WHERE {text} LIKE '%3%'"),
            format!("UPDATE {table} SET {time} = {time} + {long} WHERE {text} LIKE '%7%'"),
            format!(
                "UPDATE {table} SET {} = (SELECT {} FROM generate_series(2, 2) i) WHERE {text} LIKE '%5%'",
                identifier(first.0),
                first.2
            ),
            format!(
                "UPDATE {table} SET {} = NULL WHERE {text} LIKE '%6%'",
                identifier(self.key[self.key.len() - 1].0)
            ),
            format!("DELETE FROM {table} WHERE {text} LIKE '%4%'"),
            format!(
                "SET session_replication_role = replica; {}; RESET session_replication_role",
                self.insert(61, 70)
            ),
        ];
        if let Some((name, _, value)) = self.carried.first() {
            changes.push(format!(
                "UPDATE {table} SET {} = (SELECT {value} FROM generate_series(9, 9) i) WHERE {text} LIKE '%1%'",
                identifier(name)
            ));
        }
        changes.extend([format!("TRUNCATE {table}"), self.insert(1, 10)]);
        changes
    }

    /// Makes every change and compares after each.
    pub(super) fn follows(&self) {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        self.follows_in(&database, |deployment| deployment);
    }

    pub(super) fn follows_in(&self, database: &Database, change: impl FnOnce(Deployment) -> Deployment) {
        let maintained = self.deploy(database, change);
        let mut client = database.connect();
        assert_eq!(maintained.differing(&mut client), Vec::<String>::new());
        for change in self.changes() {
            client.batch_execute(&change).unwrap();
            assert!(maintained.notes(&mut client) > 0, "not noted: {change}");
            maintained.refresh(&mut client);
            assert_eq!(maintained.notes(&mut client), 0);
        }
        let sql = format!("SELECT COUNT(*) FROM {}", maintained.deployment.sessions());
        assert_eq!(client.query_one(&sql, &[]).unwrap().get::<_, i64>(0), 10);
    }
}

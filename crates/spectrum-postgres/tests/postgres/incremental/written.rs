//! Operations as SQL.

use std::fmt::Write as _;

use super::operations::{Able, At, Event, Key, Operation, Set, Table, Which};

/// The first instant, at a whole ten minutes.
const BEGIN: &str = "2026-01-05 00:00:00Z";

/// The partitions, by where they begin. The last is itself partitioned, by a hash of the event's id.
pub(super) const PARTITIONS: &str = "
    CREATE TABLE warehouse.fact_events_0 PARTITION OF warehouse.fact_events
      FOR VALUES FROM (MINVALUE) TO ('2026-01-05 02:00Z');
    CREATE TABLE warehouse.fact_events_1 PARTITION OF warehouse.fact_events
      FOR VALUES FROM ('2026-01-05 02:00Z') TO ('2026-01-07 05:00Z');
    CREATE TABLE warehouse.fact_events_2 PARTITION OF warehouse.fact_events
      FOR VALUES FROM ('2026-01-07 05:00Z') TO (MAXVALUE) PARTITION BY HASH (event_id);
    CREATE TABLE warehouse.fact_events_2a PARTITION OF warehouse.fact_events_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE warehouse.fact_events_2b PARTITION OF warehouse.fact_events_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);";

/// The bounds of the first two, which are detached and attached.
const BOUNDS: [&str; 2] =
    ["FROM (MINVALUE) TO ('2026-01-05 02:00Z')", "FROM ('2026-01-05 02:00Z') TO ('2026-01-07 05:00Z')"];

/// A statement, and the rows that a COPY takes.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) rows: Option<String>,
}

impl std::fmt::Display for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{};", self.sql)?;
        self.rows.as_ref().map_or(Ok(()), |rows| write!(f, "\n{rows}\\."))
    }
}

impl Key {
    fn sql(self) -> String {
        let part = |letter: char, n: u8| match n {
            0 => "NULL::text".to_owned(),
            n => format!("'{letter}{n}'"),
        };
        format!("{}, {}", part('u', self.0), part('a', self.1))
    }
}

impl At {
    fn sql(self) -> String {
        let micros = if self.micros == 0 { String::new() } else { format!(" {} us", self.micros) };
        let minutes = (self.microseconds() - i64::from(self.micros)) / 60_000_000;
        format!("TIMESTAMPTZ '{BEGIN}' + INTERVAL '{minutes} min{micros}'")
    }
}

impl Which {
    fn sql(&self) -> String {
        match self {
            Self::All => "true".to_owned(),
            Self::Every { modulus, remainder } => format!("MOD(event_id, {modulus}) = {remainder}"),
            Self::Of(key) => format!("ROW(user_id, account_id) IS NOT DISTINCT FROM ROW({})", key.sql()),
            Self::Within { from, slots } => {
                let at = |slot| At { slot, micros: 0 }.sql();
                format!("occurred_at BETWEEN {} AND {}", at(*from), at(from + slots))
            }
        }
    }
}

impl Set {
    fn sql(&self) -> String {
        let later =
            |slots: i8| format!("occurred_at = occurred_at + INTERVAL '{} min'", i16::from(slots) * 10);
        match self {
            Self::Time(at) => format!("occurred_at = {}", at.sql()),
            Self::Later(slots) => later(*slots),
            Self::Key(key) => format!("(user_id, account_id) = ROW({})", key.sql()),
            Self::Type(n) => format!("event_type = 't{n}'"),
            Self::Payload(wide) => format!("payload = '{{\"a\":{}1}}'", if *wide { " " } else { "" }),
            Self::Id => "event_id = event_id + 1000000".to_owned(),
            Self::Nothing => "event_type = event_type".to_owned(),
        }
    }
}

impl Table {
    fn sql(self) -> String {
        let part = self.0.map(|part| format!("_{part}")).unwrap_or_default();
        format!("warehouse.fact_events{part}")
    }
}

/// The columns that are written, in their order.
const COLUMNS: &str = "event_id, user_id, account_id, occurred_at, event_type, payload";

/// The types of events, from `t0` on.
const TYPES: i64 = 8;

/// The type of a new event, which follows from its id.
fn type_of(id: i64) -> String {
    format!("t{}", (id * 5 + id / 7) % TYPES)
}

/// The same of a number in SQL.
fn type_in_sql(id: &str) -> String {
    format!("'t' || ({id} * 5 + {id} / 7) % {TYPES}")
}

/// Writes operations as SQL, and gives each new event the next id.
pub(super) struct Writer {
    pub(super) able: Able,
    pub(super) refresh: String,
    pub(super) next_id: i64,
}

impl Writer {
    fn rows(&mut self, events: &[Event]) -> String {
        let row = |event: &Event| {
            self.next_id += 1;
            let (id, ty) = (self.next_id, type_of(self.next_id));
            format!("({id}, {}, {}, '{ty}', '{{}}'::json)", event.key.sql(), event.at.sql())
        };
        events.iter().map(row).collect::<Vec<_>>().join(",\n  ")
    }

    fn copied(&mut self, events: &[Event]) -> String {
        let mut rows = String::new();
        for event in events {
            self.next_id += 1;
            let part = |letter: char, n: u8| if n == 0 { "\\N".to_owned() } else { format!("{letter}{n}") };
            let (user, account) = (part('u', event.key.0), part('a', event.key.1));
            let at = event.at.microseconds();
            let (day, at) = (5 + at.div_euclid(86_400_000_000), at.rem_euclid(86_400_000_000));
            let (seconds, micros) = (at / 1_000_000, at % 1_000_000);
            let clock =
                format!("{:02}:{:02}:{:02}.{micros:06}", seconds / 3600, seconds / 60 % 60, seconds % 60);
            let _ = writeln!(
                rows,
                "{}\t{user}\t{account}\t2026-01-{day:02} {clock}Z\t{}\t{{}}",
                self.next_id,
                type_of(self.next_id)
            );
        }
        rows
    }

    /// The statements of an operation, in order.
    pub(super) fn statements(&mut self, operation: &Operation) -> Vec<Statement> {
        let plain = |sql: String| vec![Statement { sql, rows: None }];
        let all = Table(None).sql();
        // A unique index of a partitioned table holds what the partitions are told apart by.
        let conflict = if self.able.partitioned { "event_id, occurred_at" } else { "event_id" };
        match operation {
            Operation::Insert(table, events) => {
                plain(format!("INSERT INTO {} VALUES\n  {}", table.sql(), self.rows(events)))
            }
            Operation::Beside(which, distance) => {
                let first = self.next_id;
                self.next_id += 3;
                plain(format!(
                    "INSERT INTO {all} SELECT {first} + ROW_NUMBER() OVER (ORDER BY event_id), user_id, account_id,
  occurred_at + INTERVAL '{} min {} us', {}, '{{}}' FROM {all} WHERE {} ORDER BY event_id LIMIT 3",
                    i16::from(distance.slots) * 10,
                    distance.micros,
                    type_in_sql(&format!("({first} + ROW_NUMBER() OVER (ORDER BY event_id))")),
                    which.sql()
                ))
            }
            Operation::Copy(table, events) => vec![Statement {
                sql: format!("COPY {} FROM STDIN", table.sql()),
                rows: Some(self.copied(events)),
            }],
            Operation::Upsert(which, key, new) => plain(format!(
                "INSERT INTO {all} SELECT event_id, {}, occurred_at, 't1', '{{}}'::json FROM {all} WHERE {}
UNION ALL VALUES {}
ON CONFLICT ({conflict}) DO UPDATE SET user_id = EXCLUDED.user_id, account_id = EXCLUDED.account_id, event_type = 't2'",
                key.sql(),
                which.sql(),
                self.rows(new)
            )),
            Operation::Merge(which, slots, new) if self.able.merge => plain(format!(
                "MERGE INTO {all} t USING (SELECT {COLUMNS} FROM {all} WHERE {}
  UNION ALL VALUES {}) s ON t.event_id = s.event_id AND t.occurred_at = s.occurred_at
WHEN MATCHED AND MOD(t.event_id, 3) = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET occurred_at = t.occurred_at + INTERVAL '{} min'
WHEN NOT MATCHED THEN INSERT VALUES (s.event_id, s.user_id, s.account_id, s.occurred_at, s.event_type, s.payload)",
                which.sql(),
                self.rows(new),
                i16::from(*slots) * 10
            )),
            Operation::Merge(..) => Vec::new(),
            Operation::Rewrite(which, key) => plain(format!(
                "WITH gone AS (DELETE FROM {all} WHERE {} RETURNING *)
INSERT INTO {all} SELECT event_id + 1000000, {}, occurred_at, event_type, payload FROM gone",
                which.sql(),
                key.sql()
            )),
            Operation::Update(table, which, set) => {
                plain(format!("UPDATE {} SET {} WHERE {}", table.sql(), set.sql(), which.sql()))
            }
            Operation::Delete(table, which) => {
                plain(format!("DELETE FROM {} WHERE {}", table.sql(), which.sql()))
            }
            Operation::Truncate(table) => plain(format!("TRUNCATE {}", table.sql())),
            Operation::Detach(part) => {
                plain(format!("ALTER TABLE {all} DETACH PARTITION {}", Table(Some(*part)).sql()))
            }
            Operation::Attach(part) => plain(format!(
                "ALTER TABLE {all} ATTACH PARTITION {} FOR VALUES {}",
                Table(Some(*part)).sql(),
                BOUNDS[usize::from(*part)]
            )),
            Operation::Transaction(parts, commits) => {
                let mut statements = plain("BEGIN".to_owned());
                for part in parts {
                    statements.extend(self.statements(part));
                }
                statements.extend(plain(if *commits { "COMMIT" } else { "ROLLBACK" }.to_owned()));
                statements
            }
            Operation::Undone(parts) => {
                let mut statements = plain("SAVEPOINT undone".to_owned());
                for part in parts {
                    statements.extend(self.statements(part));
                }
                statements.extend(plain("ROLLBACK TO SAVEPOINT undone".to_owned()));
                statements
            }
            Operation::Refresh => plain(self.refresh.clone()),
        }
    }
}

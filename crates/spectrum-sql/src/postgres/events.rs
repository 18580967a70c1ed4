//! What a query needs to know of the events: where they are, and the few types that change how SQL must be written.

use spectrum_core::{EpochUnit, SessionDefinition};

use crate::name::TableName;
use crate::quote::{identifier, identifiers};

/// A definition bound to an events table. The types of the default are those of the original: a time with date and
/// clock, and key columns that are compared as they are written.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    pub(super) definition: &'a SessionDefinition,
    pub(super) table: TableName,
    /// Another table whose events count as if they stood in the first.
    pub(super) also: Option<TableName>,
    pub(super) time: TimeSubtraction,
    pub(super) key: Vec<KeyComparison>,
    /// Where the operators of `citext` are.
    pub(super) citext_schema: Option<String>,
    pub(super) carried: Vec<String>,
    pub(super) deduplicated: bool,
    pub(super) without_null_times: bool,
    /// A condition on the rows, as SQL.
    pub(super) only: Option<String>,
    /// Whether times are instants that a zone shows as one time of day or another: `timestamptz`.
    pub(super) zoned: bool,
    /// Columns that the rule reads, and the type that each has to be cast to.
    pub(super) casts: Vec<(String, String)>,
    /// What values have to be cast to before a column of the summary, by its name, adds them up or compares them.
    pub(super) summary_casts: Vec<(String, String)>,
}

/// How times are subtracted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TimeSubtraction {
    /// `timestamp` or `timestamptz`: the difference is an interval.
    #[default]
    Timestamp,
    /// `date`: the difference would be a number of days.
    Date,
    /// `bigint`, which counts from 1970 in UTC: the difference is a number.
    Epoch(EpochUnit),
}

/// How a key column's values compare and are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum KeyComparison {
    /// Values are equal when their texts are.
    #[default]
    Plain,
    /// `citext`: values that differ in case are one value, so the id takes the lower-case text.
    CaseInsensitive,
}

impl<'a> Events<'a> {
    /// The events of a table.
    pub fn new(definition: &'a SessionDefinition, table: TableName) -> Self {
        Self {
            definition,
            table,
            also: None,
            time: TimeSubtraction::default(),
            key: vec![KeyComparison::default(); definition.key().len()],
            citext_schema: None,
            carried: Vec::new(),
            deduplicated: false,
            without_null_times: false,
            only: None,
            zoned: true,
            casts: Vec::new(),
            summary_casts: Vec::new(),
        }
    }

    /// Says whether times of [`TimeSubtraction::Timestamp`] are instants, as those of the default are.
    pub fn zoned(self, zoned: bool) -> Self {
        Self { zoned, ..self }
    }

    /// Casts columns that the rule reads before they are compared.
    pub fn casting(self, casts: Vec<(String, String)>) -> Self {
        Self { casts, ..self }
    }

    /// Casts values before a column of the summary, by its name, adds them up or compares them: to a type, or by a call with `{}`
    /// in the value's place.
    pub fn summing(self, summary_casts: Vec<(String, String)>) -> Self {
        Self { summary_casts, ..self }
    }

    /// Says what the columns are; `key` has one entry per key column.
    pub fn typed(self, time: TimeSubtraction, key: Vec<KeyComparison>) -> Self {
        Self { time, key, ..self }
    }

    /// How the columns of the key compare, in their order.
    pub fn key_comparisons(&self) -> &[KeyComparison] {
        &self.key
    }

    /// Adds columns that go along with every event.
    pub fn carrying(self, columns: &[String]) -> Self {
        Self { carried: columns.to_vec(), ..self }
    }

    /// Counts the events of another table too, which has the key columns, the time, the event id and what is carried.
    pub fn and_those_of(self, table: TableName) -> Self {
        Self { also: Some(table), ..self }
    }

    /// Says in which schema the extension `citext` stands, whose operators are named with it.
    pub fn with_citext_in(self, schema: Option<String>) -> Self {
        Self { citext_schema: schema, ..self }
    }

    /// Keeps only the earliest of the events that share an id; of equal times, the one with the smallest key.
    pub fn deduplicated(self, deduplicated: bool) -> Self {
        Self { deduplicated, ..self }
    }

    /// Leaves out events without a time.
    pub fn without_null_times(self, without_null_times: bool) -> Self {
        Self { without_null_times, ..self }
    }

    /// Keeps only the rows for which a condition, given as SQL, holds.
    pub fn only(self, condition: impl Into<String>) -> Self {
        Self { only: Some(condition.into()), ..self }
    }

    /// Whether a time is in the future by more than clocks differ: five minutes, and for times without a zone as long as the
    /// zone furthest to the east is ahead of UTC.
    pub(super) fn is_future(&self, time: &str) -> String {
        const CLOCKS: u64 = 5 * 60 * 1_000_000_000;
        const FURTHEST_EAST: u64 = 14 * 3_600 * 1_000_000_000;
        let (now, by) = match (self.time, self.zoned) {
            (TimeSubtraction::Epoch(_), _) | (TimeSubtraction::Timestamp, true) => (self.time.now(), CLOCKS),
            (TimeSubtraction::Timestamp, false) | (TimeSubtraction::Date, _) => {
                (self.time.now_without_zone(), FURTHEST_EAST + CLOCKS)
            }
        };
        format!("{time} > {now} + {}", self.time.length(by))
    }

    /// Events like these in a temporary table, under another definition.
    pub(super) fn of_found<'d>(
        &self,
        definition: &'d SessionDefinition,
        table: &'static str,
        carried: Vec<String>,
    ) -> Events<'d> {
        let table = TableName::temporary(table);
        let (casts, summary_casts) = (self.casts.clone(), self.summary_casts.clone());
        Events {
            time: self.time,
            zoned: self.zoned,
            casts,
            summary_casts,
            carried,
            ..Events::new(definition, table)
        }
    }

    /// What follows FROM for all events: the table, or a query with an alias.
    pub fn relation(&self) -> String {
        let Some(also) = &self.also else { return self.table.to_string() };
        let (key, time, event_id) = (self.key_list(), self.time_name(), self.event_id_name());
        let columns = format!("{key}, {time}, {event_id}{}", self.carried_list());
        format!("(SELECT {columns} FROM {} UNION ALL SELECT {columns} FROM {also}) AS events", self.table)
    }

    /// The key columns as a list.
    pub(super) fn key_list(&self) -> String {
        identifiers(self.definition.key().iter().map(String::as_str))
    }

    pub(super) fn time_name(&self) -> String {
        identifier(self.definition.time())
    }

    pub(super) fn event_id_name(&self) -> String {
        identifier(self.definition.event_id())
    }

    /// A column of this list, each after a comma, for the end of a list.
    pub(super) fn carried_list(&self) -> String {
        self.carried.iter().map(|name| format!(", {}", identifier(name))).collect()
    }

    /// `later - earlier` as an interval, whatever the type of the times.
    pub(super) fn difference(&self, later: &str, earlier: &str) -> String {
        self.time.difference(later, earlier)
    }

    /// The key columns, quoted, each with the operator that says whether two of its values are equal. No search path has
    /// to lead to it.
    pub(super) fn key_equality(&self) -> Vec<(String, String)> {
        let columns = self.definition.key().iter().zip(&self.key).map(|(name, ty)| {
            let operator = match (ty, &self.citext_schema) {
                (KeyComparison::CaseInsensitive, Some(schema)) => {
                    format!("OPERATOR({}.=)", identifier(schema))
                }
                _ => "=".to_owned(),
            };
            (identifier(name), operator)
        });
        columns.collect()
    }

    /// The texts of the key columns, in order.
    pub(super) fn key_texts(&self) -> Vec<String> {
        let texts = self.definition.key().iter().zip(&self.key).map(|(name, ty)| match ty {
            KeyComparison::Plain => format!("{}::TEXT", identifier(name)),
            KeyComparison::CaseInsensitive => format!("LOWER({}::TEXT)", identifier(name)),
        });
        texts.collect()
    }

    /// The columns that the rule or the summary reads, and that the sessions relation does not have.
    pub fn read_besides(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let of_rule = self.definition.rule().columns().iter().map(|read| read.column.name.as_str());
        for name in of_rule.chain(self.read_by_summary()) {
            let known = self.is_key_time_or_id(name) || self.carried.iter().any(|known| known == name);
            if !known && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Whether a column is of the key, the time or the event id.
    pub(super) fn is_key_time_or_id(&self, name: &str) -> bool {
        let definition = self.definition;
        definition.key().iter().any(|known| known == name)
            || [definition.time(), definition.event_id()].contains(&name)
    }

    /// A name, quoted, for a column of the query's own that no column has that is read or told.
    pub fn own_name(&self, wanted: &str) -> String {
        let definition = self.definition;
        let taken = |name: &str| {
            self.is_key_time_or_id(name)
                || self.carried.iter().any(|column| column == name)
                || definition.rule().columns().iter().any(|read| read.column.name == name)
                || definition.summary().iter().any(|told| told.name == name)
                || self.read_by_summary().contains(&name)
        };
        let mut name = wanted.to_owned();
        while taken(&name) {
            name.push('_');
        }
        identifier(&name)
    }
}

//! The columns of the events in a dialect's SQL, and names for the query's own.

use spectrum_core::SessionDefinition;

use super::check;
use super::expressions::Expressions;
use super::relation::Relation;
use super::types::{KeyType, TimeType, Types};
use super::{Dialect, Unsupported};

/// A definition and types that the dialect can express.
pub(super) struct Columns<'a> {
    pub(super) dialect: Dialect,
    pub(super) definition: &'a SessionDefinition,
    pub(super) types: &'a Types,
}

/// A name as the dialect's SQL: as it is where that is safe, otherwise quoted.
pub(super) fn name(dialect: Dialect, name: &str) -> String {
    let syntax = dialect.expressions();
    let plain_start = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain_start && plain && !syntax.is_reserved(name) { name.to_owned() } else { syntax.quoted(name) }
}

impl<'a> Columns<'a> {
    /// Refuses what the dialect cannot express.
    pub(super) fn checked(
        dialect: Dialect,
        definition: &'a SessionDefinition,
        types: &'a Types,
        relation: Relation,
    ) -> Result<Self, Unsupported> {
        check::columns(dialect, definition, types, relation)?;
        Ok(Self { dialect, definition, types })
    }

    pub(super) fn name(&self, column: &str) -> String {
        name(self.dialect, column)
    }

    /// Whether relations have no more than the gap asks for: without what [`crate::postgres::ruled_columns`] are for.
    pub(super) fn is_plain(&self) -> bool {
        let tells = !self.definition.summary().is_empty() && self.dialect.telling().is_some();
        self.definition.rule().is_plain_gap() && !tells
    }

    pub(super) fn time(&self) -> String {
        self.name(self.definition.time())
    }

    pub(super) fn event_id(&self) -> String {
        self.name(self.definition.event_id())
    }

    pub(super) fn time_type(&self, syntax: &dyn Expressions) -> TimeType {
        self.types.time.unwrap_or(syntax.usual_time())
    }

    /// The key columns as a list.
    pub(super) fn key(&self) -> String {
        self.definition.key().iter().map(|column| self.name(column)).collect::<Vec<_>>().join(", ")
    }

    /// What makes a partition of every key.
    pub(super) fn partition(&self, syntax: &dyn Expressions) -> String {
        self.partition_columns(syntax).join(", ")
    }

    /// The same, one column per entry.
    pub(super) fn partition_columns(&self, syntax: &dyn Expressions) -> Vec<String> {
        let apart = self.apart(syntax);
        let mut parts = Vec::new();
        for column in self.definition.key() {
            parts.push(self.name(column));
            parts.extend(apart.iter().find(|(of, ..)| of == column).map(|(_, own, _)| own.clone()));
        }
        parts
    }

    /// ORDER BY a number that is NULL where the time is.
    pub(super) fn order(&self, syntax: &dyn Expressions, number: &str) -> String {
        if self.types.without_null_times { number.to_owned() } else { syntax.nulls_last(number) }
    }

    /// What is to stand beside key columns, each after a comma, so that partitions are keys.
    pub(super) fn beside_key(&self, syntax: &dyn Expressions) -> String {
        let apart = self.apart(syntax);
        apart.iter().map(|(_, own, sql)| format!(",\n         {sql} AS {own}")).collect()
    }

    /// The names that these have.
    pub(super) fn named_beside_key(&self, syntax: &dyn Expressions) -> Vec<String> {
        self.apart(syntax).into_iter().map(|(_, own, _)| own).collect()
    }

    /// Key columns, a name of the query's own for the expression that tells their values apart, and its SQL.
    fn apart(&self, syntax: &dyn Expressions) -> Vec<(&'a str, String, String)> {
        let key = self.definition.key().iter().enumerate();
        let apart = key.filter_map(|(at, column)| {
            let sql = syntax.told_apart_by(&self.name(column), self.types.of_key(at))?;
            Some((column.as_str(), self.own(&format!("key_octets_{}", at + 1)), sql))
        });
        apart.collect()
    }

    /// The texts of the key columns, in order.
    pub(super) fn key_texts(&self, syntax: &dyn Expressions) -> Vec<String> {
        self.typed_key().map(|(column, ty)| syntax.text(&column, ty)).collect()
    }

    fn typed_key(&self) -> impl Iterator<Item = (String, &KeyType)> {
        let key = self.definition.key().iter().enumerate();
        key.map(|(at, column)| (self.name(column), self.types.of_key(at)))
    }

    /// The time, the event id and what is carried along, each after a comma.
    pub(super) fn others(&self) -> String {
        self.other_names().iter().map(|name| format!(", {name}")).collect()
    }

    /// The same, one by one.
    pub(super) fn other_names(&self) -> Vec<String> {
        let carried = self.types.carried.iter().map(|column| self.name(column));
        [self.time(), self.event_id()].into_iter().chain(carried).collect()
    }

    /// The key columns and the others of a step that is not alone behind FROM.
    pub(super) fn all_of(&self, step: &str) -> String {
        let others = [self.definition.time(), self.definition.event_id()];
        let carried = self.types.carried.iter().map(String::as_str);
        let all = self.definition.key().iter().map(String::as_str).chain(others).chain(carried);
        all.map(|column| format!("{step}.{}", self.name(column))).collect::<Vec<_>>().join(", ")
    }

    /// A name, quoted, for a column of the query's own that no column of the events has in any case of letters.
    pub(super) fn own(&self, wanted: &str) -> String {
        let definition = self.definition;
        let taken = |name: &str| {
            let named = [definition.time(), definition.event_id()];
            let columns = definition.key().iter().chain(&self.types.carried).map(String::as_str);
            // What the rule reads is not there in any other step, but where it is read an alias could be taken for it.
            let of_rule = definition.rule().columns().iter().map(|read| read.column.name.as_str());
            // What the summary tells has names of its own.
            let told = definition.summary().iter().map(|told| told.name.as_str());
            columns.chain(named).chain(of_rule).chain(told).any(|column| column.eq_ignore_ascii_case(name))
        };
        let mut own = wanted.to_owned();
        while taken(&own) {
            own.push('_');
        }
        self.name(&own)
    }

    /// A name for a step, which must not be read as the table behind FROM.
    pub(super) fn step(&self, wanted: &str, avoided: &[&str]) -> String {
        let mut step = wanted.to_owned();
        while avoided.iter().any(|name| name.eq_ignore_ascii_case(&step)) {
            step.push('_');
        }
        self.name(&step)
    }
}

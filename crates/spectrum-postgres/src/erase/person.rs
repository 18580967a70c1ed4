//! Whose rows they are, as a condition on the key.

use std::fmt;

use postgres::Transaction;
use postgres::error::SqlState;
use spectrum_sql::{TableName, identifier, literal};

use crate::catalog::or_near;
use crate::connect::under_session_path;
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::message;
use crate::remedy::Remedy;

/// What stands in the refresh log instead of a text that names something of a person.
const CLEARED: &str = "(text removed by spectrum erase)";

/// Checked columns of the key with values of their types.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Each with the operator that compares its values.
    key: Vec<(String, String, String)>,
    event_id: String,
    log: TableName,
}

impl Person {
    /// Checks columns and values.
    ///
    /// # Errors
    /// [`PgError::Refused`] with the columns there are; [`PgError::Statement`] with the server's words on a value.
    pub(super) fn new(
        transaction: &mut Transaction<'_>,
        fit: &Fit,
        key: &[(String, String)],
    ) -> Result<Self> {
        let definition = &fit.deployment.definition;
        if key.is_empty() {
            return Err(PgError::refused(message!["nobody is named; say who with ", Remedy::NamePerson]));
        }
        let mut seen = Vec::new();
        for (column, _) in key {
            if !definition.key().contains(column) {
                return Err(PgError::refused(format!(
                    "column '{column}' is not of the key ({}), and nothing else says whose a session is{}",
                    definition.key().join(", "),
                    or_near(column, definition.key().iter().map(String::as_str))
                )));
            }
            if seen.contains(&column) {
                return Err(PgError::refused(format!(
                    "column '{column}' is given twice; erase one after the other"
                )));
            }
            seen.push(column);
        }
        let equals = |column: &str| fit.column(column).map(|found| found.operator("=")).unwrap_or_default();
        let person = Self {
            key: key.iter().map(|(column, value)| (column.clone(), equals(column), value.clone())).collect(),
            event_id: identifier(definition.event_id()),
            log: fit.deployment.refresh_log(),
        };
        for (column, equals, value) in &person.key {
            let ty = fit.column(column).map(|column| column.ty.as_str()).unwrap_or_default();
            let sql = format!("SELECT FROM {} WHERE {} LIMIT 0", fit.events.name, is(column, equals, value));
            let doing = format!("reading '{value}' as a value of {column}, which is {ty}");
            transaction.query(&sql, &[]).while_doing(doing).map_err(|error| match error.code() {
                Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => PgError::refused(format!(
                    "row-level security hides rows of {} from this role, so nobody could say that all of a person are gone; \
                     connect as the owner of the table or as a role with BYPASSRLS",
                    fit.events.name
                )),
                _ => error,
            })?;
        }
        Ok(person)
    }

    /// The columns that are settled.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.key.iter().map(|(column, ..)| column.as_str())
    }

    /// The condition on a row. A value is a literal without a type, so that it takes that of the column: a cast to
    /// `varchar(5)` would cut it, and so mean somebody else.
    fn condition(&self) -> String {
        let conditions = self.key.iter().map(|(column, equals, value)| is(column, equals, value));
        conditions.collect::<Vec<_>>().join(" AND ")
    }

    /// How many rows of the person a relation holds.
    pub(super) fn rows(&self, transaction: &mut Transaction<'_>, relation: &TableName) -> Result<u64> {
        let sql = format!("SELECT COUNT(*) FROM {relation} WHERE {}", self.condition());
        let row = transaction.query_one(&sql, &[]).while_doing(format!("counting rows of {relation}"))?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }

    /// Deletes the person's rows of a relation, and says how many they were.
    pub(super) fn delete(&self, transaction: &mut Transaction<'_>, relation: &TableName) -> Result<u64> {
        let sql = format!("DELETE FROM {relation} WHERE {}", self.condition());
        let delete = |transaction: &mut Transaction<'_>| {
            transaction.execute(&sql, &[]).while_doing(format!("deleting rows of {relation}"))
        };
        under_session_path(transaction, delete)?
    }

    /// How many texts of the refresh log name one of the person's events, or a value of the key.
    pub(super) fn log_texts(&self, transaction: &mut Transaction<'_>, with_ids: &[TableName]) -> Result<u64> {
        let sql =
            format!("SELECT COUNT(*) FROM {} WHERE error IN ({})", self.log, self.telling_texts(with_ids));
        let row = transaction.query_one(&sql, &[]).while_doing("looking at the refresh log")?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }

    /// Clears these texts, and says how many they were.
    pub(super) fn clear_log(
        &self,
        transaction: &mut Transaction<'_>,
        deployment: &Deployment,
        with_ids: &[TableName],
    ) -> Result<u64> {
        let log = deployment.refresh_log();
        let sql = format!(
            "UPDATE {log} SET error = {} WHERE error IN ({})",
            literal(CLEARED),
            self.telling_texts(with_ids)
        );
        transaction.execute(&sql, &[]).while_doing("clearing the refresh log")
    }

    /// A query of the error texts in which one of the person's event ids, or a value of the key, stands as a word. Errors
    /// come again and again with the same text, so there are few.
    fn telling_texts(&self, with_ids: &[TableName]) -> String {
        let (event_id, condition) = (&self.event_id, self.condition());
        let ids = with_ids
            .iter()
            .map(|table| format!("SELECT {event_id}::text AS word FROM {table} WHERE {condition}"));
        let values = self.key.iter().map(|(.., value)| format!("SELECT {}::text", literal(value)));
        let words: Vec<String> = ids.chain(values).collect();
        // A backslash before what is neither letter nor digit takes its meaning away.
        let pattern = "'(^|[^[:alnum:]])' || regexp_replace(w.word, '([^[:alnum:]])', '\\\\\\1', 'g') || '($|[^[:alnum:]])'";
        format!(
            "SELECT t.error FROM (SELECT DISTINCT error FROM {} WHERE error IS NOT NULL) t
  WHERE EXISTS (SELECT FROM ({}) w WHERE w.word <> '' AND strpos(t.error, w.word) > 0 AND t.error ~ ({pattern}))",
            self.log,
            words.join(" UNION ALL ")
        )
    }
}

/// The condition on a column.
fn is(column: &str, equals: &str, value: &str) -> String {
    format!("{} {equals} {}", identifier(column), literal(value))
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.iter().map(|(column, _, value)| format!("{column} '{value}'"));
        f.write_str(&key.collect::<Vec<_>>().join(" and "))
    }
}

//! Asking PostgreSQL, and answers with the order and the types of their columns.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::Value;
use spectrum_testkit::PrivatePostgres;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// PostgreSQL's name of its type.
    pub ty: String,
}

/// Asks one query; see [`ask_all`].
pub fn ask(server: &PrivatePostgres, settings: &str, sql: &str) -> Result<Table> {
    let mut tables = ask_all(server, settings, &[sql.to_owned()])?;
    tables.pop().context("no answer")
}

/// Asks queries in one session, after its settings: `SET ROLE`, `SET search_path` and so on.
pub fn ask_all(server: &PrivatePostgres, settings: &str, queries: &[String]) -> Result<Vec<Table>> {
    let mut script = format!("{settings}\n");
    for sql in queries {
        // psql describes the query without running it; rows come as JSON, which tells NULL from a text and keeps
        // every digit of a number.
        script.push_str(&format!(
            "{sql}\n\\gdesc\n\\echo {END}\nSELECT row_to_json(answer) FROM (\n{sql}\n) AS answer;\n\\echo {END}\n"
        ));
    }
    let printed = server.run_script(&script).with_context(|| format!("asking\n{}", queries.join(";\n\n")))?;
    // No line of an answer is the same: rows begin with a brace.
    let end = format!("{END}\n");
    let mut parts = printed.split_terminator(&end);
    queries
        .iter()
        .map(|sql| {
            let (described, rows) =
                parts.next().zip(parts.next()).with_context(|| format!("no answer to\n{sql}"))?;
            table(described, rows)
        })
        .collect()
}

/// The line that psql prints behind each part.
const END: &str = "====";

fn table(described: &str, rows: &str) -> Result<Table> {
    let columns = described
        .lines()
        .map(|line| {
            let (name, ty) = line.rsplit_once('|').with_context(|| format!("psql described '{line}'"))?;
            Ok(Column { name: name.to_owned(), ty: ty.to_owned() })
        })
        .collect::<Result<Vec<_>>>()?;
    let rows = rows
        .lines()
        .map(|line| {
            let mut fields: HashMap<String, Value> = serde_json::from_str(line)?;
            Ok(columns.iter().map(|column| fields.remove(&column.name).unwrap_or_default()).collect())
        })
        .collect::<Result<_>>()?;
    Ok(Table { columns, rows })
}

impl Table {
    /// The column of this name, in the order of the rows.
    pub fn column(&self, name: &str) -> Option<Vec<&Value>> {
        let at = self.columns.iter().position(|column| column.name == name)?;
        Some(self.rows.iter().map(|row| &row[at]).collect())
    }
}

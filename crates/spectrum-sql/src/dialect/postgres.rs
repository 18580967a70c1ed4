//! PostgreSQL: the reference as it is.

use super::check::is_date;
use super::columns::Columns;
use super::types::KeyType;
use super::{Dialect, Unsupported};
use crate::name::TableName;
use crate::postgres::{self, Events, TimeType};

/// [`postgres::sessions_query`]; `from` is a table's quoted name.
pub(super) fn sessions(columns: &Columns<'_>, from: &str) -> Result<String, Unsupported> {
    let events = events(columns, from)?;
    Ok(match columns.types.numbered {
        true => postgres::numbered_sessions_query(&events),
        false => postgres::sessions_query(&events),
    })
}

/// [`postgres::summary_query`]; `from` is a table's quoted name.
pub(super) fn summary(columns: &Columns<'_>, from: &str) -> Result<String, Unsupported> {
    let relation = table(from)?;
    Ok(postgres::summary_query(&events(columns, from)?, &relation))
}

/// The summary of a step that is [`sessions`].
pub(super) fn summary_of_events(columns: &Columns<'_>, from: &str) -> Result<String, Unsupported> {
    let step = "all_sessions";
    let sessions = sessions(columns, from)?;
    let indented = sessions.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n");
    Ok(super::form::led_by(step, &indented, &summary(columns, step)?))
}

fn events<'a>(columns: &Columns<'a>, from: &str) -> Result<Events<'a>, Unsupported> {
    let time = if is_date(columns.types) { TimeType::Date } else { TimeType::Timestamp };
    let types = (0..columns.definition.key().len()).map(|at| match columns.types.of_key(at) {
        KeyType::CaseInsensitive => postgres::KeyType::CaseInsensitive,
        _ => postgres::KeyType::Plain,
    });
    Ok(Events::new(columns.definition, table(from)?)
        .typed(time, types.collect())
        .carrying(&columns.types.carried)
        .without_null_times(columns.types.without_null_times))
}

fn table(from: &str) -> Result<TableName, Unsupported> {
    TableName::parse(from).map_err(|refused| {
        Unsupported::new(Dialect::Postgres, format!("the table {from}"), refused.to_string())
    })
}

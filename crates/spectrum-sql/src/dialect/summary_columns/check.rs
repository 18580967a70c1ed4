//! What is refused of a summary's own columns before any SQL is written.

use spectrum_core::{Measure, SessionDefinition, SummaryColumn};

use super::super::expressions::Shape;
use super::super::plan::Plan;
use super::super::types::Types;
use super::super::{Asks, Dialect, Unsupported};
use super::read_by_summary;

/// Refuses columns that the dialect cannot tell.
pub(in crate::dialect) fn check(
    dialect: Dialect,
    definition: &SessionDefinition,
    types: &Types,
) -> Result<(), Unsupported> {
    let Some(first) = definition.summary().first() else { return Ok(()) };
    let is_reference = matches!(dialect.expressions().shape(types.plan), Shape::Reference);
    if !is_reference && dialect.telling().is_none() {
        return Err(Unsupported::new(
            dialect,
            format!("the summary column {}, whose aggregates are not written for it", first.name),
            "take [summary.columns] out, or run on files or in PostgreSQL, DuckDB, ClickHouse, Spark or DataFusion",
        ));
    }
    if types.plan == Plan::Merge {
        return Err(Unsupported::new(
            dialect,
            format!("the summary column {} by plan merge", first.name),
            "take plan window",
        ));
    }
    for column in definition.summary() {
        dialect.expressions().check_column(&column.name)?;
        value(dialect, definition, column, types, is_reference)?;
    }
    Ok(())
}

/// What is added up or compared needs a type, since engines differ in how they do.
fn value(
    dialect: Dialect,
    definition: &SessionDefinition,
    told: &SummaryColumn,
    types: &Types,
    is_reference: bool,
) -> Result<(), Unsupported> {
    let Some(column) = told.measure.column() else { return Ok(()) };
    if column.member.is_some() {
        return match (is_reference, &told.measure) {
            (true, Measure::Sum(_)) => Err(Unsupported::new(
                dialect,
                format!(
                    "summary column {}: the member {column} is a text, which cannot be added up",
                    told.name
                ),
                "make a column of the number in a view over the events, and name that",
            )),
            (true, _) => Ok(()),
            (false, _) => Err(Unsupported::member(dialect, column)),
        };
    }
    if matches!(told.measure, Measure::First(_) | Measure::Last(_)) {
        return Ok(());
    }
    let word = told.measure.word();
    match types.of_value(definition, &column.name) {
        None => Err(Unsupported::untold(
            dialect,
            format!(
                "summary column {}, a {word} of '{}', without the type of that column",
                told.name, column.name
            ),
            &column.name,
        )),
        Some(ty) => match ty.refused_by(&told.measure) {
            None => Ok(()),
            Some(why) => Err(Unsupported::new(
                dialect,
                format!("summary column {}: {word} of '{}', a {ty}, {why}", told.name, column.name),
                "name another column, or make one in a view over the events",
            )),
        },
    }
}

/// Refuses to read sessions that do not have what the summary reads.
pub(in crate::dialect) fn check_carried(
    dialect: Dialect,
    definition: &SessionDefinition,
    types: &Types,
) -> Result<(), Unsupported> {
    let missing = read_by_summary(definition)
        .into_iter()
        .find(|name| !types.carried.iter().any(|carried| carried == name));
    match missing {
        None => Ok(()),
        Some(column) => {
            let feature = format!("a summary that reads '{column}' from sessions that do not have it");
            let remedy = "read the events, or let the column go along with every event, there and here";
            let asks = Some(Asks::Carry(column.to_owned()));
            Err(Unsupported { asks, ..Unsupported::new(dialect, feature, remedy) })
        }
    }
}

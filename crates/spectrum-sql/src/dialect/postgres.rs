//! PostgreSQL: the reference as it is.

use spectrum_core::{Gap, Measure, SummaryColumn};

use super::columns::Columns;
use super::expressions::{Expressions, Shape};
use super::plan::Plan;
use super::steps::led_by;
use super::types::{KeyType, TimeType, Unit};
use super::value_type::ValueType;
use super::{Dialect, Unsupported};
use crate::keywords::is_keyword;
use crate::name::TableName;
use crate::postgres::{self, Events, KeyComparison, TimeSubtraction};
use crate::query::{SessionsQuery, SummaryQuery};

pub(super) struct Postgres;

impl Expressions for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn text(&self, column: &str, ty: &KeyType) -> String {
        match ty {
            KeyType::CaseInsensitive => format!("LOWER({})", self.digits(column)),
            _ => self.digits(column),
        }
    }

    fn digits(&self, number: &str) -> String {
        format!("{number}::TEXT")
    }

    /// Times are compared as they are.
    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        match ty.unit() {
            Unit::Microsecond => Ok(time.to_owned()),
            Unit::Nanosecond => Err(Unsupported::nanoseconds(self.dialect())),
        }
    }

    fn counts_nanoseconds(&self) -> bool {
        true
    }

    fn is_apart(&self, later: &str, earlier: &str, gap: Gap, ty: TimeType) -> Option<String> {
        Some(subtraction(Some(ty)).is_apart(later, earlier, gap))
    }

    /// It is where they stand anyway.
    fn nulls_last(&self, number: &str) -> String {
        number.to_owned()
    }

    fn shape(&self, _plan: Plan) -> Shape<'_> {
        Shape::Reference
    }

    fn between_parts(&self) -> &'static str {
        " || "
    }

    fn has_all_key_types(&self) -> bool {
        true
    }

    /// [`TableName`] refuses what is not a name, in its own words.
    fn check_table(&self, _parts: &[&str]) -> Result<(), Unsupported> {
        Ok(())
    }

    fn ignores_case(&self) -> bool {
        false
    }

    fn is_reserved(&self, word: &str) -> bool {
        is_keyword(word)
    }

    /// [`postgres`] has words of its own for all that rules say.
    fn civil_seconds(&self, seconds: &str, _zone: &str) -> Result<String, Unsupported> {
        Ok(seconds.to_owned())
    }
}

/// [`postgres::sessions_query`]; `from` is a table's quoted name.
pub(super) fn sessions(columns: &Columns<'_>, from: &str) -> Result<SessionsQuery, Unsupported> {
    Ok(postgres::sessions_in_parts(&events(columns, from)?))
}

/// [`postgres::summary_query`]; `from` is a table's quoted name.
pub(super) fn summary(columns: &Columns<'_>, from: &str) -> Result<SummaryQuery, Unsupported> {
    let relation = table(from)?;
    Ok(postgres::summary_and_columns(&events(columns, from)?, &relation))
}

/// The summary of a step that is [`sessions`].
pub(super) fn summary_of_events(columns: &Columns<'_>, from: &str) -> Result<String, Unsupported> {
    let step = "all_sessions";
    let sessions = sessions(columns, from)?.text(columns.types.numbered);
    let indented = sessions.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n");
    Ok(led_by(step, &indented, &summary(columns, step)?.text))
}

fn events<'a>(columns: &Columns<'a>, from: &str) -> Result<Events<'a>, Unsupported> {
    let types = (0..columns.definition.key().len()).map(|at| match columns.types.of_key(at) {
        KeyType::CaseInsensitive => KeyComparison::CaseInsensitive,
        _ => KeyComparison::Plain,
    });
    Ok(Events::new(columns.definition, table(from)?)
        .typed(subtraction(columns.types.time), types.collect())
        .summing(casts(columns))
        .zoned(matches!(columns.types.time, Some(TimeType::TimestampTz(_))))
        .carrying(&columns.types.carried)
        .without_null_times(columns.types.without_null_times))
}

/// What values have to be cast to before they are added up or compared, by the type that was said.
fn casts(columns: &Columns<'_>) -> Vec<(String, String)> {
    let cast = |told: &SummaryColumn| {
        let column = told.measure.column().filter(|column| column.member.is_none())?;
        let ty = columns.types.of_value(columns.definition, &column.name)?;
        let cast = match (&told.measure, ty) {
            (Measure::Sum(_), ValueType::Integer) => "NUMERIC",
            (Measure::Sum(_), ValueType::Real) => "FLOAT8",
            (Measure::Min(_) | Measure::Max(_), ValueType::Decimal(_)) => "TRIM_SCALE({})",
            (Measure::Min(_) | Measure::Max(_), ValueType::Double | ValueType::Real) => "({} + 0)::FLOAT8",
            (
                Measure::Min(_) | Measure::Max(_) | Measure::CountDistinct(_),
                ValueType::Text | ValueType::Uuid,
            ) => "TEXT COLLATE \"C\"",
            _ => return None,
        };
        Some((told.name.clone(), cast.to_owned()))
    };
    columns.definition.summary().iter().filter_map(cast).collect()
}

fn subtraction(time: Option<TimeType>) -> TimeSubtraction {
    match time {
        Some(TimeType::Date) => TimeSubtraction::Date,
        Some(TimeType::Epoch(unit)) => TimeSubtraction::Epoch(unit),
        Some(TimeType::Timestamp(_) | TimeType::TimestampTz(_)) | None => TimeSubtraction::Timestamp,
    }
}

fn table(from: &str) -> Result<TableName, Unsupported> {
    TableName::parse(from).map_err(|refused| {
        Unsupported::new(Dialect::Postgres, format!("the table {from}"), refused.to_string())
    })
}

//! What the declared columns of a summary say of all sessions: averages and totals, shares, the most frequent values.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_schema::{ArrowError, DataType};
use spectrum_core::{Decimal, Measure, SummaryColumn};

use crate::error::{EngineError, Result, ToldError};
use crate::told::Told;

/// How many of the most frequent values are named.
const MOST_FREQUENT: usize = 3;

/// A column that the definition declares for its summary, over all sessions.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Attribute {
    /// The column, as it was declared.
    pub column: SummaryColumn,
    /// Sessions that have a value there.
    pub known: u64,
    /// Sessions where it is NULL.
    pub nulls: u64,
    /// What the values come to.
    pub values: AttributeValues,
}

/// The values of a column, all NULLs left out.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum AttributeValues {
    /// Counts, sums, and the least and greatest of numbers.
    Numbers {
        /// Their average; `None` where there are none.
        average: Option<f64>,
        /// Their sum, where adding them up means something: of counts and sums.
        total: Option<Total>,
    },
    /// True or false.
    Truths {
        /// Sessions for which it is true.
        yes: u64,
    },
    /// Any others: those of events, texts, times.
    Others {
        /// How many there are.
        distinct: u64,
        /// The three that most sessions have, most first and equally many in the order of their texts.
        most_frequent: Vec<(String, u64)>,
    },
}

/// A sum over all sessions.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Total {
    /// Of counts.
    Whole(u64),
    /// Of whole numbers and decimals, with all of its digits.
    Exact(Decimal),
    /// Of floating point.
    Float(f64),
}

/// The declared columns, in their order.
pub(crate) fn attributes(declared: &[SummaryColumn], told: &Told) -> Result<Vec<Attribute>> {
    let of = |(column, (_, values)): (&SummaryColumn, &(_, ArrayRef))| {
        let nulls = values.null_count() as u64;
        let found = of_type(&column.measure, values)
            .map_err(|source| EngineError::Arrow { name: column.name.clone(), source })?
            .ok_or_else(|| ToldError::SumTooLong(column.name.clone()))?;
        Ok(Attribute { column: column.clone(), known: values.len() as u64 - nulls, nulls, values: found })
    };
    declared.iter().zip(&told.columns).map(of).collect()
}

/// What can be made of values, and `None` where their sum has more digits than there is room for.
type Summed<T> = std::result::Result<Option<T>, ArrowError>;

fn of_type(measure: &Measure, values: &ArrayRef) -> Summed<AttributeValues> {
    if let Some(truths) = values.as_boolean_opt() {
        return Ok(Some(AttributeValues::Truths { yes: truths.true_count() as u64 }));
    }
    Ok(match measure {
        Measure::Count(_) | Measure::CountDistinct(_) | Measure::Sum(_) => numbers(measure, values)?,
        Measure::Min(_) | Measure::Max(_) => match as_numbers(values)? {
            Some(numbers) => self::numbers(measure, &numbers)?,
            None => Some(others(values)?),
        },
        _ => Some(others(values)?),
    })
}

/// Values as numbers: those that are, and texts that all stand for some, which is how text formats have numbers.
fn as_numbers(values: &ArrayRef) -> std::result::Result<Option<ArrayRef>, ArrowError> {
    if values.data_type().is_numeric() {
        return Ok(Some(values.clone()));
    }
    let Some(texts) = values.as_string_opt::<i32>() else { return Ok(None) };
    let are_numbers =
        texts.null_count() < texts.len() && texts.iter().flatten().all(|text| Decimal::parse(text).is_some());
    are_numbers.then(|| cast(values, &DataType::Float64)).transpose()
}

fn numbers(measure: &Measure, values: &ArrayRef) -> Summed<AttributeValues> {
    let known = (values.len() - values.null_count()) as f64;
    let Some(sum) = sum(values)? else { return Ok(None) };
    let total = match (measure, sum) {
        (Measure::Count(_), Total::Exact(sum)) => u64::try_from(sum.digits()).ok().map(Total::Whole),
        (Measure::Sum(_), sum) if known > 0.0 => Some(sum),
        _ => None,
    };
    let sum = match sum {
        Total::Whole(sum) => sum as f64,
        Total::Exact(sum) => sum.to_string().parse().unwrap_or(f64::NAN),
        Total::Float(sum) => sum,
    };
    Ok(Some(AttributeValues::Numbers { average: (known > 0.0).then(|| sum / known), total }))
}

/// The sum of all values, exact but of floating point.
fn sum(values: &ArrayRef) -> Summed<Total> {
    if values.data_type().is_floating() {
        let floats = cast(values, &DataType::Float64)?;
        return Ok(Some(Total::Float(floats.as_primitive::<Float64Type>().iter().flatten().sum())));
    }
    let scale = match values.data_type() {
        DataType::Decimal128(_, scale) => *scale,
        _ => 0,
    };
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    let decimals = cast_with_options(values, &DataType::Decimal128(38, scale), &exact)?;
    let decimals = decimals.as_primitive::<Decimal128Type>();
    let mut sum = Decimal::new(0, scale.unsigned_abs());
    for digits in decimals.iter().flatten() {
        match sum.checked_add(Decimal::new(digits, scale.unsigned_abs())) {
            Some(more) => sum = more,
            None => return Ok(None),
        }
    }
    Ok(Some(Total::Exact(sum)))
}

fn others(values: &ArrayRef) -> std::result::Result<AttributeValues, ArrowError> {
    let format = FormatOptions::default();
    // Names of zones need a table of zones, and the instants are UTC in any case.
    let values = &match values.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            cast(values, &DataType::Timestamp(*unit, Some("+00:00".into())))?
        }
        _ => Arc::clone(values),
    };
    let formatter = ArrayFormatter::try_new(values, &format)?;
    let mut sessions_of: HashMap<String, u64> = HashMap::new();
    for row in (0..values.len()).filter(|row| values.is_valid(*row)) {
        *sessions_of.entry(formatter.value(row).try_to_string()?).or_default() += 1;
    }
    let distinct = sessions_of.len() as u64;
    let mut all: Vec<_> = sessions_of.into_iter().collect();
    all.sort_unstable_by(|(text, many), (other, as_many)| {
        (Reverse(many), text).cmp(&(Reverse(as_many), other))
    });
    all.truncate(MOST_FREQUENT);
    Ok(AttributeValues::Others { distinct, most_frequent: all })
}

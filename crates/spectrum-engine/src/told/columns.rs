//! What was told, as columns of a table: a value per session.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, StringArray};
use arrow_cast::cast;
use arrow_schema::{DataType, Field};
use spectrum_core::internals::truths;
use spectrum_core::{Decimal, EventColumn, Measure};

use super::state::State;
use super::value::Value;
use super::{Plan, SHELVES, Told};
use crate::error::{EngineError, Result, RuleError};
use crate::labelled::Labelled;
use crate::sessions_table::seconds_between;

/// The digits of a sum.
const DIGITS: u8 = 38;

/// The columns in the order of the definition. `types` are those of the values that were read, as far as
/// there were any, and `are_numbers` says where all texts stand for numbers.
pub(super) fn columns(
    plan: &Plan<'_>,
    shelves: Vec<Vec<Option<State>>>,
    types: &[Option<DataType>],
    are_numbers: &[bool],
    labelled: &Labelled,
) -> Result<Told> {
    let sessions = labelled.resolution.sessions.len();
    let width = plan.measured.len();
    let mut values: Vec<Vec<Option<Value>>> = vec![vec![None; sessions]; width];
    for (shelf, states) in shelves.into_iter().enumerate() {
        for (at, state) in states.into_iter().enumerate() {
            values[at % width][at / width * SHELVES + shelf] =
                state.and_then(|state| state.told(are_numbers[at % width]));
        }
    }
    let mut measured: Vec<(Field, ArrayRef)> = Vec::new();
    for ((told, values), data_type) in plan.measured.iter().zip(values).zip(types) {
        let array = array(&told.measure, values, data_type.as_ref());
        let array = array.map_err(|source| EngineError::Arrow { name: told.name.clone(), source })?;
        measured.push((Field::new(&told.name, array.data_type().clone(), true), array));
    }
    let mut all = Vec::new();
    let mut next = measured.clone().into_iter();
    for told in plan.definition.summary() {
        match &told.measure {
            Measure::When(predicate) => {
                let (names, columns) = readable(&measured, labelled);
                let known = truths(predicate, &names, &columns, sessions);
                let known = known.map_err(|what| RuleError::Value {
                    place: format!("summary column '{}'", told.name),
                    what: Box::new(what),
                })?;
                let array: ArrayRef = Arc::new(known.into_iter().collect::<BooleanArray>());
                all.push((Field::new(&told.name, DataType::Boolean, true), array));
            }
            _ => all.extend(next.next()),
        }
    }
    Ok(Told { columns: all })
}

/// What a condition on the summary can read.
fn readable(measured: &[(Field, ArrayRef)], labelled: &Labelled) -> (Vec<EventColumn>, Vec<ArrayRef>) {
    let sessions = &labelled.resolution.sessions;
    let seconds =
        sessions.all().map(|s| seconds_between(sessions.start(s), sessions.end(s), sessions.unit()));
    let events = sessions.all().map(|session| sessions.events(session) as i64);
    let reasons = sessions.all().map(|session| sessions.started_by(session).name());
    let built_in: [(&str, ArrayRef); 3] = [
        ("duration_seconds", Arc::new(Float64Array::from_iter_values(seconds))),
        ("events", Arc::new(Int64Array::from_iter_values(events))),
        ("started_by", Arc::new(StringArray::from_iter_values(reasons))),
    ];
    let own = measured.iter().map(|(field, array)| (field.name().as_str(), Arc::clone(array)));
    built_in.into_iter().chain(own).map(|(name, array)| (EventColumn::whole(name), array)).unzip()
}

fn array(
    measure: &Measure,
    values: Vec<Option<Value>>,
    data_type: Option<&DataType>,
) -> std::result::Result<ArrayRef, arrow_schema::ArrowError> {
    let whole = |values: &[Option<Value>]| -> ArrayRef {
        Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Some(Value::Number(number)) => i64::try_from(number.digits()).ok(),
                    Some(Value::Time(time)) => Some(*time),
                    _ => None,
                })
                .collect::<Int64Array>(),
        )
    };
    match (measure, data_type) {
        (Measure::Count(_) | Measure::CountDistinct(_), _) => Ok(whole(&values)),
        (Measure::Any(_), _) => Ok(booleans(&values)),
        (Measure::Sum(_), Some(DataType::Float16 | DataType::Float32 | DataType::Float64)) => {
            Ok(floats(&values))
        }
        (Measure::Sum(_), Some(DataType::Decimal128(_, scale))) => decimals(&values, scale.unsigned_abs()),
        (Measure::Sum(_), _) => {
            let scale = values.iter().filter_map(|value| match value {
                Some(Value::Number(number)) => Some(number.scale()),
                _ => None,
            });
            decimals(&values, scale.max().unwrap_or_default())
        }
        (_, Some(DataType::Boolean)) => Ok(booleans(&values)),
        (_, Some(data_type @ DataType::Decimal128(_, scale))) => {
            cast(&decimals(&values, scale.unsigned_abs())?, data_type)
        }
        (_, Some(DataType::UInt64)) => cast(&decimals(&values, 0)?, &DataType::UInt64),
        (_, Some(data_type)) if data_type.is_integer() || data_type.is_temporal() => {
            let numbers = whole(&values);
            match data_type {
                DataType::Date32 => cast(&cast(&numbers, &DataType::Int32)?, data_type),
                _ => cast(&numbers, data_type),
            }
        }
        (_, Some(data_type)) if data_type.is_floating() => cast(&floats(&values), data_type),
        _ => Ok(Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Some(Value::Text(text)) => Some(text.as_ref()),
                    _ => None,
                })
                .collect::<StringArray>(),
        )),
    }
}

fn booleans(values: &[Option<Value>]) -> ArrayRef {
    let truth = |value: &Option<Value>| match value {
        Some(Value::Boolean(truth)) => Some(*truth),
        _ => None,
    };
    Arc::new(values.iter().map(truth).collect::<BooleanArray>())
}

fn floats(values: &[Option<Value>]) -> ArrayRef {
    let number = |value: &Option<Value>| match value {
        Some(Value::Float(number)) => Some(*number),
        _ => None,
    };
    Arc::new(values.iter().map(number).collect::<Float64Array>())
}

fn decimals(values: &[Option<Value>], scale: u8) -> std::result::Result<ArrayRef, arrow_schema::ArrowError> {
    let at_scale = |number: &Decimal| number.at_scale(scale);
    let digits = values.iter().map(|value| match value {
        Some(Value::Number(number)) => at_scale(number),
        _ => None,
    });
    let array = digits.collect::<Decimal128Array>();
    Ok(Arc::new(array.with_precision_and_scale(DIGITS, scale.cast_signed())?))
}

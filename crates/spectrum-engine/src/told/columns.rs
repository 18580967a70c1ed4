//! What was told, as columns of a table: a value per session.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, StringArray, new_null_array,
};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};
use spectrum_core::{Decimal, Measure, SummaryColumn};

use super::event_ids::EventId;
use super::moment::Event;
use super::state::State;
use super::state::extremes::{Extremes, Kept};
use super::state::sums::Sums;
use super::sum_column::sum_column;
use crate::error::{EngineError, Result};

/// The digits of a decimal.
const DIGITS: u8 = 38;

/// One column from the states of all shelves, but for what is picked. `data_type` is that of the values, and `are_numbers` says
/// whether all texts stand for numbers.
pub(super) fn column(
    told: &SummaryColumn,
    shelves: Vec<State>,
    data_type: Option<&DataType>,
    are_numbers: bool,
    ids: &HashMap<Event, EventId>,
) -> Result<ArrayRef> {
    let (mut counts, mut truths, mut sums, mut extremes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for state in shelves {
        match state {
            State::Counts(of_shelf) => counts.extend(of_shelf.into_iter().map(|count| count as i64)),
            State::Distinct(distinct) => counts.extend(distinct.into_counts()),
            State::Any(of_shelf) => truths.extend(of_shelf),
            State::Sums(of_shelf) => sums.push(of_shelf),
            State::Extremes(of_shelf) => extremes.push(of_shelf),
            State::Picks(_) => {}
        }
    }
    match told.measure {
        Measure::Any(_) => Ok(Arc::new(BooleanArray::from(truths))),
        Measure::Sum(_) => self::sums(&told.name, sums, data_type, ids),
        Measure::Min(_) | Measure::Max(_) => self::extremes(extremes, data_type, are_numbers)
            .map_err(|source| EngineError::Arrow { name: told.name.clone(), source }),
        _ => Ok(Arc::new(Int64Array::from(counts))),
    }
}

fn sums(
    name: &str,
    mut shelves: Vec<Sums>,
    data_type: Option<&DataType>,
    ids: &HashMap<Event, EventId>,
) -> Result<ArrayRef> {
    let scale = match data_type {
        Some(data_type) if data_type.is_floating() => {
            let sums = shelves.iter_mut().flat_map(|shelf| shelf.float_sums(ids));
            return Ok(Arc::new(sums.collect::<Float64Array>()));
        }
        Some(
            DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale),
        ) => Some(scale.unsigned_abs()),
        // Of texts, and of whole numbers: as many digits behind the point as any has.
        _ => None,
    };
    let sums: Vec<Option<Decimal>> = shelves.into_iter().flat_map(Sums::into_exact).collect();
    sum_column(name, &sums, scale)
}

fn extremes(
    shelves: Vec<Extremes>,
    data_type: Option<&DataType>,
    are_numbers: bool,
) -> std::result::Result<ArrayRef, ArrowError> {
    let data_type = data_type.unwrap_or(&DataType::Utf8);
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(shelves.len());
    for shelf in shelves {
        let sessions = shelf.sessions;
        columns.push(match shelf.kept {
            Kept::Nothing => new_null_array(data_type, sessions),
            Kept::Texts(texts) => Arc::new(texts.into_iter().collect::<StringArray>()),
            Kept::Either(either) => {
                let texts = either.into_iter().map(|either| either.into_text(are_numbers));
                Arc::new(texts.collect::<StringArray>())
            }
            Kept::Times(times) => {
                let texts = times.into_iter().map(|time| time.map(|(_, text)| text));
                Arc::new(texts.collect::<StringArray>())
            }
            Kept::Booleans(truths) => Arc::new(truths.into_values().collect::<BooleanArray>()),
            Kept::Floats(numbers) => cast(&numbers.into_values().collect::<Float64Array>(), data_type)?,
            Kept::Whole(numbers) => {
                let numbers = numbers.into_values().collect::<Int64Array>();
                match data_type {
                    DataType::Date32 => cast(&cast(&numbers, &DataType::Int32)?, data_type)?,
                    _ => cast(&numbers, data_type)?,
                }
            }
            Kept::Decimal(numbers) => {
                let numbers = numbers.into_values().collect::<Decimal128Array>();
                match data_type {
                    DataType::Decimal128(precision, scale) => {
                        Arc::new(numbers.with_precision_and_scale(*precision, *scale)?)
                    }
                    DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) => {
                        cast(&numbers.with_precision_and_scale(DIGITS, *scale)?, data_type)?
                    }
                    _ => cast(&numbers.with_precision_and_scale(DIGITS, 0)?, data_type)?,
                }
            }
        });
    }
    let columns: Vec<&dyn arrow_array::Array> = columns.iter().map(AsRef::as_ref).collect();
    arrow_select::concat::concat(&columns)
}

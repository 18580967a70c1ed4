//! The ids of a few events, which settle the order of those at one time. They are read last and only where they decide.

use std::collections::{HashMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::moment::{Event, Moments};
use super::pass::Pass;
use super::value::Values;
use crate::error::{EngineError, Result};

/// What orders events of one time: whole numbers, texts by their bytes, and nothing where there are no event ids.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum EventId {
    Number(i64),
    Text(Box<str>),
    Bytes(Box<[u8]>),
    None,
}

/// Reads the ids of events. Only parts that have some of them are read.
pub(super) fn read(pass: &Pass<'_>, events: &HashSet<Event>) -> Result<HashMap<Event, EventId>> {
    let parts: HashSet<usize> = events.iter().map(|event| event.part()).collect();
    let is_text = pass.is_text();
    let found = pass.each_batch(
        |part| parts.contains(&part),
        |_, _| HashMap::new(),
        |found: &mut HashMap<Event, EventId>, batch, moments| {
            let ids = Ids::of(&batch.columns[0], is_text)
                .map_err(|source| EngineError::Arrow { name: batch.whereabouts.file(), source })?;
            found.extend(of_rows(&ids, moments, events));
            Ok(())
        },
    )?;
    Ok(found.into_iter().flatten().collect())
}

fn of_rows<'a>(
    ids: &'a Ids,
    moments: &'a Moments<'_>,
    events: &'a HashSet<Event>,
) -> impl Iterator<Item = (Event, EventId)> + 'a {
    let rows = (0..moments.rows).map(|row| (row, moments.event(row)));
    rows.filter(|(_, event)| events.contains(event)).map(|(row, event)| (event, ids.at(row)))
}

/// The ids of a batch.
struct Ids {
    column: ArrayRef,
    values: Option<Values>,
    is_text: bool,
}

impl Ids {
    fn of(column: &ArrayRef, is_text: bool) -> std::result::Result<Self, arrow_schema::ArrowError> {
        Ok(Self { column: column.clone(), values: Values::of(column)?, is_text })
    }

    fn at(&self, row: usize) -> EventId {
        if self.column.is_null(row) {
            return EventId::None;
        }
        let number = |digits: i128| match i64::try_from(digits) {
            Ok(whole) => EventId::Number(whole),
            Err(_) => EventId::Text(digits.to_string().into()),
        };
        match &self.values {
            Some(Values::Texts(texts)) => match texts.at(row) {
                // Where a format has no types, whole numbers are meant by what looks like them.
                Some(text) => match text.parse() {
                    Ok(whole) if self.is_text => EventId::Number(whole),
                    _ => EventId::Text(text.into()),
                },
                None => EventId::None,
            },
            Some(Values::Whole(values)) => EventId::Number(values.value(row)),
            Some(Values::Decimal(values, 0)) => number(values.value(row)),
            Some(Values::Decimal(values, scale)) => {
                EventId::Text(spectrum_core::Decimal::new(values.value(row), *scale).to_string().into())
            }
            Some(Values::Float(values)) => EventId::Text(values.value(row).to_string().into()),
            Some(Values::Boolean(values)) => EventId::Text(values.value(row).to_string().into()),
            None if matches!(self.column.data_type(), DataType::FixedSizeBinary(_)) => {
                EventId::Bytes(self.column.as_fixed_size_binary().value(row).into())
            }
            None => EventId::None,
        }
    }
}

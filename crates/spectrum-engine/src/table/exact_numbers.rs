//! Columns of NDJSON that would be doubles, and hold an integer that a double would round, such as an id of 64 bits without
//! sign. They are kept as text, at any depth.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Schema};
use serde_json::value::RawValue;

use super::TableSource;
use crate::error::{EngineError, Result};
use crate::text::blocks::Blocks;
use crate::text::ndjson::members;
use crate::text::ndjson_file::lines;

/// The schema with text for these columns.
pub(super) fn with_exact_integers(source: TableSource<'_>, schema: &Schema) -> Result<Schema> {
    let mut columns: Vec<(String, Doubles)> = schema
        .fields()
        .iter()
        .filter_map(|field| Some((field.name().clone(), Doubles::of(field.data_type())?)))
        .collect();
    if !columns.is_empty() {
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        for block in Blocks::new(source.files, source.format) {
            let block = block?;
            let mut values: Vec<Option<&str>> = Vec::new();
            source.watch.advance(0)?;
            for (_, line) in lines(&block) {
                let changed = || EngineError::Changed(source.files[block.file].name.clone());
                members(line, &names, &mut values).map_err(|_| changed())?;
                for ((_, doubles), value) in columns.iter_mut().zip(&values) {
                    value.iter().for_each(|value| doubles.see(value));
                }
            }
        }
    }
    let fields = schema.fields().iter().map(|field| {
        let doubles = columns.iter().find(|(name, _)| name == field.name());
        doubles.map_or_else(|| Arc::clone(field), |(_, doubles)| doubles.field(field))
    });
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

/// Where a type has doubles, and whether they are to be text.
enum Doubles {
    Here { rounds: bool },
    Items(Box<Doubles>),
    Members { names: Vec<String>, doubles: Vec<Option<Doubles>> },
}

impl Doubles {
    /// `None` where there are none.
    fn of(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Float64 => Some(Self::Here { rounds: false }),
            DataType::List(item) => Self::of(item.data_type()).map(Box::new).map(Self::Items),
            DataType::Struct(fields) => {
                let doubles: Vec<_> = fields.iter().map(|field| Self::of(field.data_type())).collect();
                let names = fields.iter().map(|field| field.name().clone()).collect();
                doubles.iter().any(Option::is_some).then_some(Self::Members { names, doubles })
            }
            _ => None,
        }
    }

    fn see(&mut self, json: &str) {
        match self {
            Self::Here { rounds } => *rounds = *rounds || is_rounded_integer(json),
            Self::Items(items) => match serde_json::from_str::<Vec<&RawValue>>(json) {
                Ok(values) => values.into_iter().for_each(|value| items.see(value.get())),
                // A single value counts as a list of one.
                Err(_) => items.see_alone(json),
            },
            Self::Members { names, doubles } => {
                let mut values = Vec::new();
                if json.starts_with('{') && members(json, names, &mut values).is_ok() {
                    for (doubles, value) in doubles.iter_mut().zip(values) {
                        if let (Some(doubles), Some(value)) = (doubles, value) {
                            doubles.see(value);
                        }
                    }
                }
            }
        }
    }

    fn see_alone(&mut self, json: &str) {
        if !json.starts_with('[') {
            self.see(json);
        }
    }

    fn field(&self, field: &FieldRef) -> FieldRef {
        let data_type = match (self, field.data_type()) {
            (Self::Here { rounds: true }, _) => DataType::Utf8,
            (Self::Items(items), DataType::List(item)) => DataType::List(items.field(item)),
            (Self::Members { doubles, .. }, DataType::Struct(fields)) => {
                let member = |(field, doubles): (&FieldRef, &Option<Doubles>)| match doubles {
                    Some(doubles) => doubles.field(field),
                    None => Arc::clone(field),
                };
                DataType::Struct(fields.iter().zip(doubles).map(member).collect())
            }
            (_, other) => other.clone(),
        };
        Arc::new(Field::clone(field).with_data_type(data_type))
    }
}

/// Whether a number is written as an integer and is another one as a double.
fn is_rounded_integer(number: &str) -> bool {
    let is_integer = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_integer && number.parse().is_ok_and(|double: f64| format!("{double:.0}") != number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_integers_that_a_double_holds_may_be_doubles() {
        for held in ["0", "-7", "9007199254740992", "18446744073709551616", "1.5", "1e400", "null"] {
            assert!(!is_rounded_integer(held), "{held}");
        }
        for rounded in ["9007199254740993", "18446744073709551615", "-12345678901234567890123"] {
            assert!(is_rounded_integer(rounded), "{rounded}");
        }
    }
}

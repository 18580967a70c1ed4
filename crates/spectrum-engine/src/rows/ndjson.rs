//! NDJSON as columns of JSON texts.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{EngineError, Result};
use crate::input::InputFile;
use crate::text::blocks::Block;
use crate::text::ndjson_file::{line_error, lines, no_object};

/// How Arrow marks text that is JSON.
pub(super) const EXTENSION: (&str, &str) = ("ARROW:extension:name", "arrow.json");

/// The lines of a block; a column for every member that any of them has, in the order in which they appear.
pub(super) fn decode(file: &InputFile, block: &Block) -> Result<RecordBatch> {
    block.text(file)?;
    let mut column_of: HashMap<String, usize> = HashMap::new();
    let mut columns: Vec<(String, StringBuilder)> = Vec::new();
    let mut values: Vec<Option<&str>> = Vec::new();
    let mut members = Vec::new();
    let mut rows = 0;
    for (start, line) in lines(block) {
        if let Err(error) = read(line, &mut members) {
            return Err(line_error(file, block, start, no_object(&error)));
        }
        values.fill(None);
        for (name, value) in members.drain(..) {
            let at = column_of.get(&name).copied().unwrap_or_else(|| {
                let mut column = StringBuilder::new();
                (0..rows).for_each(|_| column.append_null());
                columns.push((name.clone(), column));
                values.push(None);
                column_of.insert(name, columns.len() - 1);
                columns.len() - 1
            });
            // Of a name that stands there twice the last counts.
            values[at] = Some(value.get());
        }
        for ((_, column), value) in columns.iter_mut().zip(&values) {
            column.append_option(*value);
        }
        rows += 1;
    }
    let json = HashMap::from([(EXTENSION.0.to_owned(), EXTENSION.1.to_owned())]);
    let (mut fields, mut arrays) = (Vec::new(), Vec::<ArrayRef>::new());
    for (name, mut column) in columns {
        fields.push(Field::new(name, DataType::Utf8, true).with_metadata(json.clone()));
        arrays.push(Arc::new(column.finish()));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|source| EngineError::Arrow { name: file.name.clone(), source })
}

/// The members of an object, as they stand there.
fn read<'a>(
    line: &'a str,
    members: &mut Vec<(String, &'a RawValue)>,
) -> std::result::Result<(), serde_json::Error> {
    let mut line = serde_json::Deserializer::from_str(line);
    line.deserialize_map(Members(members))?;
    line.end()
}

struct Members<'v, 'a>(&'v mut Vec<(String, &'a RawValue)>);

impl<'a> Visitor<'a> for Members<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> std::result::Result<(), M::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(())
    }
}

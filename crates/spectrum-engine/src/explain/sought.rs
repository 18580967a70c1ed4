//! Rows whose column holds one certain value, named by its text: text as it is, integers in decimal, booleans
//! as true and false, uuids in lower case with hyphens.
//!
//! Values of one kind have different texts when they differ, so comparing by text is comparing.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, FixedSizeBinaryArray};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType};
use spectrum_core::text::{boolean, uuid};

/// One value, or NULL, in every form that columns may hold it in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sought {
    text: Option<String>,
    signed: Option<i64>,
    unsigned: Option<u64>,
    uuid: Option<[u8; 16]>,
}

impl Sought {
    /// The value with this text; NULL when there is none.
    pub(crate) fn new(text: Option<String>) -> Self {
        // A form counts only if it is written as the text: '007' is not the text of an integer, nor 'A0EE...'
        // that of a uuid.
        let given = text.as_deref().unwrap_or_default();
        Self {
            signed: given.parse().ok().filter(|number: &i64| number.to_string() == given),
            unsigned: given.parse().ok().filter(|number: &u64| number.to_string() == given),
            uuid: uuid::of_text(given),
            text,
        }
    }

    /// Takes the marks off the rows that hold something else.
    ///
    /// # Errors
    /// When a column's values have no text.
    pub(crate) fn keep(&self, column: &ArrayRef, marks: &mut [bool]) -> Result<(), ArrowError> {
        match column.data_type() {
            DataType::Utf8 => self.keep_texts(column.as_string::<i32>().iter(), marks),
            DataType::LargeUtf8 => self.keep_texts(column.as_string::<i64>().iter(), marks),
            DataType::Utf8View => self.keep_texts(column.as_string_view().iter(), marks),
            DataType::Dictionary(..) => return self.keep_entries(column, marks),
            DataType::Boolean => {
                let booleans: &BooleanArray = column.as_boolean();
                self.keep_texts(booleans.iter().map(|value| value.map(boolean)), marks);
            }
            DataType::FixedSizeBinary(16) => {
                let uuids: &FixedSizeBinaryArray = column.as_fixed_size_binary();
                keep_equal(self.is_null(), self.uuid.as_ref().map(|uuid| &uuid[..]), uuids.iter(), marks);
            }
            DataType::UInt64 => {
                let numbers = column.as_primitive::<UInt64Type>().iter();
                keep_equal(self.is_null(), self.unsigned, numbers, marks);
            }
            integer if integer.is_integer() => {
                let numbers = cast(column, &DataType::Int64)?;
                keep_equal(self.is_null(), self.signed, numbers.as_primitive::<Int64Type>().iter(), marks);
            }
            DataType::Null => marks.iter_mut().for_each(|mark| *mark &= self.is_null()),
            _ => return self.keep(&cast(column, &DataType::Utf8)?, marks),
        }
        Ok(())
    }

    fn is_null(&self) -> bool {
        self.text.is_none()
    }

    fn keep_texts<'a>(&'a self, values: impl Iterator<Item = Option<&'a str>>, marks: &mut [bool]) {
        keep_equal(self.is_null(), self.text.as_deref(), values, marks);
    }

    fn keep_entries(&self, column: &ArrayRef, marks: &mut [bool]) -> Result<(), ArrowError> {
        let dictionary = column.as_any_dictionary();
        let mut entries = vec![true; dictionary.values().len()];
        self.keep(dictionary.values(), &mut entries)?;
        // Where the index is NULL no entry counts, and where there is no entry every index is NULL.
        let indexes = if entries.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
        for (row, mark) in marks.iter_mut().enumerate().filter(|(_, mark)| **mark) {
            *mark = match dictionary.keys().is_null(row) {
                true => self.is_null(),
                false => indexes.get(row).and_then(|entry| entries.get(*entry)).copied().unwrap_or(false),
            };
        }
        Ok(())
    }
}

/// Takes the marks off rows with another value than `sought`; a value that no row can have is `None`.
fn keep_equal<T: PartialEq>(
    null: bool,
    sought: Option<T>,
    values: impl Iterator<Item = Option<T>>,
    marks: &mut [bool],
) {
    for (mark, value) in marks.iter_mut().zip(values) {
        *mark &= match value {
            Some(_) => sought.is_some() && value == sought,
            None => null,
        };
    }
}

/// The text of a row's value; `None` for NULL.
///
/// # Errors
/// When the column's values have no text.
pub(crate) fn text_of(column: &ArrayRef, row: usize) -> Result<Option<String>, ArrowError> {
    if column.is_null(row) {
        return Ok(None);
    }
    match column.data_type() {
        DataType::Dictionary(_, values) => text_of(&cast(&column.slice(row, 1), values)?, 0),
        DataType::FixedSizeBinary(16) => {
            let uuids: &FixedSizeBinaryArray = column.as_fixed_size_binary();
            Ok(Some(uuid::text(uuids.value(row).try_into().unwrap_or_default())))
        }
        DataType::Null => Ok(None),
        data_type if data_type.is_nested() => {
            Err(ArrowError::CastError(format!("values of type {data_type} have no settled text")))
        }
        _ => {
            let value = column.slice(row, 1);
            let format = FormatOptions::default();
            Ok(Some(ArrayFormatter::try_new(&value, &format)?.value(0).try_to_string()?))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int8Type;
    use arrow_array::{
        DictionaryArray, Int16Array, Int64Array, NullArray, StringArray, StringViewArray, UInt64Array,
    };

    use super::*;

    fn rows(text: Option<&str>, column: &ArrayRef) -> Vec<usize> {
        let mut marks = vec![true; column.len()];
        Sought::new(text.map(str::to_owned)).keep(column, &mut marks).unwrap();
        (0..marks.len()).filter(|row| marks[*row]).collect()
    }

    /// Every value of every kind of column is found by its own text, and by nothing else.
    #[test]
    fn values_are_found_by_their_texts() {
        let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        let uuids = [Some(uuid::read(uuid).unwrap()), None, Some([0; 16])];
        let columns: [ArrayRef; 9] = [
            Arc::new(StringArray::from(vec![Some("7"), None, Some("")])),
            Arc::new(StringViewArray::from(vec![Some("a longer text than a view holds"), None, Some("007")])),
            Arc::new(Int16Array::from(vec![Some(-7), None, Some(7)])),
            Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(i64::MAX)])),
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(7)])),
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids.into_iter(), 16).unwrap()),
            Arc::new([Some("x"), None, Some("7")].into_iter().collect::<DictionaryArray<Int8Type>>()),
            Arc::new(NullArray::new(3)),
        ];
        let mut texts: Vec<Option<String>> =
            columns.iter().flat_map(|column| (0..3).map(|row| text_of(column, row).unwrap())).collect();
        assert!(texts.contains(&Some(uuid.to_owned())) && texts.contains(&Some(u64::MAX.to_string())));
        texts.push(Some(uuid.to_uppercase()));
        texts.push(Some("+7".to_owned()));
        for column in &columns {
            for text in &texts {
                let expected: Vec<usize> =
                    (0..3).filter(|row| text_of(column, *row).unwrap() == *text).collect();
                assert_eq!(rows(text.as_deref(), column), expected, "{text:?} in {column:?}");
            }
        }
    }

    #[test]
    fn marks_that_are_off_stay_off() {
        let column: ArrayRef = Arc::new(StringArray::from(vec!["a", "a"]));
        let mut marks = [false, true];
        Sought::new(Some("a".to_owned())).keep(&column, &mut marks).unwrap();
        assert_eq!(marks, [false, true]);
    }

    #[test]
    fn a_dictionary_without_entries_holds_nothing_but_null() {
        let none: [Option<&str>; 2] = [None, None];
        let column: ArrayRef = Arc::new(none.into_iter().collect::<DictionaryArray<Int8Type>>());
        assert_eq!(rows(None, &column), [0, 1]);
        assert_eq!(rows(Some(""), &column), [0; 0]);
    }
}

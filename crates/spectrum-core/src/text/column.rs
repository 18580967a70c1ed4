//! The texts of a whole column.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::{boolean, uuid, write_decimal};
use crate::key_kind::KeyKind;
use crate::label_error::LabelError;

/// Shows `visit` the text of every row, in order; `None` for NULL.
///
/// # Errors
/// [`LabelError::KeyType`] where [`crate::KeyKind::of`] knows no kind. Nothing was shown then.
pub fn each_text(column: &ArrayRef, mut visit: impl FnMut(Option<&[u8]>)) -> Result<(), LabelError> {
    KeyKind::of(column.data_type())?;
    visit_texts(column, &mut visit)
}

/// Not generic, because a dictionary's values are visited by another closure than its rows.
fn visit_texts(column: &ArrayRef, visit: &mut dyn FnMut(Option<&[u8]>)) -> Result<(), LabelError> {
    let mut texts = |text: Option<&str>| visit(text.map(str::as_bytes));
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().for_each(texts),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().for_each(texts),
        DataType::Utf8View => column.as_string_view().iter().for_each(texts),
        DataType::Boolean => column.as_boolean().iter().for_each(|value| texts(value.map(boolean))),
        DataType::FixedSizeBinary(16) => {
            let uuids = column.as_fixed_size_binary().iter();
            let uuids =
                uuids.map(|uuid| uuid.map(|uuid| uuid::hyphenated(uuid.try_into().unwrap_or_default())));
            uuids.for_each(|text| visit(text.as_ref().map(<[u8; uuid::LENGTH]>::as_slice)));
        }
        DataType::Int8 => visit_decimals::<Int8Type>(column, visit),
        DataType::Int16 => visit_decimals::<Int16Type>(column, visit),
        DataType::Int32 => visit_decimals::<Int32Type>(column, visit),
        DataType::Int64 => visit_decimals::<Int64Type>(column, visit),
        DataType::UInt8 => visit_decimals::<UInt8Type>(column, visit),
        DataType::UInt16 => visit_decimals::<UInt16Type>(column, visit),
        DataType::UInt32 => visit_decimals::<UInt32Type>(column, visit),
        DataType::UInt64 => visit_decimals::<UInt64Type>(column, visit),
        DataType::Dictionary(..) => visit_entries(column, visit)?,
        DataType::Null => (0..column.len()).for_each(|_| visit(None)),
        other => return Err(LabelError::KeyType(other.clone())),
    }
    Ok(())
}

fn visit_decimals<T: ArrowPrimitiveType>(column: &ArrayRef, visit: &mut dyn FnMut(Option<&[u8]>))
where
    T::Native: std::fmt::Display,
{
    let mut text = Vec::new();
    for number in column.as_primitive::<T>() {
        text.clear();
        let is_null = number.map(|number| write_decimal(number, &mut text)).is_none();
        visit((!is_null).then_some(&text));
    }
}

/// Every entry is written once, however many rows refer to it.
fn visit_entries(column: &ArrayRef, visit: &mut dyn FnMut(Option<&[u8]>)) -> Result<(), LabelError> {
    let dictionary = column.as_any_dictionary();
    let (mut written, mut ranges) = (Vec::new(), Vec::new());
    visit_texts(dictionary.values(), &mut |text| {
        let start = written.len();
        ranges.push(text.map(|text| {
            written.extend_from_slice(text);
            start..written.len()
        }));
    })?;
    // Where there is no entry every index is NULL.
    let indexes = if ranges.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
    for row in 0..column.len() {
        let entry = if dictionary.keys().is_null(row) { None } else { indexes.get(row) };
        let range = entry.and_then(|entry| ranges.get(*entry)).and_then(Option::clone);
        visit(range.map(|range| &written[range]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        BooleanArray, DictionaryArray, FixedSizeBinaryArray, Float64Array, Int8Array, Int64Array,
        LargeStringArray, NullArray, StringArray, StringViewArray, UInt16Array, UInt64Array,
    };

    use super::*;

    const UUID: [u8; 16] = *b"\x00\x01\x7f\x80\x9a\xab\xbc\xcd\xde\xef\xff\xf0\x0f\x10\xa0\x0a";

    fn texts(column: ArrayRef) -> Result<Vec<Option<String>>, LabelError> {
        let mut texts = Vec::new();
        each_text(&column, |text| texts.push(text.map(|text| String::from_utf8(text.to_vec()).unwrap())))?;
        Ok(texts)
    }

    fn uuids() -> FixedSizeBinaryArray {
        let uuids = [Some(UUID), None, Some([0xff; 16])];
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids.into_iter(), 16).unwrap()
    }

    #[test]
    fn every_kind_has_its_text() {
        let uuid = uuid::text(UUID);
        let longest = "a longer text than a view holds, and ünï";
        let dictionary_of_uuids =
            DictionaryArray::<Int8Type>::new(Int8Array::from(vec![2, 0, 1]), Arc::new(uuids()));
        let dictionary_of_text: DictionaryArray<Int32Type> =
            [Some("b"), None, Some("b")].into_iter().collect();
        let columns: [(ArrayRef, [Option<&str>; 3]); 13] = [
            (Arc::new(StringArray::from(vec![Some("007"), None, Some("")])), [Some("007"), None, Some("")]),
            (Arc::new(LargeStringArray::from(vec!["a", "b", "c"])), [Some("a"), Some("b"), Some("c")]),
            (
                Arc::new(StringViewArray::from(vec![Some(longest), None, Some("A0EE")])),
                [Some(longest), None, Some("A0EE")],
            ),
            (Arc::new(dictionary_of_text), [Some("b"), None, Some("b")]),
            (Arc::new(Int8Array::from(vec![Some(-128), None, Some(0)])), [Some("-128"), None, Some("0")]),
            (Arc::new(UInt16Array::from(vec![65535, 0, 7])), [Some("65535"), Some("0"), Some("7")]),
            (
                Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(10)])),
                [Some("-9223372036854775808"), None, Some("10")],
            ),
            (
                Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(1)])),
                [Some("18446744073709551615"), None, Some("1")],
            ),
            (
                Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
                [Some("true"), None, Some("false")],
            ),
            (Arc::new(uuids()), [Some(&uuid), None, Some("ffffffff-ffff-ffff-ffff-ffffffffffff")]),
            (
                Arc::new(dictionary_of_uuids),
                [Some("ffffffff-ffff-ffff-ffff-ffffffffffff"), Some(&uuid), None],
            ),
            (Arc::new(uuids().slice(1, 2)), [None, Some("ffffffff-ffff-ffff-ffff-ffffffffffff"), None]),
            (Arc::new(NullArray::new(3)), [None, None, None]),
        ];
        for (column, expected) in columns {
            assert!(KeyKind::of(column.data_type()).is_ok());
            let rows = column.len();
            let found = texts(column).unwrap();
            assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), expected[..rows]);
        }
    }

    #[test]
    fn a_type_that_is_no_key_has_no_text() {
        let column: ArrayRef = Arc::new(Float64Array::from(vec![1.5]));
        assert!(KeyKind::of(column.data_type()).is_err());
        assert!(texts(column).is_err());
    }
}

//! The values of a column as texts, as PostgreSQL's `::TEXT` writes them: text as it is, integers in decimal,
//! booleans as true and false, uuids in lower case with hyphens.

use std::io::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};
use spectrum_core::SessionId;

/// Shows `visit` the text of every row, in order; `None` for NULL.
///
/// # Errors
/// When values of this type have no settled text: where [`spectrum_core::KeyKind::of`] knows no kind.
pub(crate) fn each_text(column: &ArrayRef, mut visit: impl FnMut(Option<&[u8]>)) -> Result<(), ArrowError> {
    let column = match column.data_type() {
        DataType::Dictionary(_, values) => cast(column, values)?,
        integer if integer.is_integer() && *integer != DataType::UInt64 => cast(column, &DataType::Int64)?,
        _ => Arc::clone(column),
    };
    let texts = |text: Option<&str>| visit(text.map(str::as_bytes));
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().for_each(texts),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().for_each(texts),
        DataType::Utf8View => column.as_string_view().iter().for_each(texts),
        DataType::Boolean => {
            column.as_boolean().iter().map(|b| b.map(|b| if b { "true" } else { "false" })).for_each(texts);
        }
        DataType::FixedSizeBinary(16) => {
            let uuids = column.as_fixed_size_binary().iter();
            uuids.for_each(|uuid| visit(uuid.map(hyphenated).as_ref().map(<[u8; 36]>::as_slice)));
        }
        DataType::Int64 => each_decimal(column.as_primitive::<Int64Type>().iter(), visit),
        DataType::UInt64 => each_decimal(column.as_primitive::<UInt64Type>().iter(), visit),
        DataType::Null => (0..column.len()).for_each(|_| visit(None)),
        other => return Err(ArrowError::CastError(format!("values of type {other} have no settled text"))),
    }
    Ok(())
}

fn each_decimal<N: std::fmt::Display>(
    numbers: impl Iterator<Item = Option<N>>,
    mut visit: impl FnMut(Option<&[u8]>),
) {
    let mut text = Vec::new();
    for number in numbers {
        text.clear();
        // Writing to a Vec cannot fail.
        let is_null = number.map(|number| write!(text, "{number}")).is_none();
        visit((!is_null).then_some(&text));
    }
}

/// As [`spectrum_core::uuid_text`], for many.
fn hyphenated(uuid: &[u8]) -> [u8; 36] {
    let hex = SessionId::from_bytes(uuid.try_into().unwrap_or_default()).hex();
    let mut text = [b'-'; 36];
    for (at, group) in [(0, 0..8), (9, 8..12), (14, 12..16), (19, 16..20), (24, 20..32)] {
        text[at..at + group.len()].copy_from_slice(&hex[group]);
    }
    text
}

#[cfg(test)]
mod tests {
    use arrow_array::types::{Int8Type, Int32Type};
    use arrow_array::{
        BooleanArray, DictionaryArray, FixedSizeBinaryArray, Float64Array, Int8Array, Int64Array,
        LargeStringArray, NullArray, StringArray, StringViewArray, UInt16Array, UInt64Array,
    };
    use spectrum_core::{KeyKind, uuid_text};

    use super::*;

    const UUID: [u8; 16] = *b"\x00\x01\x7f\x80\x9a\xab\xbc\xcd\xde\xef\xff\xf0\x0f\x10\xa0\x0a";

    fn texts(column: ArrayRef) -> Result<Vec<Option<String>>, ArrowError> {
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
        let uuid = uuid_text(&UUID);
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

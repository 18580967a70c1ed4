//! Columns that the names of folders tell, in the manner of Hive: `country=de` with `%XX` escapes, and
//! `__HIVE_DEFAULT_PARTITION__` for NULL.

use std::path::{Component, Path};
use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow_schema::DataType;

/// The columns that a path's folders tell, each with its value; `None` for NULL.
pub(super) fn of_path(path: &Path) -> Vec<(String, Option<String>)> {
    let folders = path.parent().into_iter().flat_map(Path::components);
    folders
        .filter_map(|folder| match folder {
            Component::Normal(name) => name.to_str()?.split_once('='),
            _ => None,
        })
        .filter(|(column, _)| !column.is_empty())
        .map(|(column, value)| {
            let value = (value != "__HIVE_DEFAULT_PARTITION__").then(|| unescape(value));
            (unescape(column), value)
        })
        .collect()
}

/// A column that has the value that a folder tells in every row.
pub(crate) fn constant_column(value: Option<&str>, rows: usize) -> ArrayRef {
    let index: Int32Array = std::iter::repeat_n(Some(0), rows).collect();
    let values = Arc::new(StringArray::from(vec![value]));
    // One entry, and every index is zero: this cannot fail.
    match DictionaryArray::try_new(index, values) {
        Ok(column) => Arc::new(column),
        Err(_) => arrow_array::new_null_array(&DataType::Utf8, rows),
    }
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        // Two digits: `+1` would be a number too.
        let is_escape = |digits: &&str| *byte == b'%' && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let escaped = text.get(at + 1..at + 3).filter(is_escape);
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_in_the_manner_of_hive_tell_columns() {
        let partition =
            of_path(Path::new("lake/date=2026-01-01/city=K%C3%B6ln/n=__HIVE_DEFAULT_PARTITION__/a.parquet"));
        let expected = [("date", Some("2026-01-01")), ("city", Some("Köln")), ("n", None)];
        assert_eq!(partition, expected.map(|(column, value)| (column.to_owned(), value.map(str::to_owned))));
        for plain in ["100%", "%+1", "%zz", "%1"] {
            assert_eq!(unescape(plain), plain);
        }
    }
}

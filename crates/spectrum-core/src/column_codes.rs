//! One key column's distinct values as small numbers: code 0 is NULL, code n + 1 the n-th value seen.
//!
//! Values are looked up once per event, or once per dictionary entry where the column comes dictionary-encoded.
//! What the values were is kept, so a code can be written as text again.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, Int64Array, LargeStringArray, StringArray,
    UInt64Array,
};
use arrow_schema::DataType;

use crate::distinct_values::{ByteValues, NumberValues};
use crate::key_kind::KeyKind;
use crate::label_error::LabelError;
use crate::numbered::Numbered;
use crate::numbering::{self, MOST};

/// The code of NULL.
pub(crate) const NULL_CODE: u32 = 0;

/// The distinct values of one column.
#[derive(Debug, Default)]
pub(crate) struct ColumnCodes {
    /// `None` until a column with a type was seen.
    kind: Option<KeyKind>,
    values: Values,
    /// The codes of the dictionary seen last. Readers hand out the same dictionary with batch after batch.
    dictionary: Option<(ArrayRef, Vec<u32>)>,
}

/// Text and uuids are kept as bytes, integers and booleans as 64 bits.
#[derive(Debug, Default)]
struct Values {
    bytes: ByteValues,
    numbers: NumberValues,
}

impl ColumnCodes {
    /// Appends the code of every row to `codes`.
    pub(crate) fn append_codes(&mut self, column: &ArrayRef, codes: &mut Vec<u32>) -> Result<(), LabelError> {
        let Some(kind) = KeyKind::of(column.data_type())? else {
            codes.extend(std::iter::repeat_n(NULL_CODE, column.len()));
            return Ok(());
        };
        let seen = *self.kind.get_or_insert(kind);
        if seen != kind {
            return Err(LabelError::MixedKeyKinds { seen, now: kind });
        }
        match column.data_type() {
            DataType::Dictionary(index, _) => match **index {
                DataType::Int8 => self.append_dictionary::<Int8Type>(column, codes),
                DataType::Int16 => self.append_dictionary::<Int16Type>(column, codes),
                DataType::Int32 => self.append_dictionary::<Int32Type>(column, codes),
                DataType::Int64 => self.append_dictionary::<Int64Type>(column, codes),
                DataType::UInt8 => self.append_dictionary::<UInt8Type>(column, codes),
                DataType::UInt16 => self.append_dictionary::<UInt16Type>(column, codes),
                DataType::UInt32 => self.append_dictionary::<UInt32Type>(column, codes),
                DataType::UInt64 => self.append_dictionary::<UInt64Type>(column, codes),
                _ => Err(LabelError::KeyType(column.data_type().clone())),
            },
            _ => self.values.append(column, codes),
        }?;
        self.check()
    }

    /// Refuses more values than there are codes.
    fn check(&self) -> Result<(), LabelError> {
        numbering::check(Numbered::Values, self.len() - 1, MOST)
    }

    fn append_dictionary<I: ArrowDictionaryKeyType>(
        &mut self,
        column: &ArrayRef,
        codes: &mut Vec<u32>,
    ) -> Result<(), LabelError> {
        let column = column.as_dictionary::<I>();
        let known = self.dictionary.as_ref().is_some_and(|(values, _)| Arc::ptr_eq(values, column.values()));
        if !known {
            let mut code_of_entry = Vec::with_capacity(column.values().len());
            self.values.append(column.values(), &mut code_of_entry)?;
            self.dictionary = Some((Arc::clone(column.values()), code_of_entry));
        }
        let entries = self.dictionary.as_ref().map_or(&[][..], |(_, entries)| entries);
        codes.extend(column.keys_iter().map(|entry| entry.map_or(NULL_CODE, |entry| entries[entry])));
        Ok(())
    }

    /// Takes in all of `other`'s values; entry n of the result is this table's code for `other`'s code n.
    pub(crate) fn absorb(&mut self, other: &Self) -> Result<Vec<u32>, LabelError> {
        if let Some(kind) = other.kind {
            let seen = *self.kind.get_or_insert(kind);
            if seen != kind {
                return Err(LabelError::MixedKeyKinds { seen, now: kind });
            }
        }
        let mut translation = vec![NULL_CODE];
        self.values.bytes.append(other.values.bytes.iter().map(Some), &mut translation);
        self.values.numbers.append(other.values.numbers.iter().map(Some), &mut translation);
        self.check()?;
        Ok(translation)
    }

    /// The kind of the column's values; `None` when only columns without a type were seen.
    pub(crate) fn kind(&self) -> Option<KeyKind> {
        self.kind
    }

    /// The bytes of a text or uuid; `None` for NULL.
    pub(crate) fn bytes(&self, code: u32) -> Option<&[u8]> {
        code.checked_sub(1).map(|at| self.values.bytes.get(at))
    }

    /// The bits of an integer or boolean; `None` for NULL.
    pub(crate) fn number(&self, code: u32) -> Option<u64> {
        code.checked_sub(1).map(|at| self.values.numbers.get(at))
    }

    /// How two codes' values compare: integers by value, text and uuids by byte, NULL last.
    pub(crate) fn compare(&self, a: u32, b: u32) -> Ordering {
        if a == NULL_CODE || b == NULL_CODE {
            return (a == NULL_CODE).cmp(&(b == NULL_CODE));
        }
        match self.kind {
            Some(KeyKind::Integer) => {
                let signed = |code| self.number(code).map(|bits| bits as i64);
                signed(a).cmp(&signed(b))
            }
            Some(KeyKind::Unsigned | KeyKind::Boolean) => self.number(a).cmp(&self.number(b)),
            _ => self.bytes(a).cmp(&self.bytes(b)),
        }
    }

    /// The values behind codes, as an Arrow column.
    pub(crate) fn array(&self, codes: impl Iterator<Item = u32>) -> ArrayRef {
        match self.kind {
            Some(KeyKind::Integer) => {
                Arc::new(codes.map(|code| self.number(code).map(|bits| bits as i64)).collect::<Int64Array>())
            }
            Some(KeyKind::Unsigned) => Arc::new(codes.map(|code| self.number(code)).collect::<UInt64Array>()),
            Some(KeyKind::Boolean) => {
                Arc::new(codes.map(|code| self.number(code).map(|bits| bits != 0)).collect::<BooleanArray>())
            }
            Some(KeyKind::Uuid) => {
                let mut uuids = FixedSizeBinaryBuilder::new(16);
                for code in codes {
                    // Only values of 16 bytes are kept under this kind, so appending one cannot fail.
                    match self.bytes(code) {
                        Some(uuid) if uuids.append_value(uuid).is_ok() => {}
                        _ => uuids.append_null(),
                    }
                }
                Arc::new(uuids.finish())
            }
            Some(KeyKind::Text) | None => {
                let text =
                    |code| self.bytes(code).map(|bytes| std::str::from_utf8(bytes).unwrap_or_default());
                Arc::new(codes.map(text).collect::<StringArray>())
            }
        }
    }

    /// One more than the greatest code.
    pub(crate) fn len(&self) -> usize {
        1 + self.values.bytes.len() + self.values.numbers.len()
    }
}

impl Values {
    /// Appends the code of every row of a column that is not a dictionary.
    fn append(&mut self, column: &ArrayRef, codes: &mut Vec<u32>) -> Result<(), LabelError> {
        codes.reserve(column.len());
        match column.data_type() {
            DataType::Utf8 => self.bytes.append(column.as_string::<i32>().iter(), codes),
            DataType::LargeUtf8 => {
                let texts = column.as_string::<i64>();
                check_lengths(texts)?;
                self.bytes.append(texts.iter(), codes);
            }
            DataType::Utf8View => self.bytes.append(column.as_string_view().iter(), codes),
            DataType::FixedSizeBinary(16) => {
                let uuids: &FixedSizeBinaryArray = column.as_fixed_size_binary();
                self.bytes.append(uuids.iter(), codes);
            }
            DataType::Boolean => {
                let booleans: &BooleanArray = column.as_boolean();
                self.numbers.append(booleans.iter().map(|value| value.map(u64::from)), codes);
            }
            // Signed values are kept with their sign extended, so every width of them agrees.
            DataType::Int8 => self.numbers.append_column::<Int8Type>(column, codes, |v| i64::from(v) as u64),
            DataType::Int16 => {
                self.numbers.append_column::<Int16Type>(column, codes, |v| i64::from(v) as u64)
            }
            DataType::Int32 => {
                self.numbers.append_column::<Int32Type>(column, codes, |v| i64::from(v) as u64)
            }
            DataType::Int64 => self.numbers.append_column::<Int64Type>(column, codes, |v| v as u64),
            DataType::UInt8 => self.numbers.append_column::<UInt8Type>(column, codes, u64::from),
            DataType::UInt16 => self.numbers.append_column::<UInt16Type>(column, codes, u64::from),
            DataType::UInt32 => self.numbers.append_column::<UInt32Type>(column, codes, u64::from),
            DataType::UInt64 => self.numbers.append_column::<UInt64Type>(column, codes, |v| v),
            other => return Err(LabelError::KeyType(other.clone())),
        }
        Ok(())
    }
}

/// Refuses texts whose length does not fit 32 bits. Of Arrow's types only this one can hold any.
fn check_lengths(texts: &LargeStringArray) -> Result<(), LabelError> {
    if texts.value_data().len() <= MOST {
        return Ok(());
    }
    let longest = texts.iter().flatten().map(str::len).max().unwrap_or_default();
    if longest > MOST { Err(LabelError::LongKey { bytes: longest }) } else { Ok(()) }
}

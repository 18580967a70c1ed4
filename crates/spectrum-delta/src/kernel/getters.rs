//! Single values of Arrow's columns, as the kernel asks for them. Of the actions of a log no other types are asked for.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Int32Array, Int64Array, StringArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::DataType;
use delta_kernel::KernelResult;
use delta_kernel::engine_data::{GetData, ListItem, MapItem, StringArrayAccessor};

/// A column that is read value by value.
pub(super) enum Getter {
    Nothing,
    Flag(BooleanArray),
    Int(Int32Array),
    Long(Int64Array),
    Text(StringArray),
    List { values: Texts, places: Places },
    Map { keys: Texts, values: Texts, places: Places },
}

/// Where the items of each row lie.
pub(super) struct Places {
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

impl Places {
    fn of(&self, row: usize) -> Option<Range<usize>> {
        let is_there = self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        is_there.then(|| self.offsets[row] as usize..self.offsets[row + 1] as usize)
    }
}

/// The items of lists and maps.
pub(super) struct Texts(StringArray);

impl StringArrayAccessor for Texts {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn value(&self, index: usize) -> &str {
        self.0.value(index)
    }

    fn is_valid(&self, index: usize) -> bool {
        self.0.is_valid(index)
    }
}

impl Getter {
    pub(super) fn new(column: &ArrayRef) -> Option<Self> {
        Some(match column.data_type() {
            DataType::Null => Self::Nothing,
            DataType::Boolean => Self::Flag(column.as_boolean().clone()),
            DataType::Int32 => Self::Int(column.as_primitive::<Int32Type>().clone()),
            DataType::Int64 => Self::Long(column.as_primitive::<Int64Type>().clone()),
            DataType::Utf8 => Self::Text(column.as_string().clone()),
            DataType::List(_) => {
                let list = column.as_list::<i32>();
                let values = Texts(list.values().as_string_opt()?.clone());
                let places = Places { offsets: list.offsets().clone(), nulls: list.nulls().cloned() };
                Self::List { values, places }
            }
            DataType::Map(..) => {
                let map = column.as_map();
                let texts = |texts: &ArrayRef| Some(Texts(texts.as_string_opt()?.clone()));
                let (keys, values) = (texts(map.keys())?, texts(map.values())?);
                let places = Places { offsets: map.offsets().clone(), nulls: map.nulls().cloned() };
                Self::Map { keys, values, places }
            }
            _ => return None,
        })
    }
}

/// Refuses in the kernel's own words.
struct OfAnotherType;

impl GetData<'_> for OfAnotherType {}

macro_rules! values {
    ($($name:ident -> $type:ty: $kind:ident;)*) => {
        $(fn $name(&'a self, row: usize, field: &str) -> KernelResult<Option<$type>> {
            match self {
                Self::Nothing => Ok(None),
                Self::$kind(values) => Ok(values.is_valid(row).then(|| values.value(row))),
                _ => OfAnotherType.$name(row, field).map(|_| None),
            }
        })*
    };
}

impl<'a> GetData<'a> for Getter {
    values! {
        get_bool -> bool: Flag;
        get_int -> i32: Int;
        get_long -> i64: Long;
        get_str -> &'a str: Text;
    }

    fn get_list(&'a self, row: usize, field: &str) -> KernelResult<Option<ListItem<'a>>> {
        match self {
            Self::Nothing => Ok(None),
            Self::List { values, places } => Ok(places.of(row).map(|items| ListItem::new(values, items))),
            _ => OfAnotherType.get_list(row, field).map(|_| None),
        }
    }

    fn get_map(&'a self, row: usize, field: &str) -> KernelResult<Option<MapItem<'a>>> {
        match self {
            Self::Nothing => Ok(None),
            Self::Map { keys, values, places } => {
                Ok(places.of(row).map(|items| MapItem::new(keys, values, items)))
            }
            _ => OfAnotherType.get_map(row, field).map(|_| None),
        }
    }
}

//! Columns of Parquet that are members of structs, or the first of several that has a value.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, StringArray, make_array};
use arrow_buffer::NullBuffer;
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Fields, Schema};
use arrow_select::zip::zip;
use spectrum_core::text::each_text;

use super::columns::{ColumnSource, Member};
use crate::input::constant_column;
use crate::text::json_text::{NotRead, member_text};

/// Finds the member that a name with dots stands for: the place of the column, and the names on the way from it.
pub(super) fn member(name: &str, schema: &Schema) -> Option<Member> {
    let (root, path) = within(name, schema.fields())?;
    (!path.is_empty()).then_some(Member { root, path })
}

/// Names may have dots themselves, so every way to take the name apart is tried, the shortest first name first.
fn within(name: &str, fields: &Fields) -> Option<(usize, Vec<String>)> {
    if let Some((at, _)) = fields.find(name) {
        return Some((at, Vec::new()));
    }
    name.match_indices('.').find_map(|(dot, _)| {
        let (at, field) = fields.find(&name[..dot])?;
        let DataType::Struct(members) = field.data_type() else { return None };
        let (next, mut path) = within(&name[dot + 1..], members)?;
        path.insert(0, members[next].name().clone());
        Some((at, path))
    })
}

/// The type of what a source gives.
pub(super) fn type_of(source: &ColumnSource, schema: &Schema) -> DataType {
    match source {
        ColumnSource::InFile(root) => schema.field(*root).data_type().clone(),
        ColumnSource::Nested(Member { root, path }) => {
            let mut data_type = schema.field(*root).data_type();
            for name in path {
                let DataType::Struct(members) = data_type else { return DataType::Null };
                let Some((_, member)) = members.find(name) else { return DataType::Null };
                data_type = member.data_type();
            }
            data_type.clone()
        }
        ColumnSource::Folder(_) | ColumnSource::JsonText(..) => DataType::Utf8,
        ColumnSource::FirstOf(sources) => {
            let types: Vec<_> = sources.iter().map(|source| plain_type(&type_of(source, schema))).collect();
            if types.iter().all(|other| *other == types[0]) { types[0].clone() } else { DataType::Utf8 }
        }
    }
}

/// What a source gives for some rows, whose columns `root` has.
pub(super) fn values(
    source: &ColumnSource,
    root: &dyn Fn(usize) -> ArrayRef,
    rows: usize,
) -> Result<ArrayRef, ArrowError> {
    match source {
        ColumnSource::InFile(at) => Ok(root(*at)),
        ColumnSource::Folder(value) => Ok(constant_column(value.as_deref(), rows)),
        ColumnSource::JsonText(at, member) => json_members(&root(*at), member),
        ColumnSource::Nested(Member { root: at, path }) => {
            path.iter().try_fold(root(*at), |column, name| member_values(&column, name))
        }
        ColumnSource::FirstOf(sources) => {
            let columns = sources.iter().map(|source| plain(&values(source, root, rows)?));
            first_of(columns.collect::<Result<Vec<_>, _>>()?)
        }
    }
}

/// The texts of a member of JSON that stands as text.
fn json_members(column: &ArrayRef, member: &str) -> Result<ArrayRef, ArrowError> {
    let texts = plain(column)?;
    let texts = texts.as_string_opt::<i32>().ok_or_else(|| {
        ArrowError::CastError(format!("'{member}' cannot be a member of type {}", column.data_type()))
    })?;
    let member_of = |text: Option<&str>| text.map(|text| member_text(text, member)).transpose();
    let members = texts.iter().map(|text| member_of(text).map(Option::flatten));
    let not_json = |what: NotRead| ArrowError::JsonError(format!("'{member}' cannot be read: {}", what.0));
    Ok(Arc::new(members.collect::<Result<StringArray, NotRead>>().map_err(not_json)?))
}

/// A member's values; NULL where the struct itself is.
fn member_values(column: &ArrayRef, name: &str) -> Result<ArrayRef, ArrowError> {
    let missing = || ArrowError::SchemaError(format!("there is no member '{name}'"));
    let parent = column.as_struct_opt().ok_or_else(missing)?;
    let member = parent.column_by_name(name).ok_or_else(missing)?;
    let nulls = NullBuffer::union(parent.nulls(), member.nulls());
    Ok(make_array(member.to_data().into_builder().nulls(nulls).build()?))
}

/// Of every row the first value that is not NULL. Columns of different types are taken as their texts.
fn first_of(columns: Vec<ArrayRef>) -> Result<ArrayRef, ArrowError> {
    let same = columns.iter().all(|column| column.data_type() == columns[0].data_type());
    let columns: Vec<ArrayRef> = match same {
        true => columns,
        false => columns.iter().map(texts).collect::<Result<_, _>>()?,
    };
    let mut columns = columns.into_iter();
    let first = columns.next().ok_or_else(|| ArrowError::SchemaError("there is no column".to_owned()))?;
    columns.try_fold(first, |found, next| {
        let has_value: BooleanArray = (0..found.len()).map(|row| Some(found.is_valid(row))).collect();
        zip(&has_value, &found, &next)
    })
}

/// The texts of a member, which is text already or a kind that has one.
pub(super) fn member_texts(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if plain_type(column.data_type()) == DataType::Utf8 { Ok(Arc::clone(column)) } else { texts(column) }
}

fn texts(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let mut texts = Vec::with_capacity(column.len());
    let visited = each_text(column, |text| {
        texts.push(text.map(|text| String::from_utf8_lossy(text).into_owned()));
    });
    visited.map_err(|error| ArrowError::CastError(error.to_string()))?;
    Ok(Arc::new(StringArray::from(texts)))
}

/// A column without its dictionary, and text as plain text.
fn plain(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match plain_type(column.data_type()) {
        same if same == *column.data_type() => Ok(Arc::clone(column)),
        other => cast(column, &other),
    }
}

fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain_type(values),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    }
}

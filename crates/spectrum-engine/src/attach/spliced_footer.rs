//! What the footer of a copied Parquet file says: the source's columns and the added ones, and all that the source's says
//! beside.

use std::sync::Arc;

use arrow_schema::{FieldRef, Fields, Schema};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::file::properties::{BloomFilterPosition, WriterProperties, WriterVersion};
use parquet::schema::types::{Type, TypePtr};

use crate::error::{InputError, Result};
use crate::output::batches::writing_parquet;
use crate::parquet_file::ParquetFile;

/// Whether every chunk has an offset index, but for row groups without rows, to which pyarrow gives none. Readers that ask
/// for page indexes refuse a file in which some have none.
pub(super) fn have_offset_indexes(files: &[ParquetFile]) -> bool {
    let chunks = files.iter().flat_map(|file| {
        let metadata = file.metadata();
        (0..metadata.num_row_groups()).flat_map(move |group| {
            let index = metadata.page_index_for_row_group(group);
            let columns = 0..metadata.row_group(group).num_columns();
            columns.map(move |column| (file.rows(group) == 0, index.offset_index(column).is_some()))
        })
    });
    let mut any = false;
    let mut all = chunks.map(|(is_empty, is_indexed)| {
        any |= is_indexed;
        is_empty || is_indexed
    });
    all.all(|holds| holds) && any
}

pub(super) fn writer_version(files: &[ParquetFile]) -> WriterVersion {
    match files.first().map(|file| file.metadata().file_metadata().version()) {
        Some(2) => WriterVersion::PARQUET_2_0,
        _ => WriterVersion::PARQUET_1_0,
    }
}

/// Who made all the chunks. Readers distrust what certain versions of certain writers say, and can only know them by name.
fn created_by(files: &[ParquetFile]) -> Option<&str> {
    let mut writers = files.iter().map(|file| file.metadata().file_metadata().created_by());
    let first = writers.next()??;
    writers.all(|other| other == Some(first)).then_some(first)
}

/// The source's columns and the added ones, and everything that the source's footer says beside.
pub(super) fn output_schema(
    files: &[ParquetFile],
    added: Vec<FieldRef>,
    with_page_index: bool,
) -> Result<(TypePtr, WriterProperties)> {
    let Some(first) = files.first() else { return Err(InputError::NoInput.into()) };
    let footer = first.metadata().file_metadata();
    let converted = ArrowSchemaConverter::new()
        .convert(&Schema::new(added.clone()))
        .map_err(|error| writing_parquet("the added columns", error))?;
    let root = footer.schema();
    let columns = root.get_fields().iter().chain(converted.root_schema().get_fields()).cloned().collect();
    let schema = Type::group_type_builder(root.name())
        .with_fields(columns)
        .build()
        .map_err(|error| writing_parquet("the added columns", error))?;

    let sorting = |file: &ParquetFile| {
        let mut groups = file.metadata().row_groups().iter().map(|group| group.sorting_columns().cloned());
        let sorting = groups.next().flatten()?;
        groups.all(|other| other.as_ref() == Some(&sorting)).then_some(sorting)
    };
    let sorting_columns =
        sorting(first).filter(|s| files.iter().all(|file| sorting(file).as_ref() == Some(s)));
    let mut properties = WriterProperties::builder()
        .set_created_by(created_by(files).unwrap_or(crate::CREATED_BY).to_owned())
        .set_writer_version(writer_version(files))
        .set_key_value_metadata(footer.key_value_metadata().cloned())
        .set_sorting_columns(sorting_columns)
        .set_offset_index_disabled(!with_page_index)
        .set_bloom_filter_position(BloomFilterPosition::AfterRowGroup)
        .build();
    // Arrow's own schema names every column, so it must know the new ones; a source without one stays without.
    if let Some(source) = first.arrow_schema() {
        let fields: Fields = source.fields().iter().cloned().chain(added).collect();
        let schema = Schema::new_with_metadata(fields, source.metadata().clone());
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
    }
    Ok((Arc::new(schema), properties))
}

/// Whether files that cannot be copied into one have the same columns once INT96 is decoded.
pub(super) fn differ_by_int96_alone(files: &[ParquetFile]) -> bool {
    let has_int96 = |file: &ParquetFile| (0..file.schema().fields().len()).any(|root| file.has_int96(root));
    files.iter().any(has_int96)
        && files.iter().all(|file| file.schema().fields() == files[0].schema().fields())
}

/// Chunks of several files can stand in one only if their columns are the same to the last detail.
pub(super) fn check_schemas(files: &[ParquetFile]) -> Result<()> {
    let columns = |file: &ParquetFile| file.metadata().file_metadata().schema().get_fields().to_vec();
    let Some(first) = files.first() else { return Ok(()) };
    for file in &files[1..] {
        let (ours, theirs) = (columns(first), columns(file));
        if ours == theirs {
            continue;
        }
        let differing = ours.iter().zip(&theirs).find(|(a, b)| a != b);
        let difference = match differing {
            Some((a, b)) if a.name() == b.name() => format!("column '{}' is of different types", a.name()),
            Some((a, b)) => format!("'{}' stands where the other has '{}'", a.name(), b.name()),
            None => format!("one has {} and the other {}", ours.len(), theirs.len()),
        };
        return Err(InputError::MixedSchemas {
            a: first.input.path.clone(),
            b: file.input.path.clone(),
            difference,
        }
        .into());
    }
    Ok(())
}

//! Whether a footer can be taken at its word, before anything is read by it.

use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

/// Refuses a footer whose chunks lie outside of the file, which could make the reader panic, and one whose counts of rows
/// contradict each other, of which a reader follows one or the other.
pub(super) fn check(metadata: &ParquetMetaData, file_bytes: u64) -> Result<()> {
    let wrong = |what: String| ParquetError::General(format!("the footer says that {what}"));
    let mut rows: i64 = 0;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        if group.num_rows() < 0 {
            return Err(wrong(format!("row group {number} has {} rows", group.num_rows())));
        }
        rows = rows.saturating_add(group.num_rows());
        for chunk in group.columns() {
            let column = || chunk.column_path().string();
            if !is_inside(chunk, file_bytes) {
                return Err(wrong(format!(
                    "row group {number} has column '{}' outside of the file",
                    column()
                )));
            }
            let fits = match chunk.column_descr().max_rep_level() {
                0 => chunk.num_values() == group.num_rows(),
                // A row has at least one value, if only to say that its list is empty.
                _ => chunk.num_values() >= group.num_rows(),
            };
            if !fits {
                return Err(wrong(format!(
                    "row group {number} has {} rows and {} values in column '{}'",
                    group.num_rows(),
                    chunk.num_values(),
                    column()
                )));
            }
        }
    }
    let all = metadata.file_metadata().num_rows();
    if rows != all {
        return Err(wrong(format!("the file has {all} rows, and its row groups have {rows}")));
    }
    Ok(())
}

fn start(chunk: &ColumnChunkMetaData) -> i64 {
    chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset())
}

fn is_inside(chunk: &ColumnChunkMetaData, file_bytes: u64) -> bool {
    let end = start(chunk).checked_add(chunk.compressed_size());
    start(chunk) >= 0
        && chunk.compressed_size() >= 0
        && end.is_some_and(|end| end as u64 <= file_bytes)
        && chunk.num_values() >= 0
}

/// What writers are known to say by mistake, as what they meant.
///
/// A chunk without values may say that its data pages lie before its dictionary, as every empty table of pyarrow before 18
/// does: they would lie after it. And a dictionary at the very beginning of a file, where the magic number is, means that
/// there is none, as readers have it from older writers.
pub(super) fn mended(metadata: ParquetMetaData) -> Result<ParquetMetaData> {
    let is_no_dictionary = |chunk: &ColumnChunkMetaData| {
        chunk.dictionary_page_offset() == Some(0) && chunk.data_page_offset() > 0
    };
    let is_astray = |chunk: &ColumnChunkMetaData| {
        let before = chunk.dictionary_page_offset().is_some_and(|start| chunk.data_page_offset() < start);
        before && chunk.num_values() == 0
    };
    let mut chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    if !chunks.any(|chunk| is_no_dictionary(chunk) || is_astray(chunk)) {
        return Ok(metadata);
    }
    let mut builder = metadata.into_builder();
    let mut groups = builder.take_row_groups();
    for chunk in groups.iter_mut().flat_map(|group| group.columns_mut()) {
        if is_astray(chunk) {
            let end = start(chunk).saturating_add(chunk.compressed_size());
            *chunk = chunk.clone().into_builder().set_data_page_offset(end).build()?;
        } else if is_no_dictionary(chunk) {
            *chunk = chunk.clone().into_builder().set_dictionary_page_offset(None).build()?;
        }
    }
    Ok(builder.set_row_groups(groups).build())
}

//! A Parquet file read as strictly as the parquet crate can: every page by itself, with and without the offset
//! index, every bound and bloom filter against the values, no two parts of the file in one place.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch, cast::AsArray};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;

/// A checked file.
pub(crate) struct Checked {
    pub(crate) bytes: Bytes,
    pub(crate) metadata: Arc<ParquetMetaData>,
    pub(crate) batch: RecordBatch,
}

impl Checked {
    pub(crate) fn chunk(&self, row_group: usize, column: usize) -> &ColumnChunkMetaData {
        self.metadata.row_group(row_group).column(column)
    }

    /// The chunk as it lies in the file.
    pub(crate) fn chunk_bytes(&self, row_group: usize, column: usize) -> &[u8] {
        let (start, length) = self.chunk(row_group, column).byte_range();
        &self.bytes[start as usize..(start + length) as usize]
    }

    /// How many of all chunks have an offset index, and how many there are.
    pub(crate) fn offset_indexes(&self) -> (usize, usize) {
        let chunks = self.metadata.row_groups().iter().flat_map(|group| group.columns());
        let with = chunks.clone().filter(|chunk| chunk.offset_index_offset().is_some()).count();
        (with, chunks.count())
    }

    pub(crate) fn key_value(&self, key: &str) -> Option<String> {
        let pairs = self.metadata.file_metadata().key_value_metadata()?;
        assert!(pairs.iter().filter(|pair| pair.key == key).count() < 2, "{key} stands there twice");
        pairs.iter().find(|pair| pair.key == key)?.value.clone()
    }
}

pub(crate) fn read(path: &Path) -> Checked {
    let bytes = Bytes::from(std::fs::read(path).unwrap());
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    let footer = ArrowReaderMetadata::load(&File::open(path).unwrap(), options).unwrap();
    let metadata = footer.metadata().clone();

    let mut places = Vec::new();
    let mut rows = 0;
    for (group, row_group) in metadata.row_groups().iter().enumerate() {
        rows += row_group.num_rows();
        let sizes: i64 = row_group.columns().iter().map(ColumnChunkMetaData::uncompressed_size).sum();
        assert_eq!(row_group.total_byte_size(), sizes);
        for (column, chunk) in row_group.columns().iter().enumerate() {
            let index = metadata.page_index_for_row_group(group);
            let locations = index.offset_index(column).map(|index| index.page_locations().clone());
            check_pages(&bytes, chunk, row_group.num_rows(), locations.as_deref());
            if let (Some(pages), Some(index)) = (&locations, index.column_index(column)) {
                assert_eq!(pages.len() as u64, index.num_pages());
            }
            let (start, length) = chunk.byte_range();
            places.push((start, length));
            places.extend(chunk.offset_index_range().map(|range| (range.start, range.end - range.start)));
            places.extend(chunk.column_index_range().map(|range| (range.start, range.end - range.start)));
            if let Some(offset) = chunk.bloom_filter_offset() {
                places.push((offset as u64, chunk.bloom_filter_length().unwrap() as u64));
            }
        }
    }
    assert_eq!(metadata.file_metadata().num_rows(), rows);
    places.sort_unstable();
    assert!(places.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "parts overlap: {places:?}");

    let open = || {
        ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(path).unwrap(), footer.clone())
            .with_batch_size(1000)
    };
    let all = open().build().unwrap().map(Result::unwrap).collect::<Vec<_>>();
    let batch = concat_batches(footer.schema(), &all).unwrap();
    assert_eq!(batch.num_rows() as i64, rows);

    // A few rows here and there, which readers find by the offset index if there is one.
    let mut selectors = Vec::new();
    let mut expected = Vec::new();
    let mut at = 0;
    for (skip, select) in [(1, 1), (0, 2), (513, 7), (5_000, 1), (70_000, 3), (131_000, 100)] {
        if at + skip + select > batch.num_rows() {
            break;
        }
        selectors.extend([RowSelector::skip(skip), RowSelector::select(select)]);
        expected.push(batch.slice(at + skip, select));
        at += skip + select;
    }
    let selected = open().with_row_selection(RowSelection::from(selectors)).build().unwrap();
    let selected: Vec<_> = selected.map(Result::unwrap).collect();
    let expected = concat_batches(footer.schema(), &expected).unwrap();
    assert_eq!(concat_batches(footer.schema(), &selected).unwrap(), expected);

    let checked = Checked { bytes, metadata, batch };
    check_bounds_and_bloom_filters(&checked);
    checked
}

/// Reads every page of a chunk, and again by its page locations.
fn check_pages(bytes: &Bytes, chunk: &ColumnChunkMetaData, rows: i64, locations: Option<&[PageLocation]>) {
    let read = |locations: Option<Vec<PageLocation>>| {
        let source = Arc::new(bytes.clone());
        let mut reader = SerializedPageReader::new(source, chunk, rows as usize, locations).unwrap();
        let mut pages = Vec::new();
        while let Some(page) = reader.get_next_page().unwrap() {
            pages.push(page);
        }
        pages
    };
    let pages = read(None);
    let data: Vec<&Page> = pages.iter().filter(|page| !page.is_dictionary_page()).collect();
    assert_eq!(data.iter().map(|page| i64::from(page.num_values())).sum::<i64>(), chunk.num_values());
    for page in &pages {
        assert!(chunk.encodings().any(|encoding| encoding == page.encoding()), "{:?}", page.encoding());
    }
    if let Some(stats) = chunk.page_encoding_stats() {
        assert_eq!(stats.iter().map(|stat| stat.count as usize).sum::<usize>(), pages.len());
    }
    let Some(locations) = locations else { return };
    assert_eq!(locations.len(), data.len());
    assert!(locations.first().is_none_or(|first| first.first_row_index == 0));
    let (start, length) = chunk.byte_range();
    let end_of = |page: &PageLocation| page.offset as u64 + page.compressed_page_size as u64;
    assert!(locations.iter().all(|page| {
        let is_inside = page.offset as u64 >= start && end_of(page) <= start + length;
        is_inside && (0..rows).contains(&page.first_row_index)
    }));
    assert!(locations.windows(2).all(|pair| pair[0].first_row_index < pair[1].first_row_index));
    if let Some(last) = locations.last() {
        assert_eq!(end_of(last), start + length, "a chunk ends with its last page");
    }
    if locations.is_empty() {
        return; // then there is no place either from which to find the dictionary
    }
    let located = read(Some(locations.to_vec()));
    assert!(located.iter().map(Page::buffer).eq(pages.iter().map(Page::buffer)));
}

/// Bounds and bloom filters of text columns hold for every value.
fn check_bounds_and_bloom_filters(file: &Checked) {
    let mut before = 0;
    for (group, row_group) in file.metadata.row_groups().iter().enumerate() {
        let rows = row_group.num_rows() as usize;
        let batch = file.batch.slice(before, rows);
        before += rows;
        for (column, chunk) in row_group.columns().iter().enumerate() {
            let path = chunk.column_path().parts();
            let (1, Some(array)) = (path.len(), batch.column_by_name(&path[0])) else { continue };
            let Some(array) = array.as_string_opt::<i32>() else { continue };
            let values: Vec<&str> = array.iter().flatten().collect();
            if let Some(Statistics::ByteArray(stats)) = chunk.statistics() {
                assert_eq!(stats.null_count_opt(), Some(array.null_count() as u64), "{path:?}");
                let text = |bound: &parquet::data_type::ByteArray| bound.as_utf8().unwrap().to_owned();
                if stats.min_is_exact() && stats.max_is_exact() {
                    assert_eq!(
                        stats.min_opt().map(text).as_deref(),
                        values.iter().min().copied(),
                        "{path:?}"
                    );
                    assert_eq!(
                        stats.max_opt().map(text).as_deref(),
                        values.iter().max().copied(),
                        "{path:?}"
                    );
                }
            }
            let filter = Sbbf::read_from_column_chunk(file.chunk(group, column), &file.bytes).unwrap();
            if let Some(filter) = filter {
                assert!(values.iter().all(|value| filter.check(*value)), "{path:?}");
            }
        }
    }
}

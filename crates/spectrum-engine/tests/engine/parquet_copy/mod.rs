//! Parquet to Parquet: what was there stays as it was, to the byte.
mod columns;
mod footers;
mod row_groups;
mod uuids;

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, Int32Array, Int64Array,
    LargeStringArray, RecordBatch, StringArray, StringViewArray, StructArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{
    BrotliLevel, Compression, CompressionCodec, Encoding, GzipLevel, LogicalType, ZstdLevel,
};
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};
use parquet::schema::types::ColumnPath;
use spectrum_core::IdScheme;
use spectrum_engine::NullTime;

use crate::generated::{expected, found};
use crate::runs::Folder;
use crate::strict_parquet::{self, Checked};
use crate::write_inputs::parquet_with;

/// Users and accounts under their default names; some users are NULL.
fn events(rows: usize) -> RecordBatch {
    let users = (0..rows).map(|row| (row % 11 != 3).then(|| format!("user {}", row * 7 % 23)));
    let accounts = (0..rows).map(|row| format!("account {}", row % 3));
    let note = (0..rows).map(|row| (row % 5 > 0).then(|| "text ".repeat(row % 9)));
    RecordBatch::try_from_iter_with_nullable([
        ("event_id", Arc::new(Int64Array::from_iter_values(0..rows as i64)) as ArrayRef, false),
        ("note", Arc::new(note.collect::<StringArray>()), true),
        ("user_id", Arc::new(users.collect::<StringArray>()), true),
        ("account_id", Arc::new(StringArray::from_iter_values(accounts)), false),
        ("occurred_at", Arc::new(times(rows)), false),
    ])
    .unwrap()
}

fn times(rows: usize) -> TimestampMicrosecondArray {
    TimestampMicrosecondArray::from_iter_values(
        (0..rows).map(|row| (row * 7919 % rows.max(1)) as i64 * 40_000_000),
    )
}

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
}

/// Runs `in.parquet` to `out.parquet` and checks that every column of the input lies in the output as it was.
fn copied(folder: &Folder) -> (Checked, Checked) {
    folder.run("in.parquet", "out.parquet").id(IdScheme::Encoded).done();
    compare(folder)
}

fn compare(folder: &Folder) -> (Checked, Checked) {
    let input = strict_parquet::read(&folder.path("in.parquet"));
    let output = strict_parquet::read(&folder.path("out.parquet"));
    assert_eq!(output.metadata.num_row_groups(), input.metadata.num_row_groups());
    for (group, row_group) in input.metadata.row_groups().iter().enumerate() {
        assert_eq!(output.metadata.row_group(group).num_rows(), row_group.num_rows());
        for (column, before) in row_group.columns().iter().enumerate() {
            let after = output.chunk(group, column);
            assert_eq!(after.column_path(), before.column_path());
            assert!(
                output.chunk_bytes(group, column) == input.chunk_bytes(group, column),
                "bytes of {:?}",
                before.column_path()
            );
            assert_eq!(after.statistics(), before.statistics());
            assert_eq!(after.compression_codec(), before.compression_codec());
            assert_eq!(after.num_values(), before.num_values());
            assert_eq!(after.uncompressed_size(), before.uncompressed_size());
            assert_eq!(after.page_encoding_stats(), before.page_encoding_stats());
            assert!(after.encodings().eq(before.encodings()));
            let bits = |file: &Checked| {
                let filter = Sbbf::read_from_column_chunk(file.chunk(group, column), &file.bytes).unwrap();
                filter.map(|filter| {
                    let mut bits = Vec::new();
                    filter.write(&mut bits).unwrap();
                    bits
                })
            };
            assert_eq!(bits(&output), bits(&input), "bloom filter of {:?}", before.column_path());
        }
    }
    let columns: Vec<usize> = (0..input.batch.num_columns()).collect();
    assert_eq!(output.batch.project(&columns).unwrap(), input.batch);
    (input, output)
}

#[test]
fn with_every_codec_chunks_are_copied_and_ids_are_right() {
    #[allow(deprecated, reason = "files of old have it")]
    let hadoop_lz4 = Compression::LZ4;
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        hadoop_lz4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let folder = Folder::new();
            let batch = events(2_000);
            let properties = properties()
                .set_compression(codec)
                .set_writer_version(version)
                .set_max_row_group_row_count(Some(700))
                .set_data_page_row_count_limit(150)
                .set_write_batch_size(50)
                .build();
            parquet_with(&folder.path("in.parquet"), std::slice::from_ref(&batch), properties);
            let (_, output) = copied(&folder);
            let definition =
                spectrum_core::SessionDefinition::builder().id(IdScheme::Encoded).build().unwrap();
            assert_eq!(found([folder.path("out.parquet").as_path()]), expected(&batch, &definition));
            let version = if version == WriterVersion::PARQUET_1_0 { 1 } else { 2 };
            assert_eq!(output.metadata.file_metadata().version(), version);
        }
    }
}

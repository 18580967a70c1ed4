//! Parquet to Parquet: what was there stays as it was, to the byte.

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

#[test]
fn bloom_filters_go_along() {
    let folder = Folder::new();
    let properties = properties().set_bloom_filter_enabled(true).set_max_row_group_row_count(Some(300));
    parquet_with(&folder.path("in.parquet"), &[events(1_000)], properties.build());
    let (input, _) = copied(&folder);
    assert!(input.chunk(2, 1).bloom_filter_offset().is_some()); // or the comparison would compare nothing
}

#[test]
fn page_indexes_go_along_when_every_chunk_has_one() {
    for statistics in [EnabledStatistics::Page, EnabledStatistics::Chunk, EnabledStatistics::None] {
        let folder = Folder::new();
        let properties = properties()
            .set_statistics_enabled(statistics)
            .set_data_page_row_count_limit(100)
            .set_write_batch_size(50)
            .set_max_row_group_row_count(Some(400));
        parquet_with(&folder.path("in.parquet"), &[events(1_000)], properties.build());
        let (input, output) = copied(&folder);
        assert_eq!(input.offset_indexes(), (15, 15));
        assert_eq!(output.offset_indexes(), (21, 21), "{statistics:?}");
        for group in 0..3 {
            let (before, after) = (
                input.metadata.page_index_for_row_group(group),
                output.metadata.page_index_for_row_group(group),
            );
            for column in 0..5 {
                assert_eq!(after.column_index(column), before.column_index(column));
                let relative = |pages: &[PageLocation], start: u64| -> Vec<_> {
                    let place = |page: &PageLocation| {
                        (page.offset as u64 - start, page.compressed_page_size, page.first_row_index)
                    };
                    pages.iter().map(place).collect()
                };
                assert_eq!(
                    relative(
                        after.page_locations(column).unwrap(),
                        output.chunk(group, column).byte_range().0
                    ),
                    relative(
                        before.page_locations(column).unwrap(),
                        input.chunk(group, column).byte_range().0
                    )
                );
            }
        }
    }
}

#[test]
fn without_a_page_index_in_the_source_there_is_none() {
    let folder = Folder::new();
    let properties = properties()
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(Some(400));
    parquet_with(&folder.path("in.parquet"), &[events(1_000)], properties.build());
    let (_, output) = copied(&folder);
    assert_eq!(output.offset_indexes().0, 0);
    let has_column_index =
        |chunk: &parquet::file::metadata::ColumnChunkMetaData| chunk.column_index_offset().is_some();
    assert!(!output.metadata.row_groups().iter().flat_map(|group| group.columns()).any(has_column_index));
}

/// One file with page indexes and one without make a file without.
#[test]
fn several_files_with_and_without_page_indexes_become_one_without() {
    let folder = Folder::new();
    folder.write("in/with.parquet", []);
    folder.write("in/without.parquet", []);
    let batch = events(600);
    let half = |at: usize| batch.slice(at * 300, 300);
    parquet_with(&folder.path("in/with.parquet"), &[half(0)], properties().build());
    let without = properties()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    parquet_with(&folder.path("in/without.parquet"), &[half(1)], without.build());
    folder.run("in", "out.parquet").id(IdScheme::Encoded).done();
    let output = strict_parquet::read(&folder.path("out.parquet"));
    assert_eq!(output.offset_indexes().0, 0);
    assert_eq!(output.batch.project(&[0, 1, 2, 3, 4]).unwrap(), batch);
    let codecs: Vec<_> = (0..2).map(|group| output.chunk(group, 1).compression_codec()).collect();
    assert_eq!(codecs, [CompressionCodec::UNCOMPRESSED, CompressionCodec::SNAPPY]);
}

#[test]
fn the_footers_own_pairs_stay_and_arrows_schema_knows_the_new_columns() {
    let folder = Folder::new();
    let schema =
        Schema::clone(&events(10).schema()).with_metadata([("owner".to_owned(), "somebody".to_owned())]);
    let batch = events(10).with_schema(Arc::new(schema)).unwrap();
    let pairs = vec![
        KeyValue::new("pandas".to_owned(), "{\"columns\": []}".to_owned()),
        KeyValue::new("empty".to_owned(), None),
    ];
    let sorting = vec![SortingColumn { column_idx: 4, descending: true, nulls_first: false }];
    let properties =
        properties().set_key_value_metadata(Some(pairs)).set_sorting_columns(Some(sorting.clone())).build();
    parquet_with(&folder.path("in.parquet"), &[batch], properties);
    let (input, output) = copied(&folder);
    assert_eq!(output.key_value("pandas").as_deref(), Some("{\"columns\": []}"));
    assert_eq!(output.metadata.row_group(0).sorting_columns(), Some(&sorting));
    let pairs = |file: &Checked| file.metadata.file_metadata().key_value_metadata().unwrap().len();
    assert_eq!(pairs(&output), pairs(&input));
    let schema = output.batch.schema();
    assert_eq!(schema.metadata()["owner"], "somebody");
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names[5..], ["session_id", "session_seq"]);
    assert_eq!(*schema.field(5), Field::new("session_id", DataType::Utf8, false));
    assert_eq!(*schema.field(6), Field::new("session_seq", DataType::Int64, false));
    assert!(output.metadata.file_metadata().created_by().unwrap().starts_with("spectrum "));
}

/// Iceberg and others find columns by number.
#[test]
fn field_ids_and_the_fields_own_metadata_stay() {
    let folder = Folder::new();
    let batch = events(50);
    let with_id = |(at, field): (usize, &arrow_schema::FieldRef)| {
        let pairs = [("PARQUET:field_id", format!("{}", at + 7)), ("comment", format!("column {at}"))];
        let pairs: HashMap<String, String> = pairs.map(|(key, value)| (key.to_owned(), value)).into();
        Field::clone(field).with_metadata(pairs)
    };
    let fields: Vec<_> = batch.schema().fields().iter().enumerate().map(with_id).collect();
    let batch = batch.with_schema(Arc::new(Schema::new(fields))).unwrap();
    parquet_with(&folder.path("in.parquet"), &[batch], properties().build());
    let (_, output) = copied(&folder);
    let root = output.metadata.file_metadata().schema();
    let ids: Vec<_> = root.get_fields().iter().map(|field| field.get_basic_info()).collect();
    assert_eq!(ids[..5].iter().map(|info| info.id()).collect::<Vec<_>>(), [7, 8, 9, 10, 11]);
    assert!(ids[5..].iter().all(|info| !info.has_id()));
    assert_eq!(
        output.batch.schema().field(1).metadata().get("comment").map(String::as_str),
        Some("column 1")
    );
}

#[test]
fn a_source_without_arrows_schema_stays_without() {
    let folder = Folder::new();
    let file = std::fs::File::create(folder.path("in.parquet")).unwrap();
    let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(file, events(100).schema(), options).unwrap();
    writer.write(&events(100)).unwrap();
    writer.close().unwrap();
    let (_, output) = copied(&folder);
    assert_eq!(output.key_value("ARROW:schema"), None);
    // What another reader sees without it: texts.
    assert_eq!(*output.batch.schema().field(5).data_type(), DataType::Utf8);
}

#[test]
fn nested_columns_are_untouched() {
    let rows = 500;
    let mut lists = ListBuilder::new(ListBuilder::new(Int32Builder::new()));
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for row in 0..rows {
        for inner in 0..row % 4 {
            (0..inner).for_each(|value| lists.values().values().append_value(value));
            lists.values().append(inner % 3 != 1);
        }
        lists.append(row % 7 != 0);
        (0..row % 3).for_each(|value| {
            maps.keys().append_value(format!("key {value}"));
            maps.values().append_option((value > 0).then_some(row));
        });
        maps.append(row % 5 != 0).unwrap();
    }
    let inner = StructArray::from(vec![
        (
            // The name of a key inside of another column is no key.
            Arc::new(Field::new("user_id", DataType::Int32, true)),
            Arc::new((0..rows).map(|row| (row % 3 > 0).then_some(row)).collect::<Int32Array>()) as ArrayRef,
        ),
        (
            Arc::new(Field::new("b.c", DataType::Utf8, false)),
            Arc::new(StringArray::from_iter_values((0..rows).map(|row| row.to_string()))) as ArrayRef,
        ),
    ]);
    let plain = events(rows as usize);
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("lists", Arc::new(lists.finish()) as ArrayRef, true),
        ("event_id", plain.column(0).clone(), false),
        ("struct", Arc::new(inner), false),
        ("user_id", plain.column(2).clone(), true),
        ("maps", Arc::new(maps.finish()), true),
        ("account_id", plain.column(3).clone(), false),
        ("occurred_at", plain.column(4).clone(), false),
    ])
    .unwrap();
    let folder = Folder::new();
    let properties = properties()
        .set_max_row_group_row_count(Some(170))
        .set_data_page_row_count_limit(60)
        .set_write_batch_size(20)
        .build();
    parquet_with(&folder.path("in.parquet"), std::slice::from_ref(&batch), properties);
    copied(&folder);
    let definition = spectrum_core::SessionDefinition::builder().id(IdScheme::Encoded).build().unwrap();
    assert_eq!(found([folder.path("out.parquet").as_path()]), expected(&batch, &definition));
}

/// However a file holds the text of its keys, it is the same text.
#[test]
fn text_keys_of_every_type_and_encoding_give_the_same_ids() {
    let batch = events(900);
    let users = batch.column(2).as_string::<i32>();
    let as_type: [(&str, ArrayRef); 4] = [
        ("text", batch.column(2).clone()),
        ("large text", Arc::new(users.iter().collect::<LargeStringArray>())),
        ("views", Arc::new(users.iter().collect::<StringViewArray>())),
        ("dictionary", Arc::new(users.iter().collect::<DictionaryArray<Int32Type>>())),
    ];
    let user = || ColumnPath::from("user_id");
    let encodings: [(&str, WriterPropertiesBuilder); 6] = [
        ("dictionary", properties()),
        ("a dictionary given up halfway", properties().set_column_dictionary_page_size_limit(user(), 90)),
        ("plain", properties().set_dictionary_enabled(false)),
        (
            "lengths",
            properties()
                .set_dictionary_enabled(false)
                .set_column_encoding(user(), Encoding::DELTA_LENGTH_BYTE_ARRAY),
        ),
        (
            "prefixes",
            properties()
                .set_dictionary_enabled(false)
                .set_column_encoding(user(), Encoding::DELTA_BYTE_ARRAY),
        ),
        ("version 2", properties().set_writer_version(WriterVersion::PARQUET_2_0)),
    ];
    let definition = spectrum_core::SessionDefinition::builder().id(IdScheme::Encoded).build().unwrap();
    let expected = expected(&batch, &definition);
    for (type_name, users) in as_type {
        let mut columns = batch.columns().to_vec();
        columns[2] = users;
        let names = batch.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
        let batch = RecordBatch::try_from_iter(names.into_iter().zip(columns)).unwrap();
        for (encoding_name, properties) in &encodings {
            let folder = Folder::new();
            let properties = properties
                .clone()
                .set_max_row_group_row_count(Some(400))
                .set_data_page_row_count_limit(50)
                .set_write_batch_size(25);
            parquet_with(&folder.path("in.parquet"), std::slice::from_ref(&batch), properties.build());
            let (_, output) = copied(&folder);
            assert_eq!(output.batch.column(2).data_type(), batch.column(2).data_type());
            let found = found([folder.path("out.parquet").as_path()]);
            assert!(found == expected, "{type_name}, {encoding_name}");
        }
    }
}

#[test]
fn integers_of_every_encoding_give_the_same_ids() {
    let rows = 3_000;
    let keys: ArrayRef =
        Arc::new((0..rows).map(|row| (row % 9 > 0).then_some(row * row % 41 - 20)).collect::<Int32Array>());
    let batch = RecordBatch::try_from_iter([
        ("event_id", Arc::new(Int64Array::from_iter_values(0..i64::from(rows))) as ArrayRef),
        ("key", keys),
        ("occurred_at", Arc::new(times(rows as usize))),
    ])
    .unwrap();
    let definition =
        spectrum_core::SessionDefinition::builder().key(["key"]).id(IdScheme::Start).build().unwrap();
    let expected = expected(&batch, &definition);
    for encoding in [Encoding::PLAIN, Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT] {
        let folder = Folder::new();
        let properties = properties()
            .set_dictionary_enabled(false)
            .set_column_encoding("key".into(), encoding)
            .set_column_encoding("occurred_at".into(), encoding)
            .build();
        parquet_with(&folder.path("in.parquet"), std::slice::from_ref(&batch), properties);
        folder.run("in.parquet", "out.parquet").key(["key"]).id(IdScheme::Start).done();
        compare(&folder);
        assert!(found([folder.path("out.parquet").as_path()]) == expected, "{encoding}");
    }
}

#[test]
fn row_groups_may_differ_in_size_and_be_empty() {
    let folder = Folder::new();
    let batch = events(1_200);
    let file = std::fs::File::create(folder.path("in.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    for (from, rows) in [(0, 1), (1, 1_000), (1_001, 17), (1_018, 182)] {
        writer.write(&batch.slice(from, rows)).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
    let (_, output) = copied(&folder);
    let sizes: Vec<_> = output.metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(sizes, [1, 1_000, 17, 182]);
}

/// Some writers leave row groups without rows.
#[test]
fn a_row_group_without_rows_is_kept() {
    use parquet::arrow::ArrowSchemaConverter;
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::writer::SerializedFileWriter;

    let fields = vec![
        Field::new("key", DataType::Utf8, false),
        Field::new("occurred_at", DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, None), false),
    ];
    let schema = ArrowSchemaConverter::new().convert(&Schema::new(fields)).unwrap();
    for groups in [&[0][..], &[0, 0], &[0, 2, 0, 1]] {
        let folder = Folder::new();
        let file = std::fs::File::create(folder.path("in.parquet")).unwrap();
        let mut writer = SerializedFileWriter::new(file, schema.root_schema_ptr(), Arc::default()).unwrap();
        for rows in groups {
            let mut group = writer.next_row_group().unwrap();
            let mut keys = group.next_column().unwrap().unwrap();
            let texts = vec![ByteArray::from("k"); *rows];
            keys.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap();
            keys.close().unwrap();
            let mut times = group.next_column().unwrap().unwrap();
            times.typed::<Int64Type>().write_batch(&vec![7; *rows], None, None).unwrap();
            times.close().unwrap();
            group.close().unwrap();
        }
        writer.close().unwrap();
        let run =
            || folder.run("in.parquet", "out.parquet").key(["key"]).options(|options| options.force = true);
        let report = run().done();
        assert_eq!(report.events as usize, groups.iter().sum::<usize>());
        let output = strict_parquet::read(&folder.path("out.parquet"));
        let sizes: Vec<_> =
            output.metadata.row_groups().iter().map(|group| group.num_rows() as usize).collect();
        assert_eq!(sizes, groups);
        folder.run("in.parquet", "out.csv").key(["key"]).done();
        assert_eq!(folder.text("out.csv").lines().count(), 1 + groups.iter().sum::<usize>());
    }
}

#[test]
fn a_file_without_rows_gets_the_columns_all_the_same() {
    let folder = Folder::new();
    parquet_with(&folder.path("in.parquet"), &[events(0)], properties().build());
    let report = folder.run("in.parquet", "out.parquet").sessions(folder.path("sessions.parquet")).done();
    assert_eq!((report.events, report.keys, report.sessions, report.span), (0, 0, 0, None));
    let output = strict_parquet::read(&folder.path("out.parquet"));
    assert_eq!((output.batch.num_rows(), output.batch.num_columns()), (0, 7));
    let sessions = strict_parquet::read(&folder.path("sessions.parquet"));
    assert_eq!((sessions.batch.num_rows(), sessions.batch.num_columns()), (0, 8));
    for format in ["csv", "ndjson"] {
        folder
            .run("in.parquet", &format!("out.{format}"))
            .sessions(folder.path(&format!("s.{format}")))
            .done();
    }
    assert_eq!(
        folder.text("out.csv"),
        "event_id,note,user_id,account_id,occurred_at,session_id,session_seq\n"
    );
    assert_eq!(folder.text("out.ndjson"), "");
}

/// More rows than fit a page of the added column, all of one session, all different, and with NULL ids.
#[test]
fn row_groups_of_hundreds_of_thousands_of_rows_are_readable() {
    let rows = 280_000_i64;
    for (name, key, of) in [
        ("one session", 1, IdScheme::Sequence),
        ("a session an event", rows, IdScheme::Encoded),
        ("long runs and short", 9, IdScheme::Start),
    ] {
        let keys = (0..rows).map(|row| (row % 1000 != 999).then(|| row * row / 7 % key));
        let batch = RecordBatch::try_from_iter([
            ("event_id", Arc::new(Int64Array::from_iter_values(0..rows)) as ArrayRef),
            ("key", Arc::new(keys.collect::<Int64Array>())),
            (
                "occurred_at",
                Arc::new(TimestampMicrosecondArray::from_iter_values(
                    (0..rows).map(|row| row / 50_000 * 3_600_000_000),
                )),
            ),
        ])
        .unwrap();
        let folder = Folder::new();
        parquet_with(&folder.path("in.parquet"), std::slice::from_ref(&batch), properties().build());
        folder
            .run("in.parquet", "out.parquet")
            .key(["key"])
            .id(of)
            .options(|o| o.allow_id_collisions = true)
            .done();
        let (_, output) = compare(&folder);
        assert_eq!(output.metadata.num_row_groups(), 1);
        let definition = spectrum_core::SessionDefinition::builder().key(["key"]).id(of).build().unwrap();
        let expected = spectrum_core::sessionize(std::slice::from_ref(&batch), &definition).unwrap();
        let ids: ArrayRef = Arc::new(expected.session_ids().remove(0));
        assert!(output.batch.column_by_name("session_id").unwrap() == &ids, "{name}");
    }
}

/// Under `sequence` a NULL in the key makes a NULL id: for some events, or for all of a row group.
#[test]
fn null_ids_are_null_in_the_file() {
    let folder = Folder::new();
    let key: ArrayRef =
        Arc::new(StringArray::from(vec![None, None, None, Some("a"), None, Some("b"), Some("b")]));
    let batch = RecordBatch::try_from_iter([
        ("event_id", Arc::new(Int64Array::from_iter_values(0..7)) as ArrayRef),
        ("key", key),
        ("occurred_at", Arc::new(times(7))),
    ])
    .unwrap();
    parquet_with(
        &folder.path("in.parquet"),
        &[batch],
        properties().set_max_row_group_row_count(Some(3)).build(),
    );
    let report = folder.run("in.parquet", "out.parquet").key(["key"]).done();
    assert_eq!(report.null_id_events, 4);
    let (_, output) = compare(&folder);
    let ids = output.batch.column_by_name("session_id").unwrap();
    let is_null: Vec<bool> = (0..7).map(|row| ids.is_null(row)).collect();
    assert_eq!(is_null, [true, true, true, false, true, false, false]);
    assert!(output.batch.schema().field(3).is_nullable());
}

fn uuid_events(with_null_times: bool) -> RecordBatch {
    let uuids = (0..40_u8).map(|row| [row % 3; 16]);
    let uuid = Field::new("user_id", DataType::FixedSizeBinary(16), false)
        .with_metadata([("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned())]);
    let time = events(40).column(4).clone();
    let time = match with_null_times {
        false => time,
        true => {
            let valid = BooleanArray::from_iter((0..40).map(|row| Some(row % 4 == 0)));
            arrow_select::nullif::nullif(&time, &valid).unwrap()
        }
    };
    let fields = vec![uuid, Field::new("occurred_at", time.data_type().clone(), true)];
    let uuids = FixedSizeBinaryArray::try_from_iter(uuids).unwrap();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(uuids), time]).unwrap()
}

/// Whoever reads the file must see uuids, and not sixteen bytes of anything.
#[test]
fn uuids_stay_uuids_for_other_readers() {
    let folder = Folder::new();
    for (with_null_times, name) in [(false, "all"), (true, "some")] {
        let input = format!("{name}.parquet");
        write_uuids(&folder.path(&input), &uuid_events(with_null_times));
        folder
            .run(&input, &format!("{name}.out.parquet"))
            .key(["user_id"])
            .options(|options| options.null_time = NullTime::Drop)
            .sessions(folder.path(&format!("{name}.sessions.parquet")))
            .done();
        for output in ["out", "sessions"] {
            let file = strict_parquet::read(&folder.path(&format!("{name}.{output}.parquet")));
            let schema = file.metadata.file_metadata().schema_descr();
            let column = schema.columns().iter().find(|column| column.name() == "user_id").unwrap();
            assert_eq!(column.logical_type_ref(), Some(&LogicalType::Uuid), "{name}.{output}");
        }
    }
}

/// With the logical type, as pyarrow, DuckDB and Spark write it.
fn write_uuids(path: &std::path::Path, batch: &RecordBatch) {
    use parquet::basic::{Repetition, Type as PhysicalType};
    use parquet::schema::types::Type;

    let primitive = |name, physical| Type::primitive_type_builder(name, physical);
    let uuid = primitive("user_id", PhysicalType::FIXED_LEN_BYTE_ARRAY)
        .with_length(16)
        .with_logical_type(Some(LogicalType::Uuid))
        .with_repetition(Repetition::REQUIRED);
    let time = primitive("occurred_at", PhysicalType::INT64)
        .with_logical_type(Some(LogicalType::timestamp(false, parquet::basic::TimeUnit::MICROS)))
        .with_repetition(Repetition::OPTIONAL);
    let columns = vec![Arc::new(uuid.build().unwrap()), Arc::new(time.build().unwrap())];
    let root = Arc::new(Type::group_type_builder("schema").with_fields(columns).build().unwrap());
    let file = std::fs::File::create(path).unwrap();
    let options =
        ArrowWriterOptions::new().with_parquet_schema(parquet::schema::types::SchemaDescriptor::new(root));
    let mut writer = ArrowWriter::try_new_with_options(file, batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// Without the events that have no time, all others and all columns are there.
#[test]
fn events_without_a_time_are_left_out_on_request() {
    let folder = Folder::new();
    let whole = events(1_000);
    let valid = BooleanArray::from_iter((0..1_000).map(|row| Some(row % 4 == 0)));
    let mut columns = whole.columns().to_vec();
    columns[4] = arrow_select::nullif::nullif(&columns[4], &valid).unwrap();
    let names = whole.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    let batch = RecordBatch::try_from_iter(names.into_iter().zip(columns)).unwrap();
    let pairs = vec![KeyValue::new("owner".to_owned(), "somebody".to_owned())];
    let properties = properties()
        .set_key_value_metadata(Some(pairs))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(300));
    parquet_with(&folder.path("in.parquet"), std::slice::from_ref(&batch), properties.build());
    let report =
        folder.run("in.parquet", "out.parquet").options(|options| options.null_time = NullTime::Drop).done();
    assert_eq!((report.events, report.dropped), (750, 250));
    let output = strict_parquet::read(&folder.path("out.parquet"));
    let has_time: BooleanArray = batch.column(4).nulls().unwrap().iter().map(Some).collect();
    let kept = arrow_select::filter::filter_record_batch(&batch, &has_time).unwrap();
    assert!(output.batch.columns()[..5] == *kept.columns());
    assert_eq!(output.key_value("owner").as_deref(), Some("somebody"));
    let definition = spectrum_core::SessionDefinition::default();
    assert_eq!(found([folder.path("out.parquet").as_path()]), expected(&kept, &definition));

    let message = folder.run("in.parquet", "refused.parquet").refusal();
    assert!(message.contains("250 events have no time") && message.contains("row 1, "), "{message}");
}

#[test]
fn files_that_differ_in_a_column_are_refused_for_one_output_and_accepted_for_a_folder() {
    let folder = Folder::new();
    let batch = events(100);
    folder.write("in/a.parquet", []);
    folder.write("in/b.parquet", []);
    parquet_with(&folder.path("in/a.parquet"), &[batch.slice(0, 50)], properties().build());
    let fewer = batch.project(&[0, 2, 3, 4]).unwrap();
    parquet_with(&folder.path("in/b.parquet"), &[fewer.slice(50, 50)], properties().build());
    let message = folder.run("in", "out.parquet").refusal();
    for part in
        ["a.parquet and ", "b.parquet have different columns", "'note' stands where", "write to a folder"]
    {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(folder.files(), ["in/a.parquet", "in/b.parquet"]);
    folder.run("in", "out/").id(IdScheme::Encoded).done();
    let definition = spectrum_core::SessionDefinition::builder().id(IdScheme::Encoded).build().unwrap();
    let outputs = ["out/a.parquet", "out/b.parquet"].map(|name| folder.path(name));
    assert_eq!(found(outputs.iter().map(|path| path.as_path())), expected(&batch, &definition));
    outputs.iter().for_each(|path| drop(strict_parquet::read(path)));
}

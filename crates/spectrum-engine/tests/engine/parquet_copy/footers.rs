//! What the footer says goes along: bloom filters, page indexes, pairs and schemas.

use super::*;

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
    let created_by = |file: &Checked| file.metadata.file_metadata().created_by().unwrap().to_owned();
    assert_eq!(created_by(&output), created_by(&input));
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

//! Uuids, events without a time, and files that differ.

use super::*;

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

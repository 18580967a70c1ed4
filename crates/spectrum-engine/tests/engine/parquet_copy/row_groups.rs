//! Row groups of any size.

use super::*;

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

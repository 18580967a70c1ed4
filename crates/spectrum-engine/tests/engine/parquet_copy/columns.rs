//! Columns of every shape, type and encoding.

use super::*;

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

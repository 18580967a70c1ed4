//! What is nested becomes JSON in CSV and TSV, so that it can be read back.

use std::sync::Arc;

use spectrum_engine::arrow_array::builder::{ListBuilder, StringBuilder};
use spectrum_engine::arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray};
use spectrum_engine::{Target, Watch, WriteOptions, write_batches};

use crate::runs::Folder;

fn tags() -> ArrayRef {
    let mut tags = ListBuilder::new(StringBuilder::new());
    for list in [
        Some(vec![Some("x, y")]),
        Some(vec![Some("x"), Some("y")]),
        Some(vec![None, Some("")]),
        Some(vec![]),
        None,
    ] {
        match list {
            Some(list) => {
                list.into_iter().for_each(|tag| tags.values().append_option(tag));
                tags.append(true);
            }
            None => tags.append(false),
        }
    }
    Arc::new(tags.finish())
}

#[test]
fn lists_and_structs_are_json() {
    let device: ArrayRef = Arc::new(StructArray::from(vec![
        (
            Arc::new(spectrum_engine::arrow_schema::Field::new(
                "os",
                spectrum_engine::arrow_schema::DataType::Utf8,
                true,
            )),
            Arc::new(StringArray::from(vec![Some("a\tb\n"), None, Some(""), Some("say \"hi\""), Some("ü")]))
                as ArrayRef,
        ),
        (
            Arc::new(spectrum_engine::arrow_schema::Field::new(
                "n",
                spectrum_engine::arrow_schema::DataType::Int64,
                true,
            )),
            Arc::new(Int64Array::from(vec![Some(1), None, Some(3), Some(4), Some(5)])) as ArrayRef,
        ),
    ]));
    let batch = RecordBatch::try_from_iter([("tags", tags()), ("device", device)]).unwrap();
    let folder = Folder::new();
    for name in ["out.csv", "out.tsv"] {
        let target = Target::File(folder.path(name));
        let batches = std::iter::once(batch.clone());
        write_batches(batches, &batch.schema(), &target, &WriteOptions::default(), &Watch::default())
            .unwrap();
    }
    assert_eq!(
        folder.text("out.tsv"),
        "tags\tdevice\n\
         [\"x, y\"]\t{\"os\":\"a\\tb\\n\",\"n\":1}\n\
         [\"x\",\"y\"]\t{\"os\":null,\"n\":null}\n\
         [null,\"\"]\t{\"os\":\"\",\"n\":3}\n\
         []\t{\"os\":\"say \\\"hi\\\"\",\"n\":4}\n\
         \t{\"os\":\"ü\",\"n\":5}\n"
    );
    assert!(
        folder.text("out.csv").starts_with("tags,device\n\"[\"\"x, y\"\"]\",\"{\"\"os\"\":"),
        "{}",
        folder.text("out.csv")
    );
}

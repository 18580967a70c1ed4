//! What pyarrow says of columns in ways of its own, and whether a copy says the same.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::BinaryArray;
use arrow_cast::base64::{BASE64_STANDARD, b64_decode};
use arrow_schema::{DataType, Schema, TimeUnit};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use spectrum_core::IdScheme;
use spectrum_engine::NullTime;

use crate::outcome;
use crate::runs::Folder;

/// Rows 0, 1 and 3, with an empty row group between; times in Kathmandu that Arrow counts in nanoseconds and the file in
/// microseconds; page indexes without the empty row group; metadata whose owner was changed after all else was written.
const FILE: &str = "pyarrow_version_2_4.parquet";
/// The same with an event that has no time.
const NULL_TIME: &str = "pyarrow_null_time.parquet";

fn run(name: &str) -> Folder {
    let folder = Folder::new();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    folder.write("in.parquet", std::fs::read(path).unwrap());
    let run = folder.run("in.parquet", "out.parquet").id(IdScheme::Encoded);
    run.options(|options| options.null_time = NullTime::Drop).done();
    folder
}

fn footer(path: &Path) -> ParquetMetaData {
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
    reader.parse_and_finish(&File::open(path).unwrap()).unwrap()
}

/// Arrow's own schema, which pyarrow goes by.
fn arrow_schema(footer: &ParquetMetaData) -> Schema {
    let pairs = footer.file_metadata().key_value_metadata().unwrap();
    let pair = pairs.iter().find(|pair| pair.key == "ARROW:schema").unwrap();
    let encoded = BinaryArray::from_iter_values([pair.value.as_ref().unwrap()]);
    let message = b64_decode(&BASE64_STANDARD, &encoded).unwrap();
    let message = arrow_ipc::root_as_message(&message.value(0)[8..]).unwrap();
    arrow_ipc::convert::try_fb_to_schema(message.header_as_schema().unwrap()).unwrap()
}

fn kathmandu(unit: TimeUnit) -> DataType {
    DataType::Timestamp(unit, Some("Asia/Kathmandu".into()))
}

/// pandas' times, in every file that pyarrow wrote before version 13.
#[test]
fn zones_go_along_where_the_file_counts_in_another_unit() {
    let folder = run(FILE);
    let [before, after] = ["in.parquet", "out.parquet"].map(|name| arrow_schema(&footer(&folder.path(name))));
    assert_eq!(*before.field_with_name("seen").unwrap().data_type(), kathmandu(TimeUnit::Nanosecond));
    assert_eq!(after.fields()[..before.fields().len()], before.fields()[..]);
    assert_eq!(*after.metadata(), HashMap::from([("owner".to_owned(), "web".to_owned())]));
    assert_eq!(after.metadata(), before.metadata());
}

/// Rows that are decoded keep their zone too.
#[test]
fn zones_go_along_where_events_are_left_out() {
    let folder = run(NULL_TIME);
    let batches = outcome::parquet_batches(&folder.path("out.parquet"));
    let column = |name: &str| batches[0].column_by_name(name).unwrap().data_type().clone();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 2);
    assert_eq!(column("seen"), kathmandu(TimeUnit::Microsecond));
    let DataType::List(item) = column("visits") else { panic!("{}", column("visits")) };
    assert_eq!(*item.data_type(), kathmandu(TimeUnit::Microsecond));
}

/// Page indexes go along though the row group without rows has none.
#[test]
fn an_empty_row_group_costs_no_page_index() {
    let folder = run(FILE);
    for name in ["in.parquet", "out.parquet"] {
        let footer = footer(&folder.path(name));
        let indexed = footer.row_groups().iter().map(|group| {
            let chunks = group.columns().iter();
            let with = chunks.filter(|chunk| chunk.offset_index_offset().is_some()).count();
            (group.num_rows(), with == group.num_columns(), with == 0)
        });
        let indexed: Vec<_> = indexed.collect();
        assert_eq!(indexed, [(2, true, false), (0, false, true), (1, true, false)], "{name}");
    }
}

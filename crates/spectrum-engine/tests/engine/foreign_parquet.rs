//! Parquet that others wrote, and what became of it on the way. `tests/data/README.md` lists the files.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, TimeUnit};
use parquet::data_type::{ByteArray, ByteArrayType, Int96, Int96Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use spectrum_core::IdScheme;
use spectrum_engine::{Input, InputOptions, Watch, read_rows, summarize};

use crate::outcome;
use crate::runs::{Folder, Run};
use crate::strict_parquet;
use crate::write_inputs;

const FORMATS: [&str; 3] = ["parquet", "csv", "ndjson"];

/// A folder with copies of files of others.
fn with<const N: usize>(names: [&str; N]) -> Folder {
    let folder = Folder::new();
    for name in names {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        folder.write(name, std::fs::read(path).unwrap());
    }
    folder
}

fn run_to(folder: &Folder, input: &str, format: &str) -> Run {
    folder.run(input, &format!("out.{format}")).id(IdScheme::Encoded).options(|options| options.force = true)
}

/// The numbers of the sessions, by row.
fn numbers(folder: &Folder, output: &str) -> Vec<Option<String>> {
    outcome::rows(&folder.path(output)).iter().map(|row| row["session_seq"].clone()).collect()
}

fn some<const N: usize>(texts: [&str; N]) -> Vec<Option<String>> {
    texts.map(|text| Some(text.to_owned())).to_vec()
}

/// The data pages of an empty chunk lie after its dictionary, whatever the source says, and so nobody finds fault.
#[test]
fn an_empty_row_group_is_copied_as_readers_have_it() {
    let folder = with(["empty14.parquet", "three14.parquet"]);
    for inputs in [
        &["empty14.parquet"][..],
        &["empty14.parquet", "three14.parquet"],
        &["three14.parquet", "empty14.parquet"],
    ] {
        let mut run = run_to(&folder, "", "parquet");
        run.inputs = inputs.iter().map(|name| folder.path(name).display().to_string()).collect();
        let report = run.done();
        assert_eq!(report.events, if inputs.len() == 1 { 0 } else { 3 });
        let output = strict_parquet::read(&folder.path("out.parquet"));
        for chunk in output.metadata.row_groups().iter().flat_map(|group| group.columns()) {
            let start = chunk.dictionary_page_offset().unwrap();
            assert!(chunk.data_page_offset() > start, "{}", chunk.column_path());
        }
    }
}

/// 9999-12-31 stands for "not yet" in many tables; as the year 1816 it would be the first session.
#[test]
fn int96_beyond_nanoseconds_is_the_time_that_it_is() {
    for (name, last) in [
        ("spark_int96_sentinel.parquet", "9999-12-31T00:00:00Z"),
        ("i96_9999.parquet", "9999-12-31T00:00:00"),
        ("i96_wrap.parquet", "2610-07-22T23:44:33"),
    ] {
        let folder = with([name]);
        for format in FORMATS {
            run_to(&folder, name, format).sessions(folder.path("sessions.csv")).done();
            assert_eq!(numbers(&folder, &format!("out.{format}")), some(["1", "1", "2"]), "{name} {format}");
            let sessions = outcome::rows(&folder.path("sessions.csv"));
            assert_eq!(sessions[1]["started_at"].as_deref(), Some(last), "{name} {format}");
        }
        let rows = outcome::rows(&folder.path("out.csv"));
        assert_eq!(rows[2]["occurred_at"].as_deref(), Some(last), "{name}");
    }
}

/// A decoded INT96 is a TIMESTAMP_MICROS, at any depth: Spark knows no nanoseconds.
#[test]
fn int96_comes_out_as_microseconds() {
    let folder = with(["spark_int96_nested.parquet"]);
    folder.write("lake/city=de/part.parquet", folder.read("spark_int96_nested.parquet"));
    run_to(&folder, "lake", "parquet").done();
    let batch = strict_parquet::read(&folder.path("out.parquet")).batch;
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(*batch.column_by_name("occurred_at").unwrap().data_type(), instant);
    let lists = batch.column_by_name("l").unwrap().as_list::<i32>();
    assert_eq!(*lists.values().data_type(), instant);
    assert_eq!(lists.values().as_primitive::<TimestampMicrosecondType>().value(0), 1_767_225_600_000_000);
}

fn int96(microseconds: i64, nanoseconds: i64) -> Int96 {
    let day = 86_400_000_000;
    let of_day = microseconds.rem_euclid(day) * 1_000 + nanoseconds;
    let mut value = Int96::new();
    let julian = microseconds.div_euclid(day) + 2_440_588;
    value.set_data(of_day as u32, (of_day >> 32) as u32, julian as u32);
    value
}

/// Users, accounts and INT96 times of Spark's kind, and in each row a struct with another of them, which may be NULL.
fn write_int96(folder: &Folder, name: &str, times: &[Int96], others: &[Option<Int96>]) {
    let schema = parse_message_type(
        "message m { required binary user_id (UTF8); required binary account_id (UTF8); required int96 occurred_at; \
         required group s { optional int96 at; } }",
    )
    .unwrap();
    let file = std::fs::File::create(folder.path(name)).unwrap();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for _ in 0..2 {
        let mut column = group.next_column().unwrap().unwrap();
        let texts = vec![ByteArray::from("u"); times.len()];
        column.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap();
        column.close().unwrap();
    }
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int96Type>().write_batch(times, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let levels: Vec<i16> = others.iter().map(|other| i16::from(other.is_some())).collect();
    let values: Vec<Int96> = others.iter().flatten().copied().collect();
    column.typed::<Int96Type>().write_batch(&values, Some(&levels), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

const NEW_YEAR: i64 = 1_767_225_600_000_000;

#[test]
fn int96_that_microseconds_cannot_hold_is_refused_by_row() {
    let folder = Folder::new();
    let fine = [int96(NEW_YEAR, 0), int96(NEW_YEAR, 1)];
    write_int96(&folder, "time.parquet", &fine, &[None, None]);
    let message = run_to(&folder, "time.parquet", "parquet").refusal();
    let told = "time.parquet row 2: the INT96 time 2026-01-01T00:00:00.000000001Z in column 'occurred_at' is not a \
                whole number of microseconds";
    assert!(message.contains(told) && message.contains("TIMESTAMP_MICROS"), "{message}");

    // The last day that INT96 can say.
    let mut far = Int96::new();
    far.set_data(0, 0, i32::MAX as u32);
    let whole = [int96(NEW_YEAR, 0), int96(NEW_YEAR, 0), int96(NEW_YEAR, 0)];
    write_int96(&folder, "other.parquet", &whole, &[None, Some(int96(-1, 0)), Some(far)]);
    for format in ["csv", "ndjson"] {
        let message = run_to(&folder, "other.parquet", format).refusal();
        assert!(message.contains("other.parquet row 3: the INT96 time 18"), "{message}");
        assert!(message.contains("in column 's'"), "{message}");
    }
    // Nobody has to understand what is only copied.
    assert_eq!(run_to(&folder, "other.parquet", "parquet").done().events, 3);
    let input = [folder.path("time.parquet").display().to_string()];
    let watch = Watch::default();
    let input = Input::find(&input, &InputOptions::default(), &watch).unwrap();
    let definition = spectrum_core::SessionDefinition::default();
    let message = summarize(&input, &definition, &Default::default(), &watch).unwrap_err().to_string();
    assert!(message.contains("time.parquet row 2"), "{message}");
    let message = read_rows(&input, 1, &watch, |_| Ok(())).unwrap_err().to_string();
    assert!(message.contains("time.parquet row 2"), "{message}");
}

/// Before 1970 and at its limits, microseconds are what the day and its nanoseconds say.
#[test]
fn int96_is_exact_at_both_ends() {
    let folder = Folder::new();
    let times = [-1, 0, 1, -86_400_000_001, 253_402_300_799_999_999, -62_135_596_800_000_000];
    let others = times.map(|time| Some(int96(time, 0)));
    write_int96(&folder, "in.parquet", &times.map(|time| int96(time, 0)), &others);
    folder.write("lake/a=1/in.parquet", folder.read("in.parquet"));
    run_to(&folder, "lake", "parquet").done();
    let batch = strict_parquet::read(&folder.path("out.parquet")).batch;
    let column = batch.column_by_name("occurred_at").unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(column.values()[..], times);
    let nested =
        batch.column_by_name("s").unwrap().as_struct().column(0).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(nested.values()[..], times);
}

/// Spark wrote INT96 until 3.0 and microseconds since, and a table may have files of both.
#[test]
fn int96_and_microseconds_are_one_kind_of_instant() {
    for zone in [Some("UTC"), None] {
        let folder = Folder::new();
        write_int96(&folder, "a.parquet", &[int96(NEW_YEAR, 0)], &[None]);
        let time = TimestampMicrosecondArray::from(vec![NEW_YEAR + 60_000_000]).with_timezone_opt(zone);
        let batch = RecordBatch::try_from_iter([
            ("user_id", Arc::new(StringArray::from(vec!["u"])) as arrow_array::ArrayRef),
            ("account_id", Arc::new(StringArray::from(vec!["u"]))),
            ("occurred_at", Arc::new(time)),
        ])
        .unwrap();
        write_inputs::parquet(&folder.path("b.parquet"), &[batch], 10);
        let report = folder.run("?.parquet", "out/").id(IdScheme::Encoded).done();
        assert_eq!((report.events, report.sessions, report.zoned), (2, 1, zone.is_some()));
    }
}

/// Into one file both go as microseconds.
#[test]
fn int96_and_microseconds_go_into_one_file() {
    let folder = with(["spark_int96_sentinel.parquet"]);
    run_to(&folder, "spark_int96_sentinel.parquet", "csv").done();
    let batch = RecordBatch::try_from_iter([
        ("user_id", Arc::new(StringArray::from(vec!["u"])) as arrow_array::ArrayRef),
        ("account_id", Arc::new(StringArray::from(vec!["a"]))),
        ("event_id", Arc::new(StringArray::from(vec!["4"]))),
        ("occurred_at", Arc::new(TimestampMicrosecondArray::from(vec![NEW_YEAR]).with_timezone("UTC"))),
    ])
    .unwrap();
    write_inputs::parquet(&folder.path("spark_micros.parquet"), &[batch], 10);
    run_to(&folder, "spark_*.parquet", "parquet").done();
    let batch = strict_parquet::read(&folder.path("out.parquet")).batch;
    let times = batch.column_by_name("occurred_at").unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.values()[2..], [253_402_214_400_000_000, NEW_YEAR]);
}

/// Copied without its key, the column could never be read again.
#[test]
fn an_encrypted_column_is_refused_by_name() {
    let folder = with(["plainfooter.parquet"]);
    for format in FORMATS {
        let message = run_to(&folder, "plainfooter.parquet", format).refusal();
        assert!(message.contains("column 'ssn' in ") && message.contains("is encrypted"), "{message}");
        assert!(!message.contains("corrupt"), "{message}");
    }
    let message = run_to(&folder, "plainfooter.parquet", "parquet").key(["ssn"]).refusal();
    assert!(message.contains("column 'ssn' in "), "{message}");
    // What is not encrypted can be read.
    let input = [folder.path("plainfooter.parquet").display().to_string()];
    let watch = Watch::default();
    let input = Input::find(&input, &InputOptions::default(), &watch).unwrap();
    let definition = spectrum_core::SessionDefinition::default();
    assert_eq!(summarize(&input, &definition, &Default::default(), &watch).unwrap().events, 3);
    let message = read_rows(&input, 1, &watch, |_| Ok(())).unwrap_err().to_string();
    assert!(message.contains("column 'ssn' in "), "{message}");
}

#[test]
fn counts_that_contradict_each_other_are_refused() {
    for (name, told) in [
        ("nr0.parquet", "the file has 0 rows, and its row groups have 3"),
        ("rg_num_rows_lies.parquet", "row group 0 has 1 rows and 15 values in column 'user_id'"),
    ] {
        let folder = with([name]);
        let input = [folder.path(name).display().to_string()];
        let watch = Watch::default();
        let input = Input::find(&input, &InputOptions::default(), &watch).unwrap();
        let definition = spectrum_core::SessionDefinition::default();
        let messages = FORMATS.map(|format| run_to(&folder, name, format).refusal()).into_iter().chain([
            summarize(&input, &definition, &Default::default(), &watch).unwrap_err().to_string(),
            read_rows(&input, 1, &watch, |_| Ok(())).unwrap_err().to_string(),
        ]);
        for message in messages {
            assert!(message.contains(name) && message.contains(told), "{message}");
        }
        assert_eq!(folder.files(), [name]);
    }
}

/// Readers know by the writer's name and the order of a column whether they can trust its bounds.
#[test]
fn the_writers_name_and_the_columns_orders_go_along() {
    let folder = with(["fl.parquet"]);
    folder.run("fl.parquet", "out.parquet").key(["k"]).time("t").id(IdScheme::Encoded).done();
    let input = strict_parquet::read(&folder.path("fl.parquet")).metadata;
    let output = strict_parquet::read(&folder.path("out.parquet")).metadata;
    let (before, after) = (input.file_metadata(), output.file_metadata());
    assert_eq!(after.created_by(), Some("parquet-cpp-arrow version 26.0.1"));
    let (orders, of_source) = (after.column_orders().unwrap(), before.column_orders().unwrap());
    assert_eq!((orders[..5].to_vec(), orders.len()), (of_source.clone(), 7));
    for (column, chunk) in input.row_group(0).columns().iter().enumerate() {
        let copy = output.row_group(0).column(column);
        assert!(chunk.page_encoding_stats_mask().is_some());
        assert_eq!(copy.page_encoding_stats_mask(), chunk.page_encoding_stats_mask());
        assert_eq!(copy.statistics(), chunk.statistics());
        assert_eq!(copy.unencoded_byte_array_data_bytes(), chunk.unencoded_byte_array_data_bytes());
        assert_eq!(copy.definition_level_histogram(), chunk.definition_level_histogram());
    }
}

/// A codec that nobody here knows is no damage.
#[test]
fn what_is_not_known_is_not_called_corrupt() {
    use parquet::basic::CompressionCodec;
    use parquet::file::metadata::{ParquetMetaDataReader, ParquetMetaDataWriter};

    let folder = with(["three14.parquet"]);
    let bytes = folder.read("three14.parquet");
    let footer = u32::from_le_bytes(*bytes[bytes.len() - 8..].first_chunk().unwrap()) as usize;
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&bytes::Bytes::from(bytes.clone())).unwrap();
    let mut builder = metadata.into_builder();
    let mut groups = builder.take_row_groups();
    let chunk = &mut groups[0].columns_mut()[0];
    *chunk = chunk.clone().into_builder().set_compression_codec(CompressionCodec::LZO).build().unwrap();
    let metadata = builder.set_row_groups(groups).build();
    let mut changed = bytes[..bytes.len() - 8 - footer].to_vec();
    ParquetMetaDataWriter::new(&mut changed, &metadata).finish().unwrap();
    folder.write("lzo.parquet", changed);
    for format in FORMATS {
        let message = run_to(&folder, "lzo.parquet", format).refusal();
        assert!(message.contains("lzo.parquet has Parquet that Spectrum does not read: "), "{message}");
        assert!(message.contains("LZO") && !message.contains("corrupt"), "{message}");
    }
}

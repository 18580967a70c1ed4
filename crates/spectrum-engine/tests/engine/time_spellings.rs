//! Times as logs, exports and spreadsheets write them: the same instants, however they are spelled, in every format.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::TimeUnit;
use parquet::arrow::ArrowWriter;
use spectrum_core::IdScheme;
use spectrum_engine::{NumberUnit, RunReport, TextOptions, UsualTimes, WrongUnit};

use crate::outcome;
use crate::runs::{Folder, Run};

/// The first microseconds of the sessions of one key, and how the time was counted.
fn starts(
    folder: &Folder,
    input: &str,
    time: &str,
    options: impl Fn(&mut TextOptions),
) -> Result<Vec<String>, String> {
    let mut outputs = Vec::new();
    for to in ["csv", "ndjson", "parquet"] {
        let run = run(folder, input, &format!("out.{to}"), time, &options).sessions(folder.path("s.csv"));
        run.result()?;
        let rows = outcome::rows(&folder.path("s.csv"));
        outputs.push(rows.iter().map(|row| row["started_at"].clone().unwrap()).collect::<Vec<_>>());
    }
    assert!(outputs.iter().all(|starts| *starts == outputs[0]), "{outputs:?}");
    Ok(outputs.remove(0))
}

fn run(folder: &Folder, input: &str, output: &str, time: &str, options: impl Fn(&mut TextOptions)) -> Run {
    let run = folder.run(input, output).key(["key"]).time(time).id(IdScheme::Encoded);
    run.options(|options| options.force = true).input_options(|input| options(&mut input.text))
}

/// Values as they stand in NDJSON, as CSV too.
fn folder(values: &[&str]) -> Folder {
    let folder = Folder::new();
    let csv: String = values.iter().map(|value| format!("k,{value}\n")).collect();
    folder.write("in.csv", format!("key,at\n{csv}"));
    let ndjson: String = values.iter().map(|value| format!("{{\"key\":\"k\",\"at\":{value}}}\n")).collect();
    folder.write("in.ndjson", ndjson);
    folder
}

fn parquet(folder: &Folder, name: &str, columns: &[(&str, ArrayRef)]) {
    let rows = columns[0].1.len();
    let key: ArrayRef = Arc::new(StringArray::from(vec!["k"; rows]));
    let columns = columns.iter().map(|(name, column)| (*name, Arc::clone(column), true));
    let batch =
        RecordBatch::try_from_iter_with_nullable(std::iter::once(("key", key, true)).chain(columns)).unwrap();
    let file = std::fs::File::create(folder.path(name)).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn unit(unit: TimeUnit) -> impl Fn(&mut TextOptions) {
    move |options| options.time_unit = Some(unit.into())
}

fn formats(formats: &[&str]) -> impl Fn(&mut TextOptions) {
    let formats: Vec<_> = formats.iter().map(|format| format.parse().unwrap()).collect();
    move |options| options.time_formats.clone_from(&formats)
}

#[test]
fn a_zone_after_a_blank() {
    let folder = folder(&[
        "\"2026-01-01 00:00:00 +0100\"",
        "\"2025-12-31 23:00:00 UTC\"",
        "\"2025-12-31 23:00:00 GMT\"",
        "\"2025-12-31T23:00:00.000 Z\"",
        "\"2025-12-31 18:00 -05:00\"",
    ]);
    for format in ["csv", "ndjson"] {
        let starts = starts(&folder, &format!("in.{format}"), "at", |_| {}).unwrap();
        assert_eq!(starts, ["2025-12-31T23:00:00Z"], "{format}");
    }
}

#[test]
fn numbers_with_a_fraction_count_to_the_last_digit() {
    for (values, counts, expected) in [
        (["1700000000.123", "1.7e9"], TimeUnit::Second, "2023-11-14T22:13:20Z"),
        (["\"1700000000.000100\"", "1700000000.0001"], TimeUnit::Second, "2023-11-14T22:13:20.000100Z"),
        (["1700000000000.5", "1700000001000"], TimeUnit::Millisecond, "2023-11-14T22:13:20.000500Z"),
        (["1700000000.123456789", "1.700000001E9"], TimeUnit::Second, "2023-11-14T22:13:20.123456789Z"),
        (["1700000000", "\"1700000000.000\""], TimeUnit::Second, "2023-11-14T22:13:20Z"),
    ] {
        let folder = folder(&values);
        for format in ["csv", "ndjson"] {
            let starts = starts(&folder, &format!("in.{format}"), "at", unit(counts)).unwrap();
            assert_eq!(starts, [expected], "{values:?} in {format}");
        }
    }
}

#[test]
fn a_number_that_cannot_be_counted_is_named_with_its_line() {
    for (value, problem) in [
        ("1.0000000001", "is out of the range of what is counted here: it is finer than a nanosecond"),
        ("1e400", "is out of the range of "),
        ("\"noon\"", "is not a number"),
    ] {
        let folder = folder(&["1700000000", "1700000000", value]);
        for (format, line) in [("csv", 4), ("ndjson", 3)] {
            let message =
                run(&folder, &format!("in.{format}"), "out.csv", "at", unit(TimeUnit::Second)).refusal();
            let place = format!("in.{format} line {line}: ");
            assert!(message.contains(&place) && message.contains(problem), "{message}");
            assert!(message.contains(value.trim_matches('"')), "{message}");
        }
    }
}

/// Reading a float without a unit and with one must not send anybody from one refusal to the other.
#[test]
fn a_float_without_a_unit_leads_to_the_unit() {
    let folder = folder(&["1700000000.25"]);
    for format in ["csv", "ndjson"] {
        let message = run(&folder, &format!("in.{format}"), "out.csv", "at", |_| {}).refusal();
        assert!(message.contains("'1700000000.25' in column 'at' is not a time"), "{message}");
        assert!(message.contains("say what unit numbers in the time column count"), "{message}");
        starts(&folder, &format!("in.{format}"), "at", unit(TimeUnit::Second)).unwrap();
    }
}

#[test]
fn formats_are_named_as_strftime_names_them() {
    for (format, value, expected) in [
        ("%d/%b/%Y:%H:%M:%S %z", "10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z"),
        ("%m/%d/%y %H:%M:%S", "12/31/05 23:59:46", "2005-12-31T23:59:46"),
        ("%m/%d/%Y %I:%M %p", "01/02/2026 03:04 PM", "2026-01-02T15:04:00"),
        ("%d.%m.%Y %H:%M", "02.01.2026 15:04", "2026-01-02T15:04:00"),
        ("rfc2822", "Sat, 13 Jul 2024 15:09:59 -0400", "2024-07-13T19:09:59Z"),
    ] {
        let quoted = format!("\"{value}\"");
        let folder = folder(&[&quoted]);
        parquet(&folder, "in.parquet", &[("at", Arc::new(StringArray::from(vec![value])))]);
        for input in ["in.csv", "in.ndjson", "in.parquet"] {
            let starts = starts(&folder, input, "at", formats(&["%Y", format][1..])).unwrap();
            assert_eq!(starts, [expected], "{format} in {input}");
        }
    }
}

#[test]
fn of_several_formats_the_one_that_fits_counts() {
    let folder = folder(&["\"13/01/2026 10:00\"", "\"2026-01-13T10:10:00\"", "\"01/13/2026 10:20\""]);
    let both = ["%d/%m/%Y %H:%M", "rfc3339"];
    for (format, line) in [("csv", 4), ("ndjson", 3)] {
        let input = format!("in.{format}");
        let message = starts(&folder, &input, "at", formats(&both)).unwrap_err();
        let expected = format!(
            "in.{format} line {line}: '01/13/2026 10:20' in column 'at' is not a time of the form '%d/%m/%Y %H:%M' or \
             'rfc3339'; correct it, or name the format of this one too"
        );
        assert!(message.ends_with(&expected), "{message}");
        let all = [both[0], both[1], "%m/%d/%Y %H:%M"];
        assert_eq!(starts(&folder, &input, "at", formats(&all)).unwrap(), ["2026-01-13T10:00:00"]);
    }
}

/// Nobody can tell which of two formats is meant, and each would give other sessions.
#[test]
fn a_text_that_formats_read_as_different_times_is_refused() {
    let values = ["\"13/01/2026\"", "\"02/02/2026\"", "\"02/01/2026\""];
    let folder = folder(&values);
    let texts: Vec<&str> = values.iter().map(|value| value.trim_matches('"')).collect();
    parquet(&folder, "in.parquet", &[("at", Arc::new(StringArray::from(texts)))]);
    let both = ["%d/%m/%Y", "%m/%d/%Y"];
    for (input, place) in [("in.csv", "line 4"), ("in.ndjson", "line 3"), ("in.parquet", "row 3")] {
        let message = run(&folder, input, "out.csv", "at", formats(&both)).refusal();
        let expected = format!(
            "{input} {place}: '02/01/2026' in column 'at' is 2026-01-02 00:00:00 by '%d/%m/%Y' and 2026-02-01 00:00:00 by \
             '%m/%d/%Y'; leave out the format that is not meant"
        );
        assert!(message.ends_with(&expected), "{message}");
        let one = starts(&folder, input, "at", formats(&both[1..])).unwrap_err();
        assert!(one.contains("'13/01/2026' in column 'at' is not a time of the form"), "{one}");
    }
    // Where formats agree there is nothing to choose.
    folder.write("in.csv", "key,at\nk,02/02/2026\nk,13/02/2026\n");
    let expected = ["2026-02-02T00:00:00", "2026-02-13T00:00:00"];
    assert_eq!(starts(&folder, "in.csv", "at", formats(&both)).unwrap(), expected);
}

#[test]
fn whole_numbers_that_a_format_fits() {
    let folder = folder(&["20260105", "20260106"]);
    let decimals =
        Decimal128Array::from(vec![20_260_105, 20_260_106]).with_precision_and_scale(8, 0).unwrap();
    parquet(&folder, "integers.parquet", &[("at", Arc::new(Int64Array::from(vec![20_260_105, 20_260_106])))]);
    parquet(&folder, "decimals.parquet", &[("at", Arc::new(decimals))]);
    for input in ["in.csv", "in.ndjson", "integers.parquet", "decimals.parquet"] {
        let starts = starts(&folder, input, "at", formats(&["%Y%m%d"])).unwrap();
        assert_eq!(starts, ["2026-01-05T00:00:00", "2026-01-06T00:00:00"], "{input}");
    }
    parquet(&folder, "doubles.parquet", &[("at", Arc::new(Float64Array::from(vec![20_260_105.0])))]);
    let message = run(&folder, "doubles.parquet", "out.csv", "at", formats(&["%Y%m%d"])).refusal();
    assert!(message.contains("is of type Float64, which could count any unit"), "{message}");
}

#[test]
fn a_date_and_a_clock_time_in_two_columns() {
    let folder = Folder::new();
    folder.write(
        "in.csv",
        "day,key,clock\n2026-01-01,k,10:00:00\n\"2026-01-01\",k,10:30:00\n2026-01-01,k,11:00:01\n",
    );
    folder.write("in.ndjson", "{\"key\":\"k\",\"clock\":\"10:00\",\"day\":\"2026-01-01\"}\n{\"key\":\"k\",\"day\":\"2026-01-01\",\"clock\":\"10:30:01\"}\n");
    let days: ArrayRef = Arc::new(Date32Array::from(vec![20_454, 20_454]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["2026-01-01", "2026-01-01"]));
    let clocks: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![36_000_000_000, 37_800_000_001]));
    let clock_texts: ArrayRef = Arc::new(StringArray::from(vec!["10:00:00", "10:30:00.000001"]));
    parquet(&folder, "typed.parquet", &[("day", days), ("clock", clocks)]);
    parquet(&folder, "texts.parquet", &[("day", texts), ("clock", clock_texts)]);
    for (input, second) in [
        ("in.csv", "2026-01-01T11:00:01"),
        ("in.ndjson", "2026-01-01T10:30:01"),
        ("typed.parquet", "2026-01-01T10:30:00.000001"),
        ("texts.parquet", "2026-01-01T10:30:00.000001"),
    ] {
        let starts = starts(&folder, input, "day, clock", |_| {}).unwrap();
        assert_eq!(starts, ["2026-01-01T10:00:00", second], "{input}");
    }
    // The columns come out as they went in.
    run(&folder, "in.csv", "out.csv", "day,clock", |_| {}).done();
    assert!(folder.text("out.csv").contains("\"2026-01-01\",k,10:30:00,"), "{}", folder.text("out.csv"));

    // A clock time without a date is no time, and a column with a comma in its name is one column.
    folder.write("null.csv", "day,key,clock\n,k,10:00:00\n2026-01-01,k,10:00\n");
    let message = run(&folder, "null.csv", "out.csv", "day,clock", |_| {}).refusal();
    assert!(message.contains("1 event has no time") && message.contains("null.csv line 2"), "{message}");
    folder.write("comma.csv", "\"day,clock\",key\n2026-01-01 10:00,k\n");
    folder.write("comma.ndjson", "{\"key\":\"k\",\"day,clock\":\"2026-01-01 10:00\"}\n");
    for input in ["comma.csv", "comma.ndjson"] {
        assert_eq!(starts(&folder, input, "day,clock", |_| {}).unwrap(), ["2026-01-01T10:00:00"]);
    }
    for (input, missing) in [("in.csv", "hour"), ("in.ndjson", "hour"), ("typed.parquet", "hour")] {
        let message = run(&folder, input, "out.csv", "day,hour", |_| {}).refusal();
        assert!(message.contains(&format!("column '{missing}' is not in ")), "{message}");
    }
}

#[test]
fn parquet_columns_of_numbers_count_what_the_user_says() {
    let folder = Folder::new();
    let decimals = |values: Vec<i128>, scale| {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, scale).unwrap()) as ArrayRef
    };
    let columns: [(ArrayRef, TimeUnit, &str); 7] = [
        (
            Arc::new(Int64Array::from(vec![Some(1_700_000_000_123), Some(1_700_000_001_000)])),
            TimeUnit::Millisecond,
            "2023-11-14T22:13:20.123Z",
        ),
        (
            Arc::new(Int32Array::from(vec![1_700_000_000, 1_700_000_001])),
            TimeUnit::Second,
            "2023-11-14T22:13:20Z",
        ),
        (
            Arc::new(UInt64Array::from(vec![1_700_000_000_000_000_001, 1_700_000_001_000_000_000])),
            TimeUnit::Nanosecond,
            "2023-11-14T22:13:20.000000001Z",
        ),
        (
            Arc::new(Float64Array::from(vec![1_700_000_000.123, 1_700_000_000.25])),
            TimeUnit::Second,
            "2023-11-14T22:13:20.123Z",
        ),
        (
            decimals(vec![1_700_000_000_123_456, 1_700_000_001_000_000], 6),
            TimeUnit::Second,
            "2023-11-14T22:13:20.123456Z",
        ),
        (
            decimals(vec![1_700_000_000_000, 1_700_000_001_000], 0),
            TimeUnit::Millisecond,
            "2023-11-14T22:13:20Z",
        ),
        (
            Arc::new(StringArray::from(vec!["1700000000.5", "1700000001"])),
            TimeUnit::Second,
            "2023-11-14T22:13:20.500Z",
        ),
    ];
    for (column, counts, expected) in columns {
        let data_type = column.data_type().clone();
        parquet(&folder, "in.parquet", &[("at", column)]);
        let starts = starts(&folder, "in.parquet", "at", unit(counts)).unwrap();
        let plain = |text: &str| text.trim_end_matches(['0', 'Z']).trim_end_matches('.').to_owned();
        assert_eq!(
            starts.iter().map(|start| plain(start)).collect::<Vec<_>>(),
            [plain(expected)],
            "{data_type}"
        );
        // The column itself is copied.
        run(&folder, "in.parquet", "out.parquet", "at", unit(counts)).done();
        let [batch] = &outcome::parquet_batches(&folder.path("out.parquet"))[..] else { panic!("a batch") };
        assert_eq!(batch.column_by_name("at").unwrap().data_type(), &data_type);
    }
}

#[test]
fn parquet_columns_of_numbers_need_a_unit_and_texts_a_form() {
    let folder = Folder::new();
    parquet(&folder, "n.parquet", &[("at", Arc::new(Int64Array::from(vec![1])))]);
    let message = run(&folder, "n.parquet", "out.csv", "at", |_| {}).refusal();
    assert!(
        message.contains("column 'at' in ")
            && message.contains("is of type Int64, which could count any unit"),
        "{message}"
    );
    let ways = "say what unit numbers in the time column count, or name the format of times";
    assert!(message.ends_with(ways), "{message}");
    parquet(
        &folder,
        "t.parquet",
        &[("at", Arc::new(StringArray::from(vec![Some("2026-01-01 10:00"), Some("noon")])))],
    );
    let message = run(&folder, "t.parquet", "out.csv", "at", |_| {}).refusal();
    assert!(
        message.contains("type Utf8 is not a time") && message.contains("name the format of times"),
        "{message}"
    );
    let rfc3339 = formats(&["rfc3339"]);
    let message = run(&folder, "t.parquet", "out.csv", "at", &rfc3339).refusal();
    assert!(message.contains("t.parquet row 2: 'noon' in column 'at' is not a time"), "{message}");
    parquet(&folder, "t.parquet", &[("at", Arc::new(StringArray::from(vec!["2026-01-01 10:00"])))]);
    assert_eq!(starts(&folder, "t.parquet", "at", &rfc3339).unwrap(), ["2026-01-01T10:00:00"]);
}

#[test]
fn zones_of_types_and_of_texts_must_agree() {
    let folder = Folder::new();
    folder.write("in/x", "");
    std::fs::remove_file(folder.path("in/x")).unwrap();
    let micros = TimestampMicrosecondArray::from(vec![1_767_261_600_000_000]);
    parquet(&folder, "in/1.parquet", &[("at", Arc::new(micros.clone().with_timezone("UTC")))]);
    parquet(&folder, "in/2.parquet", &[("at", Arc::new(StringArray::from(vec!["2026-01-01 10:10"])))]);
    let message = run(&folder, "in", "out/", "at", formats(&["rfc3339"])).refusal();
    assert!(
        message.contains("some times have a zone (by their type in ") && message.contains("2.parquet row 1"),
        "{message}"
    );
    parquet(&folder, "in/1.parquet", &[("at", Arc::new(micros))]);
    let report = run(&folder, "in", "out/", "at", formats(&["rfc3339"])).done();
    assert_eq!((report.events, report.sessions, report.zoned), (2, 1, false));
}

#[test]
fn magnitudes_tell_the_unit_or_nothing_does() {
    let auto = |options: &mut TextOptions| options.time_unit = Some(NumberUnit::Auto);
    for (values, unit) in [
        (["1700000000", "1700000000.5"], TimeUnit::Second),
        (["1700000000000", "1700000000500"], TimeUnit::Millisecond),
        (["1700000000000000", "1700000000500000"], TimeUnit::Microsecond),
        (["1700000000000000000", "1700000000500000000"], TimeUnit::Nanosecond),
    ] {
        let folder = folder(&values);
        parquet(&folder, "in.parquet", &[("at", Arc::new(StringArray::from(values.to_vec())))]);
        for input in ["in.csv", "in.ndjson", "in.parquet"] {
            assert_eq!(starts(&folder, input, "at", auto).unwrap(), ["2023-11-14T22:13:20Z"], "{input}");
            assert_eq!(run(&folder, input, "out.csv", "at", auto).done().found_unit, Some(unit), "{input}");
        }
    }
    let mixed = folder(&["1700000000", "1700000000000"]);
    let small = folder(&["1700000000", "86400"]);
    for (format, line) in [("csv", 3), ("ndjson", 2)] {
        let input = format!("in.{format}");
        let message = run(&mixed, &input, "out.csv", "at", auto).refusal();
        assert!(
            message.contains(&format!("'1700000000000' in {}", mixed.path(&input).display())),
            "{message}"
        );
        assert!(
            message.contains("do not count the same unit") && message.contains(&format!("line {line}")),
            "{message}"
        );
        let message = run(&small, &input, "out.csv", "at", auto).refusal();
        assert!(
            message.contains(&format!("line {line}: '86400' in column 'at' could count seconds as well as")),
            "{message}"
        );
    }
}

fn reported(folder: &Folder, input: &str, said: Option<TimeUnit>) -> RunReport {
    let run = run(folder, input, "out.parquet", "at", |options| options.time_unit = said.map(Into::into));
    run.input_options(|options| options.usual_times = Some(UsualTimes::until(1_800_000_000))).done()
}

#[test]
fn a_wrong_unit_is_reported_with_the_right_one() {
    let milliseconds = ["1700000000000", "1700000000001", "1700000000002"];
    let folder = folder(&milliseconds);
    let numbers = milliseconds.iter().map(|text| text.parse::<i64>().unwrap());
    parquet(&folder, "in.parquet", &[("at", Arc::new(Int64Array::from_iter_values(numbers.clone())))]);
    parquet(
        &folder,
        "typed.parquet",
        &[("at", Arc::new(TimestampMicrosecondArray::from_iter_values(numbers)))],
    );
    for input in ["in.csv", "in.ndjson", "in.parquet"] {
        for said in [TimeUnit::Second, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
            let unusual = reported(&folder, input, Some(said)).unusual_times.unwrap();
            assert_eq!((unusual.events, unusual.of), (3, 3), "{input}");
            assert_eq!(unusual.reason, Some(WrongUnit::Said(TimeUnit::Millisecond)), "{input}");
        }
        assert_eq!(reported(&folder, input, Some(TimeUnit::Millisecond)).unusual_times, None, "{input}");
    }
    let unusual = reported(&folder, "typed.parquet", None).unusual_times.unwrap();
    assert_eq!(unusual.reason, Some(WrongUnit::Written { factor: 1_000, too_small: true }));
}

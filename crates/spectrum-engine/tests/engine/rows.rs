//! Whole rows, untyped where the file has no types.

use std::fs;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use spectrum_engine::{
    EngineError, Input, InputOptions, NumberUnit, RowTime, RowTimes, Rows, UsualTimes, Watch, read_rows,
    read_timed_rows,
};

fn read(names: &[&Path], threads: usize) -> Result<Vec<Rows>, EngineError> {
    let names: Vec<String> = names.iter().map(|name| name.display().to_string()).collect();
    let watch = Watch::default();
    let input = Input::find(&names, &InputOptions::default(), &watch)?;
    let mut all = Vec::new();
    read_rows(&input, threads, &watch, |rows| {
        all.push(rows);
        Ok(())
    })?;
    Ok(all)
}

/// Every column as `name: value, value`, NULL as `-`.
fn columns(batch: &RecordBatch) -> Vec<String> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        let values = column.as_string::<i32>().iter().map(|value| value.unwrap_or("-").to_owned());
        format!("{}: {}", field.name(), values.collect::<Vec<_>>().join(", "))
    });
    columns.collect()
}

#[test]
fn csv_is_text_and_ndjson_is_json() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("a.csv");
    fs::write(&csv, "\u{feff}id,\"a b\"\n007,\n\"\",x\n").unwrap();
    let rows = read(&[&csv], 2).unwrap();
    assert_eq!(columns(&rows[0].batch), ["id: 007, ", "a b: -, x"]);

    let lines = folder.path().join("year=2026/country=a%20b/a.ndjson");
    fs::create_dir_all(lines.parent().unwrap()).unwrap();
    let text = "{\"id\":1,\"at\":\"x\\u00e9\"}\n\n{\"late\":{\"deep\":[1.50, null]},\"id\":12345678901234567890}\n{\"id\":1,\"id\":2,\"at\":null}\n";
    fs::write(&lines, text).unwrap();
    let rows = read(&[folder.path().join("year=2026").as_path()], 1).unwrap();
    let found = columns(&rows[0].batch);
    assert_eq!(
        found[..3],
        [
            "id: 1, 12345678901234567890, 2",
            "at: \"x\\u00e9\", -, null",
            "late: -, {\"deep\":[1.50, null]}, -"
        ]
    );
    let field = rows[0].batch.schema().field(0).clone();
    assert_eq!(field.metadata().get("ARROW:extension:name").map(AsRef::as_ref), Some("arrow.json"));
    assert!(found[3..].iter().any(|column| column.starts_with("country: ")), "{found:?}");
    assert!(
        !rows[0]
            .batch
            .schema()
            .field_with_name("country")
            .unwrap()
            .metadata()
            .contains_key("ARROW:extension:name")
    );
}

#[test]
fn threads_change_nothing_and_files_come_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..3).map(|at| folder.path().join(format!("{at}.csv"))).collect();
    for (at, path) in paths.iter().enumerate() {
        let line = format!("{at},{}\n", "x".repeat(100));
        fs::write(path, format!("n,text\n{}", line.repeat(60_000))).unwrap();
    }
    let names: Vec<&Path> = paths.iter().map(AsRef::as_ref).collect();
    let numbers = |threads| -> Vec<(String, usize)> {
        let rows = read(&names, threads).unwrap();
        let of = |rows: &Rows| {
            let column = rows.batch.column(0).as_string::<i32>();
            assert!((0..column.len()).all(|row| rows.file.ends_with(&format!("{}.csv", column.value(row)))));
            (rows.file.to_string(), column.len())
        };
        rows.iter().map(of).collect()
    };
    let one = numbers(1);
    assert!(one.len() > 3 && one.is_sorted_by_key(|(file, _)| file.clone()));
    assert_eq!(one.iter().map(|(_, rows)| rows).sum::<usize>(), 180_000);
    assert_eq!(numbers(4), one);
}

#[test]
fn damage_and_a_taker_that_stops() {
    let folder = tempfile::tempdir().unwrap();
    let error = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        read(&[&path], 2).unwrap_err().to_string().replace(&format!("{}/", folder.path().display()), "")
    };
    assert_eq!(
        error("a.ndjson", "{\"a\":1}\n[1]\n"),
        "a.ndjson line 2: JSON, but not an object; every line is one, as in {\"user_id\": 1}"
    );
    assert_eq!(error("b.csv", "a,a\n"), "b.csv has two columns named 'a'; rename one of them");
    assert!(error("c.csv", "a,b\n1\n").starts_with("c.csv line 2: 1 field where the header has 2"));

    let path = folder.path().join("d.csv");
    fs::write(&path, "a\n1\n").unwrap();
    let watch = Watch::default();
    let input = Input::find(&[path.display().to_string()], &InputOptions::default(), &watch).unwrap();
    let stopped = read_rows(&input, 1, &watch, |_| Err(EngineError::Interrupted));
    assert!(matches!(stopped, Err(EngineError::Interrupted)));
    watch.stop();
    assert!(matches!(read_rows(&input, 1, &watch, |_| Ok(())), Err(EngineError::Interrupted)));
}

/// The rows of one file with their time, and whether another than usual was found.
fn timed(
    name: &Path,
    time: &str,
    adjust: impl Fn(&mut InputOptions),
) -> Result<(Vec<RecordBatch>, RowTimes), EngineError> {
    let watch = Watch::default();
    let mut options = InputOptions::default();
    options.usual_times = Some(UsualTimes::until(1_800_000_000));
    adjust(&mut options);
    let input = Input::find(&[name.display().to_string()], &options, &watch)?;
    let time = RowTime::of(&input, time, "at")?;
    let mut batches = Vec::new();
    let times = read_timed_rows(&input, &time, 2, &watch, |rows| {
        batches.push(rows.batch);
        Ok(())
    })?;
    Ok((batches, times))
}

/// The times of the first batch, in microseconds.
fn microseconds(batches: &[RecordBatch], column: &str) -> Vec<Option<i64>> {
    let column = batches[0].column_by_name(column).unwrap();
    let utc = DataType::Timestamp(TimeUnit::Microsecond, None);
    let times = arrow_cast::cast(column, &utc).unwrap();
    times.as_primitive::<TimestampMicrosecondType>().iter().collect()
}

#[test]
fn times_are_read_as_a_run_reads_them() {
    let noon = 1_767_268_800_000_000;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let format = |options: &mut InputOptions| {
        options.text.time_formats = vec!["%d/%b/%Y:%H:%M:%S %z".parse().unwrap()];
    };
    let csv = write("a.csv", "at,k\n01/Jan/2026:05:00:00 -0700,a\n,b\n");
    let ndjson = write("a.ndjson", "{\"at\":\"01\\/Jan\\/2026:05:00:00 -0700\",\"k\":1}\n{\"at\":null}\n");
    for file in [&csv, &ndjson] {
        let (batches, times) = timed(file, "at", format).unwrap();
        assert_eq!(microseconds(&batches, "at"), [Some(noon), None]);
        assert_eq!(times.unusual, None);
    }
    let message = timed(&write("b.csv", "at\n01/Jan/2026:05:00:00 -0700\nnoon\n"), "at", format)
        .unwrap_err()
        .to_string();
    assert!(
        message.ends_with(
            "b.csv line 3: 'noon' in column 'at' is not a time of the form '%d/%b/%Y:%H:%M:%S %z'"
        ),
        "{message}"
    );

    let auto = |options: &mut InputOptions| options.text.time_unit = Some(NumberUnit::Auto);
    let (batches, times) =
        timed(&write("c.ndjson", "{\"at\":1767268800000}\n{\"at\":\"1767268800000.5\"}\n"), "at", auto)
            .unwrap();
    assert_eq!(microseconds(&batches, "at"), [Some(noon), Some(noon + 500)]);
    assert_eq!(times.found_unit, Some(TimeUnit::Millisecond));
    let mixed =
        timed(&write("d.csv", "at\n1767268800\n1767268800000\n"), "at", auto).unwrap_err().to_string();
    assert!(mixed.contains("do not count the same unit"), "{mixed}");

    let two = write("e.csv", "day,k,clock\n2026-01-01,a,12:00\n,b,13:00\n");
    let (batches, _) = timed(&two, "day,clock", |_| {}).unwrap();
    assert_eq!(microseconds(&batches, "at"), [Some(noon), None]);
    assert_eq!(batches[0].schema().fields().len(), 4);
    let named = timed(&write("f.csv", "day,at,clock\n2026-01-01,a,12:00\n"), "day,clock", |_| {})
        .unwrap_err()
        .to_string();
    assert!(
        named.ends_with(
            "f.csv has a column 'at' beside the date and the clock time that are to be it; rename it"
        ),
        "{named}"
    );
    let one = write("g.csv", "\"day,clock\"\n2026-01-01\n");
    assert_eq!(columns(&timed(&one, "day,clock", |_| {}).unwrap().0[0]), ["day,clock: 2026-01-01"]);
}

/// Times that nobody said how to read stay what they are, and are looked at.
#[test]
fn times_of_the_usual_form_are_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, found) in [
        ("a.csv", "at\n1970-01-20 16:13:20\n", "at: 1970-01-20 16:13:20"),
        ("a.ndjson", "{\"at\":\"1970-01-20T16:13:20Z\"}\n", "at: \"1970-01-20T16:13:20Z\""),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let (batches, times) = timed(&path, "at", |_| {}).unwrap();
        assert_eq!(columns(&batches[0]), [found]);
        assert_eq!(times.unusual.map(|unusual| (unusual.events, unusual.of)), Some((1, 1)), "{name}");
    }
    // Numbers that a table of numbers takes as they are: nobody knows what they count.
    let path = folder.path().join("n.csv");
    fs::write(&path, "at\n1970-01-21\n7\n").unwrap();
    let (batches, times) = timed(&path, "at", |_| {}).unwrap();
    assert_eq!((columns(&batches[0]), times.unusual), (vec!["at: 1970-01-21, 7".to_owned()], None));
}

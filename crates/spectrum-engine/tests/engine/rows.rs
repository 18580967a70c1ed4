//! Whole rows, untyped where the file has no types.

use std::fs;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use spectrum_engine::{EngineError, Input, InputOptions, Rows, Watch, read_rows};

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

//! Columns of text formats in outputs that have types: what is found, and what the user gives.

use arrow_array::cast::AsArray;
use arrow_schema::DataType;

use crate::conversions::convert;
use crate::runs::Folder;
use crate::strict_parquet;

/// A value that a type would spell in another way stays the text that it is.
#[test]
fn numbers_come_out_as_the_texts_that_they_were() {
    let mut values: Vec<String> =
        ["1.9", "1.10", "20.00", "007", "+1", "1e3", "2", "2.0", "-0.5", "-0", "-0.0", "1.", ".5"]
            .map(str::to_owned)
            .to_vec();
    for digits in 1..16 {
        values.push(format!("1{}.5", "2".repeat(digits)));
        values.push(format!("0.{}7", "0".repeat(digits)));
        values.push("9".repeat(digits));
    }
    let folder = Folder::new();
    for value in &values {
        folder.write("in.csv", format!("k,t,x\na,2026-01-01,{value}\n"));
        convert(&folder, "in.csv", "out.ndjson");
        let text = folder.text("out.ndjson");
        let found = text.split_once("\"x\":").unwrap().1.split_once(',').unwrap().0;
        assert_eq!(found.trim_matches('"'), value);
        std::fs::remove_file(folder.path("out.ndjson")).unwrap();
    }
}

#[test]
fn columns_have_the_types_that_they_were_given() {
    use spectrum_engine::ColumnType::{Boolean, Date, Float, Integer, Text};

    let folder = Folder::new();
    folder.write("in.csv", "k,t,version,price,n,day,flag\na,2026-01-01,1.5,20.00,007,2026-01-02,true\n");
    folder.write(
        "in.ndjson",
        "{\"k\":\"a\",\"t\":\"2026-01-01\",\"version\":1.5,\"price\":\"20.00\",\"n\":7,\"day\":\"2026-01-02\",\"flag\":true}\n",
    );
    let given = [
        ("version", Text),
        ("price", Float),
        ("n", Integer),
        ("day", Text),
        ("day", Date),
        ("flag", Boolean),
    ];
    let given = given.map(|(column, column_type)| (column.to_owned(), column_type));
    let run = |input: &str, output: &str, types: &[(String, spectrum_engine::ColumnType)]| {
        let run = folder.run(input, output).key(["k"]).time("t").options(|options| options.force = true);
        run.input_options(|options| options.text.types = types.to_vec())
    };
    for input in ["in.csv", "in.ndjson"] {
        run(input, "out.parquet", &given).done();
        let batch = strict_parquet::read(&folder.path("out.parquet")).batch;
        let data_type = |name: &str| batch.column_by_name(name).unwrap().data_type().clone();
        let types = ["version", "price", "n", "day", "flag"].map(data_type);
        let expected =
            [DataType::Utf8, DataType::Float64, DataType::Int64, DataType::Date32, DataType::Boolean];
        assert_eq!(types, expected, "{input}");
        assert_eq!(batch.column_by_name("version").unwrap().as_string::<i32>().value(0), "1.5", "{input}");

        let message = run(input, "out.parquet", &[("nowhere".to_owned(), Text)]).refusal();
        assert!(message.contains("column 'nowhere', which was given a type, is not in "), "{message}");
    }
    let message = run("in.csv", "out.parquet", &[("version".to_owned(), Integer)]).refusal();
    assert!(
        message.contains(
            "in.csv line 2: '1.5' in column 'version' is not of the type that the column was given, integer"
        ),
        "{message}"
    );
}

/// The time is a time in every output, and Parquet has types of its own.
#[test]
fn types_that_would_change_nothing_are_refused() {
    use spectrum_engine::ColumnType::Text;

    let folder = Folder::new();
    folder.write("in.csv", "k,t,x\na,2026-01-01,1\n");
    convert(&folder, "in.csv", "in.parquet");
    let refusal = |input: &str, column: &str| {
        let run = folder.run(input, "out.parquet").key(["k"]).time("t");
        run.options(|options| options.session_column = "another".into())
            .input_options(|options| options.text.types = vec![(column.to_owned(), Text)])
            .refusal()
    };
    assert_eq!(
        refusal("in.csv", "t"),
        "column 't' is the time and is written as a time; it can be given no other type"
    );
    // In lines that go through as they are a type would have no say, and a slip no consequence.
    let nowhere = folder.run("in.csv", "out.csv").key(["k"]).time("t");
    let nowhere =
        nowhere.input_options(|options| options.text.types = vec![("y".to_owned(), Text)]).refusal();
    assert!(nowhere.starts_with("column 'y', which was given a type, is not in "), "{nowhere}");
    assert_eq!(
        refusal("in.parquet", "x"),
        "column 'x' was given a type, and columns of Parquet have their own; leave it out"
    );
}

/// Session ids are made of the key's text, so a key that was written as another text would have other ids when it is read
/// again, and `007` and `7` would be one key then.
#[test]
fn a_type_does_not_change_the_text_of_a_key() {
    use spectrum_engine::ColumnType::{Float, Integer};

    let folder = Folder::new();
    folder.write("in.csv", "k,t\n7,2026-01-01\n007,2026-01-01\n");
    folder.write("in.ndjson", "{\"k\":7,\"t\":\"2026-01-01\"}\n{\"k\":\"007\",\"t\":\"2026-01-01\"}\n");
    let run = |input: &str, output: &str, key: &str, given| {
        let run = folder.run(input, output).time("t").options(|options| options.force = true);
        let run = run.input_options(|options| options.text.types = vec![("k".to_owned(), given)]);
        if key == "k" { run.key(["k"]) } else { run.key(["k|t"]) }
    };
    for (input, line) in [("in.csv", 3), ("in.ndjson", 2)] {
        for output in ["out.parquet", if input == "in.csv" { "out.ndjson" } else { "out.csv" }] {
            for key in ["k", "k|t"] {
                let message = run(input, output, key, Integer).refusal();
                let expected = format!(
                    "{input} line {line}: '007' in key column 'k' would come back as another text from the type that the column \
                     was given, integer, and session ids are made of its text; give it no type"
                );
                assert!(message.contains(&expected), "{message}");
            }
        }
        // Who says that 007 is the number 7 has said it of the key.
        let seven = run(input, "out.parquet", "k", Integer).input_options(|options| {
            options.text.key_types = vec![("k".to_owned(), Integer)];
        });
        assert_eq!(seven.done().keys, 1, "{input}");
    }
    folder.write("in.csv", "k,t\n7.5,2026-01-01\n7.50,2026-01-01\n");
    let message = run("in.csv", "out.parquet", "k", Float).refusal();
    assert!(
        message.contains("in.csv line 3: '7.50' in key column 'k' would come back as another text"),
        "{message}"
    );
    folder.write("in.csv", "k,t\n7,2026-01-01\n-8,2026-01-01\n");
    run("in.csv", "out.parquet", "k", Integer).done();
    let batch = strict_parquet::read(&folder.path("out.parquet")).batch;
    assert_eq!(batch.column_by_name("k").unwrap().data_type(), &DataType::Int64);
}

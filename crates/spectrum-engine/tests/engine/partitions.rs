//! Columns that the names of folders tell, in the manner of Hive.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use spectrum_core::IdScheme;

use crate::outcome::{self, Row};
use crate::runs::Folder;
use crate::strict_parquet;
use crate::write_inputs;

const FORMATS: [&str; 3] = ["parquet", "csv", "ndjson"];

/// One event of user u at `minutes` in each of three folders; the last folder's country is NULL.
fn lake(format: &str) -> Folder {
    let folder = Folder::new();
    for (country, minutes) in [("de", 0), ("d%C3%A9", 10), ("__HIVE_DEFAULT_PARTITION__", 20)] {
        let batch = RecordBatch::try_from_iter([
            ("event_id", Arc::new(StringArray::from(vec![format!("e{minutes}")])) as ArrayRef),
            ("user_id", Arc::new(StringArray::from(vec!["u"]))),
            ("occurred_at", Arc::new(TimestampMicrosecondArray::from(vec![minutes * 60_000_000]))),
        ])
        .unwrap();
        let name = format!("lake/country={country}/part.{format}");
        folder.write(&name, []);
        match format {
            "parquet" => write_inputs::parquet(&folder.path(&name), &[batch], 10),
            "csv" => drop(folder.write(&name, write_inputs::csv(&[batch]))),
            _ => drop(folder.write(&name, write_inputs::ndjson(&[batch]))),
        }
    }
    folder
}

fn by_event(rows: &[Row], column: &str) -> Vec<Option<String>> {
    ["e0", "e10", "e20"]
        .map(|event| {
            rows.iter().find(|row| row["event_id"].as_deref() == Some(event)).unwrap()[column].clone()
        })
        .to_vec()
}

/// The ids of `printf 'e1:u2:de#1' | md5sum`, of `e1:u3:dé#1` (é has two bytes) and of `e1:u-#1`.
const IDS: [&str; 3] = [
    "d88cc1614e4b72b79b164990c3f2a773",
    "b9b8213b7c0679edfd6bf79c6f52e029",
    "1f3af24ec56247d3a40d0f084f0b0580",
];

#[test]
fn a_folders_column_can_be_a_key_in_every_format() {
    for format in FORMATS {
        let folder = lake(format);
        let output = format!("out.{format}");
        let run = || folder.run("lake", &output).key(["user_id", "country"]).id(IdScheme::Encoded);
        let report = run().sessions(folder.path("sessions.csv")).done();
        assert_eq!((report.keys, report.sessions, report.null_key_events), (3, 3, 1), "{format}");
        let rows = outcome::rows(&folder.path(&output));
        assert_eq!(by_event(&rows, "session_id"), IDS.map(|id| Some(id.to_owned())), "{format}");
        // One file has no folders to tell the column, so it is written.
        let countries = [Some("de"), Some("dé"), None].map(|country| country.map(str::to_owned));
        assert_eq!(by_event(&rows, "country"), countries, "{format}");
        let keys: Vec<_> =
            outcome::rows(&folder.path("sessions.csv")).iter().map(|r| r["country"].clone()).collect();
        assert_eq!(keys, countries, "{format}");
    }
}

#[test]
fn a_folder_output_keeps_the_folders_and_writes_no_column() {
    for format in FORMATS {
        let folder = lake(format);
        folder.run("lake", "out/").key(["user_id"]).id(IdScheme::Encoded).done();
        let files = folder.files();
        let written: Vec<_> = files.iter().filter_map(|name| name.strip_prefix("out/")).collect();
        let read: Vec<_> = files.iter().filter_map(|name| name.strip_prefix("lake/")).collect();
        assert_eq!((written.len(), &written), (3, &read));
        for name in written {
            let rows = outcome::rows(&folder.path(&format!("out/{name}")));
            let columns: Vec<_> = rows[0].keys().map(String::as_str).collect();
            assert_eq!(
                columns,
                ["event_id", "occurred_at", "session_id", "session_seq", "user_id"],
                "{format}"
            );
        }
    }
}

#[test]
fn a_pattern_finds_the_folders_that_are_meant() {
    let folder = lake("csv");
    folder.write("lake/country=fr/deeper/part.csv", "user_id,occurred_at\nv,2026-01-01\n");
    folder.write("lake/country=fr/_temporary/part.csv", "this is not read");
    folder.write("lake/.hidden.csv", "nor is this");
    folder.write("lake/country=fr/_SUCCESS", "");
    let events = |pattern: &str| {
        let run = folder.run(pattern, "out.csv").key(["user_id"]).id(IdScheme::Encoded);
        run.options(|options| options.force = true).result().map(|report| report.events)
    };
    assert_eq!(events("lake/country=de/*.csv"), Ok(1));
    assert_eq!(events("lake/country=d*/*.csv"), Ok(2));
    assert_eq!(events("lake/country={de,fr}/**/part.csv").map_err(|_| ()), Err(())); // they differ in columns
    assert_eq!(events("lake/country=fr/**/*.csv"), Ok(1));
    assert!(events("lake/country=fr/*.csv").unwrap_err().contains("matches no file of a known format"));
    assert!(events("lake/*/*.parquet").unwrap_err().contains("matches no file"));
}

/// What a file says itself counts more than what its folder is called.
#[test]
fn a_files_own_column_counts_more_than_its_folder() {
    for (format, text) in [
        ("csv", "event_id,user_id,occurred_at,country\ne0,u,2026-01-01,at\n"),
        (
            "ndjson",
            "{\"event_id\":\"e0\",\"user_id\":\"u\",\"occurred_at\":\"2026-01-01\",\"country\":\"at\"}\n",
        ),
    ] {
        let folder = Folder::new();
        folder.write(&format!("lake/country=de/part.{format}"), text);
        let output = format!("out.{format}");
        let run = folder.run("lake", &output).key(["country"]).id(IdScheme::Encoded);
        run.sessions(folder.path("sessions.csv")).done();
        assert_eq!(
            outcome::rows(&folder.path("sessions.csv"))[0]["country"].as_deref(),
            Some("at"),
            "{format}"
        );
        assert_eq!(outcome::rows(&folder.path(&output))[0]["country"].as_deref(), Some("at"), "{format}");
    }
}

#[test]
fn a_folder_named_as_the_added_column_is_in_its_way() {
    for format in FORMATS {
        let folder = lake(format);
        let run = folder.run("lake", &format!("out.{format}")).key(["user_id"]).id(IdScheme::Encoded);
        let message = run.options(|options| options.session_column = "country".into()).refusal();
        assert!(
            message.contains("already has a column 'country'") && message.contains("another name"),
            "{message}"
        );
    }
}

/// The written column is text in the schema of the file too.
#[test]
fn the_written_column_is_text() {
    let folder = lake("parquet");
    folder.run("lake", "out.parquet").key(["user_id"]).id(IdScheme::Encoded).done();
    let batch = strict_parquet::read(&folder.path("out.parquet")).batch;
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["event_id", "user_id", "occurred_at", "country", "session_id", "session_seq"]);
    let countries: Vec<_> = batch.column(3).as_string::<i32>().iter().collect();
    assert_eq!(countries, [None, Some("dé"), Some("de")]); // by path
}

/// 1.50 is no 1.5 in a text, and 007 no 7.
#[test]
fn lines_of_csv_go_out_as_they_are_with_what_folders_tell() {
    let folder = Folder::new();
    let header = "user_id,account_id,event_id,occurred_at,p,q,s\r\n";
    let lines = [
        "u,a,1,2026-01-01 10:00:00+02:00,1.50,007,\"q\"",
        "u,a,2,2026-01-01 12:00:00+02:00,2.0,\"008\",",
        "v,a,3,2026-01-01T12:00:00+02:00,1e3,\"x, y\",\"\"",
    ];
    folder
        .write("lake/d=1/city=K%C3%B6ln%2C%20West/a.csv", format!("{header}{}\r\n{}\n", lines[0], lines[1]));
    folder.write("lake/d=__HIVE_DEFAULT_PARTITION__/city=/a.csv", format!("{header}{}", lines[2]));
    folder.run("lake", "out.csv").id(IdScheme::Encoded).done();
    let text = folder.text("out.csv");
    let [told, none] = [",1,\"Köln, West\",", ",,\"\","];
    let expected = [
        header.trim_end().to_owned() + ",d,city,session_id,session_seq\r",
        format!("{}{told}{}\r", lines[0], "7"),
        format!("{}{told}{}", lines[1], "7"),
        format!("{}{none}{}", lines[2], "7"),
    ];
    let written: Vec<&str> = text.lines().collect();
    assert_eq!(text.split('\n').next(), Some(expected[0].as_str()));
    for (line, expected) in written[1..].iter().zip(&expected[1..]) {
        let before = expected.trim_end_matches('\r').strip_suffix('7').unwrap();
        assert!(line.starts_with(before), "{line} {before}");
        // An id and a number follow, and nothing else.
        assert_eq!(line[before.len()..].split(',').map(str::len).collect::<Vec<_>>(), [32, 1], "{line}");
    }
    assert_eq!(written.len(), 4);
    // Into a folder nothing is added: its own names tell it.
    folder.run("lake", "out/").id(IdScheme::Encoded).done();
    assert!(
        folder
            .text("out/d=1/city=K%C3%B6ln%2C%20West/a.csv")
            .starts_with(&header.replace("\r\n", ",session_id"))
    );
}

/// A sign is no digit: `%+1` stands for itself.
#[test]
fn what_is_no_escape_stands_for_itself() {
    for (value, told) in [("%+1", "%+1"), ("%zz", "%zz"), ("%-1", "%-1"), ("%2B1", "+1")] {
        let folder = Folder::new();
        folder.write(&format!("lake/x={value}/a.csv"), "user_id,account_id,occurred_at\nu,a,2026-01-01\n");
        folder.run("lake", "out.csv").id(IdScheme::Encoded).done();
        assert_eq!(outcome::rows(&folder.path("out.csv"))[0]["x"].as_deref(), Some(told));
    }
}

/// Objects go out as they are too, with the members that folders tell and they have not.
#[test]
fn lines_of_ndjson_go_out_as_they_are_with_what_folders_tell() {
    let folder = Folder::new();
    let lines = [
        r#"{"user_id":"u", "account_id":"a","occurred_at":"2026-01-01T10:00:00+02:00","p":1.50}"#,
        r#"{"user_id":"u","account_id":"a","occurred_at":"2026-01-01T10:00:00Z","d":7,"p":1e3}"#,
        r#"{"user_id":"u","account_id":"a","occurred_at":"2026-01-01T10:00:00Z","\u0064":"own"}"#,
        r#"{"user_id":"u","account_id":"a","occurred_at":"2026-01-01T10:00:00Z","in":{"d":1},"say":"\"d\""}"#,
    ];
    folder.write("lake/d=%221%22/city=__HIVE_DEFAULT_PARTITION__/a.ndjson", lines.join("\n"));
    folder.run("lake", "out.ndjson").id(IdScheme::Encoded).done();
    let text = folder.text("out.ndjson");
    let told = [
        r#","d":"\"1\"","city":null,"#,
        r#","city":null,"#,
        r#","city":null,"#,
        r#","d":"\"1\"","city":null,"#,
    ];
    for ((line, written), told) in lines.iter().zip(text.lines()).zip(told) {
        let before = format!("{}{told}\"session_id\":\"", line.strip_suffix('}').unwrap());
        assert!(written.starts_with(&before), "{written}");
        assert_eq!(written.len(), before.len() + 32 + "\",\"session_seq\":1}".len(), "{written}");
    }
    assert_eq!(text.lines().count(), 4);
    folder.run("lake", "out/").id(IdScheme::Encoded).done();
    assert!(
        !folder
            .files()
            .iter()
            .any(|name| name.starts_with("out/") && folder.text(name).contains("city\":null"))
    );
}

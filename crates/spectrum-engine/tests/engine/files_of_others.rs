//! Files that are not what their names say, and JSON that is not one object a line.

use spectrum_core::IdScheme;

use crate::runs::{Folder, Run};

fn run(folder: &Folder, input: &str, output: &str) -> Run {
    folder.run(input, output).key(["user"]).time("ts").id(IdScheme::Encoded)
}

const EVENTS: &str = "user,ts\nu1,2026-01-01\nu1,2026-01-02\n";

#[test]
fn compression_is_told_by_the_first_bytes() {
    let folder = Folder::new();
    folder.write("in.csv", EVENTS);
    for ending in ["gz", "zst"] {
        run(&folder, "in.csv", &format!("once.csv.{ending}"))
            .options(|o| o.session_column = "s".into())
            .done();
        let compressed = folder.read(&format!("once.csv.{ending}"));
        folder.write(&format!("plain-{ending}/in.csv"), compressed);
        let report = folder
            .run(&format!("plain-{ending}/in.csv"), &format!("out-{ending}/"))
            .key(["user"])
            .time("ts")
            .options(|o| o.with_sequence = false)
            .done();
        assert_eq!((report.events, report.sessions), (2, 2));
        // The output is what its name says.
        assert!(
            folder.text(&format!("out-{ending}/in.csv")).starts_with("user,ts,s,session_seq,session_id\n")
        );
    }
}

#[test]
fn other_formats_are_told_by_the_first_bytes() {
    let folder = Folder::new();
    folder.write("in.csv", EVENTS);
    run(&folder, "in.csv", "in.parquet").done();
    folder.write("parquet.csv", folder.read("in.parquet"));
    folder.write("zip.csv", b"PK\x03\x04\x14\0");
    folder.write("arrow.ndjson", b"ARROW1\0\0");
    run(&folder, "in.csv", "in.csv.gz").done();
    folder.write("gz.parquet", folder.read("in.csv.gz"));
    let refusal = |name: &str| {
        let message = run(&folder, name, "out.csv").refusal();
        message.rsplit_once(&format!("{name} ")).unwrap().1.to_owned()
    };
    assert_eq!(
        refusal("parquet.csv"),
        "is not csv but parquet, by its first bytes; name the format of the inputs"
    );
    assert_eq!(
        refusal("zip.csv"),
        "is not csv but a zip archive, by its first bytes; unpack it first; of a workbook, save the sheet as CSV"
    );
    assert_eq!(
        refusal("arrow.ndjson"),
        "is not ndjson but an Arrow file, by its first bytes; write it as Parquet"
    );
    assert_eq!(
        refusal("gz.parquet"),
        "is not parquet but compressed with gzip, by its first bytes; decompress it, since Parquet is compressed \
         within, or name the format of the text"
    );
}

const ARRAY: &str = "[\n  {\"user\": \"u1\", \"ts\": \"2026-01-01\",\n   \"text\": \"a [\\\"] b\"},\n  {\"user\": \"u1\", \
                     \"ts\": \"2026-01-02\", \"text\": \"\"}\n]\n";

#[test]
fn an_array_of_objects_is_read_as_its_objects() {
    let folder = Folder::new();
    folder.write("in.json", ARRAY);
    folder.write("in.ndjson", ARRAY);
    for input in ["in.json", "in.ndjson"] {
        let report = run(&folder, input, "out.csv").options(|o| o.force = true).done();
        assert_eq!((report.events, report.sessions), (2, 2));
        assert!(folder.text("out.csv").contains(",\"a [\"\"] b\","), "{}", folder.text("out.csv"));
    }
    run(&folder, "in.json", "out.ndjson").options(|o| o.with_sequence = false).done();
    let lines = folder.text("out.ndjson");
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with(
            "{\"user\": \"u1\", \"ts\": \"2026-01-01\",    \"text\": \"a [\\\"] b\",\"session_id\":"
        ),
        "{}",
        lines[0]
    );
    // A folder's output is not called what it is not.
    run(&folder, "in.json", "folder/").done();
    assert!(folder.files().contains(&"folder/in.ndjson".to_owned()), "{:?}", folder.files());
    // Objects over several lines, without an array.
    folder.write(
        "objects.json",
        "{\n\"user\": \"u1\",\n\"ts\": \"2026-01-01\"\n}\n{\"user\":\"u2\",\"ts\":\"2026-01-01\"}",
    );
    assert_eq!(run(&folder, "objects.json", "objects.csv").done().keys, 2);
}

#[test]
fn what_is_wrong_in_an_array_has_the_line_of_the_file() {
    let folder = Folder::new();
    folder.write("in.json", ARRAY.replace("2026-01-02", "noon"));
    let refusal = run(&folder, "in.json", "out.csv").refusal();
    assert!(refusal.contains("in.json line 4: 'noon' in column 'ts' is not a time"), "{refusal}");
    folder.write("cut.json", ARRAY.trim_end().strip_suffix(']').unwrap());
    let refusal = run(&folder, "cut.json", "out.csv").refusal();
    assert!(refusal.contains("the JSON array is never closed (line 5)"), "{refusal}");
}

#[test]
fn blank_lines_alone_are_no_events() {
    let folder = Folder::new();
    folder.write("in.ndjson", "\n \n");
    for output in ["out.ndjson", "out.csv", "out.parquet"] {
        assert_eq!(run(&folder, "in.ndjson", output).done().events, 0, "{output}");
    }
}

#[test]
fn a_column_that_differs_only_in_its_case_is_the_same_to_most_readers() {
    let folder = Folder::new();
    folder.write("in.csv", "user,ts,Session_ID\nu1,2026-01-01,x\n");
    folder.write("in.ndjson", "{\"user\":\"u1\",\"ts\":\"2026-01-01\",\"Session_ID\":1}\n");
    run(&folder, "in.csv", "in.parquet").options(|o| o.session_column = "s".into()).done();
    for input in ["in.csv", "in.ndjson", "in.parquet"] {
        let refusal = run(&folder, input, "out.csv").options(|o| o.with_sequence = false).refusal();
        assert!(
            refusal.ends_with(
                "already has a column 'Session_ID', which many readers cannot tell from 'session_id'; give the column \
                 of session ids another name"
            ),
            "{refusal}"
        );
    }
    run(&folder, "in.csv", "out.csv").options(|o| o.session_column = "s".into()).done();
}

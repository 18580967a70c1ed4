//! CSV as others write it: quotes, escapes, tabs, headers, comments. Each input with what is right for it.

use std::fs::File;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use spectrum_core::IdScheme;
use spectrum_engine::{DialectOptions, Encoding, Quote};

use crate::runs::{Folder, Run};

fn run(folder: &Folder, input: &str, output: &str, adjust: impl FnOnce(&mut DialectOptions)) -> Run {
    let run = folder.run(input, output).key(["user"]).time("ts").id(IdScheme::Encoded);
    run.input_options(|options| adjust(&mut options.text.dialect))
}

/// The texts of a column, through Parquet: what was read, and not its spelling.
fn texts(
    folder: &Folder,
    input: &str,
    column: &str,
    adjust: impl FnOnce(&mut DialectOptions),
) -> Vec<String> {
    let output = format!("{}.parquet", input.replace('.', "_"));
    run(folder, input, &output, adjust).options(|options| options.force = true).done();
    let reader = SerializedFileReader::new(File::open(folder.path(&output)).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    let at = (0..schema.num_columns()).find(|at| schema.column(*at).name() == column).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().get_string(at).map_or("NULL".to_owned(), Clone::clone)).collect()
}

fn nothing(_: &mut DialectOptions) {}

fn backslash(options: &mut DialectOptions) {
    options.escape = Some(b'\\');
}

fn unquoted(options: &mut DialectOptions) {
    options.quote = Some(Quote::Nothing);
}

const SPARK: &str =
    "user,ts,query\nu1,2026-01-01 10:00:00,\"a\\\"\"\nu1,2026-01-01 11:00:00,\"b,\\\\\\\"\"\n";

#[test]
fn a_backslash_that_escapes_quotes_is_refused_until_it_is_named() {
    let folder = Folder::new();
    folder.write("in.csv", SPARK);
    for output in ["out.csv", "out.ndjson", "out.parquet"] {
        assert_eq!(
            run(&folder, "in.csv", output, nothing).refusal(),
            format!(
                "{} line 3: 'b,\\\\\\\"\"' follows the quote that closes the field that begins in line 2; say what escapes \
                 quotes, or say that nothing is quoted, or quote such a field and double the quotes in it",
                folder.path("in.csv").display()
            )
        );
    }
    let report = run(&folder, "in.csv", "out.csv", backslash).done();
    assert_eq!((report.events, report.sessions), (2, 2));
    // The lines' own bytes.
    for (line, before) in folder.text("out.csv").lines().zip(SPARK.lines()) {
        assert!(line.starts_with(&format!("{before},")), "{line}");
    }
    assert_eq!(texts(&folder, "in.csv", "query", backslash), ["a\"", "b,\\\""]);
}

#[test]
fn quotes_that_rfc_4180_does_not_have_are_refused() {
    let folder = Folder::new();
    let refusal = |text: &str| {
        folder.write("in.csv", text);
        let message = run(&folder, "in.csv", "out.csv", nothing).refusal();
        message.split_once("in.csv ").unwrap().1.split_once(';').unwrap().0.to_owned()
    };
    assert_eq!(
        refusal("user,ts,x\nu1,2026-01-01,\"abc\"def\n"),
        "line 2: 'def' follows the quote that closes the field that begins in line 2"
    );
    assert_eq!(
        refusal("user,ts,x\nu1,2026-01-01,5\" pipe\n"),
        "line 2: the field '5\" pipe' has a quote in it and is not quoted itself"
    );
    // Otherwise the blank would make the comma inside part two fields.
    assert_eq!(
        refusal("user,ts,x,y\nu1,2026-01-01, \"a,b\"\n"),
        "line 2: the field ' \"a' has a quote in it and is not quoted itself"
    );
    assert_eq!(
        refusal("user,t\"s\nu1,2026-01-01\n"),
        "line 1: the field 't\"s' has a quote in it and is not quoted itself"
    );
    // Quotes are text where it was said.
    folder.write("in.csv", "user,ts,x\n\"u1,2026-01-01,5\" pipe\n");
    assert_eq!(texts(&folder, "in.csv", "x", unquoted), ["5\" pipe"]);
    assert_eq!(texts(&folder, "in.csv", "user", unquoted), ["\"u1"]);
    folder.write("in.csv", "user,ts,x\nu1,2026-01-01,'it''s, \"x\"'\n");
    assert_eq!(
        texts(&folder, "in.csv", "x", |options| options.quote = Some(Quote::With(b'\''))),
        ["it's, \"x\""]
    );
}

const TRACKS: &str = "user\tts\ttrack\n\
    u1\t2026-01-01 10:00\t12\" mix\n\
    u1\t2026-01-01 10:10\t\"Unclosed\n\
    u2\t2026-01-01 10:20\t\"Heroes\"\n\
    u2\t2026-01-01 10:30\tplain\n\
    u3\t2026-01-01 10:40\t\"\"\n";

#[test]
fn tsv_has_no_quotes() {
    let folder = Folder::new();
    folder.write("in.tsv", TRACKS);
    let report = run(&folder, "in.tsv", "out.tsv", nothing).done();
    assert_eq!((report.events, report.keys), (5, 3));
    for (line, before) in folder.text("out.tsv").lines().zip(TRACKS.lines()) {
        assert!(line.starts_with(&format!("{before}\t")), "{line}");
    }
    let tracks = ["12\" mix", "\"Unclosed", "\"Heroes\"", "plain", "\"\""];
    assert_eq!(texts(&folder, "in.tsv", "track", nothing), tracks);
    // And out again, as they were; in CSV they are quoted.
    run(&folder, "in_tsv.parquet", "again.tsv", nothing).options(|o| o.session_column = "s".into()).refusal();
    run(&folder, "in.tsv", "out.csv", nothing).done();
    assert!(folder.text("out.csv").contains(",\"12\"\" mix\","), "{}", folder.text("out.csv"));
    assert!(folder.text("out.csv").contains(",\"\"\"\"\"\","), "{}", folder.text("out.csv"));
    folder.write("back.csv", folder.text("out.csv").replace(",session_id,session_seq", ",s,n"));
    run(&folder, "back.csv", "back.tsv", nothing).done();
    for track in tracks {
        assert!(folder.text("back.tsv").contains(&format!("\t{track}\t")), "{}", folder.text("back.tsv"));
    }
    // Who has quotes in tab-separated text says so.
    folder.write("quoted.tsv", "user\tts\tx\nu1\t2026-01-01\t\"a\tb\"\n");
    let quoted = |options: &mut DialectOptions| options.quote = Some(Quote::With(b'"'));
    assert_eq!(texts(&folder, "quoted.tsv", "x", quoted), ["a\tb"]);
}

#[test]
fn what_tsv_cannot_hold_is_refused_or_escaped() {
    let folder = Folder::new();
    folder.write("in.csv", "user,ts,x\nu1,2026-01-01,\"a\tb\"\nu1,2026-01-01,\"c\nd\\\"\n");
    assert_eq!(
        run(&folder, "in.csv", "out.tsv", nothing).refusal(),
        format!(
            "column 'x' has the value 'a\\tb', and {} cannot hold it: nothing is quoted there, and the value has a \
             delimiter or a line end in it; say what quotes fields, or say what escapes them",
            folder.path("out.tsv").display()
        )
    );
    run(&folder, "in.csv", "quoted.tsv", |options| options.quote = Some(Quote::With(b'"'))).done();
    assert!(folder.text("quoted.tsv").contains("\t\"a\tb\"\t"), "{}", folder.text("quoted.tsv"));
    run(&folder, "in.csv", "in.parquet", nothing).options(|o| o.session_column = "s".into()).done();
    run(&folder, "in.parquet", "escaped.tsv", backslash).options(|o| o.with_sequence = false).done();
    let escaped = folder.text("escaped.tsv");
    assert!(escaped.contains("\ta\\tb\t") && escaped.contains("\tc\\nd\\\\\t"), "{escaped}");
    folder.write("again.tsv", escaped.replace("session_seq", "n").replace("session_id", "i"));
    assert_eq!(texts(&folder, "again.tsv", "x", backslash), ["a\tb", "c\nd\\"]);
    // A name that the header cannot hold.
    folder.write("in.tsv", "user\tts\nu1\t2026-01-01\n");
    let refusal =
        run(&folder, "in.tsv", "out.tsv", nothing).options(|o| o.session_column = "a\tb".into()).refusal();
    assert!(refusal.starts_with("column 'a\tb' has the value 'a\\tb', and "), "{refusal}");
}

#[test]
fn files_without_a_header() {
    let folder = Folder::new();
    folder.write("in.csv", "u1,2026-01-01 10:00,a\nu1,2026-01-01 11:00,b\n");
    let named = |options: &mut DialectOptions| {
        options.columns = ["user", "ts", "page"].map(str::to_owned).to_vec();
    };
    let report = run(&folder, "in.csv", "out.csv", named).sessions(folder.path("s.csv")).done();
    assert_eq!((report.events, report.sessions), (2, 2));
    let lines = folder.text("out.csv");
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("u1,2026-01-01 10:00,a,") && lines[0].ends_with(",1"), "{}", lines[0]);
    // The table of sessions is no event's line.
    assert!(folder.text("s.csv").starts_with("session_id,user,session_seq,"));
    assert_eq!(texts(&folder, "in.csv", "page", named), ["a", "b"]);
    let numbered = folder.run("in.csv", "numbered.ndjson").key(["column1"]).time("column2");
    numbered.input_options(|options| options.text.dialect.no_header = true).done();
    assert!(folder.text("numbered.ndjson").starts_with("{\"column1\":\"u1\",\"column2\":"));
    // A byte order mark stays where it is, once.
    folder.write("marked/1.csv", "\u{feff}u1,2026-01-01 10:00:00,a\n");
    folder.write("marked/2.csv", "\u{feff}u2,2026-01-01 10:00:00,b\n");
    run(&folder, "marked", "marked.csv", named).done();
    let marked = folder.text("marked.csv");
    assert!(marked.starts_with("\u{feff}u1,") && marked.matches('\u{feff}').count() == 1, "{marked}");
    let few = |options: &mut DialectOptions| options.columns = ["user", "ts"].map(str::to_owned).to_vec();
    let refusal = run(&folder, "in.csv", "few.csv", few).refusal();
    assert!(refusal.contains("in.csv line 1: 3 fields where 2 are expected"), "{refusal}");
}

#[test]
fn a_header_that_looks_like_data_is_questioned() {
    let folder = Folder::new();
    folder.write("in.csv", "u1,2026-01-01 10:00:00,a\nu1,2026-01-01 11:00:00,b\n");
    assert_eq!(
        run(&folder, "in.csv", "out.csv", nothing).refusal(),
        format!(
            "column 'user' is not in {} (it has: u1, 2026-01-01 10:00:00, a); '2026-01-01 10:00:00' looks like data, so \
             the first line may not be a header; name the columns if there is no header, or name the column that is \
             the key",
            folder.path("in.csv").display()
        )
    );
}

#[test]
fn comments_and_lines_before_the_header_are_left_out() {
    let folder = Folder::new();
    folder.write(
        "in.csv",
        "Export of \"today\nuser,ts\n# \"a\nuser,ts,x\n#,\"\nu1,2026-01-01,\"# a\n#b\"\n\n#\nu1,2026-01-01,c\n# end",
    );
    let both = |options: &mut DialectOptions| {
        (options.comment, options.skipped_lines) = (Some(b'#'), 2);
    };
    assert_eq!(texts(&folder, "in.csv", "x", both), ["# a\n#b", "c"]);
    run(&folder, "in.csv", "out.csv", both).options(|o| o.with_sequence = false).done();
    let text = folder.text("out.csv");
    assert!(text.starts_with("user,ts,x,session_id\nu1,2026-01-01,\"# a\n#b\","), "{text}");
    assert_eq!(text.lines().count(), 4);
    // Lines are those of the file.
    folder.write("bad.csv", "one\ntwo\nuser,ts\n# a\nu1,noon\n");
    let refusal = run(&folder, "bad.csv", "out2.csv", both).refusal();
    assert!(refusal.contains("bad.csv line 5: 'noon'"), "{refusal}");
}

#[test]
fn delimiters_of_several_characters() {
    let folder = Folder::new();
    folder.write("in.csv", "user||ts||x\nu1||2026-01-01||a|b\nu2||2026-01-01||\"c||d\"\n");
    let bars = |options: &mut DialectOptions| options.delimiter = "||".parse().ok();
    assert_eq!(texts(&folder, "in.csv", "x", bars), ["a|b", "c||d"]);
    run(&folder, "in.csv", "out.csv", bars).done();
    assert!(
        folder.text("out.csv").starts_with("user||ts||x||session_id||session_seq\nu1||2026-01-01||a|b||")
    );
}

#[test]
fn a_delimiter_that_was_not_named_is_suggested() {
    let folder = Folder::new();
    let refusal = |text: &str| {
        folder.write("in.csv", text);
        let message = run(&folder, "in.csv", "out.csv", nothing).refusal();
        message.split_once("in.csv").unwrap().1.to_owned()
    };
    assert_eq!(refusal("user;ts\nu1;2026-01-01\n"), " (it has: user;ts); say that ';' stands between fields");
    assert_eq!(refusal("user|ts\nu1|2026-01-01\n"), " (it has: user|ts); say that '|' stands between fields");
    assert_eq!(
        refusal("sep=;\r\nuser;ts\r\nu1;2026-01-01\r\n"),
        " line 1 tells Excel that the delimiter is ';' and is not a header; skip it and say that ';' stands between fields"
    );
}

#[test]
fn line_ends_of_old_macs_are_refused_and_a_cut_one_is_whole() {
    let folder = Folder::new();
    for text in ["user,ts,note\ru1,2026-01-01,a\r", "user,ts,note\nu1,2026-01-01,a\ru2,2026-01-01,b\n"] {
        folder.write("in.csv", text);
        let refusal = run(&folder, "in.csv", "out.csv", nothing).refusal();
        assert!(refusal.contains("has a carriage return without a line feed in it"), "{refusal}");
    }
    folder.write("in.csv", "user,ts,note\nu1,2026-01-01,\"a\rb\"\n");
    assert_eq!(texts(&folder, "in.csv", "note", nothing), ["a\rb"]);
    folder.write("cut.csv", "user,ts,note\r\nu1,2026-01-01,a\r");
    assert_eq!(texts(&folder, "cut.csv", "note", nothing), ["a"]);
    run(&folder, "cut.csv", "out.csv", nothing).done();
    let text = folder.text("out.csv");
    assert!(text.contains("u1,2026-01-01,a,") && text.ends_with(",1\r\n"), "{text:?}");
}

#[test]
fn encodings_become_utf_8() {
    let folder = Folder::new();
    let text = "user,ts\nKöln,2026-01-01\n";
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let utf16: Vec<u8> =
        "\u{feff}".chars().chain(text.chars()).flat_map(|c| (c as u16).to_le_bytes()).collect();
    for (bytes, encoding, remedy) in [
        (
            latin,
            Encoding::Latin1,
            "line 2: invalid UTF-8 (byte 0xf6); convert the file to UTF-8, or say how characters are encoded",
        ),
        (
            utf16,
            Encoding::Utf16,
            "line 1: invalid UTF-8 (byte 0xff); convert the file to UTF-8, or say that it is UTF-16",
        ),
    ] {
        let out = format!("{encoding:?}.csv");
        folder.write("in.csv", bytes);
        let refusal = run(&folder, "in.csv", &out, nothing).refusal();
        assert!(refusal.ends_with(remedy), "{refusal}");
        let told = run(&folder, "in.csv", &out, nothing);
        told.input_options(|options| options.text.encoding = encoding).done();
        assert!(folder.text(&out).starts_with("user,ts,session_id,session_seq\nKöln,2026-01-01,"));
    }
}

#[test]
fn columns_in_another_order_become_one_output() {
    let folder = Folder::new();
    folder.write("a.csv", "user,ts,x\nu1,2026-01-01,1.50\n");
    folder.write("b.csv", "x,user,ts\r\n\"2,0\",u1,\"2026-01-01\"\r\n");
    for output in ["out.csv", "out.ndjson"] {
        run(&folder, "[ab].csv", output, nothing).options(|o| o.with_sequence = false).done();
    }
    let text = folder.text("out.csv");
    let id = text.lines().nth(1).unwrap().rsplit_once(',').unwrap().1;
    assert_eq!(
        text,
        format!("user,ts,x,session_id\nu1,2026-01-01,1.50,{id}\nu1,\"2026-01-01\",\"2,0\",{id}\r\n")
    );
    let ndjson = folder.text("out.ndjson");
    assert!(ndjson.contains("\"x\":\"2,0\"") && ndjson.contains("\"x\":\"1.50\""), "{ndjson}");
    folder.write("b.csv", "y,user,ts\n2,u1,2026-01-01\n");
    let refusal = run(&folder, "[ab].csv", "out2.csv", nothing).refusal();
    assert!(refusal.contains("have different columns: (user, ts, x) and (y, user, ts)"), "{refusal}");
}

/// Nobody who leaves lines out means to leave out all of them.
#[test]
fn more_lines_to_leave_out_than_there_are() {
    let folder = Folder::new();
    folder.write("in.csv", "about\n\nk,2026-01-01\nk,2026-01-02");
    let run = |skipped| {
        let run =
            folder.run("in.csv", "out.csv").key(["k"]).time("t").options(|options| options.force = true);
        run.input_options(move |options| {
            options.text.dialect.columns = vec!["k".into(), "t".into()];
            options.text.dialect.skipped_lines = skipped;
        })
    };
    assert_eq!([2, 3, 4].map(|skipped| run(skipped).done().events), [2, 1, 0]);
    for skipped in [5, 400] {
        let message = run(skipped).refusal();
        let expected = format!(
            "in.csv has 4 lines, fewer than the {skipped} that are left out at its beginning; skip fewer lines"
        );
        assert!(message.ends_with(&expected), "{message}");
    }
    folder.write("in.csv", "");
    assert!(run(1).refusal().contains("in.csv has 0 lines, fewer than the 1 that are left out"));
}

/// What is left of UTF-16 behind a line feed can be UTF-8, and no column is in it.
#[test]
fn lines_left_out_of_utf_16() {
    let folder = Folder::new();
    let text = "about\nk,t\nk,2026-01-01\n";
    for (name, mark, bytes) in [
        ("little.csv", [0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        ("big.csv", [0xfe, 0xff], text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ] {
        folder.write(name, [&mark[..], &bytes].concat());
        for columns in [vec![], vec!["k".to_owned(), "t".to_owned()]] {
            let run = || {
                let run =
                    folder.run(name, "out.csv").key(["k"]).time("t").options(|options| options.force = true);
                let columns = columns.clone();
                run.input_options(move |options| {
                    options.text.dialect.skipped_lines = if columns.is_empty() { 1 } else { 2 };
                    options.text.dialect.columns = columns;
                })
            };
            let message = run().refusal();
            let byte = mark[0];
            let expected = format!(
                "{name} line 1: invalid UTF-8 (byte 0x{byte:02x}); convert the file to UTF-8, or say that it is UTF-16"
            );
            assert!(message.ends_with(&expected), "{message}");
            let told = run().input_options(|options| options.text.encoding = Encoding::Utf16);
            assert_eq!(told.done().events, 1, "{name}");
        }
    }
}

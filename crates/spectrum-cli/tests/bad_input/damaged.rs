//! Files that are not what their names say, cut off, or damaged.

use std::fs;

use insta::assert_snapshot;

use crate::spectrum::{EVENTS, Folder};

/// A folder with in.parquet: enough events that keys fill more than a page header.
fn parquet() -> Folder {
    let folder = Folder::with(&[]);
    folder.done("generate -o in.parquet --events 500");
    folder
}

#[test]
fn parquet_that_is_cut_off_or_none() {
    let folder = parquet();
    let whole = fs::read(folder.path("in.parquet")).unwrap();
    folder.write("cut.parquet", &whole[..whole.len() / 2]);
    folder.write("headless.parquet", &whole[1000..]);
    folder.write("empty.parquet", "");
    folder.write("text.parquet", EVENTS);
    assert_snapshot!(folder.refusal("run cut.parquet -o out.parquet"), @"error: cut.parquet is not readable as Parquet (truncated or corrupt?): Invalid Parquet file. Corrupt footer");
    assert_snapshot!(folder.refusal("run headless.parquet -o out.parquet"), @"error: headless.parquet is not readable as Parquet (truncated or corrupt?): Required field type_ is missing");
    assert_snapshot!(folder.refusal("run empty.parquet -o out.parquet"), @"error: empty.parquet is not readable as Parquet (truncated or corrupt?): Parquet file too small. Size is 0 but need 8");
    assert_snapshot!(folder.refusal("run text.parquet -o out.parquet"), @"error: text.parquet is not readable as Parquet (truncated or corrupt?): Invalid Parquet file. Corrupt footer");
    // One bad file among good ones spoils the whole run.
    assert_snapshot!(folder.refusal("run in.parquet cut.parquet -o out/ --sessions s.parquet"), @"error: cut.parquet is not readable as Parquet (truncated or corrupt?): Invalid Parquet file. Corrupt footer");
}

/// Bytes all over the file, nearly all of it key and time: much of the damage is noticed, none makes a panic.
#[test]
fn parquet_with_a_damaged_page() {
    let folder = parquet();
    let whole = fs::read(folder.path("in.parquet")).unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        folder.write("in.parquet", &damaged);
        let line =
            "run in.parquet -o out.parquet --force --id encoded --key event_id,user_id,account_id,page";
        let output = folder.command(line).output().unwrap();
        let code = output.status.code().unwrap();
        let message = folder.message(&output, code);
        assert!(code == 0 || message.contains("in.parquet"), "byte {at}: {message}");
        assert!(code < 2, "byte {at}: {message}");
        refused += code;
        assert!(folder.names().iter().all(|name| !name.contains(".spectrum-")));
    }
    assert!(refused > 10, "{refused}");
}

#[test]
fn empty_text() {
    let folder = Folder::with(&[("in.csv", ""), ("lines.csv", "\n\n"), ("in.ndjson", "")]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: in.csv line 1: the file is empty; the first line names the columns");
    assert_snapshot!(folder.refusal("run lines.csv -o out.csv"), @"error: lines.csv line 1: the file is empty; the first line names the columns");
    // A file of NDJSON without a line is a table without a row.
    assert!(folder.done("run in.ndjson -o out.ndjson").starts_with("0 events of 0 keys in 0 sessions"));
}

/// Enough lines that blocks follow the first, then the text.
fn after_many_lines(header: &str, line: &str, lines: usize, text: &str) -> String {
    assert!(line.len() * lines > 5 << 20, "blocks are shorter than that");
    format!("{header}{}{text}", line.repeat(lines))
}

const HEADER: &str = "event_id,user_id,account_id,occurred_at\n";

#[test]
fn csv_with_too_few_or_too_many_fields() {
    let folder = Folder::with(&[
        ("few.csv", &format!("{EVENTS}e4,u,a\n")),
        ("many.csv", &format!("{EVENTS}e4,u,a,b,2026-01-01\n")),
    ]);
    assert_snapshot!(folder.refusal("run few.csv -o out.csv"), @"error: few.csv line 5: 3 fields where the header has 4; every record needs all of them");
    assert_snapshot!(folder.refusal("run many.csv -o out.csv"), @"error: many.csv line 5: 5 fields where the header has 4; quote fields that hold the delimiter ','");
    // The line is right in blocks after the first too, line ends inside of quotes included.
    let line = format!("e,u,\"a\n{}\",2026-01-01\n", "x".repeat(1000));
    folder.write("far.csv", after_many_lines(HEADER, &line, 6000, "e,u,a\n"));
    assert_snapshot!(folder.refusal("run far.csv -o out.csv"), @"error: far.csv line 12002: 3 fields where the header has 4; every record needs all of them");
}

#[test]
fn csv_with_a_quote_that_is_never_closed() {
    let folder = Folder::with(&[("in.csv", &EVENTS.replace("e2,u", "e2,\"u"))]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @r#"error: in.csv line 3: the quote that opens a field here is never closed; close it, or double a quote that is text ("")"#);
    // In the last field the number of fields tells nothing: the rest of the file looks like a field.
    folder.write("last.csv", EVENTS.replace("2026-01-01 10:10", "\"2026-01-01 10:10"));
    assert_snapshot!(folder.refusal("run last.csv -o out.csv"), @r#"error: last.csv line 3: the quote that opens a field here is never closed; close it, or double a quote that is text ("")"#);
    folder.write("header.csv", format!("\"{EVENTS}"));
    assert_snapshot!(folder.refusal("run header.csv -o out.csv"), @r#"error: header.csv line 1: the quote that opens a field here is never closed; close it, or double a quote that is text ("")"#);
}

#[test]
fn ndjson_with_a_broken_line() {
    let good = "{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":\"2026-01-01\"}\n";
    let folder = Folder::with(&[]);
    let refusal = |line: &str| {
        folder.write("in.ndjson", format!("{good}\n{line}\n{good}"));
        folder.refusal("run in.ndjson -o out.ndjson")
    };
    assert_snapshot!(refusal("{\"user_id\":\"u\","), @"error: in.ndjson line 3: not a JSON object: EOF while parsing a value at column 15");
    assert_snapshot!(refusal("{\"user_id\":u}"), @"error: in.ndjson line 3: not a JSON object: expected value at column 12");
    assert_snapshot!(refusal("{\"user_id\":\"u\"} {}"), @"error: in.ndjson line 3: not a JSON object: trailing characters at column 17");
    assert_snapshot!(refusal("[1, 2]"), @r#"error: in.ndjson line 3: JSON, but not an object; every line is one, as in {"user_id": 1}"#);
    assert_snapshot!(refusal("user_id,account_id"), @"error: in.ndjson line 3: not a JSON object: expected value at column 1");
    let line = format!(
        "{{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":\"2026-01-01\",\"x\":\"{}\"}}\n",
        "x".repeat(1000)
    );
    folder.write("far.ndjson", after_many_lines("", &line, 6000, "{\n"));
    assert_snapshot!(folder.refusal("run far.ndjson -o out.csv"), @"error: far.ndjson line 6001: not a JSON object: EOF while parsing an object at column 1");
}

#[test]
fn text_that_is_not_utf_8() {
    let folder = Folder::with(&[]);
    folder.write("in.csv", [EVENTS.as_bytes(), b"e4,J\xfcrgen,a,2026-01-01\n"].concat());
    folder.write("in.ndjson", b"{\"user_id\":\"\xff\"}\n");
    folder.write("utf16.csv", b"\xff\xfee\0v\0");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: in.csv line 5: invalid UTF-8 (byte 0xfc); convert the file to UTF-8, or say what it is with --encoding latin1 or windows-1252");
    assert_snapshot!(folder.refusal("run in.ndjson -o out.csv"), @"error: in.ndjson line 1: invalid UTF-8 (byte 0xff); convert the file to UTF-8, or say what it is with --encoding latin1 or windows-1252");
    assert_snapshot!(folder.refusal("run utf16.csv -o out.csv"), @"error: utf16.csv line 1: invalid UTF-8 (byte 0xff); convert the file to UTF-8, or say --encoding utf-16");
    let line = format!("e,u,\"a\n{}\",2026-01-01\n", "x".repeat(1000));
    let far = after_many_lines(HEADER, &line, 6000, "");
    folder.write("far.csv", [far.as_bytes(), b"e,\xfc,a,2026-01-01\n"].concat());
    assert_snapshot!(folder.refusal("run far.csv -o out.csv"), @"error: far.csv line 12002: invalid UTF-8 (byte 0xfc); convert the file to UTF-8, or say what it is with --encoding latin1 or windows-1252");
}

#[test]
fn compression_that_is_none_or_cut_off() {
    let folder = Folder::with_events("in.csv");
    folder.done("run in.csv -o in.csv.gz --session-column s");
    folder.done("run in.csv -o in.csv.zst --session-column s");
    for name in ["in.csv.gz", "in.csv.zst"] {
        let whole = fs::read(folder.path(name)).unwrap();
        folder.write(&format!("cut-{name}"), &whole[..whole.len() - 12]);
        folder.write(&format!("not-{name}"), EVENTS);
    }
    assert_snapshot!(folder.refusal("run cut-in.csv.gz -o out.csv"), @"error: cut-in.csv.gz is not readable as gzip (truncated or corrupt?): incomplete deflate stream");
    assert_snapshot!(folder.refusal("run not-in.csv.gz -o out.csv"), @"error: not-in.csv.gz is not readable as gzip (truncated or corrupt?): invalid gzip header");
    assert_snapshot!(folder.refusal("run cut-in.csv.zst -o out.csv"), @"error: cut-in.csv.zst is not readable as Zstandard (truncated or corrupt?): incomplete frame");
    assert_snapshot!(folder.refusal("run not-in.csv.zst -o out.csv"), @"error: not-in.csv.zst is not readable as Zstandard (truncated or corrupt?): Unknown frame descriptor");
}

//! CSV that is not written as it is read, and what to say then.

use insta::assert_snapshot;

use crate::spectrum::{EVENTS, Folder, common};

/// Every command that reads files says the same.
fn refusals(folder: &Folder, input: &str) -> String {
    common([
        folder.refusal(&format!("run {input} -o out.csv")),
        folder.refusal(&format!("run {input} -o out.parquet")),
        folder.refusal(&format!("summary {input}")),
        folder.refusal(&format!("explain {input} --event e1")),
    ])
}

#[test]
fn quotes_that_no_rfc_has() {
    let folder = Folder::with(&[
        (
            "escaped.csv",
            "event_id,user_id,account_id,occurred_at,q\ne1,u,a,2026-01-01,\"a\\\"\"\ne2,u,a,2026-01-01,\"b\\\"\"\n",
        ),
        ("inside.csv", "event_id,user_id,account_id,occurred_at,q\ne1,u,a,2026-01-01,5\" pipe\n"),
    ]);
    assert_snapshot!(refusals(&folder, "escaped.csv"), @r#"error: escaped.csv line 3: 'b\""' follows the quote that closes the field that begins in line 2; say --escape '\' if a backslash stands before quotes that are text, say --quote none if quotes are text, or quote such a field and double the quotes in it"#);
    assert_snapshot!(refusals(&folder, "inside.csv"), @r#"error: inside.csv line 2: the field '5" pipe' has a quote in it and is not quoted itself; say --quote none if quotes are text, or quote such a field and double the quotes in it"#);
    for command in ["summary", "explain --event e1", "run -o a.csv", "run -o a.parquet"] {
        folder.done(&format!("{command} escaped.csv --escape \\"));
    }
    for command in ["summary", "explain --event e1", "run -o b.csv", "run -o b.parquet"] {
        folder.done(&format!("{command} inside.csv --quote none"));
    }
}

#[test]
fn a_value_that_tsv_cannot_hold() {
    let folder = Folder::with(&[("in.csv", &EVENTS.replace("e2,u", "\"e\t2\",u"))]);
    assert_snapshot!(folder.refusal("run in.csv -o out.tsv"), @r#"error: column 'event_id' has the value 'e\t2', and out.tsv cannot hold it: nothing is quoted there, and the value has a delimiter or a line end in it; say --quote '"', or say --escape '\'"#);
    folder.done("run in.csv -o out.tsv --escape \\");
    assert!(folder.text("out.tsv").contains("\ne\\t2\tu\t"), "{}", folder.text("out.tsv"));
}

#[test]
fn a_header_that_is_none() {
    let folder = Folder::with(&[
        ("none.csv", "e1,u,a,2026-01-01 10:00:00\ne2,u,a,2026-01-01 10:10:00\n"),
        ("semicolons.csv", &EVENTS.replace(',', ";")),
        ("excel.csv", &format!("sep=;\r\n{}", EVENTS.replace(',', ";"))),
        ("tabs.csv", &EVENTS.replace(',', "\t")),
    ]);
    assert_snapshot!(refusals(&folder, "none.csv"), @"error: column 'user_id' is not in none.csv (it has: e1, u, a, 2026-01-01 10:00:00); '2026-01-01 10:00:00' looks like data, so the first line may not be a header; name the columns with --columns if there is no header, or name the key with --key");
    assert_snapshot!(refusals(&folder, "semicolons.csv"), @"error: column 'user_id' is not in semicolons.csv (it has: event_id;user_id;account_id;occurred_at); say --delimiter ';'");
    assert_snapshot!(refusals(&folder, "excel.csv"), @"error: excel.csv line 1 tells Excel that the delimiter is ';' and is not a header; say --delimiter ';' --skip-lines 1");
    assert_snapshot!(refusals(&folder, "tabs.csv"), @r"error: column 'user_id' is not in tabs.csv (it has: event_id	user_id	account_id	occurred_at); say --delimiter tab");
    folder.done("summary none.csv --columns event_id,user_id,account_id,occurred_at");
    folder.done("summary none.csv --no-header --key column2,column3 --time column4");
    folder.done("explain none.csv --columns event_id,user_id,account_id,occurred_at --event e1");
    folder.done("summary semicolons.csv --delimiter ';'");
    folder.done("summary excel.csv --delimiter ';' --skip-lines 1");
    for tab in ["tab", "\\t", "'\t'"] {
        folder.done(&format!("summary tabs.csv --delimiter {tab}"));
    }
    // All columns are found, and the first event is gone.
    let output = folder
        .command("run none.csv -o out.csv --key e1 --time '2026-01-01 10:00:00' --quiet")
        .output()
        .unwrap();
    assert_snapshot!(folder.message(&output, 0), @"warning: the first line of none.csv was taken for the header, and '2026-01-01 10:00:00' in it looks like data; if the file has no header, name its columns with --columns");
}

#[test]
fn line_ends_of_old_macs() {
    let folder = Folder::with(&[("in.csv", &EVENTS.replace('\n', "\r"))]);
    assert_snapshot!(refusals(&folder, "in.csv"), @r"error: in.csv line 1: a field that is not quoted has a carriage return without a line feed in it, as lines of old Macs end; end lines with line feeds, as tr '\r' '\n' does, or quote the field");
}

#[test]
fn files_that_are_not_what_they_are_called() {
    let folder = Folder::with_events("in.csv");
    folder.done("run in.csv -o in.parquet --session-column s");
    folder.write("parquet.csv", std::fs::read(folder.path("in.parquet")).unwrap());
    folder.write("zip.csv", b"PK\x03\x04\x14\0\0\0");
    assert_snapshot!(refusals(&folder, "parquet.csv"), @"error: parquet.csv is not csv but parquet, by its first bytes; say --from parquet, csv, tsv, ndjson or json");
    assert_snapshot!(refusals(&folder, "zip.csv"), @"error: zip.csv is not csv but a zip archive, by its first bytes; unpack it first; of a workbook, save the sheet as CSV");
    folder.done("summary parquet.csv --from parquet");
}

#[test]
fn an_event_id_that_is_not_there() {
    let folder = Folder::with_events("in.csv");
    folder.done("run in.csv -o in.parquet --session-column s");
    folder.done("run in.csv -o in.ndjson --session-column s");
    for command in ["run -o out.csv", "summary"] {
        let refusal = |input: &str| folder.refusal(&format!("{command} {input} --event-id id"));
        assert_eq!(
            refusal("in.csv"),
            "error: column 'id' is not in in.csv; did you mean user_id or event_id or account_id? (it has: event_id, user_id, account_id, occurred_at); name the column that tells events apart with --event-id COLUMN"
        );
        assert_eq!(
            refusal("in.parquet"),
            "error: column 'id' is not in in.parquet; did you mean user_id or event_id or account_id? (it has: event_id, user_id, account_id, occurred_at, s); name the column that tells events apart with --event-id COLUMN"
        );
        assert_eq!(
            refusal("in.ndjson"),
            "error: column 'id' is not in in.ndjson; did you mean user_id or event_id or account_id? (it has: event_id, user_id, account_id, occurred_at, s); name the column that tells events apart with --event-id COLUMN"
        );
    }
    // Nobody asked for the default one.
    folder.write("without.csv", "user_id,account_id,occurred_at\nu,a,2026-01-01\n");
    folder.done("run without.csv -o out.csv");
}

#[test]
fn a_folder_and_an_address_by_name() {
    let folder = Folder::with_events("in.csv");
    folder.write("b.csv", EVENTS);
    assert_snapshot!(folder.refusal("run in.csv b.csv -o outdir"), @"error: the format of outdir is not known; write outdir/ for a folder, or say --to parquet, csv, tsv or ndjson");
    assert_snapshot!(folder.refusal("run hdfs://nn/in.csv -o out.csv"), @"error: hdfs://nn/in.csv does not exist; its scheme is not one of s3, gs, az, abfss, http and https: download it, or pass it in as standard input");
}

#[test]
fn characters_that_would_mean_two_things() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("summary in.csv --delimiter # --comment #"), @"error: '#' cannot be both --delimiter and --comment; name another character for one of them");
    assert_snapshot!(folder.refusal("summary in.csv --columns a,b,a"), @"error: --columns names 'a' twice; give every column a name of its own");
    let message = folder.misunderstanding("summary in.csv --quote ab");
    assert!(
        message.contains("\"ab\" must be one ASCII character other than a line end, or none"),
        "{message}"
    );
    let message = folder.misunderstanding("summary in.csv --encoding ebcdic");
    assert!(message.contains("encoding 'ebcdic' is not one of utf-8, latin1"), "{message}");
    assert_snapshot!(folder.refusal("run in.csv -o out --engine duckdb --comment #"), @"error: --comment is for files that spectrum itself reads; leave out --engine, or write the files anew with a run of its own");
    assert_snapshot!(folder.refusal("run in.csv -o out --engine duckdb --encoding latin1"), @"error: --encoding is for files that spectrum itself reads; leave out --engine, or convert the files to UTF-8");
}

#[test]
fn columns_without_a_name() {
    let folder = Folder::with_events("in.csv");
    for columns in ["''", "a,", "a,,b"] {
        let refused = folder.refusal(&format!("summary in.csv --columns {columns}"));
        assert_eq!(
            refused,
            "error: --columns has a name that is empty; name every column, as in --columns user_id,occurred_at,page"
        );
    }
}

#[test]
fn an_access_log_has_blanks_between_its_fields() {
    let line = "192.0.2.1 - ann [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 12\n";
    let folder = Folder::with(&[("access.log", line)]);
    assert_snapshot!(folder.refusal("run access.log --from csv -o out.csv"), @"error: access.log line 1: the field '192.0.2.1 - ann [10/Oct/2000:1...' has a quote in it and is not quoted itself; say --delimiter ' ', say --quote none if quotes are text, or quote such a field and double the quotes in it");
    assert_snapshot!(folder.refusal("run access.log --from csv -o out.csv --quote none"), @r#"error: column 'user_id' is not in access.log (it has: 192.0.2.1 - ann [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 12); say --delimiter ' '"#);
    assert_snapshot!(folder.refusal("run access.log --from csv -o out.csv --quote none --no-header --key column3 --time column4,column5"), @"error: column 'column3' is not in access.log (it has: column1); say --delimiter ' '");
    folder.done("run access.log --from csv -o out.csv --delimiter ' ' --no-header --key column3 --time column4,column5 --time-format '[%d/%b/%Y:%H:%M:%S %z]'");
}

#[test]
fn lines_that_are_left_out() {
    let folder = Folder::with(&[("in.csv", "about\nu,2026-01-01\n")]);
    let command = "run in.csv -o out.csv --columns user,at --key user --time at --skip-lines";
    assert_snapshot!(folder.refusal(&format!("{command} 3")), @"error: in.csv has 2 lines, fewer than the 3 that are left out at its beginning; say less with --skip-lines");
    folder.done(&format!("{command} 1"));
    let utf_16: Vec<u8> = "about\nu,2026-01-01\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    folder.write("wide.csv", [&[0xff, 0xfe], &utf_16[..]].concat());
    let command = "run wide.csv -o wide.out.csv --columns user,at --key user --time at --skip-lines 1";
    assert_snapshot!(folder.refusal(command), @"error: wide.csv line 1: invalid UTF-8 (byte 0xff); convert the file to UTF-8, or say --encoding utf-16");
    folder.done(&format!("{command} --encoding utf-16"));
}

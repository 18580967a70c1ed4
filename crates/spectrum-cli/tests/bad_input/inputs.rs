//! Inputs that are not there, not readable, or not meant.

use insta::assert_snapshot;

use crate::spectrum::{EVENTS, Folder};

#[test]
fn a_missing_file() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run nothere.csv -o out.csv"), @"error: nothere.csv does not exist");
    assert_snapshot!(folder.refusal("run in.csv nothere.csv -o out.csv"), @"error: nothere.csv does not exist");
}

#[test]
fn a_pattern_or_folder_without_match() {
    let folder = Folder::with(&[("in/readme.txt", "hello"), ("in/_hidden.csv", EVENTS)]);
    assert_snapshot!(folder.refusal("run '*.csv' -o out.csv"), @"error: *.csv matches no file of a known format (.parquet, .csv, .tsv, .ndjson, .jsonl, .json; .gz and .zst after all but the first)");
    assert_snapshot!(folder.refusal("run in -o out.csv"), @"error: in matches no file of a known format (.parquet, .csv, .tsv, .ndjson, .jsonl, .json; .gz and .zst after all but the first)");
    assert_snapshot!(folder.refusal("run 'no/such/folder/*.csv' -o out.csv"), @"error: no/such/folder/*.csv matches no file of a known format (.parquet, .csv, .tsv, .ndjson, .jsonl, .json; .gz and .zst after all but the first)");
}

/// What else is in a folder was not meant, perhaps, and is not kept quiet.
#[test]
fn endings_that_are_left_out_are_said() {
    let folder = Folder::with(&[
        ("in/a.csv", EVENTS),
        ("in/b.txt", EVENTS),
        ("in/deep/c.txt", EVENTS),
        ("in/deep/d", EVENTS),
        ("in/_SUCCESS", ""),
        ("in/.a.csv.crc", ""),
    ]);
    let said = |arguments: &str| folder.message(&folder.command(arguments).output().unwrap(), 0);
    let note = "note: left out 1 file without an ending, 2 files ending in .txt; --from names the format of all files, whatever their endings";
    assert_eq!(said("run in -o out.csv --quiet"), note);
    assert_eq!(said("summary in"), note);
    assert_eq!(
        said("run 'in/*' -o star.csv --quiet").replace("1 file ", ""),
        "note: left out ending in .txt; --from names the format of all files, whatever their endings"
    );
    assert_eq!(said("run in -o all.csv --from csv --id encoded --quiet"), "");
    assert_eq!(said("run 'in/*.csv' -o one.csv --quiet"), "");
}

#[test]
fn a_malformed_pattern() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run 'in[.csv' -o out.csv"), @"error: pattern 'in[.csv' is malformed: unclosed character class; missing ']'");
}

#[test]
fn the_same_file_twice() {
    let folder = Folder::with_events("in/a.csv");
    assert_snapshot!(folder.refusal("run in/a.csv in/a.csv -o out.csv"), @"error: in/a.csv is named twice; its events would be counted twice");
    assert_snapshot!(folder.refusal("run in ./in/../in/a.csv -o out.csv"), @"error: ./in/../in/a.csv is named twice; its events would be counted twice");
    std::os::unix::fs::symlink("in/a.csv", folder.path("link.csv")).unwrap();
    assert_snapshot!(folder.refusal("run in/*.csv link.csv -o out.csv"), @"error: link.csv is named twice; its events would be counted twice");
}

#[test]
fn several_formats() {
    let folder = Folder::with_events("in/a.csv");
    folder.write("in/b.ndjson", "");
    assert_snapshot!(folder.refusal("run in -o out.csv"), @"error: in/a.csv is csv and in/b.ndjson is ndjson; sessionize files of one format at a time");
    folder.write("in/c.tsv", "");
    assert_snapshot!(folder.refusal("run in/a.csv in/c.tsv -o out.csv"), @"error: in/a.csv is csv and in/c.tsv is tsv; sessionize files of one format at a time");
}

#[test]
fn a_name_that_tells_no_format() {
    let folder = Folder::with_events("events.txt");
    assert_snapshot!(folder.refusal("run events.txt -o out.csv"), @"error: the format of events.txt is not known; say --from parquet, csv, tsv, ndjson or json");
    folder.done("run events.txt --from csv -o out.csv");
    assert_snapshot!(folder.misunderstanding("run events.txt --from xml -o out.csv"), @r"
    error: invalid value 'xml' for '--from <FORMAT>': format 'xml' is not one of parquet, csv, tsv, ndjson

    For more information, try '--help'.
    ");
}

#[test]
fn files_with_different_columns() {
    let folder = Folder::with_events("in/a.csv");
    folder.write("in/b.csv", "event_id,account_id,user_id,occurred_at,x\n");
    assert_snapshot!(folder.refusal("run in -o out.csv"), @"error: in/a.csv and in/b.csv have different columns: (event_id, user_id, account_id, occurred_at) and (event_id, account_id, user_id, occurred_at, x); sessionize them apart, or write to a folder");
    assert_snapshot!(folder.refusal("run in -o out.parquet"), @"error: in/a.csv and in/b.csv have different columns: (event_id, user_id, account_id, occurred_at) and (event_id, account_id, user_id, occurred_at, x); sessionize them apart, or write to a folder");
    // Another order is no difference.
    folder.write("in/b.csv", "event_id,account_id,user_id,occurred_at\n");
    folder.done("run in -o out.csv");
    folder.done("run in -o out/");
}

#[test]
fn parquet_files_with_different_columns() {
    let folder = Folder::with_events("a.csv");
    folder.write("b.csv", EVENTS.replace("event_id", "name"));
    folder.done("run a.csv -o in/a.parquet");
    folder.done("run b.csv -o in/b.parquet");
    assert_snapshot!(folder.refusal("run in -o out.parquet --session-column again"), @"error: in/a.parquet and in/b.parquet have different columns: 'event_id' stands where the other has 'name'; sessionize them apart, or write to a folder");
    assert_snapshot!(folder.refusal("run in -o out.csv --session-column again"), @"error: in/a.parquet and in/b.parquet have different columns: (event_id Utf8, user_id Utf8, account_id Utf8, occurred_at Timestamp(µs), session_id Utf8) and (name Utf8, user_id Utf8, account_id Utf8, occurred_at Timestamp(µs), session_id Utf8); sessionize them apart, or write to a folder");
}

/// A key that is text here and a number there would make two keys of one; times with and without zone cannot be
/// compared.
#[test]
fn parquet_files_with_different_types() {
    let folder = Folder::with_events("text.csv");
    folder.write("number.csv", EVENTS.replace(",u,", ",1,"));
    folder.write("zone.csv", EVENTS.replace(":00\n", ":00Z\n").replace(":10\n", ":10Z\n"));
    for name in ["text", "number", "zone"] {
        folder.done(&format!("run {name}.csv -o {name}.parquet --session-column id"));
    }
    assert_snapshot!(folder.refusal("run text.parquet number.parquet -o out/"), @"error: column 'user_id' is text in text.parquet and integer in number.parquet; give it one type throughout");
    assert_snapshot!(folder.refusal("run text.parquet zone.parquet -o out/"), @"error: column 'occurred_at' is a time without a zone in text.parquet and a time with a zone in zone.parquet; give it one type throughout");
}

#[test]
fn a_pipe_or_a_device_by_name() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run /dev/null --from csv -o out.csv"), @"error: /dev/null is not a regular file, and a run reads its input twice; name - in its place and redirect it: - < /dev/null");
    let command =
        folder.shell("mkfifo pipe && spectrum run pipe --from csv -o out.csv; code=$?; rm pipe; exit $code");
    assert_snapshot!(folder.refused(command, 1), @"error: pipe is not a regular file, and a run reads its input twice; name - in its place and redirect it: - < pipe");
}

#[test]
fn no_input_at_all() {
    let folder = Folder::with_events("in.csv");
    let message = folder.misunderstanding("run -o out.csv");
    assert!(message.contains("<INPUT>..."), "{message}");
}

#[test]
fn an_unknown_option_or_value() {
    let folder = Folder::with_events("in.csv");
    let message = folder.misunderstanding("run in.csv -o out.csv --gapp 5m");
    assert!(message.contains("unexpected argument '--gapp'") && message.contains("'--gap'"), "{message}");
    let message = folder.misunderstanding("run in.csv -o out.csv --time-unit hours");
    assert!(message.contains("[possible values: s, ms, us, ns, auto]"), "{message}");
    let message = folder.misunderstanding("run in.csv -o out.csv --threads 0");
    assert!(message.contains("0 is not in 1..=1024"), "{message}");
    let message = folder.misunderstanding("run in.csv -o out.csv --delimiter 123456789");
    assert!(message.contains("delimiter \"123456789\" must be one to eight bytes"), "{message}");
}

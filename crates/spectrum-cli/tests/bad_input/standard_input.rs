//! Standard input gives what a file gives.

use std::fs::{self, File};

use insta::assert_snapshot;

use crate::spectrum::{EVENTS, Folder};

#[test]
fn standard_input_is_as_a_file() {
    let folder = Folder::with(&[]);
    folder.done("generate -o in.csv --events 3000 --order shuffled");
    folder.done("generate -o in.ndjson --events 3000 --order shuffled");
    folder.done("generate -o in.parquet --events 3000 --order shuffled");
    folder.done("generate -o in.csv.gz --events 3000 --order shuffled");
    folder.done("generate -o in.ndjson.zst --events 3000 --order shuffled");
    for (input, format) in [
        ("in.csv", "csv"),
        ("in.ndjson", "ndjson"),
        ("in.parquet", "parquet"),
        ("in.csv.gz", "csv"),
        ("in.ndjson.zst", "ndjson"),
    ] {
        folder.done(&format!("run {input} -o file.{format} --sessions file-sessions.csv --force"));
        let mut command = folder.command(&format!(
            "run - --from {format} -o stdin.{format} --sessions stdin-sessions.csv --force"
        ));
        let output = command.stdin(File::open(folder.path(input)).unwrap()).output().unwrap();
        folder.message(&output, 0);
        let same = |file: &str, stdin: &str| {
            assert!(fs::read(folder.path(file)).unwrap() == fs::read(folder.path(stdin)).unwrap(), "{input}");
        };
        same(&format!("file.{format}"), &format!("stdin.{format}"));
        same("file-sessions.csv", "stdin-sessions.csv");
        // And out again on standard output, as it came.
        let mut command = folder.command(&format!("run - --from {format} -o - -q"));
        let output = command.stdin(File::open(folder.path(input)).unwrap()).output().unwrap();
        assert_eq!(folder.message(&output, 0), "");
        assert!(output.stdout == fs::read(folder.path(&format!("file.{format}"))).unwrap(), "{input}");
    }
}

#[test]
fn standard_input_needs_its_format_and_no_company() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run - -o out.csv"), @"error: the format of standard input is not known; say --from parquet, csv, tsv, ndjson or json");
    assert_snapshot!(folder.refusal("run - in.csv -o out.csv --from csv"), @"error: - (standard input) cannot be read together with other inputs; name only one of them");
    assert_snapshot!(folder.refusal("run in.csv - -o out.csv --from csv"), @"error: - (standard input) cannot be read together with other inputs; name only one of them");
}

/// Messages call it by its name, not by that of its temporary copy.
#[test]
fn messages_name_standard_input() {
    let folder = Folder::with(&[]);
    folder.write("broken.csv", format!("{EVENTS}e4\n"));
    let refusal = |input: &str, arguments: &str| {
        let mut command = folder.command(arguments);
        command.stdin(File::open(folder.path(input)).unwrap());
        folder.refused(command, 1)
    };
    assert_snapshot!(refusal("broken.csv", "run - --from csv -o out.csv"), @"error: standard input line 5: 1 field where the header has 4; every record needs all of them");
    assert_snapshot!(refusal("broken.csv", "run - --from csv -o out.csv --key nothing"), @"error: column 'nothing' is not in standard input (it has: event_id, user_id, account_id, occurred_at); name the key with --key");
    assert_snapshot!(refusal("broken.csv", "run - --from parquet -o out.parquet"), @"error: standard input is not readable as Parquet (truncated or corrupt?): Invalid Parquet file. Corrupt footer");
    assert_snapshot!(refusal("broken.csv", "run - --from ndjson -o out.parquet"), @"error: standard input line 1: not a JSON object: expected value at column 1");
    let empty = folder.shell("spectrum run - --from csv -o out.csv");
    assert_snapshot!(folder.refused(empty, 1), @"error: standard input line 1: the file is empty; the first line names the columns");
}

//! Tables that cannot be read, each with what is said of it.

use std::fs;

use spectrum_delta::At;
use spectrum_engine::{StateOptions, Target, Watch, run_with_state};

use crate::tables::{Copy, definition, run_into, table};

#[test]
fn a_version_that_is_not_there() {
    let copy = Copy::of("plain");
    assert_eq!(
        copy.refusal(At::Version(9)),
        "the Delta table t has no version 9; its log has versions 0 to 3"
    );
    let copy = Copy::of("checkpointed");
    assert_eq!(
        copy.refusal(At::Version(0)),
        "the Delta table t has no version 0; its log has versions 2 to 3"
    );
}

/// As a cleanup leaves a log: the checkpoint and what came after it.
#[test]
fn a_checkpoint_without_its_own_commit_is_the_first_version() {
    let copy = Copy::of("checkpointed");
    fs::remove_file(copy.log(2)).unwrap();
    for asked in [0, 1, 4] {
        assert_eq!(
            copy.refusal(At::Version(asked)),
            format!("the Delta table t has no version {asked}; its log has versions 2 to 3")
        );
    }
    for version in [2, 3] {
        let input = table(&copy.path(""), At::Version(version)).unwrap();
        assert_eq!(input.table_version().unwrap().version, version);
    }
}

#[test]
fn a_log_that_is_a_file() {
    let copy = Copy::of("plain");
    fs::remove_dir_all(copy.path("_delta_log")).unwrap();
    fs::write(copy.path("_delta_log"), "").unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "'_delta_log' in t is a file, and in a Delta table it is the folder of the log"
    );
}

/// Names that happen to fit say nothing where ids are what counts.
#[test]
fn a_file_without_ids_in_a_table_that_goes_by_them() {
    let copy = Copy::of("mapped_name");
    copy.edit(0, "\"delta.columnMapping.mode\": \"name\"", "\"delta.columnMapping.mode\": \"id\"");
    let input = table(&copy.path(""), At::Latest).unwrap();
    let error = run_into(&input, copy.0.path(), "out.csv").unwrap_err();
    assert_eq!(
        copy.said(&error),
        "the columns of t/part-0.parquet have no field ids, and its table maps columns by ids (delta.columnMapping.mode is 'id')"
    );
}

#[test]
fn a_folder_without_a_log() {
    let copy = Copy::of("plain");
    fs::remove_dir_all(copy.path("_delta_log")).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "t is not a Delta table: it has no folder '_delta_log' with a log in it"
    );
    fs::create_dir(copy.path("_delta_log")).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: it has neither a commit nor a checkpoint"
    );
    let copy = Copy::of("plain");
    fs::remove_file(copy.log(0)).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: nothing in it says what the table's columns and its protocol are, as where \
         version 0 or a checkpoint is missing"
    );
}

/// What a reader does not know it must not guess.
#[test]
fn a_newer_protocol() {
    let copy = Copy::of("vectors");
    copy.edit(
        0,
        "\"readerFeatures\": [\"deletionVectors\"]",
        "\"readerFeatures\": [\"deletionVectors\", \"fancyFeature\"]",
    );
    copy.edit(
        0,
        "\"writerFeatures\": [\"deletionVectors\"]",
        "\"writerFeatures\": [\"deletionVectors\", \"fancyFeature\"]",
    );
    assert_eq!(
        copy.refusal(At::Latest),
        "the Delta table t cannot be read: it needs the feature 'fancyFeature' of readers, which is not known here"
    );
    let copy = Copy::of("no_files");
    copy.edit(0, "\"minReaderVersion\": 1", "\"minReaderVersion\": 4");
    assert_eq!(
        copy.refusal(At::Latest),
        "the Delta table t cannot be read: it needs version 4 of the protocol for readers, which is not known here"
    );
    let copy = Copy::of("no_files");
    copy.edit(0, "\"protocol\"", "\"prototype\"");
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: No protocol found in delta log"
    );
}

#[test]
fn a_log_that_is_damaged() {
    let copy = Copy::of("plain");
    let text = fs::read_to_string(copy.log(1)).unwrap();
    fs::write(copy.log(1), &text[..text.len() - 30]).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: t/_delta_log/00000000000000000001.json: line 2: EOF while parsing a value at character 599"
    );

    let copy = Copy::of("plain");
    fs::remove_file(copy.log(1)).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: version 1 is missing, and a later one is there"
    );

    let copy = Copy::of("plain");
    fs::write(copy.log(1), "").unwrap();
    assert_eq!(table(&copy.path(""), At::Latest).unwrap().paths().count(), 3);
}

#[test]
fn a_checkpoint_that_is_damaged_or_gone() {
    let checkpoint = "_delta_log/00000000000000000002.checkpoint.parquet";
    let copy = Copy::of("checkpointed");
    let bytes = fs::read(copy.path(checkpoint)).unwrap();
    fs::write(copy.path(checkpoint), &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: t/_delta_log/00000000000000000002.checkpoint.parquet: Invalid Parquet file. Corrupt footer"
    );
    fs::remove_file(copy.path(checkpoint)).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: Had a _last_checkpoint hint but didn't find any checkpoints"
    );
    let copy = Copy::of("sidecars");
    fs::remove_dir_all(copy.path("_delta_log/_sidecars")).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: t/_delta_log/_sidecars/00000000000000000001.checkpoint.0000000001.0000000001.016ae953-37a9-438e-8683-9a9a4a79a395.parquet is missing"
    );
}

/// As after a vacuum.
#[test]
fn a_file_that_is_gone() {
    let copy = Copy::of("vectors");
    fs::remove_file(copy.path("part-2.parquet")).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "t/part-2.parquet belongs to version 2 of the Delta table t and is gone, as after a vacuum"
    );
    let copy = Copy::of("vectors");
    fs::remove_file(copy.path("deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin")).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: t/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin is missing"
    );
}

#[test]
fn a_vector_that_is_damaged() {
    let copy = Copy::of("vectors");
    let vector = copy.path("deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
    let mut bytes = fs::read(&vector).unwrap();
    let last = bytes.len() - 6;
    bytes[last] ^= 1;
    fs::write(&vector, bytes).unwrap();
    assert_eq!(
        copy.refusal(At::Latest),
        "the log of the Delta table t is damaged: a deletion vector cannot be read: CRC32 checksum mismatch for file://t/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin. Got: 3102155378, expected: 2717651763"
    );
}

#[test]
fn a_value_that_is_not_of_its_column() {
    let copy = Copy::of("partitioned");
    copy.edit(0, "\"day\":\"2026-01-01\"", "\"day\":\"2026-02-30\"");
    let said = copy.refusal(At::Latest);
    assert!(
        said.starts_with(
            "'2026-02-30' is not a date, as column 'day' of the Delta table t has it for t/city="
        ),
        "{said}"
    );
}

#[test]
fn a_file_whose_columns_are_not_those_of_the_table() {
    let copy = Copy::of("widened");
    copy.edit(
        0,
        "\\\"name\\\": \\\"account_id\\\", \\\"type\\\": \\\"string\\\"",
        "\\\"name\\\": \\\"account_id\\\", \\\"type\\\": \\\"long\\\"",
    );
    let input = table(&copy.path(""), At::Latest).unwrap();
    let error = run_into(&input, copy.0.path(), "out.csv").unwrap_err();
    assert_eq!(
        copy.said(&error),
        "column 'account_id' is of type Utf8 in t/part-0.parquet, whose values do not become Int64, which its table has"
    );
}

/// A state goes on from what it took, and a table takes back what it gave.
#[test]
fn a_table_for_a_state() {
    let copy = Copy::of("plain");
    let input = table(&copy.path(""), At::Latest).unwrap();
    let state = StateOptions::new(copy.0.path().join("state"));
    let options = spectrum_engine::RunOptions::new(Target::File(copy.0.path().join("out.parquet")));
    let error =
        run_with_state(input, &definition(), &options, &state, &Watch::default()).map(drop).unwrap_err();
    assert_eq!(
        copy.said(&error),
        "t is a Delta table, and a state cannot go on from one version of it to the next: a later version may have written \
         its events anew in other files, or have deleted some"
    );
    assert!(!copy.0.path().join("state").exists() && !copy.0.path().join("out.parquet").exists());
}

/// What is written there is gone after the next vacuum, and nobody could read it as files.
#[test]
fn an_output_within_the_folder_of_a_table() {
    let copy = Copy::of("plain");
    let input = table(&copy.path(""), At::Latest).unwrap();
    for name in ["t/out.parquet", "t/new/deep/out.csv"] {
        let error = run_into(&input, copy.0.path(), name).unwrap_err();
        assert_eq!(
            copy.said(&error),
            format!(
                "{name} lies in the folder of the Delta table t, whose cleanup, as by a vacuum, deletes files that its log \
                 does not name"
            )
        );
        let remedies: Vec<String> = error.remedies().iter().map(ToString::to_string).collect();
        assert_eq!(remedies, ["name an output outside of it"]);
    }
    let folder = copy.path("sessions/");
    let options = spectrum_engine::RunOptions::new(Target::File(folder));
    let error = spectrum_engine::run(&input, &definition(), &options, &Watch::default()).unwrap_err();
    let said = copy.said(&error);
    assert!(said.contains(" lies in the folder of the Delta table t, "), "{said}");
    assert!(
        !copy.path("out.parquet").exists() && !copy.path("new").exists() && !copy.path("sessions").exists()
    );
    // Beside it is fine.
    run_into(&input, copy.0.path(), "t-sessions.parquet").unwrap();
}

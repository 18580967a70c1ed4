//! Every table holds the rows that stand beside it, and no others.

use std::fs;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use spectrum_core::{IdScheme, SessionDefinition};
use spectrum_delta::At;
use spectrum_engine::{Input, InputOptions, Rows, RunOptions, Target, Watch, read_rows, run};
use tempfile::TempDir;

use crate::tables::{Copy, data, definition, expected, lines, run_into, table};

#[test]
fn a_table_gives_the_rows_that_it_holds() {
    for name in [
        "plain",
        "partitioned",
        "checkpointed",
        "grown",
        "emptied",
        "vectors",
        "mapped_name",
        "mapped_id",
        "widened",
        "plain_times",
        "sidecars",
        "no_files",
    ] {
        let found = lines(&table(&data(name), At::Latest).unwrap());
        assert_eq!(found, lines(&expected(name)), "{name}");
    }
}

#[test]
fn an_earlier_version_has_the_rows_of_then() {
    for name in ["plain", "vectors"] {
        let input = table(&data(name), At::Version(1)).unwrap();
        assert_eq!(input.table_version().unwrap().version, 1);
        assert_eq!(lines(&input), lines(&expected(&format!("{name}.1"))), "{name}");
    }
    // What was committed at a time is told by the commits' files.
    let copy = Copy::of("plain");
    for (version, seconds) in [(0, 1_000_000), (1, 1_000_060), (2, 1_000_120), (3, 1_000_180)] {
        let commit = fs::File::options().write(true).open(copy.log(version)).unwrap();
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        commit.set_modified(at).unwrap();
    }
    let read = table(&copy.path(""), At::Time(1_000_119_999)).unwrap();
    assert_eq!(read.table_version().unwrap().version, 1);
    let early = copy.refusal(At::Time(999_999_999));
    assert_eq!(
        early,
        "the Delta table t had no version at 1970-01-12T13:46:39.999Z; the first that its log still has is of \
         1970-01-12T13:46:40Z"
    );
}

/// By name, the ids of a file say nothing, and what no file calls by the name is NULL, whatever its id.
#[test]
fn mapped_names_are_found_by_name_alone() {
    let copy = Copy::of("mapped_name");
    // The same rows and names, with ids that are other columns' once those of the table are exchanged.
    fs::copy(data("mapped_id").join("part-0.parquet"), copy.path("part-0.parquet")).unwrap();
    for (from, to) in [(1, 99), (2, 1), (99, 2), (8, 99), (9, 8), (99, 9)] {
        let id = |id: u64| format!("\\\"delta.columnMapping.id\\\": {id},");
        copy.edit(0, &id(from), &id(to));
    }
    assert_eq!(lines(&table(&copy.path(""), At::Latest).unwrap()), lines(&expected("mapped_name")));
    copy.edit(
        0,
        "\\\"delta.columnMapping.physicalName\\\": \\\"col-4\\\"",
        "\\\"delta.columnMapping.physicalName\\\": \\\"col-40\\\"",
    );
    let amounts = |input: &Input| {
        let mut known = 0;
        read_rows(input, 1, &Watch::default(), |rows: Rows| {
            known += rows.batch.num_rows() - rows.batch["amount"].null_count();
            Ok(())
        })
        .unwrap();
        known
    };
    assert_eq!(amounts(&table(&copy.path(""), At::Latest).unwrap()), 0);
    assert_eq!(amounts(&expected("mapped_name")), 12);
}

/// As the protocol has it for every type.
#[test]
fn an_empty_text_of_a_partition_is_null() {
    let copy = Copy::of("partitioned");
    copy.edit(0, "\"city\":\"Köln am Rhein\"", "\"city\":\"\"");
    let empty = lines(&table(&copy.path(""), At::Latest).unwrap());
    let copy = Copy::of("partitioned");
    copy.edit(0, "\"city\":\"Köln am Rhein\"", "\"city\":null");
    assert_eq!(empty, lines(&table(&copy.path(""), At::Latest).unwrap()));
}

/// Only files that need it are decoded: the others' chunks go along, and who made them is told with them.
#[test]
fn files_that_are_as_the_table_has_them_are_copied() {
    let folder = TempDir::new().unwrap();
    let made_by = |name: &str| {
        let input = table(&data(name), At::Latest).unwrap();
        let (report, out) = run_into(&input, folder.path(), &format!("{name}.parquet")).unwrap();
        let again =
            Input::find(&[out.display().to_string()], &InputOptions::default(), &Watch::default()).unwrap();
        let mut rows = 0;
        read_rows(&again, 1, &Watch::default(), |found: Rows| {
            rows += found.batch.num_rows() as u64;
            Ok(())
        })
        .unwrap();
        assert_eq!(rows, report.events, "{name}");
        let bytes = fs::read(out).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        (has("parquet-cpp-arrow"), has("spectrum 0"))
    };
    assert_eq!(made_by("plain_times"), (true, false), "copied");
    assert_eq!(made_by("vectors"), (false, true), "rows are left out");
    assert_eq!(made_by("mapped_name"), (false, true), "columns have other names");
    assert_eq!(made_by("widened"), (false, true), "values become wider");
}

/// A folder output has a file per file of the table, and columns that no file has stand in each.
#[test]
fn a_folder_gets_every_column_of_the_table() {
    let folder = TempDir::new().unwrap();
    let input = table(&data("partitioned"), At::Latest).unwrap();
    let out = folder.path().join("out/");
    fs::create_dir(&out).unwrap();
    let options = RunOptions::new(Target::File(out.clone()));
    let report = run(&input, &definition(), &options, &Watch::default()).unwrap();
    let name = out.display().to_string();
    let again = Input::find(&[name], &InputOptions::default(), &Watch::default()).unwrap();
    assert_eq!(again.paths().count(), input.paths().count());
    let mut events = 0;
    read_rows(&again, 1, &Watch::default(), |rows: Rows| {
        events += rows.batch.num_rows() as u64;
        let names: Vec<&str> =
            rows.batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names[5..], ["city", "day", "hour", "session_id"]);
        Ok(())
    })
    .unwrap();
    assert_eq!(events, report.events);
}

/// Keys and times that no file has are read like any other.
#[test]
fn partition_columns_can_be_the_key_and_the_time() {
    let by = |input: &Input| {
        let definition =
            SessionDefinition::builder().key(["city"]).time("hour").id(IdScheme::Encoded).build();
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("out.csv");
        let options = RunOptions::new(Target::File(out.clone()));
        run(input, &definition.unwrap(), &options, &Watch::default()).unwrap();
        let mut lines: Vec<String> = fs::read_to_string(out).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let found = by(&table(&data("partitioned"), At::Latest).unwrap());
    assert_eq!(found.len(), 13);
    assert_eq!(found, by(&expected("partitioned")));
}

/// A message names the row that the file has, so that it can be looked at.
#[test]
fn rows_are_counted_as_the_file_has_them() {
    let folder = TempDir::new().unwrap();
    let input = table(&data("without_a_time"), At::Latest).unwrap();
    let error = run_into(&input, folder.path(), "out.csv").unwrap_err();
    let said = error.to_string();
    assert!(said.contains("part-0.parquet row 6"), "{said}");
    let mut options = RunOptions::new(Target::File(folder.path().join("out.parquet")));
    options.null_time = spectrum_engine::NullTime::Drop;
    let report = run(&input, &definition(), &options, &Watch::default()).unwrap();
    assert_eq!((report.events, report.dropped), (4, 1));
}

/// Of the columns that a rule reads, too, nothing is read that was deleted.
#[test]
fn whole_rows_are_those_that_are_left() {
    let rows = |input: &Input| {
        let mut ids: Vec<i64> = Vec::new();
        read_rows(input, 1, &Watch::default(), |rows: Rows| {
            ids.extend(rows.batch["event_id"].as_primitive::<Int64Type>().values());
            Ok(())
        })
        .unwrap();
        ids
    };
    let found = rows(&table(&data("vectors"), At::Latest).unwrap());
    assert_eq!(found, rows(&expected("vectors")));
    assert_eq!(found.len(), 25);
}

//! Delta tables as every command reads them: as a file of the rows that they hold.

use std::fs;
use std::path::{Path, PathBuf};

use crate::spectrum::Folder;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spectrum-delta/tests/data").join(name)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(entry, target).unwrap();
        }
    }
}

/// A folder with a table `events`, and `rows.parquet` with the rows that it holds.
fn folder(name: &str) -> Folder {
    let folder = Folder::with(&[]);
    copy(&data(name), &folder.path().join("events"));
    fs::copy(data(&format!("{name}.parquet")), folder.path().join("rows.parquet")).unwrap();
    folder
}

/// Deleted rows, partitions and other names change no command's answer.
#[test]
fn every_command_answers_as_for_the_rows() {
    for (name, version) in [("vectors", 2), ("partitioned", 0), ("mapped_id", 1)] {
        let folder = folder(name);
        for command in [
            "run IN -o - --to csv --id encoded --with-sequence",
            "run IN -o OUT.csv --sessions OUT.ndjson --id encoded --digest --json",
            "summary IN --json",
            "summary IN --gaps 5m,1h",
            "summary IN --received occurred_at --json",
            "explain IN --event 8 --id encoded --json",
            "check IN --json",
            "compare IN --a gap=30m --b gap=10m --json",
        ] {
            let answer = |input: &str, out: &str| {
                let arguments = command.replace("IN", input).replace("OUT", out);
                let done = folder.command(&arguments).assert();
                let done = done.get_output();
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                let took = |line: &&str| !line.contains("took");
                let said: Vec<String> = text(&done.stderr).lines().filter(took).map(str::to_owned).collect();
                let mut lines: Vec<String> = match serde_json::from_slice::<serde_json::Value>(&done.stdout) {
                    Ok(serde_json::Value::Object(mut object)) => {
                        for timed in ["seconds", "events_per_second", "table"] {
                            object.remove(timed);
                        }
                        // Where an event stands.
                        for event in object
                            .get_mut("events")
                            .and_then(|events| events.as_array_mut())
                            .into_iter()
                            .flatten()
                        {
                            event.as_object_mut().unwrap().remove("place");
                        }
                        vec![serde_json::Value::from(object).to_string()]
                    }
                    _ => text(&done.stdout).lines().map(str::to_owned).collect(),
                };
                // Files are read in another order.
                lines[1..].sort();
                assert_ne!(done.status.code(), Some(1), "{arguments}: {said:?}");
                lines
            };
            let table = answer(&format!("events --table-version {version}"), "a");
            let rows = answer("rows.parquet", "b");
            assert_eq!(table, rows, "{name}: {command}");
        }
        let sorted = |name: &str| {
            let text = fs::read_to_string(folder.path().join(name)).unwrap();
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted("a.csv"), sorted("b.csv"), "{name}");
        assert_eq!(sorted("a.ndjson"), sorted("b.ndjson"), "{name}");
    }
}

#[test]
fn what_was_read_is_told() {
    let folder = folder("plain");
    let run = "run events -o out.parquet --force --id encoded";
    let done = folder.command(run).assert().success();
    let output = done.get_output();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(report.contains("\n  read   version 3 of the Delta table events\n"), "{report}");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "note: events is read as of its version 3; --table-version 3 reads the same again\n"
    );
    let told = folder.json(&format!("{run} --json --table-version 1"));
    assert_eq!(told["table"], serde_json::json!({ "kind": "Delta", "name": "events", "version": 1 }));
    assert_eq!(told["events"], 40);
    // Files say nothing of tables.
    let told = folder.json("run rows.parquet -o out.parquet --force --id encoded --json");
    assert_eq!(told.get("table"), None);
}

#[test]
fn what_a_table_cannot_be_read_with() {
    let folder = folder("plain");
    let refuses = |arguments: &str| {
        let said = folder.refuses(arguments);
        said.replace(&folder.path().canonicalize().unwrap().display().to_string(), "FOLDER")
    };
    for (arguments, message) in [
        (
            "run events rows.parquet -o out.parquet",
            "error: FOLDER/events is a Delta table, whose folder also holds files that were removed from it; name \
             FOLDER/events itself as the only input, without --engine, write what the table holds now to Parquet with an \
             engine that reads such tables, or name the files that it has now one by one\n",
        ),
        (
            "run rows.parquet -o out.parquet --table-version 1",
            "error: --table-version says which version of a Delta table is read, and no Delta table is read: name its folder \
             as the only input\n",
        ),
        (
            "summary events --table-version 7",
            "error: the Delta table events has no version 7; its log has versions 0 to 3\n",
        ),
        (
            "run events --from csv -o out.parquet",
            "error: --from names the format of files, and events is a Delta table, which says it itself; leave it out\n",
        ),
        (
            "run events -o out.parquet --engine duckdb --table-version 1",
            "error: --table-version says which version of a Delta table is read, and another engine reads files; leave it out\n",
        ),
    ] {
        assert_eq!(refuses(arguments), message);
    }
    let state = folder.command("run events -o out.parquet --state state --id persistent").assert().code(1);
    let said = String::from_utf8_lossy(&state.get_output().stderr).into_owned();
    assert!(
        said.ends_with("or have deleted some; leave out --state, and sessionize the version anew\n"),
        "{said}"
    );
    let time = folder.command("summary events --table-time 2026-03-01").assert().code(2);
    let said = String::from_utf8_lossy(&time.get_output().stderr).into_owned();
    assert!(said.contains("write a time with its zone, as in 2026-03-01T10:00:00Z"), "{said}");
}

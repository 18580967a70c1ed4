//! What runs with a state tell: as JSON, of lateness, of files that changed, of copies.

use std::fs;

use insta::assert_snapshot;

use crate::state::{LATE, MONDAY, folder, run};

#[test]
fn a_lateness_that_is_none_is_not_called_a_gap() {
    let folder = folder();
    let refuses = |lateness: &str| {
        let flags = format!("run monday.csv -o out/ --state state --lateness {lateness} --rejects late/");
        let refused = folder.command(&flags).assert().code(2);
        String::from_utf8_lossy(&refused.get_output().stderr).lines().next().unwrap().to_owned()
    };
    assert_snapshot!(refuses("0s"), @"error: invalid value '0s' for '--lateness <DURATION>': lateness '0s' must be longer than zero");
    assert_snapshot!(refuses("soon"), @"error: invalid value 'soon' for '--lateness <DURATION>': lateness 'soon' is not a duration; write numbers and units, such as 30m, 1h30m, 1.5h, 90s, 500ms or 2d, or PT30M");
}

#[test]
fn the_report_as_json_has_what_the_text_has() {
    let folder = folder();
    run(&folder, "monday.csv", "--id encoded");
    let mut report =
        folder.json("run late.csv tuesday.csv -o out/ --state state --id encoded --json --rewrite");
    for time in ["seconds", "events_per_second"] {
        assert!(report[time].is_number());
        report.as_object_mut().unwrap().remove(time);
    }
    let path = folder.path().canonicalize().unwrap().display().to_string();
    assert_snapshot!(serde_json::to_string_pretty(&report).unwrap().replace(&path, "PATH"), @r#"
{
  "brought_to_an_end": [],
  "digest": null,
  "dropped_null_key": 0,
  "dropped_null_time": 0,
  "events": 3,
  "first": "2026-03-02T08:00:00Z",
  "gap": "30m",
  "id": "encoded",
  "kept_ids": 0,
  "keys": 3,
  "last": "2026-03-03T09:00:00Z",
  "left_out": [],
  "lost_numbers": 0,
  "new_files": 2,
  "not_rewritten": [],
  "not_taking_part": 0,
  "null_id_events": 0,
  "null_key_events": 0,
  "outputs": [
    "PATH/out/late.csv",
    "PATH/out/tuesday.csv"
  ],
  "rejected": 0,
  "rewritten": [
    "PATH/out/monday.csv"
  ],
  "rules": [],
  "run": 2,
  "sessions": {
    "extended": 1,
    "merged": 0,
    "new": 2,
    "renumbered": 1
  },
  "shared_ids": 0,
  "state": {
    "events": 6,
    "folder": "state",
    "sessions": 4
  },
  "unusual_times": null,
  "without_session": 0
}
"#);
    // Events without a key are those of the new file.
    fs::write(folder.path().join("nobody.csv"), LATE.replace("bob", "").replace("T08", "T05")).unwrap();
    run(&folder, "nobody.csv", "--id encoded");
    fs::write(folder.path().join("nobody-2.csv"), LATE.replace("bob", "").replace("T08:00", "T05:01"))
        .unwrap();
    let again = folder.json("run nobody-2.csv -o out/ --state state --id encoded --json");
    assert_eq!((again["null_key_events"].as_u64(), again["keys"].as_u64()), (Some(1), Some(1)));
    // All that a run without a state tells, it tells too.
    let plain = folder.json("run late.csv -o late-out.csv --id encoded --json");
    let with = folder.json("run late.csv -o out/ --state other --id encoded --json --force");
    for name in plain.as_object().unwrap().keys() {
        assert!(with.get(name).is_some(), "{name}");
    }
}

#[test]
fn files_that_are_not_those_that_were_taken_are_named() {
    let folder = folder();
    run(&folder, "monday.csv tuesday.csv", "");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("monday.csv", &MONDAY.replace("a2,ann", "a2,amy"));
    let path = folder.path().canonicalize().unwrap().display().to_string();
    let verify = |files: &str| {
        let verified = folder.command(&format!("state state --verify {files}")).assert().code(3);
        let text = String::from_utf8_lossy(&verified.get_output().stdout).replace(&path, "PATH");
        text[text.find("  verify").unwrap()..].to_owned()
    };
    assert_snapshot!(verify(""), @"
verify of 5 sessions: 3 missing or otherwise, 1 that the files do not give so
changed since run 1, which took it: PATH/monday.csv
");
    assert_snapshot!(verify("monday.csv late.csv"), @"
verify of 4 sessions: 3 missing or otherwise, 2 that the files do not give so
changed since run 1, which took it: PATH/monday.csv
not given, and taken: PATH/tuesday.csv
given, and never taken: PATH/late.csv
");
    let json = folder.command("state state --json --verify monday.csv late.csv").assert().code(3);
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(json["verify"]["changed"][0]["run"], 1);
    assert_eq!(json["verify"]["not_taken"].as_array().unwrap().len(), 1);
}

/// Somebody copies a state to try something, and the outputs of the first one stay as they are. One that was moved takes its
/// outputs along.
#[test]
fn a_copy_of_a_state_leaves_the_outputs_of_the_first_one_alone() {
    let folder = folder();
    let path = folder.path().canonicalize().unwrap().display().to_string();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    run(&folder, "monday.csv", "--id encoded");
    let before = read("out/monday.csv");
    let copy = |from: &str, to: &str| {
        fs::create_dir(folder.path().join(to)).unwrap();
        for entry in fs::read_dir(folder.path().join(from)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(to).join(entry.file_name())).unwrap();
        }
    };
    copy("state", "try");
    let anew = |state: &str, out: &str, file: &str| {
        let arguments = format!("run {file} -o {out}/ --state {state} --id encoded --rewrite --quiet");
        let done = folder.command(&arguments).assert().success();
        String::from_utf8_lossy(&done.get_output().stderr).replace(&path, "PATH")
    };
    assert_snapshot!(anew("try", "try-out", "late.csv"), @"note: PATH/out/monday.csv was not written anew: it is an output of the state in PATH/state, of which this one is a copy");
    assert_eq!(read("out/monday.csv"), before);
    let described = |state: &str| {
        let text = folder.prints(&format!("state {state}")).replace(&path, "PATH");
        text.lines()
            .filter(|line| line.starts_with("  behind") || line.starts_with("  copy"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_snapshot!(described("try"), @"  copy   of the state in PATH/state, whose outputs are left alone");
    // What it wrote itself is its own.
    fs::write(folder.path().join("later.csv"), LATE.replace("b0", "b-").replace("T08", "T06")).unwrap();
    let of_late = read("try-out/late.csv");
    assert_snapshot!(anew("try", "try-out", "later.csv"), @"note: PATH/out/monday.csv was not written anew: it is an output of the state in PATH/state, of which this one is a copy");
    assert_ne!(read("try-out/late.csv"), of_late);
    assert_eq!(read("out/monday.csv"), before);
    // The first one goes away; what is moved knows its outputs.
    fs::rename(folder.path().join("state"), folder.path().join("moved")).unwrap();
    assert_snapshot!(anew("moved", "out", "late.csv"), @"");
    assert_ne!(read("out/monday.csv"), before);
    assert_snapshot!(described("moved"), @"");
}

//! What goes wrong before another engine begins. With a real Spark, `tests/cluster` has the rest.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use insta::assert_snapshot;

use crate::spectrum::{EVENTS, Folder};

/// A command without a Spark in sight.
fn without_spark(folder: &Folder, arguments: &str) -> Command {
    let mut command = folder.command(arguments);
    command.env_remove("SPARK_HOME").env("PATH", "/usr/bin:/bin");
    command
}

/// A program that says what spark-submit says when something is missing.
fn submit_that_says(folder: &Folder, says: &str) {
    folder.write("spark-submit", format!("#!/bin/sh\n{says}\nexit 1\n"));
    fs::set_permissions(folder.path("spark-submit"), PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn a_spark_that_is_not_found() {
    let folder = Folder::with_events("in.csv");
    let run = "run in.csv -o out --engine spark";
    assert_snapshot!(folder.refused(without_spark(&folder, run), 1), @"");
    let mut elsewhere = without_spark(&folder, run);
    elsewhere.env("SPARK_HOME", "/nowhere");
    assert_snapshot!(folder.refused(elsewhere, 1), @"");
    assert_snapshot!(folder.refusal(&format!("{run} --spark-submit ./nothing")), @"");
    assert_snapshot!(folder.refusal(&format!("{run} --spark-submit no-such-submit")), @"");
    // It is there, and is no program.
    assert_snapshot!(folder.refusal(&format!("{run} --spark-submit ./in.csv")), @"");
}

/// What Spark's own shell scripts and its launcher say.
#[test]
fn a_spark_that_lacks_something() {
    let folder = Folder::with_events("in.csv");
    let refused = |says: &str| {
        submit_that_says(&folder, says);
        folder.refusal("run in.csv -o out --engine spark --spark-submit ./spark-submit")
    };
    assert_snapshot!(refused("echo 'JAVA_HOME is not set' >&2"), @"");
    assert_snapshot!(refused("/nowhere/bin/java"), @"");
    assert_snapshot!(refused("echo \"Could not find valid SPARK_HOME while searching ['/tmp']\" >&2"), @"");
    assert_snapshot!(refused("echo 'Exception in thread \"main\" java.io.IOException: Cannot run program \"python3\": error=2, No such file or directory' >&2"), @"");
    assert_snapshot!(refused("echo \"Error: Master must either be yarn or start with spark, k8s, or local\" >&2"), @"");
    assert_snapshot!(refused("exit 0"), @"");
}

#[test]
fn a_master_that_nobody_is() {
    let folder = Folder::with_events("in.csv");
    submit_that_says(&folder, "");
    let refused = |master: &str| {
        let run = "run in.csv -o out --engine spark --spark-submit ./spark-submit --master";
        folder.refusal(&format!("{run} {master}"))
    };
    // Port 1 is nobody's, and on this machine a connection is refused at once.
    assert_snapshot!(refused("spark://127.0.0.1:1"), @"");
    assert_snapshot!(refused("spark://127.0.0.1:1,127.0.0.1:2"), @"");
    assert_snapshot!(refused("spark://127.0.0.1"), @"");
}

/// A master of another kind that never gets ready: the wait is bounded.
#[test]
fn a_spark_that_never_gets_ready() {
    let folder = Folder::with_events("in.csv");
    submit_that_says(&folder, "echo 'waiting for the resource manager'; exec sleep 600");
    let run =
        "run in.csv -o out --engine spark --spark-submit ./spark-submit --master yarn --master-timeout 1s";
    assert_snapshot!(folder.refusal(run), @"");
}

#[test]
fn a_log_that_is_kept() {
    let folder = Folder::with_events("in.csv");
    submit_that_says(&folder, "echo first; echo 'Error: no such thing'; echo last");
    let run = "run in.csv -o out --engine spark --spark-submit ./spark-submit --engine-log log";
    let output = folder.command(run).output().unwrap();
    assert_snapshot!(folder.message(&output, 1), @"");
    assert_eq!(folder.text("log"), "first\nError: no such thing\nlast\n");
}

#[test]
fn outputs_that_cannot_be() {
    let folder = Folder::with(&[("in.csv", EVENTS), ("full/precious", "precious"), ("file", "precious")]);
    let refused = |arguments: &str| folder.refusal(&format!("run in.csv --engine spark {arguments}"));
    let place = folder.path("").display().to_string();
    let refused = |arguments: &str| refused(arguments).replace(&place, "FOLDER/");
    assert_snapshot!(refused("-o full"), @"");
    assert_snapshot!(refused("-o full --force"), @"");
    assert_snapshot!(refused("-o file"), @"");
    assert_snapshot!(refused("-o file --force"), @"");
    assert_snapshot!(refused("-o out --sessions full"), @"");
    assert_snapshot!(refused("-o out --sessions ./out"), @"");
    assert_snapshot!(refused("-o -"), @"");
    assert_snapshot!(refused("-o out --to csv"), @"");
}

#[test]
fn inputs_and_flags_that_an_engine_does_not_take() {
    let folder = Folder::with_events("in.csv");
    let refused = |arguments: &str| folder.refusal(&format!("run -o out --engine spark {arguments}"));
    assert_snapshot!(refused("nothing.csv"), @"");
    assert_snapshot!(refused("-"), @"");
    assert_snapshot!(refused("in.csv --null NA"), @"");
    assert_snapshot!(refused("in.csv --threads 2"), @"");
    assert_snapshot!(refused("in.csv --time-unit ns"), @"");
    assert_snapshot!(refused("in.csv --conf spark.cores.max"), @"");
    assert_snapshot!(folder.misunderstanding("run in.csv -o out --master spark://127.0.0.1:7077"), @"");
}

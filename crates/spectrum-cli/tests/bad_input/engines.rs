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
    assert_snapshot!(folder.refused(without_spark(&folder, run), 1), @"error: spark-submit was not found on the PATH, and SPARK_HOME is not set; name it with --spark-submit, set SPARK_HOME, or put it on the PATH (pip install pyspark brings one)");
    let mut elsewhere = without_spark(&folder, run);
    elsewhere.env("SPARK_HOME", "/nowhere");
    assert_snapshot!(folder.refused(elsewhere, 1), @"error: /nowhere/bin/spark-submit was not found, where SPARK_HOME points; name it with --spark-submit, set SPARK_HOME, or put it on the PATH (pip install pyspark brings one)");
    assert_snapshot!(folder.refusal(&format!("{run} --spark-submit ./nothing")), @"error: ./nothing was not found; name it with --spark-submit, set SPARK_HOME, or put it on the PATH (pip install pyspark brings one)");
    assert_snapshot!(folder.refusal(&format!("{run} --spark-submit no-such-submit")), @"error: no-such-submit was not found on the PATH; name it with --spark-submit, set SPARK_HOME, or put it on the PATH (pip install pyspark brings one)");
    // It is there, and is no program.
    assert_snapshot!(folder.refusal(&format!("{run} --spark-submit ./in.csv")), @"error: starting ./in.csv: Permission denied (os error 13)");
}

/// Before any program is looked for.
#[test]
fn the_folder_of_a_table() {
    let folder = Folder::with(&[("lake/t/_delta_log/0.json", "{}"), ("lake/t/day=1/a.csv", EVENTS)]);
    for engine in ["spark", "duckdb", "clickhouse"] {
        for input in ["lake", "lake/t", "'lake/t/day=*/*.csv'"] {
            let message = folder.refusal(&format!("run {input} -o out --engine {engine}"));
            assert!(
                message.contains("lake/t is a Delta table, whose folder also holds files that were removed"),
                "{message}"
            );
        }
    }
}

/// What Spark's own shell scripts and its launcher say.
#[test]
fn a_spark_that_lacks_something() {
    let folder = Folder::with_events("in.csv");
    let refused = |says: &str| {
        submit_that_says(&folder, says);
        folder.refusal("run in.csv -o out --engine spark --spark-submit ./spark-submit")
    };
    assert_snapshot!(refused("echo 'JAVA_HOME is not set' >&2"), @"error: Spark needs Java, which was not found (JAVA_HOME is not set); install Java 17 or newer, or set JAVA_HOME to where it is");
    assert_snapshot!(refused("echo '/nowhere/bin/java: No such file or directory' >&2"), @"error: Spark needs Java, which was not found (/nowhere/bin/java: No such file or directory); install Java 17 or newer, or set JAVA_HOME to where it is");
    assert_snapshot!(refused("echo \"Could not find valid SPARK_HOME while searching ['/tmp']\" >&2"), @"error: spark-submit needs the rest of Spark, which was not found (Could not find valid SPARK_HOME while searching ['/tmp']); set SPARK_HOME to the folder whose bin/spark-submit it is");
    assert_snapshot!(refused("echo 'Exception in thread \"main\" java.io.IOException: Cannot run program \"python3\": error=2, No such file or directory' >&2"), @r#"error: Spark needs Python, which was not found (Cannot run program "python3": error=2, No such file or directory); install Python 3 on this machine (the workers need none), or name it with PYSPARK_PYTHON"#);
    assert_snapshot!(refused("echo \"Error: Master must either be yarn or start with spark, k8s, or local\" >&2"), @"error: Spark failed while starting: Master must either be yarn or start with spark, k8s, or local; keep all that it says with --engine-log FILE");
    assert_snapshot!(refused("exit 0"), @"error: Spark failed while starting: it said nothing; keep all that it says with --engine-log FILE");
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
    assert_snapshot!(refused("spark://127.0.0.1:1"), @"error: master spark://127.0.0.1:1 does not answer: Connection refused (os error 111); see that it runs, and that its address is the one that it shows on its page");
    assert_snapshot!(refused("spark://127.0.0.1:1,127.0.0.1:2"), @"error: master spark://127.0.0.1:1,127.0.0.1:2 does not answer: Connection refused (os error 111); see that it runs, and that its address is the one that it shows on its page");
    assert_snapshot!(refused("spark://127.0.0.1"), @"error: master spark://127.0.0.1 must be spark://HOST:PORT, as its page shows it");
}

/// A master of another kind that never gets ready: the wait is bounded.
#[test]
fn a_spark_that_never_gets_ready() {
    let folder = Folder::with_events("in.csv");
    submit_that_says(&folder, "echo 'waiting for the resource manager'; exec sleep 600");
    let run =
        "run in.csv -o out --engine spark --spark-submit ./spark-submit --master yarn --master-timeout 1s";
    assert_snapshot!(folder.refusal(run), @"error: Spark was not ready after 1 s (waiting for the resource manager); look at the master, or wait longer with --master-timeout");
}

#[test]
fn a_log_that_is_kept() {
    let folder = Folder::with_events("in.csv");
    submit_that_says(&folder, "echo first; echo 'Error: no such thing'; echo last");
    let run = "run in.csv -o out --engine spark --spark-submit ./spark-submit --engine-log log";
    let output = folder.command(run).output().unwrap();
    assert_snapshot!(folder.message(&output, 1), @"error: Spark failed while starting: no such thing (all that it said is in log)");
    assert_eq!(folder.text("log"), "first\nError: no such thing\nlast\n");
}

#[test]
fn outputs_that_cannot_be() {
    let folder = Folder::with(&[("in.csv", EVENTS), ("full/precious", "precious"), ("file", "precious")]);
    let refused = |arguments: &str| folder.refusal(&format!("run in.csv --engine spark {arguments}"));
    let place = folder.path("").display().to_string();
    let refused = |arguments: &str| refused(arguments).replace(&place, "FOLDER/");
    assert_snapshot!(refused("-o full"), @"error: FOLDER/full exists and is not empty; name another folder, or say --force to replace it if it is the output of an earlier run");
    assert_snapshot!(refused("-o full --force"), @"error: FOLDER/full exists and is not the output of an earlier run (it has no _SUCCESS), so it is not replaced; remove it, or name another folder");
    assert_snapshot!(refused("-o file"), @"error: FOLDER/file exists and is not empty; name another folder, or say --force to replace it if it is the output of an earlier run");
    assert_snapshot!(refused("-o file --force"), @"error: FOLDER/file exists and is not the output of an earlier run (it has no _SUCCESS), so it is not replaced; remove it, or name another folder");
    assert_snapshot!(refused("-o out --sessions full"), @"error: FOLDER/full exists and is not empty; name another folder, or say --force to replace it if it is the output of an earlier run");
    assert_snapshot!(refused("-o out --sessions ./out"), @"error: FOLDER/out is named for two outputs");
    assert_snapshot!(refused("-o -"), @"error: - (standard output) cannot be written by Spark; name a folder");
    assert_snapshot!(refused("-o out --to csv"), @"error: --engine writes Parquet; leave out --to, or convert the output with a run of its own");
}

#[test]
fn inputs_and_flags_that_an_engine_does_not_take() {
    let folder = Folder::with_events("in.csv");
    let refused = |arguments: &str| folder.refusal(&format!("run -o out --engine spark {arguments}"));
    assert_snapshot!(refused("nothing.csv"), @"error: nothing.csv does not exist");
    assert_snapshot!(refused("-"), @"error: - (standard input) cannot be read by Spark; name files");
    assert_snapshot!(refused("in.csv --null NA"), @"error: --null is for files that spectrum itself reads; with --engine only an empty unquoted field of CSV is NULL");
    assert_snapshot!(refused("in.csv --threads 2"), @"error: --threads is for spectrum's own; leave it out (for Spark there is --conf spark.cores.max=N)");
    assert_snapshot!(refused("in.csv --time-unit ns"), @"error: numbers of nanoseconds (ns) are finer than the engine's times, which end at microseconds; leave out --engine");
    assert_snapshot!(refused("in.csv --conf spark.cores.max"), @"error: setting 'spark.cores.max' is not name=value");
    assert_snapshot!(folder.misunderstanding("run in.csv -o out --master spark://127.0.0.1:7077"), @r"
    error: the following required arguments were not provided:
      --engine <ENGINE>

    Usage: spectrum run --output <OUT> --engine <ENGINE> --master <URL> <INPUT>...

    For more information, try '--help'.
    ");
}

#[test]
fn a_duckdb_that_is_not_found() {
    let folder = Folder::with_events("in.csv");
    let mut command = folder.command("run in.csv -o out.parquet --engine duckdb");
    command.env("PATH", "/nowhere");
    assert_snapshot!(folder.refused(command, 1), @"error: duckdb was not found on the PATH; install DuckDB's command-line program (pip install duckdb-cli brings one)");
}

#[test]
fn a_clickhouse_that_is_not_found() {
    let folder = Folder::with_events("in.csv");
    let mut command = folder.command("run in.csv -o out.parquet --engine clickhouse");
    command.env("PATH", "/nowhere");
    assert_snapshot!(folder.refused(command, 1), @"error: clickhouse was not found on the PATH; install ClickHouse's command-line program");
}

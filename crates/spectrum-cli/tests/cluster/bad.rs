//! What goes wrong with a cluster: each with its message to the letter, and nothing left behind.

use insta::assert_snapshot;
use spectrum_testkit::engines::ClusterOptions;

use crate::killed::{spawn, until_writing};
use crate::place::Place;

const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at
e1,1,23,2026-01-01 10:00
e2,12,3,2026-01-01 10:10
e3,12,3,2026-01-01 12:00
";

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn data_that_is_refused() {
    let place = Place::start(&ClusterOptions { workers: 1, ..ClusterOptions::default() });
    let write = |name: &str, text: &str| std::fs::write(place.path(name), text).unwrap();
    write("collide.csv", EVENTS);
    write("null_time.csv", &format!("{EVENTS}e4,1,1,\ne5,1,1,\n"));
    write("no_time.csv", &format!("{EVENTS}e4,1,1,noon\n"));
    write("zones.csv", &format!("{EVENTS}e4,1,1,2026-01-01T10:00:00Z\n"));
    write("ragged.csv", &format!("{EVENTS}e4,1\n"));
    write(
        "float.ndjson",
        "{\"event_id\":\"e1\",\"user_id\":1.5,\"account_id\":1,\"occurred_at\":\"2026-01-01\"}\n",
    );
    let refused = |arguments: &str| place.refused(&place.on_cluster(arguments));
    assert_snapshot!(refused("collide.csv -o out"), @"error: 1 session id is shared by different sessions: (1, 23) session 1 and (12, 3) session 1 are both 6c14da109e294d1e8155be8aa4b1ce8e; use --id encoded or --id start, or accept it with --allow-id-collisions");
    assert_snapshot!(refused("null_time.csv -o out"), @"error: 2 events have no time (column 'occurred_at' is NULL), such as the one with event_id e4; fix them or leave them out with --null-time drop");
    assert_snapshot!(refused("no_time.csv -o out"), @"error: in column 'occurred_at' 1 of the texts cannot be read as times, such as 'noon'; write RFC 3339 or YYYY-MM-DD HH:MM:SS[.ffffff][zone]");
    assert_snapshot!(refused("zones.csv -o out"), @"error: some times have a zone (2026-01-01T10:00:00Z) and some have none (2026-01-01 10:00), so they cannot be compared; give all of them a zone or none");
    assert_snapshot!(refused("ragged.csv -o out --id encoded"), @"error: Spark failed while looking at the times: [MALFORMED_CSV_RECORD] Malformed CSV record: e4,1; keep all that it says with --engine-log FILE");
    assert_snapshot!(refused("float.ndjson -o out"), @"error: Spark cannot express key column 'user_id' of type double with PostgreSQL's text; every engine writes it in its own way, so make it text, integer, boolean or uuid");
    assert_snapshot!(refused("collide.csv ./collide.csv -o out"), @"error: FOLDER/collide.csv is named twice; its events would be counted twice");
    let unreachable = refused("hdfs://127.0.0.1:9/events -o out");
    assert!(unreachable.starts_with("error: Spark failed while looking at the inputs: "), "{unreachable}");
    assert!(unreachable.contains("Connection refused") && unreachable.lines().count() == 1, "{unreachable}");
}

/// The workers have another file system below the folder, as other machines have.
#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn folders_that_the_workers_do_not_see() {
    let place = Place::start_elsewhere();
    place.generate("events", 1000, 2);
    assert_snapshot!(place.refused(&place.on_cluster("events -o out")), @"error: the workers cannot read FOLDER/events/00.parquet, which is here; put it where all of them see it under the same name: a shared folder, HDFS or an object store");
    // They see the events and write the output to a folder of their own, of which the driver finds nothing.
    let seen = tempfile::tempdir().unwrap();
    let events = seen.path().join("events.parquet");
    std::fs::copy(place.path("events/00.parquet"), &events).unwrap();
    assert_snapshot!(place.refused(&place.on_cluster(&format!("{} -o out", events.display()))), @"error: Spark read 500 events and wrote 0, so nothing was kept; if the output is a local folder, see that it is the same folder for all workers, and that no input changes meanwhile");
}

/// The workers have less memory than is asked for, so nobody ever takes up the work.
#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn a_cluster_in_which_nobody_works() {
    let place = Place::start(&ClusterOptions { workers: 1, megabytes: 600, ..ClusterOptions::default() });
    place.generate("events", 1000, 2);
    let message = place.refused(&place.on_cluster("events -o out --master-timeout 90s"));
    assert_snapshot!(message.replace(place.cluster.url(), "MASTER"), @"error: no worker of MASTER took up the work in 90 s; see that workers are registered and have free cores and memory, ask for less (--conf spark.executor.memory=1g, --conf spark.cores.max=2), or wait longer with --master-timeout");
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn an_output_of_an_earlier_run_is_replaced_when_that_is_said() {
    let place = Place::start(&ClusterOptions { workers: 1, ..ClusterOptions::default() });
    std::fs::write(place.path("in.csv"), EVENTS).unwrap();
    std::fs::create_dir(place.path("out")).unwrap();
    let run = |more: &str| place.on_cluster(&format!("in.csv -o out --id encoded {more}"));
    place.done(&run(""));
    let files = |name: &str| files(&place, name);
    let first = files("out");
    assert_snapshot!(place.refused(&run("")), @"error: FOLDER/out exists and is not empty; name another folder, or say --force to replace it if it is the output of an earlier run");
    place.done(&run("--force"));
    assert_ne!(files("out"), first);
    assert_eq!(place.names(), ["in.csv", "out"]);
    // Even --force destroys nothing when the run fails, nor what is no output.
    let second = files("out");
    assert_snapshot!(place.refused(&run("--force --key nothing")), @"error: column 'nothing' is not in the events (they have: event_id, user_id, account_id, occurred_at); name the key with --key");
    assert_eq!(files("out"), second);
    // What is read cannot be replaced.
    std::fs::create_dir(place.path("lake")).unwrap();
    std::fs::write(place.path("lake/in.csv"), EVENTS).unwrap();
    std::fs::write(place.path("lake/_SUCCESS"), "").unwrap();
    assert_snapshot!(place.refused(&place.on_cluster("lake -o lake --force --id encoded")), @"error: FOLDER/lake is an input and cannot be the output as well");
}

/// The events' folder is filled by somebody else while they are written, when the sessions are complete already.
#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn when_one_of_two_outputs_cannot_have_its_name_neither_has() {
    let place = Place::start(&ClusterOptions { workers: 1, ..ClusterOptions::default() });
    place.generate("events", 20_000, 2);
    let run = |more: &str| place.on_cluster(&format!("events -o spark --sessions sessions {more}"));
    place.done(&run(""));
    std::fs::remove_dir_all(place.path("spark")).unwrap();
    let first = files(&place, "sessions");
    let mut child = spawn(&place, &run("--force"));
    until_writing(&place, &mut child);
    std::fs::create_dir(place.path("spark")).unwrap();
    std::fs::write(place.path("spark/theirs"), "").unwrap();
    let output = child.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    let message = message.trim_end().replace(&place.path("").display().to_string(), "FOLDER/");
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert_snapshot!(message, @"error: FOLDER/spark exists and is not the output of an earlier run (it has no _SUCCESS), so it is not replaced; remove it, or name another folder");
    assert_eq!(files(&place, "sessions"), first);
    assert_eq!(files(&place, "spark"), ["theirs"]);
    assert_eq!(place.names(), ["events", "sessions", "spark"]);
}

fn files(place: &Place, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(place.path(folder)).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

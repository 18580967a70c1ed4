//! Machines that are lost, and runs that are stopped.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use spectrum_testkit::engines::ClusterOptions;

use crate::place::{Place, ended_well, line, many};

/// While the events are written: their folder is there, and the work has just begun.
pub(crate) fn until_writing(place: &Place, run: &mut Child) {
    let begun = Instant::now();
    while !place.names().iter().any(|name| name.starts_with(".spark.spectrum-")) {
        assert!(run.try_wait().unwrap().is_none(), "it has ended before it wrote anything");
        assert!(begun.elapsed() < Duration::from_secs(300), "that takes too long");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn spawn(place: &Place, arguments: &str) -> Child {
    let mut command = place.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn a_worker_that_is_killed_changes_nothing() {
    let place = Place::start(&ClusterOptions::default());
    place.generate("events", many(), 40);
    let embedded = place.done("run events -o embedded.parquet --digest");
    let arguments = place.on_cluster("events -o spark --digest --engine-log log");
    let mut run = spawn(&place, &arguments);
    until_writing(&place, &mut run);
    place.cluster.kill_worker(1).unwrap();
    let report = ended_well(&run.wait_with_output().unwrap());
    println!("spectrum {arguments}\n(worker 1 was killed while the events were written)\n{report}");
    assert_eq!(line(&report, "digest"), line(&embedded, "digest"));
    assert_eq!(report.lines().next(), embedded.lines().next());
    // Otherwise it was killed too late to matter.
    let log = std::fs::read_to_string(place.path("log")).unwrap();
    let lost = log.lines().find(|line| line.contains("Lost executor"));
    println!("{}", lost.unwrap());
    assert_eq!(place.names(), ["embedded.parquet", "events", "log", "spark"]);
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn ctrl_c_takes_away_what_was_written() {
    let place = Place::start(&ClusterOptions::default());
    place.generate("events", many(), 40);
    let mut run = spawn(&place, &place.on_cluster("events -o spark --sessions sessions"));
    until_writing(&place, &mut run);
    assert!(Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: interrupted; nothing was written\n");
    assert_eq!(place.names(), ["events"]);
}

/// Nobody is left to say that it shall stop, and it stops.
#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn a_killed_spectrum_leaves_no_driver_and_no_half_output() {
    let place = Place::start(&ClusterOptions::default());
    place.generate("events", many(), 40);
    let mut run = spawn(&place, &place.on_cluster("events -o spark --sessions sessions"));
    until_writing(&place, &mut run);
    run.kill().unwrap();
    run.wait().unwrap();
    let begun = Instant::now();
    while place.names() != ["events"] {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?} is left", place.names());
        std::thread::sleep(Duration::from_millis(50));
    }
}

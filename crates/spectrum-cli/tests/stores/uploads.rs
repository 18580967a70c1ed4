//! Outputs: they show when they are complete, and nothing is left of those that were not.

use std::process::Stdio;
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::proxy::{Proxy, Trouble};
use crate::servers::{Bucket, moto};
use crate::spectrum::{Folder, said};

fn until(mut what: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(120), "that takes too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Killed, or stopped, while parts are sent: there is no object. What the killed one left is named by the next run to the
/// name, and taken away on request.
#[test]
#[ignore = "cargo xtask stores"]
fn a_run_that_ends_in_mid_upload_leaves_no_object() {
    let bucket = Bucket::new("killed");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 400000");
    // Slowly, so that it is still sending when the signal comes.
    let proxy = Proxy::before(moto().port, Trouble::Slow);
    for signal in ["INT", "KILL"] {
        let mut command = folder.command_at(proxy.port, "run events.csv -o s3://killed/out.csv");
        let child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        until(|| !bucket.uploads().is_empty());
        let id = child.id().to_string();
        assert!(
            std::process::Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success()
        );
        let output = child.wait_with_output().unwrap();
        assert!(bucket.keys().is_empty(), "{signal}");
        if signal == "INT" {
            assert_eq!(
                (output.status.code(), said(&output).as_str()),
                (Some(130), "error: interrupted; nothing was written")
            );
            assert!(bucket.uploads().is_empty());
        }
    }
    assert_eq!(bucket.uploads(), ["out.csv"]);
    let output = folder.command("run events.csv -o s3://killed/out.csv").output().unwrap();
    let note = said(&output);
    assert!(note.starts_with("note: s3://killed/out.csv from an upload begun 20"), "{note}");
    assert!(note.ends_with(" is of a run that was killed, or still goes on; --clean removes it"), "{note}");
    assert_eq!(bucket.keys(), ["out.csv"]);
    let output = folder.command("run events.csv -o s3://killed/out.csv --force --clean").output().unwrap();
    assert_eq!((said(&output).as_str(), bucket.uploads().len()), ("", 0));
}

/// All outputs get their names, or none of them does.
#[test]
#[ignore = "cargo xtask stores"]
fn outputs_here_and_there_get_their_names_together() {
    let bucket = Bucket::new("together");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 200000");
    let line = "run events.csv -o s3://together/out.csv --sessions sessions.csv";
    folder.done(line);
    assert!(bucket.get("out.csv").is_some() && folder.path("sessions.csv").is_file());
    let proxy = Proxy::before(moto().port, Trouble::Slow);
    let mut command =
        folder.command_at(proxy.port, "run events.csv -o s3://together/late.csv --sessions late.csv");
    let child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    until(|| !bucket.uploads().is_empty());
    // Somebody else takes the name of the object meanwhile.
    bucket.put("late.csv", b"theirs");
    let output = child.wait_with_output().unwrap();
    assert_snapshot!(said(&output), @"error: s3://together/late.csv exists; say --force to replace it");
    assert_eq!(bucket.get("late.csv").unwrap(), b"theirs");
    assert!(!folder.path("late.csv").exists());
    assert!(bucket.uploads().is_empty());
}

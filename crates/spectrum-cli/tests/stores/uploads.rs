//! Outputs: they show when they are complete, and nothing is left of those that were not.

use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::proxy::{Proxy, Trouble};
use crate::servers::{Bucket, azurite, moto};
use crate::spectrum::{Folder, failed, said, succeeded};

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

/// The server has the object and its answer is lost, or a gateway says that it failed: what is there is known again.
#[test]
#[ignore = "cargo xtask stores"]
fn a_run_whose_answer_is_lost_knows_its_own_object() {
    let bucket = Bucket::new("lost");
    let folder = Folder::new();
    folder.done("generate -o short.csv --events 1000");
    folder.done("generate -o long.csv --events 400000");
    for (name, to) in [("short", "PUT /lost/short"), ("long", "POST /lost/long.csv?uploadId=")] {
        folder.done(&format!("run {name}.csv -o local-{name}.csv"));
        for (at, trouble) in
            [Trouble::LoseAnswer { to, times: 1 }, Trouble::GatewayFails { to }].into_iter().enumerate()
        {
            for force in ["", "--force"] {
                let proxy = Proxy::before(moto().port, trouble);
                let line = format!("run {name}.csv -o s3://lost/{name}.csv {force}");
                let told = succeeded(folder.command_at(proxy.port, &line));
                assert!(told.contains(" events of "), "{told}");
                assert!(proxy.troubles.load(Ordering::Relaxed) > 0, "{name} {at} {force}");
                assert!(
                    bucket.get(&format!("{name}.csv")) == Some(folder.read(&format!("local-{name}.csv")))
                );
                if force.is_empty() {
                    // Another run's object of the same bytes is not its own.
                    let refused = failed(folder.command(&line));
                    assert_eq!(
                        refused,
                        format!("error: s3://lost/{name}.csv exists; say --force to replace it")
                    );
                }
            }
            bucket.delete(&format!("{name}.csv"));
        }
    }
    assert!(bucket.uploads().is_empty());
}

/// The same on Azure.
#[test]
#[ignore = "cargo xtask stores"]
fn a_run_whose_answer_is_lost_knows_its_own_blob() {
    let folder = Folder::new();
    folder.done("generate -o short.csv --events 1000");
    folder.done("run short.csv -o local.csv");
    let to = "PUT /devstoreaccount1/events/lost/";
    for (at, trouble) in
        [Trouble::LoseAnswer { to, times: 1 }, Trouble::GatewayFails { to }].into_iter().enumerate()
    {
        let proxy = Proxy::before(azurite().port, trouble);
        let mut command = folder.on_azure(&format!("run short.csv -o az://events/lost/{at}.csv"));
        command.env("AZURE_STORAGE_ENDPOINT", format!("http://127.0.0.1:{}/devstoreaccount1", proxy.port));
        succeeded(command);
        assert!(proxy.troubles.load(Ordering::Relaxed) > 0);
        succeeded(
            folder.on_azure(&format!(
                "run az://events/lost/{at}.csv -o back.csv --session-column again --force"
            )),
        );
    }
}

/// Somebody else's object that comes at the last moment is not taken for the run's own, and stays.
#[test]
#[ignore = "cargo xtask stores"]
fn an_object_that_comes_at_the_last_moment_is_somebody_elses() {
    let bucket = Bucket::new("last-moment");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 1000");
    // What is there is asked for before the object is put: there it comes meanwhile.
    let proxy =
        Proxy::before(moto().port, Trouble::HoldAnswer { to: "HEAD /last-moment/out.csv", seconds: 3 });
    let child = folder
        .command_at(proxy.port, "run events.csv -o s3://last-moment/out.csv")
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The second such request is the one before the object is put.
    until(|| proxy.troubles.load(Ordering::Relaxed) == 2);
    bucket.put("out.csv", b"theirs");
    let output = child.wait_with_output().unwrap();
    assert_snapshot!(said(&output), @"error: s3://last-moment/out.csv exists; say --force to replace it");
    assert_eq!(bucket.get("out.csv").unwrap(), b"theirs");
}

/// Ctrl-C while the server names the object: its answer is waited for, and the object is taken away again.
#[test]
#[ignore = "cargo xtask stores"]
fn a_run_that_is_stopped_while_its_object_gets_its_name_takes_it_away() {
    let bucket = Bucket::new("stopped");
    let folder = Folder::new();
    folder.done("generate -o short.csv --events 1000");
    folder.done("generate -o long.csv --events 400000");
    for (name, to) in [("short", "PUT /stopped/short"), ("long", "POST /stopped/long.csv?uploadId=")] {
        let proxy = Proxy::before(moto().port, Trouble::HoldAnswer { to, seconds: 3 });
        let child = folder
            .command_at(
                proxy.port,
                &format!("run {name}.csv -o s3://stopped/{name}.csv --sessions {name}-sessions.csv"),
            )
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        until(|| proxy.troubles.load(Ordering::Relaxed) > 0);
        assert!(bucket.get(&format!("{name}.csv")).is_some());
        let id = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), said(&output).as_str()),
            (Some(130), "error: interrupted; nothing was written")
        );
        assert!(bucket.keys().is_empty(), "{name}");
        assert!(!folder.path(&format!("{name}-sessions.csv")).exists());
    }
    assert!(bucket.uploads().is_empty());
}

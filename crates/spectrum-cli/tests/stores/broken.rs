//! Connections that break, servers that are slow, busy or dead, and objects that change.

use std::sync::atomic::Ordering;

use insta::assert_snapshot;

use crate::proxy::{Proxy, Trouble};
use crate::servers::{Bucket, moto};
use crate::spectrum::{Folder, failed, succeeded};

/// A connection that ends in mid-read is made again, and goes on where it was.
#[test]
#[ignore = "cargo xtask stores"]
fn a_connection_that_is_cut_in_mid_read_goes_on() {
    let bucket = Bucket::new("cut");
    let folder = Folder::new();
    folder.done("generate -o events.parquet --events 60000");
    folder.done("generate -o events.csv --events 30000");
    for name in ["events.parquet", "events.csv"] {
        bucket.put(name, &folder.read(name));
        for trouble in
            [Trouble::CutAnswers { after: 100_000, times: 5 }, Trouble::Busy { times: 4 }, Trouble::Slow]
        {
            let proxy = Proxy::before(moto().port, trouble);
            let out = format!("out-{name}");
            succeeded(folder.command_at(proxy.port, &format!("run s3://cut/{name} -o {out} --force")));
            folder.done(&format!("run {name} -o local-{out} --force"));
            assert!(folder.read(&out) == folder.read(&format!("local-{out}")), "{trouble:?}");
            let troubles = proxy.troubles.load(Ordering::Relaxed);
            assert!(matches!(trouble, Trouble::Slow) || troubles > 0, "{trouble:?}");
        }
    }
}

/// The same of an upload: the part is sent again.
#[test]
#[ignore = "cargo xtask stores"]
fn a_connection_that_is_cut_in_mid_upload_goes_on() {
    let bucket = Bucket::new("cut-upload");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 400000");
    folder.done("run events.csv -o local.csv");
    let proxy = Proxy::before(moto().port, Trouble::CutRequests { after: 3_000_000, times: 2 });
    succeeded(folder.command_at(proxy.port, "run events.csv -o s3://cut-upload/out.csv"));
    assert_eq!(proxy.troubles.load(Ordering::Relaxed), 2);
    assert!(bucket.get("out.csv") == Some(folder.read("local.csv")));
    assert!(bucket.uploads().is_empty());
}

/// A server that does not get better is given up, and nothing is left of the output.
#[test]
#[ignore = "cargo xtask stores"]
fn a_server_that_stays_away_is_given_up() {
    let bucket = Bucket::new("away");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 1000");
    bucket.put("events.csv", &folder.read("events.csv"));
    for (trouble, port) in [
        (Trouble::Busy { times: u64::MAX }, moto().port),
        (Trouble::Dead, moto().port),
        (Trouble::CutAnswers { after: 0, times: u64::MAX }, moto().port),
    ] {
        let proxy = Proxy::before(port, trouble);
        let mut command = folder.command_at(proxy.port, "run s3://away/events.csv -o out.csv");
        command.env("SPECTRUM_STORE_TIMEOUT", "1").env("SPECTRUM_STORE_RETRIES", "1");
        let said = failed(command).replace(&proxy.port.to_string(), "PORT");
        match trouble {
            Trouble::Busy { .. } => {
                assert_snapshot!(said, @"error: reading s3://away/events.csv: the server has failed or is overloaded (status 503); try again later")
            }
            Trouble::Dead => {
                assert_snapshot!(said, @"error: reading s3://away/events.csv: the server has said nothing for too long; try again later")
            }
            _ => {
                assert_snapshot!(said, @"error: reading s3://away/events.csv: the connection broke, again and again; try again later")
            }
        }
        assert!(!folder.path("out.csv").exists());
    }
    let mut nobody = folder.command_at(1, "run s3://away/events.csv -o out.csv");
    nobody.env("SPECTRUM_STORE_RETRIES", "0");
    assert_snapshot!(failed(nobody), @"error: reading s3://away/events.csv: the server cannot be reached (Connection refused (os error 111)); name the server with --endpoint-url if it is not the vendor's own");
}

/// An object that is another between the passes.
#[test]
#[ignore = "cargo xtask stores"]
fn an_object_that_changes_in_between_is_refused() {
    let bucket = Bucket::new("changing");
    let folder = Folder::new();
    let versions = [1, 2].map(|seed| {
        folder.done(&format!("generate -o {seed}.csv --events 100000 --seed {seed}"));
        folder.read(&format!("{seed}.csv"))
    });
    bucket.put("events.csv", &versions[0]);
    let mut command = folder.command("run s3://changing/events.csv -o out.csv");
    let child =
        command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let waiting = std::thread::spawn(move || child.wait_with_output().unwrap());
    for version in versions.iter().rev().cycle() {
        bucket.put("events.csv", version);
        if waiting.is_finished() {
            break;
        }
    }
    let output = waiting.join().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    assert_eq!(said, "error: s3://changing/events.csv changed while it was read; nothing was written");
    assert!(!folder.path("out.csv").exists());
}

/// A server that goes away when the outputs have their names: what is said of the header comes from what was read before.
#[test]
#[ignore = "cargo xtask stores"]
fn a_server_that_goes_after_the_outputs_does_not_make_a_finished_run_fail() {
    let bucket = Bucket::new("gone-after");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 1000");
    bucket.put("events.csv", &folder.read("events.csv"));
    let proxy = Proxy::before(moto().port, Trouble::DeadAfter { to: "PUT /gone-after/out.csv" });
    let mut command =
        folder.command_at(proxy.port, "run s3://gone-after/events.csv -o s3://gone-after/out.csv");
    command.env("SPECTRUM_STORE_TIMEOUT", "1").env("SPECTRUM_STORE_RETRIES", "0");
    let told = succeeded(command);
    assert!(told.starts_with("1,000 events"), "{told}");
    assert!(bucket.get("out.csv").is_some());
    assert_eq!(proxy.troubles.load(Ordering::Relaxed), 1);
}

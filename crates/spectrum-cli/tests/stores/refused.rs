//! What servers refuse, in words that say what to do.

use std::fs;

use insta::assert_snapshot;

use crate::servers::{Bucket, ask, encoded, moto, strict_moto};
use crate::spectrum::{Folder, failed, succeeded};

#[test]
#[ignore = "cargo xtask stores"]
fn credentials_that_are_not_there_or_not_right() {
    let folder = Folder::new();
    let at = format!("http://127.0.0.1:{}", moto().port);
    let run = "run s3://nobody/events.csv -o out.csv";
    let none = folder.bare(run);
    assert_snapshot!(failed(none), @"");
    let mut half = folder.bare(run);
    half.env("AWS_ACCESS_KEY_ID", "a");
    assert_snapshot!(failed(half), @"");
    let mut profile = folder.bare(run);
    profile.env("AWS_PROFILE", "work");
    assert_snapshot!(failed(profile), @"");
    fs::create_dir(folder.path(".aws")).unwrap();
    fs::write(folder.path(".aws/config"), "[profile work]\nsso_session = corp\n").unwrap();
    let mut sso = folder.bare(run);
    sso.env("AWS_PROFILE", "work");
    assert_snapshot!(failed(sso), @"");
    assert_snapshot!(failed(folder.bare("run gs://nobody/events.csv -o out.csv")), @"");
    assert_snapshot!(failed(folder.bare("run az://nobody/events.csv -o out.csv")), @"");
    let mut key = folder.bare("run az://nobody/events.csv -o out.csv");
    key.env("AZURE_STORAGE_ACCOUNT", "acme");
    assert_snapshot!(failed(key), @"");
    // Named in a profile with everything else that is needed.
    let bucket = Bucket::new("by-profile");
    folder.done("generate -o events.csv --events 300");
    bucket.put("events.csv", &folder.read("events.csv"));
    let text = format!(
        "[profile work]\naws_access_key_id=a\naws_secret_access_key=very-secret\nendpoint_url = {at}\n"
    );
    fs::write(folder.path(".aws/config"), text).unwrap();
    let mut named = folder.bare("summary s3://by-profile/events.csv --json");
    named.env("AWS_PROFILE", "work");
    assert!(succeeded(named).contains("\"events\":300"));
    // Public data, at an endpoint that a flag names.
    let public =
        folder.bare(&format!("summary s3://by-profile/events.csv --json --anonymous --endpoint-url {at}"));
    assert!(succeeded(public).contains("\"events\":300"));
}

#[test]
#[ignore = "cargo xtask stores"]
fn a_server_that_knows_nobody() {
    let strict = strict_moto();
    assert_eq!(ask(strict.port, "PUT", "/strict", &[]).0, 200);
    let folder = Folder::new();
    assert_snapshot!(failed(folder.command_at(strict.port, "run s3://strict/events.csv -o out.csv")), @"");
    assert_snapshot!(failed(folder.command_at(strict.port, "run s3://strict/logs/ -o out.csv")), @"");
}

#[test]
#[ignore = "cargo xtask stores"]
fn what_is_not_there() {
    let bucket = Bucket::new("empty");
    let folder = Folder::new();
    assert_snapshot!(folder.refused("run s3://no-such-bucket/events.csv -o out.csv"), @"");
    assert_snapshot!(folder.refused("run s3://empty/events.csv -o out.csv"), @"");
    assert_snapshot!(folder.refused("run s3://empty/logs/*.csv -o out.csv"), @"");
    assert_snapshot!(folder.refused("run s3:///events.csv -o out.csv"), @"");
    folder.done("generate -o events.csv --events 300");
    assert_snapshot!(folder.refused("run events.csv -o s3://no-such-bucket/out.csv"), @"");
    bucket.put("a//b.csv", b"x");
    assert_snapshot!(folder.refused("run s3://empty/ -o out.csv"), @"");
    assert_snapshot!(folder.refused("run s3://empty/a//b.csv -o out.csv"), @"");
    assert_snapshot!(folder.refused("run |s3://KEY:very-secret-key@empty/x.csv| -o out.csv"), @"");
    assert_snapshot!(folder.refused("run |az://events/x.csv?sv=1&sig=very-secret| -o out.csv"), @"");
    assert_eq!(encoded("a b"), "a%20b");
}

#[test]
#[ignore = "cargo xtask stores"]
fn what_is_in_the_way() {
    let bucket = Bucket::new("taken");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 300");
    bucket.put("in.csv", &folder.read("events.csv"));
    bucket.put("out.csv", b"precious");
    assert_snapshot!(folder.refused("run s3://taken/in.csv -o s3://taken/out.csv"), @"");
    assert_snapshot!(folder.refused("run s3://taken/in.csv -o s3://taken/in.csv --force"), @"");
    assert_eq!(bucket.get("out.csv").unwrap(), b"precious");
    folder.done("run s3://taken/in.csv -o s3://taken/out.csv --force");
    assert_ne!(bucket.get("out.csv").unwrap(), b"precious");
    bucket.put("table/_delta_log/00000000000000000000.json", b"{}");
    bucket.put("table/part.csv", &folder.read("events.csv"));
    assert_snapshot!(folder.refused("run s3://taken/table/ -o out.csv"), @"");
    assert_snapshot!(folder.refused("run s3://taken/ -o out.csv"), @"");
    folder.done("run s3://taken/table/part.csv -o named.csv");
}

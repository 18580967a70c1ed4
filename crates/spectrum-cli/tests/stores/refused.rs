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
    assert_snapshot!(failed(none), @"error: reading s3://nobody/events.csv: no credentials were found: not in AWS_ACCESS_KEY_ID, not in profile 'default' of ~/.aws, and this machine has no role; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or say --anonymous if the data are public");
    let mut half = folder.bare(run);
    half.env("AWS_ACCESS_KEY_ID", "a");
    assert_snapshot!(failed(half), @"error: reading s3://nobody/events.csv: AWS_SECRET_ACCESS_KEY is not set, and the other half of it is; set AWS_SECRET_ACCESS_KEY, or say --anonymous if the data are public");
    let mut profile = folder.bare(run);
    profile.env("AWS_PROFILE", "work");
    assert_snapshot!(failed(profile), @"error: reading s3://nobody/events.csv: there is no profile 'work' in the files of AWS; correct AWS_PROFILE");
    fs::create_dir(folder.path(".aws")).unwrap();
    fs::write(folder.path(".aws/config"), "[profile work]\nsso_session = corp\n").unwrap();
    let mut sso = folder.bare(run);
    sso.env("AWS_PROFILE", "work");
    assert_snapshot!(failed(sso), @r#"error: reading s3://nobody/events.csv: profile 'work' has sso_session, by which only AWS's own tools come to credentials; run eval "$(aws configure export-credentials --profile work --format env)" before it"#);
    assert_snapshot!(failed(folder.bare("run gs://nobody/events.csv -o out.csv")), @"error: reading gs://nobody/events.csv: no credentials were found: not in GOOGLE_APPLICATION_CREDENTIALS, not of gcloud, and this machine has no service account; set GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login, or say --anonymous if the data are public");
    assert_snapshot!(failed(folder.bare("run az://nobody/events.csv -o out.csv")), @"error: reading az://nobody/events.csv: the storage account is not known; set AZURE_STORAGE_ACCOUNT, or write abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/BLOB");
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
    bucket.publish("events.csv");
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
    assert_snapshot!(failed(folder.command_at(strict.port, "run s3://strict/events.csv -o out.csv")), @"error: reading s3://strict/events.csv: the server does not accept the credentials (InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records); look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
    assert_snapshot!(failed(folder.command_at(strict.port, "run s3://strict/logs/ -o out.csv")), @"error: reading s3://strict/logs/: the server does not accept the credentials (InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records); look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
}

#[test]
#[ignore = "cargo xtask stores"]
fn what_is_not_there() {
    let bucket = Bucket::new("empty");
    let folder = Folder::new();
    assert_snapshot!(folder.refused("run s3://no-such-bucket/events.csv -o out.csv"), @"error: reading s3://no-such-bucket/events.csv: there is no bucket 'no-such-bucket'");
    assert_snapshot!(folder.refused("run s3://empty/events.csv -o out.csv"), @"error: s3://empty/events.csv does not exist");
    assert_snapshot!(folder.refused("run s3://empty/logs/*.csv -o out.csv"), @"error: s3://empty/logs/*.csv matches no file of a known format (.parquet, .csv, .tsv, .ndjson, .jsonl, .json; .gz and .zst after all but the first)");
    assert_snapshot!(folder.refused("run s3:///events.csv -o out.csv"), @"error: reading s3:///events.csv: no bucket is named; write s3://BUCKET/KEY");
    folder.done("generate -o events.csv --events 300");
    assert_snapshot!(folder.refused("run events.csv -o s3://no-such-bucket/out.csv"), @"error: writing s3://no-such-bucket/out.csv: there is no bucket 'no-such-bucket'");
    bucket.put("a//b.csv", b"x");
    assert_snapshot!(folder.refused("run s3://empty/ -o out.csv"), @r#"error: reading s3://empty/: the key "a//b.csv" has an empty part between slashes, and what lies beside it cannot be listed; name a folder or pattern that does not contain it"#);
    assert_snapshot!(folder.refused("run s3://empty/a//b.csv -o out.csv"), @"error: reading s3://empty/a//b.csv: the key 'a//b.csv' has an empty part, '.' or '..' between slashes, or a control character, and cannot be asked for");
    assert_snapshot!(folder.refused("run |s3://KEY:very-secret-key@empty/x.csv| -o out.csv"), @"error: reading s3://empty/x.csv: a name is no place for credentials, which others see in the list of processes; set them in the environment");
    assert_snapshot!(folder.refused("run |az://events/x.csv?sv=1&sig=very-secret| -o out.csv"), @"error: reading az://events/x.csv: a name is no place for credentials, which others see in the list of processes; set them in the environment");
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
    assert_snapshot!(folder.refused("run s3://taken/in.csv -o s3://taken/out.csv"), @"error: s3://taken/out.csv exists; say --force to replace it");
    assert_snapshot!(folder.refused("run s3://taken/in.csv -o s3://taken/in.csv --force"), @"error: s3://taken/in.csv is an input and cannot be the output as well");
    assert_eq!(bucket.get("out.csv").unwrap(), b"precious");
    folder.done("run s3://taken/in.csv -o s3://taken/out.csv --force");
    assert_ne!(bucket.get("out.csv").unwrap(), b"precious");
    bucket.put("table/_delta_log/00000000000000000000.json", b"{}");
    bucket.put("table/part.csv", &folder.read("events.csv"));
    assert_snapshot!(folder.refused("run s3://taken/table/ -o out.csv"), @"error: the log of the Delta table s3://taken/table is damaged: nothing in it says what the table's columns and its protocol are, as where version 0 or a checkpoint is missing");
    assert_snapshot!(folder.refused("run s3://taken/ -o out.csv"), @"error: s3://taken/table is a Delta table, whose folder also holds files that were removed from it; name s3://taken/table itself as the only input, without --engine, write what the table holds now to Parquet with an engine that reads such tables, or name the files that it has now one by one");
    folder.done("run s3://taken/table/part.csv -o named.csv");
}

//! Keys with whatever is in them.

use insta::assert_snapshot;

use crate::servers::Bucket;
use crate::spectrum::{Folder, failed, succeeded};

#[test]
#[ignore = "cargo xtask stores"]
fn keys_are_taken_as_they_stand() {
    let bucket = Bucket::new("odd-names");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 300");
    let events = folder.read("events.csv");
    let odd = [
        "a b.csv",
        "ünïcode/日本.csv",
        "100%25.csv",
        "a+b.csv",
        "a#b.csv",
        "a&b=c.csv",
        "what?.csv",
        "[x].csv",
        "it's.csv",
    ];
    for name in odd {
        bucket.put(name, &events);
        let told = folder.json(&format!("run |s3://odd-names/{name}| -o |s3://odd-names/out/{name}| --json"));
        assert_eq!(told["events"], 300, "{name}");
        assert!(bucket.get(&format!("out/{name}")).is_some(), "{name}");
    }
    assert_eq!(folder.json("summary |s3://odd-names/*.csv| --json")["events"], 300 * (odd.len() as u64 - 1));
}

/// What has no scheme of a store is local, whatever it looks like.
#[test]
#[ignore = "cargo xtask stores"]
fn local_names_that_look_otherwise_are_local() {
    let folder = Folder::new();
    folder.done("generate -o ./s3:/bucket/events.csv --events 300");
    assert!(folder.path("s3:/bucket/events.csv").is_file());
    assert_eq!(folder.json("summary ./s3://bucket/events.csv --json")["events"], 300);
    folder.done("generate -o odd://events.csv --events 300");
    assert_eq!(folder.json("summary odd://events.csv --json")["events"], 300);
}

/// What has several names is known again under each of them.
#[test]
#[ignore = "cargo xtask stores"]
fn an_object_under_another_name_is_the_same() {
    let bucket = Bucket::new("aliases");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 300");
    let events = folder.read("events.csv");
    bucket.put("e.csv", &events);
    assert_snapshot!(folder.refused("run s3://aliases/e.csv -o s3a://aliases/e.csv --force"), @"error: s3a://aliases/e.csv is an input and cannot be the output as well");
    assert_snapshot!(folder.refused("run S3A://aliases/e.csv -o out.csv --sessions s3://aliases/e.csv --force"), @"error: s3://aliases/e.csv is an input and cannot be the output as well");
    assert_snapshot!(folder.refused("run events.csv -o s3://aliases/new.csv --sessions S3://aliases/new.csv"), @"error: S3://aliases/new.csv is named for two outputs");
    assert_snapshot!(folder.refused("summary s3://aliases/e.csv s3a://aliases/e.csv"), @"error: s3a://aliases/e.csv is named twice; its events would be counted twice");
    assert!(bucket.get("e.csv").unwrap() == events);
    assert_eq!(bucket.keys(), ["e.csv"]);
    succeeded(folder.on_azure("generate -o az://events/aliases/e.csv --events 300"));
    let at = "events@devstoreaccount1.dfs.core.windows.net/aliases/e.csv";
    assert_snapshot!(failed(folder.on_azure(&format!("run az://events/aliases/e.csv -o |abfss://{at}| --force"))), @"error: abfss://events@devstoreaccount1.dfs.core.windows.net/aliases/e.csv is an input and cannot be the output as well");
    assert_snapshot!(failed(folder.on_azure(&format!("summary |abfs://{at}| AZ://events/aliases/e.csv"))), @"error: AZ://events/aliases/e.csv is named twice; its events would be counted twice");
}

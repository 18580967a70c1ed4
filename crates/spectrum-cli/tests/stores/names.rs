//! Keys with whatever is in them.

use crate::servers::Bucket;
use crate::spectrum::Folder;

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

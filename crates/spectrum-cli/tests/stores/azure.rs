//! Azure Blob Storage.

use insta::assert_snapshot;
use serde_json::Value;

use crate::spectrum::{Folder, failed, succeeded};

#[test]
#[ignore = "cargo xtask stores"]
fn blobs_are_read_and_written() {
    let folder = Folder::new();
    for (name, events) in [("a.parquet", 30_000), ("a.csv.gz", 20_000), ("a.ndjson", 10_000)] {
        folder.done(&format!("generate -o {name} --events {events}"));
        succeeded(folder.on_azure(&format!("generate -o az://events/in/{events}/{name} --events {events}")));
        let of = |name: &str, out: &str| -> Value {
            let told = succeeded(folder.on_azure(&format!("run {name} -o {out} --json --digest")));
            serde_json::from_str(&told).unwrap()
        };
        let local = of(name, &format!("local-{name}"));
        let there = of(&format!("az://events/in/{events}/{name}"), &format!("az://events/out/{name}"));
        assert_eq!(local["digest"], there["digest"]);
        assert!(local["digest"].is_string());
        let again = of(
            &format!("|abfss://events@devstoreaccount1.dfs.core.windows.net/in/{events}/*|"),
            &format!("by-glob-{name}"),
        );
        assert_eq!(local["digest"], again["digest"]);
        // What was written is what a local run writes.
        succeeded(folder.on_azure(&format!("run az://events/in/{events}/ -o folder-{events}/ --quiet")));
        assert!(
            folder.read(&format!("folder-{events}/{name}")) == folder.read(&format!("local-{name}")),
            "{name}"
        );
    }
    // Several parts.
    folder.done("generate -o big.csv --events 400000");
    succeeded(folder.on_azure("run big.csv -o az://events/big/out.csv --quiet"));
    let there = succeeded(folder.on_azure("summary az://events/big/out.csv --json"));
    let there: Value = serde_json::from_str(&there).unwrap();
    assert_eq!(there["events"], 400_000);
    assert_snapshot!(failed(folder.on_azure("run big.csv -o az://events/big/out.csv")), @"error: az://events/big/out.csv exists; say --force to replace it");
    assert_snapshot!(failed(folder.on_azure("run az://events/nothing.csv -o out.csv")), @"error: az://events/nothing.csv does not exist");
    assert_snapshot!(failed(folder.on_azure("run az://nowhere/nothing.csv -o out.csv")), @"error: reading az://nowhere/nothing.csv: there is no container 'nowhere'");
    let mut wrong = folder.on_azure("run az://events/big/out.csv -o out.csv");
    wrong.env("AZURE_STORAGE_KEY", "d3Jvbmc=");
    assert_snapshot!(failed(wrong), @"error: reading az://events/big/out.csv: the server refuses access (AuthorizationFailure: Server failed to authenticate the request. Make sure the value of the Authorization header is formed correctly including the signature); use credentials that may do this");
}

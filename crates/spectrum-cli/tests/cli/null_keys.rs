//! Events with a NULL in their key, in every command on files.

use serde_json::json;

use crate::spectrum::Folder;

const EVENTS: &str = "event_id,user_id,account_id,occurred_at\n\
    e1,u,a,2026-01-01 10:00\ne2,,a,2026-01-01 10:01\ne3,u,a,2026-01-01 10:02\n";

#[test]
fn they_are_left_out_and_counted() {
    let folder = Folder::with(&[("in.csv", EVENTS)]);
    let report = folder.json("run in.csv -o out.csv --null-key drop --json");
    assert_eq!((&report["events"], &report["dropped_null_key"]), (&json!(2), &json!(1)));
    let told = folder.prints("run in.csv -o out.csv --force --null-key drop");
    assert!(told.contains("  dropped 1 event with a NULL in the key"), "{told}");
    let summary = folder.json("summary in.csv --null-key drop --json");
    assert_eq!((&summary["events"], &summary["dropped_null_key"]), (&json!(2), &json!(1)));
    let told = folder.prints("summary in.csv --null-key drop");
    assert!(
        told.contains("2 events of 1 key in 1 session")
            && told.contains("  dropped  1 event with a NULL in the key"),
        "{told}"
    );
    let told = folder.prints("explain in.csv --event e2 --null-key drop");
    assert!(
        told.starts_with(
            "event e2 has a NULL in its key, and those are left out, so it belongs to no session"
        ),
        "{told}"
    );
    for command in ["run in.csv -o other.csv", "summary in.csv", "explain in.csv --event e1"] {
        assert_eq!(
            folder.refuses(&format!("{command} --null-key refuse")).trim_end(),
            "error: 1 event has a NULL in the key (user_id, account_id), the first at in.csv line 3; fix them, take them out \
             with --null-key drop, or let NULL be a value with --null-key group"
        );
    }
}

//! Folders that others keep: tables with a log of their own.

use crate::runs::Folder;

/// Some files of such a folder were removed from its table, which only its log knows.
#[test]
fn a_tables_folder_is_refused_with_the_way_out() {
    for (kind, log, data) in [
        ("a Delta", "_delta_log/00000000000000000000.json", "part-0.csv"),
        ("a Delta", "_delta_log/00000000000000000000.json", "day=2/part-0.csv"),
        ("a Hudi", ".hoodie/hoodie.properties", "de/part-0.csv"),
        ("an Iceberg", "metadata/v1.metadata.json", "data/day=1/part-0.csv"),
    ] {
        let folder = Folder::new();
        folder.write(&format!("lake/t/{log}"), "{}");
        let events = "user_id,account_id,occurred_at\nu,a,2026-01-01\n";
        folder.write(&format!("lake/t/{data}"), events);
        let pattern = match data.rsplit_once('/') {
            Some((below, _)) => format!("lake/t/{below}/*.csv"),
            None => "lake/t/*.csv".to_owned(),
        };
        for input in ["lake", "lake/t", &pattern] {
            let message = folder.run(input, "out.csv").refusal();
            assert!(
                message.contains(&format!("lake/t is {kind} table, whose folder also holds")),
                "{message}"
            );
            assert!(message.contains("with an engine that reads such tables"), "{message}");
        }
        assert_eq!(folder.run(&format!("lake/t/{data}"), "out.csv").done().events, 1);
    }
}

/// A folder of this name is nobody's log.
#[test]
fn a_folder_called_metadata_makes_no_table() {
    let folder = Folder::new();
    folder.write("lake/metadata/notes.txt", "");
    folder.write("lake/a.csv", "user_id,account_id,occurred_at\nu,a,2026-01-01\n");
    assert_eq!(folder.run("lake", "out.csv").done().events, 1);
}

//! The page of a deployment: that of a file with the same events and the same definition.

use insta::assert_snapshot;

use crate::compare_database::both;

#[test]
fn a_database_has_the_page_of_a_file_of_its_events() {
    let (database, folder) = both();
    let flags = "--title T --gap 25m --start-when 'amount > 3' --quiet";
    folder.command(&format!("report events.ndjson -o file.html {flags}")).assert().success();
    database
        .command(&folder, &format!("report --schema analytics -o database.html {flags}"))
        .assert()
        .success();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (file, database_page) = (read("file.html"), read("database.html"));
    assert!(file.contains("25 m") || file.contains("25m"), "the definition is under the flags");
    assert_eq!(
        database_page.replace("warehouse.fact_events", "EVENTS"),
        file.replace("events.ndjson", "EVENTS")
    );
    // What is deployed is the definition where no flag says otherwise.
    folder.command("report events.ndjson -o file.html --title T --quiet --force").assert().success();
    database
        .command(&folder, "report --schema analytics -o database.html --title T --quiet --force")
        .assert()
        .success();
    assert_eq!(
        read("database.html").replace("warehouse.fact_events", "EVENTS"),
        read("file.html").replace("events.ndjson", "EVENTS")
    );
}

#[test]
fn files_and_a_database_at_once_are_refused() {
    let (_, folder) = both();
    assert_snapshot!(folder.refuses("report -o page.html"), @"error: no events were named; name files, folders or patterns, or take the events of a database with --database-url or --schema");
    assert_snapshot!(folder.refuses("report events.ndjson --schema analytics -o page.html"), @"error: files were named and a database too; leave out --database-url and --schema, or the files");
    assert!(!folder.path().join("page.html").exists());
}

//! `drop` while others read and write, and where it would take the only copy of something.

use std::sync::atomic::{AtomicBool, Ordering};

use insta::assert_snapshot;
use spectrum_postgres::{DropOptions, OnDetach, drop_deployment, plan_drop};

use crate::incremental::partitions::{by_days, events};
use crate::refresh::until;

/// A drop that waited for the locks would keep out all who come after it.
#[test]
fn whoever_writes_while_somebody_reads_is_not_held_up() {
    let (database, maintained, _client) = by_days(OnDetach::Remove);
    let (mut reader, mut writer, mut dropper) = (database.connect(), database.connect(), database.connect());
    reader.batch_execute("BEGIN; SELECT COUNT(*) FROM warehouse.fact_events").unwrap();
    writer.batch_execute("SET lock_timeout = '10s'").unwrap();
    let dropped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let dropping = scope.spawn(|| {
            let done = drop_deployment(&mut dropper, &maintained.deployment, &DropOptions::default());
            dropped.store(true, Ordering::SeqCst);
            done
        });
        let waits = "SELECT COUNT(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted;";
        until("the drop waits", || dropped.load(Ordering::SeqCst) || database.run(waits) != "0");
        let written = writer.batch_execute(&events(500, "2026-01-05 00:00Z"));
        reader.batch_execute("COMMIT").unwrap();
        written.unwrap();
        assert!(!dropping.join().unwrap().unwrap().goes.is_empty());
    });
    assert_eq!(database.run("SELECT to_regnamespace('analytics') IS NULL;"), "t");
    assert_eq!(database.run("SELECT COUNT(*) FROM pg_trigger;"), "0");
}

#[test]
fn kept_events_are_dropped_only_by_name() {
    let (database, maintained, mut client) = by_days(OnDetach::Keep);
    client.batch_execute("DROP TABLE warehouse.day_5").unwrap();
    maintained.refresh(&mut client);
    let options = DropOptions { cascade: true, ..DropOptions::default() };
    let refusal = drop_deployment(&mut database.connect(), &maintained.deployment, &options).unwrap_err();
    assert_snapshot!(refusal, @"analytics.spectrum_changes_kept_events holds 24 events of partitions that are gone, and may be the only copy of them; bring them back first (INSERT INTO warehouse.fact_events SELECT ... FROM analytics.spectrum_changes_kept_events) or save a copy of it, or let them go too with with_kept_events");
    let planned = plan_drop(&mut database.connect(), &maintained.deployment, &options).unwrap_err();
    assert_eq!(planned.to_string(), refusal.to_string());
    let kept = "SELECT COUNT(*) FROM analytics.spectrum_changes_kept_events;";
    assert_eq!(database.run(kept), "24");
    let with_kept = DropOptions { with_kept_events: true, ..options };
    let dropped = drop_deployment(&mut database.connect(), &maintained.deployment, &with_kept).unwrap();
    assert!(dropped.goes.contains(&"table analytics.spectrum_changes_kept_events".to_owned()), "{dropped:?}");
}

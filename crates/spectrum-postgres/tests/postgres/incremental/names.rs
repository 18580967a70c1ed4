//! Names that clash with ours, or that need quotes.

use spectrum_sql::TableName;
use spectrum_testkit::PrivatePostgres;

use super::shape::Shape;
use crate::refresh::Database;

#[test]
fn columns_with_the_names_of_ours_are_followed() {
    let names = [
        "key_no",
        "since",
        "last_seq",
        "prev_occurred_at",
        "place",
        "everything",
        "timeless",
        "keys",
        "events_added",
        "steps",
        "began",
        "part",
        "finished",
        "taken",
        "has_null",
        "duplicate",
        "gone_ids",
        "kept_from",
        "from_table",
        "unwatched",
        "is_captured",
        "patience",
        "old",
        "new",
        "added",
        "removed",
        "changed",
        "session_no",
        "had_session_id",
        "number",
        "event_number",
        "is_first",
        "partition",
        "last_ended_at",
        "timeless_event",
        "step_began",
        "id",
        "m",
        "e",
        "t",
        "s",
        "o",
        "f",
        "c",
        "k",
        "ctid_",
        "lagged",
        "touched",
        "found",
        "tg_op",
        "unread",
        "relation",
        "details",
        "run_id",
    ];
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    for (at, names) in names.chunks(5).enumerate() {
        let mut names = names.iter().chain(["w", "x", "y", "z"].iter()).copied();
        let mut next = || names.next().unwrap();
        let shape = Shape {
            table: TableName::new(format!("events_{at}"), "events").unwrap(),
            key: vec![(next(), "text", "'u' || i % 4"), (next(), "bigint", "i % 2")],
            time: (next(), "timestamptz", Shape::default().time.2),
            event_id: (next(), "bigint", "i"),
            carried: vec![(next(), "text", "'x' || i")],
            partitioned: at % 2 == 1,
            ..Shape::default()
        };
        shape.follows_in(&database, |mut deployment| {
            deployment.names.schema = format!("sessions_{at}");
            if at % 4 == 1 {
                deployment.on_detach = spectrum_postgres::OnDetach::Keep;
            }
            deployment
        });
    }
    // Names that the relations have, where they may stand.
    for (time, event_id, carried) in [
        ("session_seq", "started_at", "duration"),
        ("ended_at", "session_seq", "events"),
        ("first_event_id", "last_event_id", "session_seq"),
    ] {
        let shape = Shape {
            time: (time, "timestamptz", Shape::default().time.2),
            event_id: (event_id, "bigint", "i"),
            carried: vec![(carried, "text", "'x' || i")],
            ..Shape::default()
        };
        shape.follows();
    }
}

#[test]
fn names_that_need_quotes_are_followed() {
    let hostile = [
        r#"it's "quoted""#,
        r"back\slash\",
        "100% %s %1$s",
        "$note$ $refresh$ $$",
        "Ünï çødé",
        "SELECT",
        "semi;colon--",
    ];
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    for (at, name) in hostile.into_iter().enumerate() {
        let named = |prefix: &str| format!("{prefix}{name}");
        let (key, time, event_id, carried) = (named("k"), named("t"), named("i"), named("c"));
        let shape = Shape {
            table: TableName::new(named("W"), named("Events ")).unwrap(),
            key: vec![(&key, "text", "'u' || i % 4"), ("b", "text", "'b'")],
            time: (&time, "timestamptz", Shape::default().time.2),
            event_id: (&event_id, "bigint", "i"),
            carried: vec![(&carried, "text", "'x' || i")],
            partitioned: at % 2 == 0,
            ..Shape::default()
        };
        shape.follows_in(&database, |mut deployment| {
            deployment.names.schema = named("S");
            deployment.names.sessions = named("sessions ");
            deployment.names.summary = named("summary ");
            deployment.names.changes = named("changes ");
            deployment.names.refresh_function = named("refresh ");
            deployment.on_detach = spectrum_postgres::OnDetach::Keep;
            deployment
        });
        // The messages name the column.
        let mut client = database.connect();
        client
            .batch_execute("SET standard_conforming_strings = off; SET escape_string_warning = off")
            .unwrap();
        client.batch_execute(&shape.insert(1, 1)).unwrap();
        let refresh = TableName::new(named("S"), named("refresh ")).unwrap();
        let error = client.batch_execute(&format!("SELECT * FROM {refresh}()")).unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(error.message(), format!("more than one event has {event_id} 1"));
    }
}

//! The functions as a server gets them, whole, so that a change of any part shows what it comes to.

use spectrum_core::{EpochUnit, IdScheme, SessionDefinition};

use super::{EventColumn, Incremental, IncrementalNames, OnDetach};
use crate::TableName;
use crate::postgres::{Events, KeyComparison, TimeSubtraction};

fn names() -> IncrementalNames {
    let name = |name: &str| TableName::new("analytics", name).unwrap();
    IncrementalNames {
        sessions: name("mv_sessions"),
        summary: name("mv_session_summary"),
        changes: name("spectrum_changes"),
        partitions: name("spectrum_changes_partitions"),
        kept: name("spectrum_changes_kept_events"),
        refresh: name("refresh_sessions"),
        log: name("spectrum_refresh_log"),
        ids: name("session_ids"),
        history: name("session_history"),
        as_of: name("sessions_as_of"),
    }
}

/// Columns of these names, with the oids and names of their types.
fn columns(types: [(&str, u32, &str); 4]) -> Vec<EventColumn> {
    let column = |(name, type_oid, type_name): (&str, u32, &str)| EventColumn {
        name: name.to_owned(),
        type_oid,
        type_name: type_name.to_owned(),
    };
    types.into_iter().map(column).collect()
}

fn uuids() -> Vec<EventColumn> {
    let uuid = |name| (name, 2950, "pg_catalog.uuid");
    let time = ("occurred_at", 1184, "pg_catalog.timestamptz");
    columns([uuid("user_id"), uuid("account_id"), time, uuid("event_id")])
}

fn all(incremental: &Incremental<'_>) -> String {
    let functions = incremental.functions_of_triggers().into_iter().chain([incremental.refresh_function()]);
    let text = functions.map(|function| function.create() + ";\n").collect::<Vec<_>>().join("\n");
    // The number by which the refresh function knows its own text changes with every word of it.
    let (before, rest) = text.split_once("strpos(p.prosrc, '").unwrap();
    let (_, after) = rest.split_once('\'').unwrap();
    format!("{before}strpos(p.prosrc, 'NUMBER'{after}")
}

#[test]
fn of_a_plain_table() {
    let definition = SessionDefinition::default();
    let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap());
    insta::assert_snapshot!(all(&Incremental::new(&events, names(), "1, 2").reading(uuids())));
}

#[test]
fn of_partitions_whose_events_are_kept() {
    let definition = SessionDefinition::default();
    let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap())
        .carrying(&["event_type".to_owned()]);
    let incremental = Incremental::new(&events, names(), "1, 2").reading(uuids()).partitioned(OnDetach::Keep);
    insta::assert_snapshot!(all(&incremental));
}

#[test]
fn of_ids_by_start_and_types_that_need_care() {
    let definition = SessionDefinition::builder()
        .key(["User", "account_id"])
        .time("day")
        .id(IdScheme::Start)
        .build()
        .unwrap();
    let events = Events::new(&definition, TableName::parse("\"my.schema\".events").unwrap())
        .typed(TimeSubtraction::Date, vec![KeyComparison::CaseInsensitive, KeyComparison::Plain])
        .with_citext_in(Some("extensions".to_owned()))
        .without_null_times(true);
    let read = columns([
        ("User", 17_000, "extensions.citext"),
        ("account_id", 23, "pg_catalog.int4"),
        ("day", 1082, "pg_catalog.date"),
        ("event_id", 20, "pg_catalog.int8"),
    ]);
    insta::assert_snapshot!(all(&Incremental::new(&events, names(), "1, 2").reading(read)));
}

#[test]
fn of_rules_and_a_summary_that_tells_more() {
    let toml = r#"
        [session]
        split_on = ["utm_campaign"]
        passive_when = "event_type = 'heartbeat'"
        ignore_when = "event_type = 'notification'"
        [summary.columns]
        entry_page = { first = "page" }
        engaged = { when = "duration_seconds > 10" }"#;
    let definition = SessionDefinition::from_toml(toml).unwrap();
    let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap())
        .carrying(&["event_type".to_owned()]);
    let of_rule = [("page", "text"), ("utm_campaign", "character varying(40)")];
    let of_rule = of_rule.map(|(name, ty)| (name.to_owned(), ty.to_owned())).to_vec();
    let incremental = Incremental::new(&events, names(), "1, 2")
        .reading(uuids())
        .partitioned(OnDetach::Remove)
        .ruled_by(of_rule);
    insta::assert_snapshot!(all(&incremental));
}

#[test]
fn of_ids_that_last_and_old_events_that_count_on() {
    let definition = SessionDefinition::builder().id(IdScheme::Persistent).build().unwrap();
    let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap());
    let incremental =
        Incremental::new(&events, names(), "1, 2").reading(uuids()).retaining(90 * 86_400_000_000_000);
    insta::assert_snapshot!(incremental.refresh_function().create().replace(&number(&incremental), "NUMBER"));
    let view = incremental.names().ids.beside("v_session_aliases");
    let made = incremental.ids_table().into_iter().chain([incremental.aliases_view(&view)]);
    insta::assert_snapshot!("ids_table", made.collect::<Vec<_>>().join(";\n"));
    let before = TableName::parse("analytics.old").unwrap();
    insta::assert_snapshot!("ids_of_a_build", incremental.settle_all_ids(Some((&before, "occurred_at"))));
    insta::assert_snapshot!("reference_by_anchors", incremental.numbered_by_anchors(&events));
    insta::assert_snapshot!("broken_ids", incremental.broken_ids(""));
}

#[test]
fn of_history() {
    let definition = SessionDefinition::default();
    let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap());
    let without = Incremental::new(&events, names(), "1, 2").reading(uuids());
    let incremental = without.clone().keeping_history(30 * 86_400_000_000_000);
    let (refresh, number) = (incremental.refresh_function().create(), number(&incremental));
    let plain = without.refresh_function().create();
    // What history adds to the refresh of a plain table, whose snapshot has the rest.
    let added = refresh.lines().filter(|line| !plain.lines().any(|known| known == *line));
    let added = added.collect::<Vec<_>>().join("\n").replace(&number, "NUMBER");
    insta::assert_snapshot!("history_of_a_refresh", added);
    let view = incremental.names().summary.beside("v_session_summary");
    let functions = incremental.as_of_functions(&view).into_iter().map(|function| function.create());
    let made = incremental.history_table().into_iter().chain(functions);
    insta::assert_snapshot!("history", made.collect::<Vec<_>>().join(";\n"));
    let before = TableName::parse("analytics.old").unwrap();
    insta::assert_snapshot!("history_of_an_exchange", incremental.keep_exchanged(&before));
    let repair =
        [incremental.repair_tables(), incremental.note_repaired("found"), incremental.keep_repaired()];
    insta::assert_snapshot!("history_of_a_repair", repair.join(";\n"));
    assert_eq!(without.repair_tables() + &without.note_repaired("found") + &without.keep_repaired(), "");
    insta::assert_snapshot!("broken_history", incremental.broken_history(""));
    assert_eq!(incremental.without_history().refresh_function(), without.refresh_function());
}

/// The number by which the refresh function knows its own text.
fn number(incremental: &Incremental<'_>) -> String {
    let text = incremental.refresh_function().create();
    let (_, rest) = text.split_once("strpos(p.prosrc, '").unwrap();
    rest.split_once('\'').unwrap().0.to_owned()
}

/// Their callers' search path holds in these, so an operator that it leads to would run with the owner's rights.
#[test]
fn triggers_look_up_no_operator() {
    let definition = SessionDefinition::default();
    for time in [TimeSubtraction::Timestamp, TimeSubtraction::Epoch(EpochUnit::Millisecond)] {
        let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap())
            .typed(time, vec![KeyComparison::Plain; 2]);
        let incremental = Incremental::new(&events, names(), "1, 2").reading(uuids());
        for function in incremental.functions_of_triggers() {
            let is_pinned = function.config().iter().any(|setting| setting.starts_with("search_path="));
            let operators = [" = ", " < ", " > ", " <= ", " >= ", " <> ", " BETWEEN ", " || "];
            let found = operators.iter().find(|operator| function.body.contains(**operator));
            assert!(is_pinned || found.is_none(), "{found:?} in {}", function.body);
        }
    }
}

//! Every panel's query on PostgreSQL, against what the test knows the answer to be.

use jiff::Timestamp;
use serde_json::Value;
use spectrum_grafana_check::ask::{Table, ask, ask_all};
use spectrum_grafana_check::clock;
use spectrum_grafana_check::dashboard::{Dashboard, Panel};
use spectrum_grafana_check::frame::series;
use spectrum_grafana_check::interpolate::{Choices, DoubleQuotes};
use spectrum_grafana_check::macros::{Fill, FillWith, expand};
use spectrum_testkit::PrivatePostgres;

use crate::expected::{Cell, Filter, answer, offered_accounts};
use crate::world::{Columns, HOUR, MINUTE, QUOTED, USUAL, World, range, server, settings};

/// What Grafana would ask for a panel, and how it would fill the answer.
pub(crate) fn query(panel: &Panel, choices: &Choices) -> (String, Option<Fill>) {
    let [target] = panel.targets.as_slice() else { panic!("'{}' has not one query", panel.title) };
    let expanded = expand(&choices.interpolate(&target.sql).unwrap(), &range()).unwrap();
    (expanded.sql, expanded.fill)
}

/// Asks every panel and compares.
pub(crate) fn check(
    server: &PrivatePostgres,
    world: &World,
    choices: &Choices,
    filter: &Filter,
    about: &str,
) {
    let panels = Dashboard::load().unwrap().panels;
    let (sql, fills): (Vec<_>, Vec<_>) = panels.iter().map(|panel| query(panel, choices)).unzip();
    let tables = ask_all(server, &settings(), &sql).unwrap();
    for ((panel, table), fill) in panels.iter().zip(tables).zip(fills) {
        let name = format!("{} ({})", panel.title, panel.kind);
        let expected = answer(&name, world, filter);
        compare(&table, &expected, &format!("{name}, {about}"));
        types_are_grafanas(&table, &name);
        fields_are_there(panel, &table);
        if panel.targets[0].format == "time_series" {
            // Without the fill Grafana would draw a line across buckets in which nothing happened.
            let gaps = panel.targets[0].sql.contains("$__timeGroup").then_some(FillWith::Null);
            assert_eq!(fill.map(|fill| fill.with), gaps, "{name}");
            framed(&table, fill, &expected, &name);
        }
    }
}

fn compare(table: &Table, expected: &[Vec<Cell>], about: &str) {
    let rows: Vec<Vec<Cell>> = table
        .rows
        .iter()
        .zip(expected.iter().map(Some).chain(std::iter::repeat(None)))
        .map(|(row, like)| {
            let like = |nth: usize| like.and_then(|cells| cells.get(nth));
            row.iter().enumerate().map(|(nth, value)| cell(value, like(nth))).collect()
        })
        .collect();
    let close = |a: &Cell, b: &Cell| match (a, b) {
        (Cell::Number(a), Cell::Number(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        (a, b) => a == b,
    };
    let equal = rows.len() == expected.len()
        && rows.iter().zip(expected).all(|(row, expected)| {
            row.len() == expected.len() && row.iter().zip(expected).all(|(a, b)| close(a, b))
        });
    assert!(equal, "{about}\nPostgreSQL answered {rows:#?}\nand not          {expected:#?}");
}

/// A value as the kind of cell that is expected in its place.
fn cell(value: &Value, like: Option<&Cell>) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::String(text) if matches!(like, Some(Cell::Instant(_))) => {
            // Grafana too takes a timestamp without a zone for one in UTC.
            let instant = text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse());
            Cell::Instant(instant.unwrap().as_microsecond())
        }
        Value::String(text) => Cell::Text(text.clone()),
        value => Cell::Number(value.as_f64().unwrap()),
    }
}

/// Other types, intervals for example, would reach Grafana as texts.
fn types_are_grafanas(table: &Table, about: &str) {
    for column in &table.columns {
        let known = ["bigint", "integer", "double precision", "numeric", "text"];
        let known = known.contains(&column.ty.as_str()) || column.ty.starts_with("timestamp with");
        assert!(known, "{about}: {column:?}");
    }
}

/// An override or an axis for a field that no answer has does nothing, and nobody notices.
fn fields_are_there(panel: &Panel, table: &Table) {
    let overridden = panel.fields.overrides.iter().map(|one| one.matcher.options.as_str());
    let x_field = panel.options.get("xField").and_then(Value::as_str);
    for field in overridden.chain(x_field) {
        assert!(table.column(field).is_some(), "'{}' has no field '{field}'", panel.title);
    }
}

/// The plugin can make series of the answer, with a gap for each bucket without a row.
fn framed(table: &Table, fill: Option<Fill>, expected: &[Vec<Cell>], about: &str) {
    let series = series(table, fill, &range()).unwrap();
    if let (Some(fill), false) = (fill, expected.is_empty()) {
        let first = (range().from.as_second() as f64 / fill.seconds).floor();
        let last = (range().to.as_second() as f64 / fill.seconds).floor();
        assert_eq!(series.times.len() as f64, last - first + 1.0, "{about}");
        // Where a column names series, each has the rows that it is named in.
        let has_metric = table.columns.iter().any(|column| column.name == "metric");
        for (name, values) in &series.values {
            let rows = expected.iter().filter(|row| !has_metric || row[1] == Cell::Text(name.clone()));
            assert_eq!(values.iter().flatten().count(), rows.count(), "{about}: {name}");
        }
    }
}

#[test]
fn every_panel_answers_what_the_sessions_are() {
    let world = World::new();
    let server = server(&world, USUAL);
    let opened = || Choices::of(&Dashboard::load().unwrap(), &range()).unwrap();
    let all = Filter::default;
    let only = |accounts: &[&'static str]| Filter { accounts: Some(accounts.to_vec()), ..all() };
    let check =
        |choices: Choices, filter: Filter, about: &str| check(&server, &world, &choices, &filter, about);

    check(opened(), all(), "as it opens");
    check(opened().with_many("account", &[QUOTED]), only(&[QUOTED]), "an account with quotes");
    check(
        opened().with_many("account", &[QUOTED]).quoted(DoubleQuotes::WithBackslash),
        only(&[QUOTED]),
        "an account with quotes, written by a newer front end",
    );
    check(opened().with_many("account", &["(none)"]), only(&["(none)"]), "no account");
    check(
        opened().with_many("account", &["acme", "back\\slash", "a--b", "größe", "edge"]),
        only(&["acme", "back\\slash", "a--b", "größe", "edge"]),
        "several accounts",
    );
    check(opened().with("account", "acme"), only(&["acme"]), "one account, not as a list");
    check(opened().with_many("account", &["nobody"]), only(&["nobody"]), "an account without sessions");
    check(opened().with_many("account", &[]), all(), "nothing chosen");
    check(opened().with("account", ""), all(), "an empty choice");
    check(opened().with("contains", "AcMe"), Filter { contains: "acme", ..all() }, "part of the name");
    check(opened().with("contains", "%"), Filter { contains: "%", ..all() }, "a wildcard of LIKE");
    check(opened().with("contains", "o'n"), Filter { contains: "o'n", ..all() }, "a quote in the part");
    check(
        opened().with("contains", "north").with_many("account", &["acme"]),
        Filter { contains: "north", ..only(&["acme"]) },
        "part of the name and another account",
    );
    for (bucket, bucket_seconds) in [("5m", 300), ("15m", 900), ("1h", 3600), ("6h", 21_600), ("1d", 86_400)]
    {
        check(opened().with("bucket", bucket), Filter { bucket_seconds, ..all() }, bucket);
    }
    let india = Filter { zone_ahead: 19_800, ..all() };
    check(opened().with("zone", "Asia/Kolkata"), india, "hours in India");
    check(opened().with("zone", ""), all(), "no time zone");
}

/// Of what nothing is declared, nothing is shown, and the panels say so.
#[test]
fn nothing_is_told_where_nothing_is_declared() {
    let dashboard = Dashboard::load().unwrap();
    let choices = Choices::of(&dashboard, &range()).unwrap();
    let server = server(&World::new(), Columns { tells: false, ..USUAL });
    let told = ["Conditions met", "Numbers per session", "What sessions tell"];
    let panels: Vec<_> =
        dashboard.panels.iter().filter(|panel| told.contains(&panel.title.as_str())).collect();
    assert_eq!(panels.len(), told.len());
    for panel in panels {
        let (sql, _) = query(panel, &choices);
        let table = ask(&server, &settings(), &sql).unwrap();
        assert!(table.rows.is_empty(), "{}: {:?}", panel.title, table.rows);
        let says = panel.fields.defaults.get("noValue").and_then(Value::as_str).unwrap();
        assert!(says.contains("[summary.columns]"), "{says}");
        // No session is looked at for it.
        let plan =
            server.run_script(&format!("{}EXPLAIN (ANALYZE, TIMING OFF) {sql};", clock::SETTING)).unwrap();
        assert!(plan.contains("One-Time Filter") && plan.contains("never executed"), "{plan}");
    }
}

#[test]
fn the_variable_offers_the_busiest_accounts() {
    let world = World::new();
    let dashboard = Dashboard::load().unwrap();
    let choices = Choices::of(&dashboard, &range()).unwrap();
    let sql = choices.interpolate(&dashboard.variable("account").unwrap().query).unwrap();
    let sql = expand(&sql, &range()).unwrap().sql;
    let table = ask(&server(&world, USUAL), &settings(), &sql).unwrap();
    let offered: Vec<&str> = table.rows.iter().map(|row| row[0].as_str().unwrap()).collect();
    assert_eq!(offered, offered_accounts(&world));
    assert!(offered.len() > 20);
}

#[test]
fn nobody_is_said_to_be_active_or_not_when_that_is_not_known() {
    let dashboard = Dashboard::load().unwrap();
    let panel = dashboard.panels.iter().find(|panel| panel.title == "Active now").unwrap();
    let opened = Choices::of(&dashboard, &range()).unwrap();
    let nobody = opened.clone().with_many("account", &["nobody"]);
    let asked = |server: &PrivatePostgres, choices: &Choices| {
        let (sql, _) = query(panel, choices);
        ask(server, &settings(), &sql).unwrap().rows[0][0].clone()
    };

    let fresh = server(&World::new(), USUAL);
    assert_eq!(asked(&fresh, &nobody), 0, "the last refresh is five minutes old");

    let mut stale = World::new();
    stale.refreshes.retain(|one| range().to.as_microsecond() - one.started > 30 * MINUTE);
    assert!(!stale.refreshes.is_empty());
    let stale = server(&stale, USUAL);
    assert_eq!(asked(&stale, &nobody), Value::Null, "the last refresh is longer ago than the gap");
    assert_eq!(asked(&stale, &opened), asked(&fresh, &opened), "who is active for certain is counted still");

    let mut unrefreshed = World::new();
    unrefreshed.refreshes.clear();
    unrefreshed.sessions.retain(|one| range().to.as_microsecond() - one.ended() > HOUR);
    let unrefreshed = server(&unrefreshed, USUAL);
    assert_eq!(asked(&unrefreshed, &opened), Value::Null, "nothing was refreshed ever");
}

//! A database in which nothing has happened yet.

use serde_json::Value;
use spectrum_grafana_check::ask::ask;
use spectrum_grafana_check::dashboard::Dashboard;
use spectrum_grafana_check::frame::{Series, series};
use spectrum_grafana_check::interpolate::Choices;

use crate::expected::Filter;
use crate::values::{check, query};
use crate::world::{USUAL, World, range, server, settings};

#[test]
fn nothing_is_neither_an_error_nor_a_number() {
    let dashboard = Dashboard::load().unwrap();
    let choices = Choices::of(&dashboard, &range()).unwrap();
    let server = server(&World::default(), USUAL);
    for panel in &dashboard.panels {
        let (sql, fill) = query(panel, &choices);
        let table = ask(&server, &settings(), &sql).unwrap();
        match panel.title.as_str() {
            // That no session started is a fact.
            "Sessions" if panel.kind == "stat" => assert_eq!(table.rows, [[Value::from(0)]]),
            _ if panel.kind == "stat" => {
                assert_eq!(table.rows, [[Value::Null]], "{}", panel.title);
                let says = panel.fields.defaults.get("noValue").and_then(Value::as_str);
                assert!(says.is_some_and(|says| !says.is_empty()), "'{}' says nothing then", panel.title);
            }
            title => assert!(table.rows.is_empty(), "{title}: {:?}", table.rows),
        }
        if panel.targets[0].format == "time_series" {
            assert_eq!(series(&table, fill, &range()).unwrap(), Series::default());
        }
    }
    let accounts = choices.interpolate(&dashboard.variable("account").unwrap().query).unwrap();
    assert!(ask(&server, &settings(), &accounts).unwrap().rows.is_empty());
    check(&server, &World::default(), &choices, &Filter::default(), "nothing has happened");
}

//! What must hold for the dashboard whatever the data are.

use std::collections::HashSet;

use serde_json::Value;
use spectrum_grafana_check::dashboard::{Dashboard, Panel, folder};

fn dashboard() -> Dashboard {
    Dashboard::load().unwrap()
}

/// Every SQL of the dashboard with the name of what asks it.
fn queries() -> Vec<(String, String)> {
    let dashboard = dashboard();
    let panels = dashboard.panels.iter().flat_map(|panel| {
        panel.targets.iter().map(|target| (format!("{} ({})", panel.title, panel.kind), target.sql.clone()))
    });
    let account = dashboard.variable("account").unwrap();
    panels.chain([("variable account".to_owned(), account.query.clone())]).collect()
}

#[test]
fn panels_have_one_number_and_one_place_each() {
    let panels = dashboard().panels;
    let ids: HashSet<u32> = panels.iter().map(|panel| panel.id).collect();
    assert_eq!(ids.len(), panels.len());
    let mut taken = HashSet::new();
    for Panel { title, place, .. } in &panels {
        assert!(place.w > 0 && place.h > 0 && place.x + place.w <= 24, "{title}: {place:?}");
        for x in place.x..place.x + place.w {
            for y in place.y..place.y + place.h {
                assert!(taken.insert((x, y)), "'{title}' lies on another panel at column {x}, row {y}");
            }
        }
    }
    let rows = panels.iter().map(|panel| panel.place.y + panel.place.h).max().unwrap();
    assert_eq!(taken.len() as u32, 24 * rows, "there is a hole between the panels");
}

#[test]
fn panels_say_what_they_show_and_in_which_unit() {
    for panel in dashboard().panels {
        assert!(panel.description.len() > 40 && panel.description.ends_with('.'), "{}", panel.title);
        let unit = panel.fields.defaults.get("unit").and_then(Value::as_str);
        assert!(unit.is_some_and(|unit| !unit.is_empty()), "{}", panel.title);
        let thresholds = panel.fields.defaults.pointer("/thresholds/steps/0/value");
        assert_eq!(thresholds, Some(&Value::Null), "{}: the first threshold has no bound", panel.title);
        if panel.kind == "timeseries" && panel.title != "Refresh duration" {
            assert!(panel.description.contains("bucket in which it started"), "{}", panel.title);
        }
    }
}

#[test]
fn the_readme_tells_of_every_panel_and_every_variable() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for panel in dashboard().panels {
        let title = panel.title.replace(" (${zone})", "");
        assert!(
            readme.contains(&format!("| {title} |")) || readme.contains(&format!("{title}, ")),
            "{title}"
        );
    }
    for variable in dashboard().templating.list {
        assert!(readme.contains(&variable.label), "{}", variable.label);
    }
}

#[test]
fn queries_read_the_views_only() {
    for (name, sql) in queries() {
        for (at, _) in sql.match_indices("${schema") {
            let relation = &sql[at..];
            let known = ["${schema:doublequote}.v_session_summary", "${schema:doublequote}.v_refresh_log"];
            assert!(known.iter().any(|known| relation.starts_with(known)), "{name}: {relation}");
        }
        for elsewhere in ["pg_", "information_schema", "spectrum_", "fact_events", "public."] {
            assert!(!sql.contains(elsewhere), "{name} reads {elsewhere}");
        }
        // Which relation a refresh was of is the only place where another name may stand.
        let without_names = sql
            .replace("right(relation, 12) = '.mv_sessions'", "")
            .replace("right(relation, 19) = '.mv_session_summary'", "");
        assert!(!without_names.contains("mv_"), "{name}");
    }
}

#[test]
fn variables_are_quoted_by_grafana() {
    let dashboard = dashboard();
    for (name, sql) in queries() {
        let mut rest = sql.as_str();
        while let Some(at) = rest.find('$') {
            rest = &rest[at + 1..];
            if let Some(reference) = rest.strip_prefix('{') {
                let (reference, _) = reference.split_once('}').unwrap();
                let (variable, format) = reference.split_once(':').expect(reference);
                assert!(dashboard.variable(variable).is_some(), "{name}: {variable}");
                let right = if variable == "schema" { "doublequote" } else { "sqlstring" };
                assert_eq!(format, right, "{name}: {variable}");
            } else {
                assert!(rest.starts_with("__"), "{name}: ${}", &rest[..rest.len().min(20)]);
            }
        }
        // Grafana's older form of a variable, and comments, which some versions of the plugin strip.
        for odd in ["[[", "--", "/*"] {
            assert!(!sql.contains(odd), "{name} has {odd}");
        }
    }
}

#[test]
fn panels_obey_the_time_range_and_the_account() {
    for panel in dashboard().panels {
        let sql = &panel.targets[0].sql;
        let over_time = !["Active now", "Data age"].contains(&panel.title.as_str());
        assert_eq!(sql.contains("$__timeFilter(started_at)"), over_time, "{}", panel.title);
        if sql.contains(".v_session_summary") {
            let of_account = sql.matches("${account:sqlstring}").count();
            assert_eq!((of_account, sql.matches("${contains:sqlstring}").count()), (3, 2), "{}", panel.title);
        }
        let by_bucket = panel.kind == "timeseries" && panel.title != "Refresh duration";
        assert_eq!(sql.contains("${bucket:sqlstring}"), by_bucket, "{}", panel.title);
    }
}

#[test]
fn what_is_not_to_be_changed_by_an_address_is_hidden() {
    let json: Value = serde_json::from_str(&spectrum_grafana_check::dashboard::json().unwrap()).unwrap();
    for variable in json["templating"]["list"].as_array().unwrap() {
        if variable["type"] == "constant" {
            assert_eq!((&variable["hide"], &variable["skipUrlSync"]), (&2.into(), &true.into()));
        }
    }
    assert_eq!(dashboard().variable("schema").unwrap().query, "analytics");
}

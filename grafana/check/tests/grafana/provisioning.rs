//! The files that set Grafana up fit together and fit what the README tells.

use spectrum_grafana_check::dashboard::{Dashboard, folder};

fn read(path: &str) -> String {
    std::fs::read_to_string(folder().join(path)).unwrap()
}

/// The value behind `key:` on its first line.
fn value(yaml: &str, key: &str) -> String {
    let line =
        yaml.lines().find_map(|line| line.trim().trim_start_matches("- ").strip_prefix(&format!("{key}:")));
    line.unwrap_or_else(|| panic!("no {key}")).trim().to_owned()
}

#[test]
fn the_data_source_is_the_one_that_the_dashboard_opens_with() {
    let yaml = read("provisioning/datasources/spectrum.yaml");
    let dashboard = Dashboard::load().unwrap();
    let variable = dashboard.variable("datasource").unwrap();
    assert_eq!(value(&yaml, "type"), variable.query);
    assert_eq!(value(&yaml, "uid"), variable.current["value"].as_str().unwrap());
    assert_eq!(value(&yaml, "name"), variable.current["text"].as_str().unwrap());
}

#[test]
fn the_password_comes_from_the_environment_and_is_stored_as_a_secret() {
    let yaml = read("provisioning/datasources/spectrum.yaml");
    let (_, secrets) = yaml.split_once("secureJsonData:\n").unwrap();
    assert_eq!(value(secrets, "password"), "$SPECTRUM_PG_PASSWORD");
    assert_eq!(yaml.matches("password:").count(), 1);
}

#[test]
fn every_variable_of_the_environment_is_in_the_readme() {
    let (yaml, readme) = (read("provisioning/datasources/spectrum.yaml"), read("README.md"));
    let names: Vec<&str> = yaml
        .lines()
        .filter(|line| !line.trim().starts_with('#'))
        .filter_map(|line| line.split_once('$'))
        .map(|(_, name)| name.trim())
        .collect();
    assert_eq!(names.len(), 5);
    for name in names {
        assert!(readme.contains(&format!("`{name}`")), "{name}");
        assert!(readme.contains(&format!("{name}=")) || readme.contains(&format!("-e {name}")), "{name}");
    }
}

#[test]
fn dashboards_are_where_the_readme_puts_them() {
    let path = value(&read("provisioning/dashboards/spectrum.yaml"), "path");
    assert!(read("README.md").contains(&format!("dashboards:{path}:ro")), "{path}");
    assert!(read("README.md").contains(&format!("grafana/dashboards/sessions.json {path}/")), "{path}");
}

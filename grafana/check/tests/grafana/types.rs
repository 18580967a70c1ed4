//! The dashboard's JSON against the types that Grafana publishes, with the TypeScript compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use spectrum_grafana_check::dashboard::json;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("types")
}

#[test]
fn the_dashboard_has_grafanas_types_and_mistakes_have_not() {
    if Command::new("npm").arg("--version").output().is_err() {
        // Where CI runs there is npm; a machine without it gets this line, and from `cargo xtask test` too.
        assert!(std::env::var_os("CI").is_none(), "npm is missing");
        eprintln!("SKIPPED: npm is missing, so the dashboard was not checked against Grafana's types");
        return;
    }
    install();
    let generated = folder().join("generated");
    std::fs::remove_dir_all(&generated).ok();
    std::fs::create_dir_all(&generated).unwrap();
    write(&generated, "sessions", &json().unwrap());
    let mistakes = mistakes();
    for (name, mistaken) in &mistakes {
        write(&generated, name, &mistaken.to_string());
    }

    let compiler = folder().join("node_modules/.bin/tsc");
    let output =
        Command::new(compiler).args(["--project", ".", "--pretty", "false"]).current_dir(folder()).output();
    let printed = String::from_utf8(output.unwrap().stdout).unwrap();
    let errors = |name: &str| -> Vec<&str> {
        printed.lines().filter(|line| line.starts_with(&format!("generated/{name}.ts("))).collect()
    };
    assert_eq!(errors("sessions"), Vec::<&str>::new());
    for (name, _) in &mistakes {
        assert!(!errors(name).is_empty(), "{name} was not rejected; the compiler printed\n{printed}");
    }
    let elsewhere: Vec<_> =
        printed.lines().filter(|line| !line.starts_with("generated/") && !line.starts_with(' ')).collect();
    assert_eq!(elsewhere, Vec::<&str>::new());
}

/// Installs the exact versions of package.json, unless they are there.
fn install() {
    let package: Value = serde_json::from_str(&read(&folder().join("package.json")).unwrap()).unwrap();
    let installed = |name: &str| -> Option<Value> {
        let package = read(&folder().join("node_modules").join(name).join("package.json"))?;
        serde_json::from_str::<Value>(&package).ok()?.get("version").cloned()
    };
    let wanted = package["dependencies"].as_object().unwrap();
    if wanted.iter().all(|(name, version)| installed(name).as_ref() == Some(version)) {
        return;
    }
    let output = Command::new("npm")
        .args(["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder())
        .output()
        .unwrap();
    assert!(output.status.success(), "npm install: {}", String::from_utf8_lossy(&output.stderr));
    for (name, version) in wanted {
        assert_eq!(installed(name).as_ref(), Some(version), "{name}");
    }
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn write(folder: &Path, name: &str, json: &str) {
    let text =
        format!("import type {{ Dashboard }} from '../checked';\nexport const it: Dashboard = {json};\n");
    std::fs::write(folder.join(format!("{name}.ts")), text).unwrap();
}

/// The dashboard with one mistake each: proof that the compiler would find them.
fn mistakes() -> Vec<(&'static str, Value)> {
    let mistaken = |name, pointer: &str, wrong: Value| {
        let mut dashboard: Value = serde_json::from_str(&json().unwrap()).unwrap();
        *dashboard.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = wrong;
        (name, dashboard)
    };
    vec![
        mistaken("a_word_for_a_number", "/panels/0/gridPos/w", json!("4")),
        mistaken("an_unknown_place", "/panels/0/gridPos", json!({"x": 0, "y": 0, "w": 4, "height": 4})),
        mistaken("an_unknown_kind", "/panels/0/type", json!("statistic")),
        mistaken("an_unknown_mode", "/panels/0/options/colorMode", json!("rainbow")),
        mistaken(
            "options_of_another_kind",
            "/panels/0/options",
            json!({"showHeader": true, "frameIndex": 0}),
        ),
        mistaken("an_unknown_style", "/panels/6/fieldConfig/defaults/custom/drawStyle", json!("bar")),
        mistaken("an_unknown_field", "/panels/6/fieldConfig/defaults/custom", json!({"axisMinimum": 0})),
        mistaken("an_unknown_override", "/panels/7/fieldConfig/overrides/0/properties/0/id", json!("colour")),
        mistaken("a_threshold_without_color", "/panels/5/fieldConfig/defaults/thresholds/steps/0", json!({})),
        mistaken("an_unknown_variable", "/templating/list/2/type", json!("text")),
        mistaken("an_unknown_hiding", "/templating/list/5/hide", json!(5)),
        mistaken("another_data_source", "/panels/0/targets/0/datasource/type", json!("postgres")),
        mistaken("no_query", "/panels/0/targets/0/rawSql", json!(null)),
    ]
}

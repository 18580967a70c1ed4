//! A dbt project as a user of the package would have it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use spectrum_testkit::{Case, ColumnType, NullTime, PrivatePostgres};

use super::warehouse::Adapter;
use crate::conformance::sql::EVENTS;

/// The schema that dbt makes its models in.
pub(super) const SCHEMA: &str = "made_by_dbt";

/// A model of the project's own, which merges its rows.
pub(super) const OWN_MODEL: &str = "merged_sessions";

const OWN_MODEL_SQL: &str = "\
{{ config(materialized='incremental', incremental_strategy='merge', unique_key=spectrum.definition().event_id,
          pre_hook='{{ spectrum.forget_changed_keys() }}') }}
{{ spectrum.sessions_model(spectrum.events(), spectrum.definition()) }}
";

/// Its folder, which is made anew.
pub(super) struct Project {
    pub(super) adapter: &'static Adapter,
    folder: PathBuf,
}

impl Project {
    /// A project for the default definition.
    pub(super) fn new(adapter: &'static Adapter, root: &Path, server: &PrivatePostgres) -> Result<Self> {
        let folder = root.join("target/conformance-dbt").join(adapter.name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for kind in ["models", "analyses", "macros"] {
            fs::create_dir_all(folder.join(kind))?;
        }
        let project = Self { adapter, folder };
        let package = root.join("integrations/dbt");
        project.write("packages.yml", &json!({ "packages": [{ "local": package }] }).to_string())?;
        let output = match adapter.name {
            // What depends on the zone would be seen by one that is not UTC.
            "duckdb" => json!({ "type": "duckdb", "path": project.database(), "schema": SCHEMA, "threads": 2,
                                "settings": { "TimeZone": "Asia/Kathmandu" } }),
            _ => {
                json!({ "type": "postgres", "host": server.socket_folder(), "port": server.port().unwrap_or(5432),
                         "user": server.user(), "password": "none", "dbname": server.database(),
                         "schema": SCHEMA, "threads": 2 })
            }
        };
        let profiles = json!({ "shop": { "target": "here", "outputs": { "here": output } } });
        project.write("profiles.yml", &profiles.to_string())?;
        let sources = json!({ "version": 2, "sources": [{ "name": "shop", "schema": adapter.schema,
                                                          "tables": [{ "name": EVENTS }] }] });
        project.write("models/sources.yml", &sources.to_string())?;
        project.write(
            "analyses/sessions.sql",
            "{{ spectrum.sessions_sql(spectrum.events(), spectrum.definition()) }}",
        )?;
        project.write(&format!("models/{OWN_MODEL}.sql"), OWN_MODEL_SQL)?;
        project.write_vars(json!({ "spectrum_events": events() }))?;
        Ok(project)
    }

    /// The vars of a case.
    pub(super) fn define(&self, case: &Case) -> Result<()> {
        let wanted = &case.definition;
        let keys = case.key_columns();
        let time_type = match case.time_type() {
            ColumnType::Date32 => "date",
            ColumnType::Timestamp(_, Some(_)) => "timestamptz",
            _ => "timestamp",
        };
        self.write_vars(json!({
            "spectrum_events": events(),
            "spectrum_event_id": wanted.event_id,
            "spectrum_event_id_type": type_name(&case.columns[0].ty),
            "spectrum_time": wanted.time,
            "spectrum_time_type": time_type,
            "spectrum_key": wanted.key,
            "spectrum_key_types": keys.iter().map(|column| type_name(&column.ty)).collect::<Vec<_>>(),
            "spectrum_gap": wanted.gap,
            "spectrum_id": wanted.id.to_string(),
            "spectrum_null_time": if wanted.null_time == NullTime::Drop { "drop" } else { "refuse" },
            "spectrum_allow_id_collisions": wanted.allow_id_collisions,
        }))
    }

    /// The project with these vars. In PostgreSQL `sessions` has an index that README.md recommends.
    pub(super) fn write_vars(&self, vars: Value) -> Result<()> {
        let mut project = json!({ "name": "shop", "version": "1.0.0", "config-version": 2, "profile": "shop",
                                  "flags": { "send_anonymous_usage_stats": false }, "vars": vars,
                                  // The project's macros stand before the package's; see `others`.
                                  "dispatch": [{ "macro_namespace": "spectrum",
                                                 "search_order": ["shop", "spectrum"] }] });
        if self.adapter.name == "postgres" {
            let indexes = json!([{ "columns": ["event_id"], "unique": true }]);
            project["models"] = json!({ "spectrum": { "sessions": { "+indexes": indexes } } });
        }
        self.write("dbt_project.yml", &project.to_string())
    }

    /// Writes a file of the project.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.folder.join(name), text).with_context(|| format!("writing {name}"))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes a file away.
    pub(super) fn remove(&self, name: &str) -> Result<()> {
        fs::remove_file(self.folder.join(name)).with_context(|| format!("removing {name}"))
    }

    /// DuckDB's file.
    pub(super) fn database(&self) -> PathBuf {
        self.folder.join("shop.duckdb")
    }

    /// What dbt last compiled of a model of the package.
    pub(super) fn compiled(&self, model: &str) -> Result<String> {
        self.read(&format!("target/compiled/spectrum/models/{model}.sql"))
    }

    /// What dbt last compiled of a model of the project's own.
    pub(super) fn compiled_own(&self, model: &str) -> Result<String> {
        self.read(&format!("target/compiled/shop/models/{model}.sql"))
    }

    /// What dbt last compiled of the project's own analysis.
    pub(super) fn compiled_analysis(&self, name: &str) -> Result<String> {
        self.read(&format!("target/compiled/shop/analyses/{name}.sql"))
    }

    fn read(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.folder.join(path)).with_context(|| format!("reading {path}"))
    }
}

/// The var that says where the events are.
pub(super) fn events() -> String {
    format!("shop.{EVENTS}")
}

fn type_name(ty: &ColumnType) -> &'static str {
    match ty {
        ColumnType::Boolean => "boolean",
        ColumnType::Uuid => "uuid",
        ColumnType::Utf8 => "text",
        _ => "integer",
    }
}

//! The adapters that do not run here: what dbt compiles with their macros must be what `spectrum sql` prints, and the
//! incremental query must be one that sqlglot reads in their dialect.
//!
//! dbt has to be connected to something to compile. It is DuckDB, and the project's own macros answer in the package's
//! place by those of the other adapter.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use spectrum_core::{IdScheme, SessionDefinition};
use spectrum_sql::dialect::dbt::adapter;
use spectrum_sql::dialect::{Dialect, KeyType, TimeType, Types};
use spectrum_testkit::engines::Python;

use super::printed;
use super::project::{Project, SCHEMA, events};
use super::warehouse::{ADAPTERS, Warehouse};
use crate::conformance::engines::{ENGINES, How};
use crate::conformance::parsed::Parser;
use crate::conformance::sql::EVENTS;

/// The macros that every generated file has, and their parameters.
const MACROS: [(&str, &str); 9] = [
    ("traits", ""),
    ("quoted", "name"),
    ("key_text", "column, type"),
    ("key_part", "column, type"),
    ("told_apart", "column, type"),
    ("moment", "column, type"),
    ("longer", "later, earlier, d"),
    ("sessions_sql", "relation, d, numbered"),
    ("summary_sql", "relation, d"),
];

const MACRO_FILE: &str = "macros/other_adapter.sql";
const INCREMENTAL: &str = "analyses/changed.sql";

pub(super) fn check(project: &Project, warehouse: &Warehouse<'_>, python: &Python) -> Result<()> {
    let runs = |dialect| ADAPTERS.iter().any(|adapter| adapter.dialect == dialect);
    project.write(
        INCREMENTAL,
        "{{ spectrum.changed_sessions_sql(spectrum.events(), ref('spectrum', 'sessions'), spectrum.definition()) }}",
    )?;
    for dialect in Dialect::ALL.into_iter().filter(|dialect| !runs(*dialect)) {
        if let Some(other) = adapter(dialect) {
            project.write(MACRO_FILE, &answering_as(other))?;
            let parser = Parser::start(python, other)?;
            let checked = defaults(project, warehouse, dialect, &parser)
                .and_then(|()| all_else(project, warehouse, dialect, &parser));
            checked.with_context(|| format!("the macros for {other}"))?;
        }
    }
    project.remove(MACRO_FILE)?;
    project.remove(INCREMENTAL)
}

fn answering_as(other: &str) -> String {
    let macros = MACROS.map(|(name, parameters)| {
        format!(
            "{{%- macro duckdb__{name}({parameters}) -%}}{{{{ return(spectrum.{other}__{name}({parameters})) }}}}{{%- endmacro %}}\n"
        )
    });
    macros.concat()
}

/// The default definition.
fn defaults(project: &Project, warehouse: &Warehouse<'_>, dialect: Dialect, parser: &Parser) -> Result<()> {
    project.write_vars(json!({ "spectrum_events": events() }))?;
    compare(project, warehouse, dialect, parser, &SessionDefinition::default(), &Types::default())
}

/// A definition with nothing in common with the default.
fn all_else(project: &Project, warehouse: &Warehouse<'_>, dialect: Dialect, parser: &Parser) -> Result<()> {
    project.write_vars(json!({
        "spectrum_events": events(), "spectrum_event_id": "Id", "spectrum_event_id_type": "uuid",
        "spectrum_time": "order", "spectrum_time_type": "date", "spectrum_key": ["日本", "account", "device id"],
        "spectrum_key_types": ["text", "boolean", "uuid"], "spectrum_gap": "1h 90s", "spectrum_id": "start",
        "spectrum_columns": ["event type"], "spectrum_null_time": "drop",
    }))?;
    let key = ["日本", "account", "device id"];
    let definition =
        SessionDefinition::builder().key(key).time("order").event_id("Id").gap("1h 90s".parse()?);
    let types = Types {
        time: Some(TimeType::Date),
        key: vec![KeyType::Text, KeyType::Boolean, KeyType::Uuid],
        event_id: KeyType::Uuid,
        carried: vec!["event type".to_owned()],
        without_null_times: true,
        ..Types::default()
    };
    compare(project, warehouse, dialect, parser, &definition.id(IdScheme::Start).build()?, &types)
}

fn compare(
    project: &Project,
    warehouse: &Warehouse<'_>,
    dialect: Dialect,
    parser: &Parser,
    definition: &SessionDefinition,
    types: &Types,
) -> Result<()> {
    warehouse.run(&["compile", "--no-introspect", "--full-refresh"])?;
    printed::check_models(project, dialect, definition, types)?;
    let changed = project.compiled_analysis("changed")?;
    ensure!(changed.contains("due_events"), "no incremental query was compiled: {changed}");
    // The relations' names are DuckDB's, which this is not about.
    // The relations' names are DuckDB's, and not what is to be read.
    let [events, sessions] =
        [(project.adapter.schema, EVENTS), (SCHEMA, "sessions")].map(|(schema, name)| {
            (format!("\"{}\".\"{schema}\".\"{name}\"", project.adapter.database), format!("{schema}.{name}"))
        });
    let changed = changed.replace(&events.0, &events.1).replace(&sessions.0, &sessions.1);
    match ENGINES.iter().find(|engine| engine.dialect == dialect).map(|engine| &engine.how) {
        Some(How::Parsed { known, .. }) => parser.read_query(&changed, known),
        // sqlglot knows few functions of Spark and ClickHouse; those here have run there.
        _ => parser.unknown(&changed).map(drop),
    }
}

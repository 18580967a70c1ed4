//! `spectrum status`: what stands in PostgreSQL, and how fresh it is.

use anyhow::Result;
use clap::Args;
use serde_json::json;
use spectrum_postgres::{Status, drift, status};

use super::print;
use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::numbers::{count, seconds};
use crate::table::table;

/// Show what stands in PostgreSQL: freshness, last refreshes, sizes, and what to do
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    deployed: DeployedFlags,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum status
  spectrum status --schema analytics --json";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let wanted = arguments.deployed.resolve()?;
    let mut connection = arguments.database.server()?.connect("spectrum status")?;
    let mut found = status(&mut *connection, &wanted)?;
    if arguments.deployed.has_definition() {
        let drifted = drift(&mut *connection, &wanted)?.into_iter();
        found.advice.extend(
            drifted.map(|what| format!("{what} in the definition file; spectrum deploy brings it in")),
        );
    }
    Ok(print(&if arguments.json { as_json(&found).to_string() } else { as_text(&found) })?)
}

fn as_text(found: &Status) -> String {
    let deployment = &found.deployment;
    let definition = &deployment.definition;
    let index = if found.events_index { "with" } else { "without" };
    let mut lines = vec![
        format!("{} over {}, by Spectrum {}", deployment.sessions(), deployment.events, found.made_by),
        format!(
            "  key    {}; gap {}, ids {}",
            definition.key().join(", "),
            definition.gap(),
            definition.id()
        ),
        format!("  events about {}, {index} an index on key and time", count(found.events)),
        match found.age_seconds {
            Some(age) => format!("  fresh  as of {} ago", seconds(age.max(0.0))),
            None => "  fresh  as of nobody knows when".to_owned(),
        },
        String::new(),
    ];
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let relations: Vec<[String; 6]> = found
        .relations
        .iter()
        .map(|relation| {
            [
                relation.name.to_string(),
                yes(relation.populated),
                yes(relation.unique_index),
                count(relation.rows),
                bytes(relation.bytes),
                bytes(relation.index_bytes),
            ]
        })
        .collect();
    let header = ["relation", "populated", "unique index", "rows, about", "size", "of it indexes"];
    lines.push(table(header, 1, &relations));
    lines.push(String::new());
    if found.refreshes.is_empty() {
        lines.push("  no refreshes yet".to_owned());
    } else {
        let refreshes: Vec<[String; 6]> = found
            .refreshes
            .iter()
            .map(|past| {
                [
                    past.started_at.clone(),
                    past.relation.clone(),
                    past.outcome.clone(),
                    past.method.clone(),
                    seconds(past.seconds),
                    past.rows.map(|rows| count(rows.unsigned_abs())).unwrap_or_default(),
                ]
            })
            .collect();
        lines.push(table(["refresh, UTC", "relation", "outcome", "method", "took", "rows"], 4, &refreshes));
    }
    if !found.advice.is_empty() {
        lines.push(String::new());
        lines.extend(found.advice.iter().map(|advice| format!("  ! {advice}")));
    }
    lines.join("\n")
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..10_000_000_000 => format!("{} MB", count(bytes / 1_000_000)),
        _ => format!("{} GB", count(bytes / 1_000_000_000)),
    }
}

fn as_json(found: &Status) -> serde_json::Value {
    let definition = &found.deployment.definition;
    let relations: Vec<_> = found
        .relations
        .iter()
        .map(|relation| {
            json!({
                "relation": relation.name.to_string(),
                "populated": relation.populated,
                "unique_index": relation.unique_index,
                "rows": relation.rows,
                "bytes": relation.bytes,
                "index_bytes": relation.index_bytes,
            })
        })
        .collect();
    let refreshes: Vec<_> = found
        .refreshes
        .iter()
        .map(|past| {
            json!({
                "relation": past.relation,
                "started_at": past.started_at,
                "seconds": past.seconds,
                "method": past.method,
                "outcome": past.outcome,
                "rows": past.rows,
                "error": past.error,
            })
        })
        .collect();
    json!({
        "events_table": found.deployment.events.to_string(),
        "made_by": found.made_by,
        "key": definition.key(),
        "time": definition.time(),
        "gap": definition.gap().to_string(),
        "id": definition.id().to_string(),
        "events": found.events,
        "events_index": found.events_index,
        "age_seconds": found.age_seconds,
        "relations": relations,
        "refreshes": refreshes,
        "advice": found.advice,
    })
}

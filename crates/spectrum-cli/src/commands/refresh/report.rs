//! A run as a table for people, and as JSON for programs.

use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::{Value, json};
use spectrum_postgres::{Method, Outcome, RefreshReport, Refreshed};
use spectrum_sql::TableName;

use crate::numbers::{count, counted, seconds};
use crate::table::table;

/// A table with a row a view, and below it what went wrong.
pub(super) fn as_text(report: &RefreshReport) -> String {
    let row = |view: &Refreshed| {
        let tried = view.method.is_some();
        [
            view.relation.to_string(),
            view.outcome.name().to_owned(),
            view.method.map_or("-", Method::name).to_owned(),
            view.reason.clone(),
            if tried { seconds(view.took().as_secs_f64()) } else { "-".to_owned() },
            view.rows.map_or_else(|| "-".to_owned(), |rows| count(rows.unsigned_abs())),
        ]
    };
    let rows: Vec<_> = report.views.iter().map(row).collect();
    let mut lines = vec![format!(
        "{} of {} refreshed",
        report.count(Outcome::Ok),
        counted(report.views.len() as u64, "view", "views")
    )];
    lines.push(table(["view", "outcome", "method", "because", "took", "rows"], 4, &rows));
    lines.extend(troubles(report));
    lines.join("\n")
}

/// A line for every view that was tried in vain.
pub(super) fn troubles(report: &RefreshReport) -> Vec<String> {
    report.views.iter().filter_map(trouble).collect()
}

/// What went wrong with a view.
pub(super) fn trouble(view: &Refreshed) -> Option<String> {
    let error = view.error.as_ref()?;
    Some(format!("{} {}: {error}", view.relation, view.outcome.name()))
}

/// What a view that has ended, ended like.
pub(super) fn ended(view: &Refreshed) -> String {
    let relation = &view.relation;
    match (view.outcome, trouble(view)) {
        (_, Some(trouble)) => trouble,
        (Outcome::Skipped, _) => format!("{relation} skipped: {}", view.reason),
        _ => {
            let rows = view.rows.map(|rows| format!(", {}", counted(rows.unsigned_abs(), "row", "rows")));
            let how = match view.method {
                Some(Method::Concurrently) => "concurrently",
                _ => "plainly",
            };
            let took = seconds(view.took().as_secs_f64());
            format!("{relation} refreshed {how} ({}) in {took}{}", view.reason, rows.unwrap_or_default())
        }
    }
}

/// What a view begins with.
pub(super) fn begun(relation: &TableName, method: Method) -> String {
    match method {
        Method::Concurrently => format!("refreshing {relation} concurrently"),
        Method::Plain => format!("refreshing {relation} plainly"),
    }
}

pub(super) fn as_json(report: &RefreshReport) -> Value {
    let view = |view: &Refreshed| {
        json!({
            "relation": view.relation.to_string(),
            "outcome": view.outcome.name(),
            "method": view.method.map(Method::name),
            "reason": view.reason,
            "started_at": rfc3339(view.started_at),
            "finished_at": rfc3339(view.finished_at),
            "seconds": view.took().as_secs_f64(),
            "rows": view.rows,
            "error": view.error,
        })
    };
    json!({
        "run_id": report.run_id,
        "interrupted": report.interrupted,
        "views": report.views.iter().map(view).collect::<Vec<_>>(),
        "notes": report.notes,
    })
}

fn rfc3339(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|time| time.to_string())
}

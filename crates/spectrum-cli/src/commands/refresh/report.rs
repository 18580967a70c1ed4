//! A run as a table for people, and as JSON for programs.

use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::{Value, json};
use spectrum_postgres::{Method, Outcome, RefreshReport, Refreshed};
use spectrum_sql::TableName;

use super::counts;
use crate::numbers::{count, counted, seconds};
use crate::postgres_remedy::{all_told, told};
use crate::table::table;

/// A table with a row a view, and below it what went wrong.
pub(super) fn as_text(report: &RefreshReport) -> String {
    let row = |view: &Refreshed| {
        let took_time = view.method.is_some() && !is_along(view);
        [
            view.relation.to_string(),
            view.outcome.name().to_owned(),
            view.method.map_or("-", Method::name).to_owned(),
            view.reason.clone(),
            if took_time { seconds(view.took().as_secs_f64()) } else { "-".to_owned() },
            view.rows.map_or_else(|| "-".to_owned(), |rows| count(rows.unsigned_abs())),
        ]
    };
    let rows: Vec<_> = report.views.iter().map(row).collect();
    let mut lines = vec![format!("{} of {} refreshed", report.count(Outcome::Ok), all(report))];
    let what = if has_tables(report) { "relation" } else { "view" };
    lines.push(table([what, "outcome", "method", "because", "took", "rows"], 4, &rows));
    for view in &report.views {
        if let Some(told) = &view.counts {
            lines.push(format!("{}:", view.relation));
            lines.extend(counts::lines(told).iter().map(|line| format!("  {line}")));
        }
    }
    lines.extend(troubles(report));
    lines.extend(all_told(&report.missed));
    lines.join("\n")
}

/// All that the run was about, as in `3 views`.
pub(super) fn all(report: &RefreshReport) -> String {
    let count = report.views.len() as u64;
    match has_tables(report) {
        true => counted(count, "relation", "relations"),
        false => counted(count, "view", "views"),
    }
}

/// Whether not all of them are views.
fn has_tables(report: &RefreshReport) -> bool {
    report.views.iter().any(|view| view.method == Some(Method::Incremental))
}

/// Whether it is fresh because another relation was refreshed.
pub(super) fn is_along(view: &Refreshed) -> bool {
    view.method == Some(Method::Incremental)
        && view.outcome == Outcome::Ok
        && view.counts.is_none()
        && view.rows.is_none()
}

/// A line for every view that was tried in vain.
pub(super) fn troubles(report: &RefreshReport) -> Vec<String> {
    report.views.iter().filter_map(trouble).collect()
}

/// What went wrong with a view.
pub(super) fn trouble(view: &Refreshed) -> Option<String> {
    let error = view.error.as_ref()?;
    Some(format!("{} {}: {}", view.relation, view.outcome.name(), told(error)))
}

/// What a view that has ended, ended like.
pub(super) fn ended(view: &Refreshed) -> String {
    let relation = &view.relation;
    match (view.outcome, trouble(view)) {
        (_, Some(trouble)) => trouble,
        (Outcome::Skipped, _) => format!("{relation} skipped: {}", view.reason),
        _ if let Some(told) = &view.counts => {
            let took = seconds(view.took().as_secs_f64());
            format!("{relation} refreshed in {took}: {}", counts::in_short(told))
        }
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
        Method::Incremental => format!("taking in what was written since {relation} was refreshed"),
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
            "counts": view.counts,
            "error": view.error.as_ref().map(told),
        })
    };
    json!({
        "run_id": report.run_id,
        "interrupted": report.interrupted,
        "views": report.views.iter().map(view).collect::<Vec<_>>(),
        "missed": all_told(&report.missed),
        "notes": all_told(&report.notes),
    })
}

fn rfc3339(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|time| time.to_string())
}

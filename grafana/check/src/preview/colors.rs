//! Grafana's dark theme: its named colours as they look there.

use serde_json::Value;

pub(super) const PAGE: &str = "#111217";
pub(super) const PANEL: &str = "#181b1f";
pub(super) const BORDER: &str = "#2a2d33";
pub(super) const GRID: &str = "#2a2d32";
pub(super) const TEXT: &str = "#ccccdc";
pub(super) const FAINT: &str = "#9a9aa6";

/// The first colours of the classic palette.
const PALETTE: [&str; 4] = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a"];

/// A named colour.
pub(super) fn named(name: &str) -> &'static str {
    match name {
        "blue" => "#5794f2",
        "purple" => "#b877d9",
        "orange" => "#ff9830",
        "green" => "#73bf69",
        "yellow" => "#fade2a",
        "red" => "#f2495c",
        _ => TEXT,
    }
}

/// The colour of a series: its fixed one, else the palette's.
pub(super) fn of_series(color: Option<&Value>, nth: usize) -> &'static str {
    match color.and_then(|color| color.get("fixedColor")).and_then(Value::as_str) {
        Some(fixed) => named(fixed),
        None => PALETTE[nth % PALETTE.len()],
    }
}

/// The colour of the highest threshold that a value reaches.
pub(super) fn of_threshold(thresholds: Option<&Value>, value: f64) -> &'static str {
    let steps = thresholds.and_then(|one| one.get("steps")).and_then(Value::as_array);
    let reached = steps
        .into_iter()
        .flatten()
        .rfind(|step| step.get("value").and_then(Value::as_f64).is_none_or(|threshold| value >= threshold));
    reached.and_then(|step| step.get("color")).and_then(Value::as_str).map_or(TEXT, named)
}

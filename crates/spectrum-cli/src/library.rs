//! What the Python package takes from here: the texts and the JSON of reports, so that both say the same.

use std::time::Duration;

use anyhow::Result;
use arrow_schema::TimeUnit;
use serde_json::Value;
use spectrum_check::Thresholds;
use spectrum_core::{EpochUnit, Gap, SessionDefinition};
use spectrum_engine::{
    AsOf, Checked, Comparison, Explanation, LateData, NullKey, RunReport, Side, Summary, Survey,
    UnusualTimes, UsualTimes,
};

use crate::commands::{check, compare, explain, report, run, summary};
use crate::finding_words::Words;

/// The same unit as Arrow has it.
pub fn in_arrow(unit: EpochUnit) -> TimeUnit {
    crate::inputs::in_arrow(unit)
}

/// From 1990 to a year from now.
pub fn usual_times() -> UsualTimes {
    crate::unusual_times::usual_times()
}

/// What there is to warn of about times in a column, if there is something.
pub fn warning(unusual: Option<&UnusualTimes>, column: &str) -> Option<String> {
    unusual.map(|unusual| crate::unusual_times::told(unusual, column))
}

/// A run as `--json` says it.
pub fn run_json(report: RunReport, definition: &SessionDefinition, took: Duration) -> Value {
    run::as_json(&report.into(), definition, took)
}

/// A summary as `--json` says it; with the name of the column that says when events arrived, what is said of late ones.
pub fn summary_json(
    summary: &Summary,
    definition: &SessionDefinition,
    as_of: Option<&AsOf>,
    late: Option<(&LateData, &str)>,
) -> Value {
    summary::whole_json(summary, definition, as_of, late)
}

/// A summary as the terminal shows it.
pub fn summary_text(
    summary: &Summary,
    definition: &SessionDefinition,
    as_of: Option<&AsOf>,
    late: Option<(&LateData, &str)>,
) -> String {
    summary::whole_text(summary, definition, as_of, late)
}

/// An explanation as `--json` says it, and as the terminal shows it.
pub fn explained(
    explanation: &Explanation,
    definition: &SessionDefinition,
    event: &str,
    null_key: NullKey,
) -> (Value, String) {
    explain::both(explanation, definition, event, null_key)
}

/// The sides that texts mean, as `--a` and `--b` have them, and what numbers in the time column count by their files.
///
/// # Errors
/// When one of them means nothing.
pub fn sides(
    a: &str,
    b: &str,
    key: Option<&[String]>,
    time: Option<&str>,
    event_id: Option<&str>,
) -> Result<(Side, Side, Option<EpochUnit>)> {
    compare::sides_of(a, b, key, time, event_id)
}

/// A comparison as `--json` says it, and as the terminal shows it.
pub fn compared(comparison: &Comparison, a: &Side, b: &Side, names: [&str; 2]) -> (Value, String) {
    compare::both(comparison, a, b, names)
}

/// What a check found as `--json` says it, and as the terminal shows it.
pub fn checked(
    checked: &Checked,
    definition: &SessionDefinition,
    thresholds: &Thresholds,
) -> (Value, String) {
    let words = Words { key: definition.key(), zoned: checked.tallies.zoned, thresholds };
    check::both(checked, &words)
}

/// What a page is about.
#[derive(Debug)]
pub struct Page<'a> {
    /// What the events are called.
    pub inputs: &'a [String],
    /// What the page is called, if not that.
    pub title: Option<&'a str>,
    /// How many files there are.
    pub files: u64,
    /// Whether to show hashes instead of values.
    pub redact: bool,
}

/// The page that a report is.
pub fn page(
    survey: &Survey,
    checked: Option<&Checked>,
    definition: &SessionDefinition,
    thresholds: &Thresholds,
    about: &Page<'_>,
) -> String {
    report::page_of(survey, checked, definition, thresholds, about)
}

/// The gaps that a page compares, for this definition.
///
/// # Errors
/// Never, as long as those that are built in are gaps.
pub fn gaps_of_page(gaps: &[Gap], definition: &SessionDefinition) -> Result<Vec<Gap>> {
    report::gaps(gaps, definition)
}

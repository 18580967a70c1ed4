//! Refreshes under rules beyond the gap, beside REFRESH MATERIALIZED VIEW CONCURRENTLY of the view with the same SQL.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use super::super::tools::output;
use super::changes::{CHANGES, LATE_BY_START};
use super::refreshes::{head, line, refreshed};
use super::{Database, milliseconds};

/// Where a session ends depends on where it began, and on a column that the sessions do not have.
pub(super) const RULES: [&str; 4] = ["--split-on", "utm_campaign", "--max-duration", "12h"];
/// What is appended has a campaign now and then.
const CAMPAIGNS: &str = "ALTER TABLE warehouse.fact_events ALTER utm_campaign SET DEFAULT CASE WHEN random() < 0.1 THEN 'late' END;";
const REFRESH_VIEW: &str = "REFRESH MATERIALIZED VIEW CONCURRENTLY by_hand.ruled;";

/// Deploys anew under these rules, and measures the changes that cost least and most.
pub(super) fn compare(database: &Database<'_>, rounds: usize) -> Result<String> {
    database.postgres.run_script(CAMPAIGNS)?;
    println!("building under {}", RULES.join(" "));
    let query = output(
        database.tools.command(&database.tools.spectrum).args(["sql", "--dialect", "postgres"]).args(RULES),
    )?;
    let view = format!(
        "CREATE MATERIALIZED VIEW by_hand.ruled AS {query}; CREATE UNIQUE INDEX ON by_hand.ruled (event_id);"
    );
    let hand = database.script(
        "CREATE SCHEMA IF NOT EXISTS by_hand; DROP MATERIALIZED VIEW IF EXISTS by_hand.ruled",
        &view,
    )?;
    let deploy = ["deploy", "--mode", "incremental", "--id", "sequence", "--yes"];
    let ours = database.timed(&deploy.into_iter().chain(RULES).collect::<Vec<_>>())?;
    let mut text = format!(
        "### Under `{}`\n\nFirst build: the view and its unique index {hand:.1} s, `spectrum deploy --mode incremental` {ours:.1} s ({:.2} x).\n\n",
        RULES.join(" "),
        ours / hand
    );
    text += &head();
    for change in CHANGES.iter().skip(1).take(3).chain([&LATE_BY_START]) {
        println!("refreshing after {}", change.name);
        let (ours, told) = refreshed(database, change, rounds)?;
        let hand = milliseconds(database, REFRESH_VIEW)?.last().copied().context("psql told no time")?;
        text += &line(change.name.trim_end_matches(", ids by start"), ours, Some(hand), &told);
    }
    let differing = database.postgres.run_script(
        "SELECT COUNT(*) FROM by_hand.ruled h FULL JOIN analytics.mv_sessions s USING (event_id) WHERE h.* IS DISTINCT FROM s.*;",
    )?;
    ensure!(differing.trim() == "0", "{} rows differ from the view of the same SQL", differing.trim());
    let _ = writeln!(text, "\nAfter all of it no row differed from that view.\n");
    Ok(text)
}

//! Refreshes after the same changes: the maintained tables, and the view made by hand.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::super::postgres::median;
use super::super::report::{row, thousands};
use super::changes::{BEFORE_THE_BUSIEST, CHANGES, Change, LATE_BY_START};
use super::{Database, milliseconds};

const REFRESH: &str = "SELECT * FROM analytics.refresh_sessions();";
const REFRESH_BY_HAND: &str = "REFRESH MATERIALIZED VIEW CONCURRENTLY by_hand.mv_sessions;";

/// A table of all changes.
pub(super) fn compare(database: &Database<'_>, rounds: usize) -> Result<String> {
    let mut text = head();
    for change in &CHANGES {
        println!("refreshing after {}", change.name);
        let (ours, told) = refreshed(database, change, rounds)?;
        let hand = match change.beside_the_view {
            true => milliseconds(database, REFRESH_BY_HAND)?.last().copied(),
            false => None,
        };
        text += &line(change.name, ours, hand, &told);
    }
    let differing = database.postgres.run_script(
        "SELECT COUNT(*) FROM by_hand.mv_sessions h FULL JOIN analytics.mv_sessions s USING (event_id) WHERE h.* IS DISTINCT FROM s.*;",
    )?;
    ensure!(differing.trim() == "0", "{} rows differ from the view made by hand", differing.trim());
    text += &line(
        "one event an hour before the first of the busiest key",
        before_the_busiest(database)?,
        None,
        &told(database)?,
    );

    println!("building with ids by start");
    database.timed(&["deploy", "--mode", "incremental", "--id", "start", "--yes"])?;
    let (ours, of_start) = refreshed(database, &LATE_BY_START, rounds)?;
    text += &line(LATE_BY_START.name, ours, None, &of_start);
    let ours = before_the_busiest(database)?;
    text += &line(
        "one event an hour before the first of the busiest key, ids by start",
        ours,
        None,
        &told(database)?,
    );
    let verified = database.timed(&["verify", "--sample", "10%", "--allow", "future"])?;
    let busiest = database.postgres.run_script(
        "SELECT MAX(events) FROM (SELECT COUNT(*) AS events FROM warehouse.fact_events GROUP BY user_id, account_id) AS keys;",
    )?;
    text += &format!(
        "\nAfter all of it no row differed from the view made by hand, and `spectrum verify --sample 10%` found nothing for ids by start \
         ({verified:.0} s). The busiest key has {} events.\n\n",
        thousands(busiest.trim().parse()?)
    );
    Ok(text)
}

/// The head of a table of [`line()`]s.
pub(super) fn head() -> String {
    let names = [
        "after",
        "refresh, ms",
        "CONCURRENTLY by hand, ms",
        "ratio",
        "keys",
        "ids changed",
        "events with them",
    ];
    row(names) + "|---|---:|---:|---:|---:|---:|---:|\n"
}

/// The median of refreshes after so many changes of a kind, in one session that stays, and what the last told.
pub(super) fn refreshed(database: &Database<'_>, change: &Change, rounds: usize) -> Result<(f64, Value)> {
    let rounds = change.rounds.unwrap_or(rounds);
    // A session's first refresh reads the catalog; what a session costs is not the matter here.
    let mut script = REFRESH.to_owned();
    for round in 0..rounds {
        script += &format!("\n{}\n{REFRESH}", change.sql(round + 1));
    }
    let times = milliseconds(database, &script)?;
    // Two statements make a change.
    let mut ours: Vec<f64> = times[1..].chunks(3).filter_map(|chunk| chunk.last().copied()).collect();
    ensure!(ours.len() == rounds, "psql told {} times", times.len());
    Ok((median(&mut ours), told(database)?))
}

fn before_the_busiest(database: &Database<'_>) -> Result<f64> {
    let times = milliseconds(database, &format!("{REFRESH}\n{BEFORE_THE_BUSIEST}\n{REFRESH}"))?;
    times.last().copied().context("psql told no time")
}

/// What the last refresh told, from the log.
fn told(database: &Database<'_>) -> Result<Value> {
    let details = database.postgres.run_script(
        "SELECT details FROM analytics.spectrum_refresh_log WHERE details IS NOT NULL ORDER BY id DESC LIMIT 1;",
    )?;
    serde_json::from_str(details.trim()).context("the refresh log's details")
}

pub(super) fn line(name: &str, ours: f64, hand: Option<f64>, told: &Value) -> String {
    let count = |name: &str| thousands(told[name].as_u64().unwrap_or_default());
    let (hand, ratio) = match hand {
        Some(hand) => (format!("{hand:.0}"), format!("{:.0} x", hand / ours)),
        None => (String::new(), String::new()),
    };
    let line = row([
        name,
        &format!("{ours:.1}"),
        &hand,
        &ratio,
        &count("keys"),
        &count("ids_changed"),
        &count("events_renamed"),
    ]);
    // Shown at once: a run over ten million events is long.
    print!("{line}");
    line
}

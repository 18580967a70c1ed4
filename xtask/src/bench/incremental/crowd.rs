//! Many who write at once, each event a transaction of its own: with triggers and without, in turns; and with a refresh
//! going on all the while.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};
use spectrum_testkit::postgres::find_binaries;

use super::super::postgres::median;
use super::super::report::row;
use super::super::tools::output;
use super::Database;
use super::writers::{WITH, WITHOUT};

const SECONDS: u32 = 6;

/// Events of keys that are there, as they are written in life: a crowd meets in the same sessions.
const WRITES: &str = "\\set picked random(1, 1000)
INSERT INTO warehouse.fact_events (event_id, user_id, account_id, event_type, occurred_at)
SELECT gen_random_uuid(), user_id, account_id, 'click', '2026-04-01Z'::timestamptz + random() * INTERVAL '20 days'
FROM bench.keys WHERE n = :picked;
";

const KEYS: &str = "CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE bench.keys AS SELECT ROW_NUMBER() OVER () AS n, user_id, account_id FROM (
  SELECT DISTINCT user_id, account_id FROM warehouse.fact_events LIMIT 1000) AS keys;
CREATE UNIQUE INDEX ON bench.keys (n); ANALYZE bench.keys;";

/// A table of how many events so many writers write in a second.
pub(super) fn compare(database: &Database<'_>, writers: u32, rounds: usize) -> Result<String> {
    println!("building");
    database.timed(&["deploy", "--mode", "incremental"])?;
    database.postgres.run_script(KEYS)?;
    let (mut without, mut with, mut refreshing) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        println!("writing: round {} of {rounds}", round + 1);
        let mut bare = |database: &Database<'_>| -> Result<()> {
            database.postgres.run_script(WITHOUT)?;
            without.push(per_second(database, writers)?);
            database.postgres.run_script(WITH).map(drop)
        };
        if round.is_multiple_of(2) {
            bare(database)?;
        }
        with.push(per_second(database, writers)?);
        refreshing.push(beside_refreshes(database, writers)?);
        if !round.is_multiple_of(2) {
            bare(database)?;
        }
    }
    let (without, with) = (median(&mut without), median(&mut with));
    let refreshing = median(&mut refreshing);
    let mut text = format!("### {writers} writers at once\n\n");
    text += &row(["writing", "events a second", "to without"]);
    text += "|---|---:|---:|\n";
    for (words, count) in [
        ("without triggers", without),
        ("with", with),
        ("with, and refreshes one upon the other", refreshing),
    ] {
        text += &row([words, &format!("{count:.0}"), &format!("{:+.0} %", (count / without - 1.0) * 100.0)]);
    }
    let deadlocks = database.postgres.run_script(
        "SELECT pg_stat_clear_snapshot(); SELECT deadlocks FROM pg_stat_database WHERE datname = current_database();",
    )?;
    ensure!(deadlocks.trim().ends_with('0'), "there were deadlocks: {deadlocks}");
    Ok(text + "\nThere was no deadlock.\n\n")
}

/// Transactions a second, as pgbench tells them; it fails with any transaction.
fn per_second(database: &Database<'_>, writers: u32) -> Result<f64> {
    let postgres = database.postgres;
    let script = database.tools.root.join("bench/data/crowd.sql");
    fs::write(&script, WRITES).with_context(|| format!("writing {}", script.display()))?;
    let mut command = Command::new(find_binaries()?.folder.join("pgbench"));
    command
        .args([
            "--no-vacuum",
            "--client",
            &writers.to_string(),
            "--jobs",
            "2",
            "--time",
            &SECONDS.to_string(),
        ])
        .arg("--file")
        .arg(&script)
        .arg("--host")
        .arg(postgres.socket_folder())
        .args(["--username", postgres.user(), postgres.database()]);
    let printed = output(&mut command)?;
    let line = printed.lines().find_map(|line| line.strip_prefix("tps = ")).context("pgbench told no tps")?;
    line.split_whitespace().next().unwrap_or_default().parse().with_context(|| format!("pgbench's '{line}'"))
}

/// The same while the tables are refreshed one time after another.
fn beside_refreshes(database: &Database<'_>, writers: u32) -> Result<f64> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let refresher = scope.spawn(|| -> Result<()> {
            while !is_over.load(Ordering::Relaxed) {
                database.postgres.run_script("SELECT * FROM analytics.refresh_sessions();")?;
            }
            Ok(())
        });
        let written = per_second(database, writers);
        is_over.store(true, Ordering::Relaxed);
        let refreshed = refresher.join().map_err(|_| anyhow::anyhow!("the refresher panicked"))?;
        refreshed.and(written)
    })
}

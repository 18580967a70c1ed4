//! What those pay who write events: with triggers and without, in turns.

use anyhow::{Context, Result};

use super::super::postgres::median;
use super::super::report::row;
use super::{Database, milliseconds};

/// Takes all triggers off the events and off their partitions, and remembers what made them.
pub(super) const WITHOUT: &str = "
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE bench.triggers AS
SELECT tgrelid::regclass AS watched, tgname AS name, tgenabled AS enabled, pg_get_triggerdef(oid) AS made_by
FROM pg_trigger WHERE NOT tgisinternal AND tgfoid::regproc::text LIKE 'analytics.%';
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT * FROM bench.triggers LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', t.name, t.watched);
  END LOOP;
END $$;";

/// Puts them back.
pub(super) const WITH: &str = "
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT * FROM bench.triggers LOOP
    EXECUTE t.made_by;
    EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', t.watched,
                   CASE t.enabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, t.name);
  END LOOP;
END $$;
DROP TABLE bench.triggers;";

const COPIED: u32 = 100_000;
const SINGLE: u32 = 5_000;

/// The settings of a server that waits until its disk has what is committed, and of one that does not.
const DURABLE: [(&str, &str); 2] = [("waiting for the disk", "on"), ("not waiting for it", "off")];

/// A table of what writing costs. Leaves events that no session has.
pub(super) fn cost(database: &Database<'_>, rounds: usize) -> Result<String> {
    let mut text = row(["writing", "without triggers, ms", "with, ms", "more"]);
    text += "|---|---:|---:|---:|\n";
    for (words, setting) in DURABLE {
        database
            .postgres
            .run_script(&format!("ALTER SYSTEM SET fsync = {setting}; SELECT pg_reload_conf();"))?;
        println!("writing, {words}");
        let (mut copies, mut inserts) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        for round in 0..rounds.max(5) {
            for watched in [false, true] {
                // Which of both is first changes, so that neither always meets the warmer cache.
                let watched = watched ^ (round % 2 == 1);
                if !watched {
                    database.postgres.run_script(WITHOUT)?;
                }
                copies[usize::from(watched)].push(copy(database)?);
                inserts[usize::from(watched)].push(single_rows(database)?);
                if !watched {
                    database.postgres.run_script(WITH)?;
                }
            }
        }
        let mut line = |name: String, times: &mut [Vec<f64>; 2]| {
            let (without, with) = (median(&mut times[0]), median(&mut times[1]));
            let more = format!("{:+.0} %", (with / without - 1.0) * 100.0);
            text += &row([&name, &format!("{without:.0}"), &format!("{with:.0}"), &more]);
        };
        line(format!("COPY of 100,000 events, {words}"), &mut copies);
        line(format!("5,000 events one by one, each committed, {words}"), &mut inserts);
    }
    text += "\n";
    Ok(text)
}

/// Milliseconds of one COPY from a file on the server.
fn copy(database: &Database<'_>) -> Result<f64> {
    let script = format!(
        "\\timing off
SELECT current_setting('data_directory') || '/bench.csv' AS file \\gset
SELECT format('COPY (SELECT gen_random_uuid(), user_id, account_id, event_type, occurred_at, properties FROM (
  SELECT * FROM warehouse.fact_events_2026_03 TABLESAMPLE SYSTEM (50) LIMIT {COPIED}) AS picked) TO %L', :'file') \\gexec
\\timing on
COPY warehouse.fact_events (event_id, user_id, account_id, event_type, occurred_at, properties) FROM :'file';"
    );
    milliseconds(database, &script)?.last().copied().context("psql told no time")
}

/// Milliseconds of inserting events one by one, each in a transaction of its own, as a client does.
fn single_rows(database: &Database<'_>) -> Result<f64> {
    let values = "gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'click', '2026-03-30Z'::timestamptz + random() * INTERVAL '1 day'";
    let insert = format!(
        "INSERT INTO warehouse.fact_events (event_id, user_id, account_id, event_type, occurred_at) VALUES ({values});\n"
    );
    Ok(milliseconds(database, &insert.repeat(SINGLE as usize))?.iter().sum())
}

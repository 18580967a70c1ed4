//! Refreshes that keep what they change beside those that do not: two deployments over the same events, refreshed in turns
//! after the same changes. What it takes, and what it costs to ask for.

use anyhow::{Context, Result, ensure};

use super::super::postgres::median;
use super::super::report::{row, thousands};
use super::changes::{CHANGES, Change, LATE_BY_START};
use super::{Database, milliseconds};

const WITHOUT: &str = "SELECT * FROM analytics.refresh_sessions();";
const KEEPING: &str = "SELECT * FROM remembering.refresh_sessions();";
/// So often a question is asked.
const ASKED: usize = 5;

/// Builds both, and measures what follows one upon the other.
pub(super) fn compare(database: &Database<'_>, rounds: usize) -> Result<String> {
    println!("building both");
    database.timed(&["deploy", "--mode", "incremental"])?;
    database.timed(&["deploy", "--mode", "incremental", "--schema", "remembering", "--history", "30d"])?;
    let begun = remembered(database)?;
    let mut text = "### History\n\n".to_owned();
    text += &row(["after", "without, ms", "with history, ms", "ratio", "rows kept", "bytes a row"]);
    text += "|---|---:|---:|---:|---:|---:|\n";
    for change in &CHANGES {
        text += &refreshed(database, change, rounds)?;
    }
    for schema in ["analytics", "remembering"] {
        database.timed(&["deploy", "--schema", schema, "--id", "start", "--yes"])?;
    }
    text += &refreshed(database, &LATE_BY_START, rounds)?;
    check(database, &begun)?;
    let verified = database
        .timed(&["verify", "--schema", "remembering", "--sample", "10%", "--allow", "future"])
        .context("verifying")?;
    text += &format!(
        "\nAfter all of it, a deployment with other ids among it, `sessions_as_of` gave for the time before all of it the rows that \
         the summary had then, and `spectrum verify --sample 10%` found nothing ({verified:.0} s).\n\n"
    );
    text += &asked(database)?;
    Ok(text)
}

/// Keeps a copy of the summary, and says which time it is.
fn remembered(database: &Database<'_>) -> Result<String> {
    let time = database.postgres.run_script(
        "CREATE TABLE remembering.then AS SELECT * FROM remembering.mv_session_summary;
         SELECT MIN(valid_to) FROM remembering.session_history;",
    )?;
    Ok(time.trim().to_owned())
}

/// Compares the copy with what is given for its time.
fn check(database: &Database<'_>, time: &str) -> Result<()> {
    let differing = database.postgres.run_script(&format!(
        "SELECT COUNT(*) FROM ((SELECT * FROM remembering.then EXCEPT ALL SELECT * FROM remembering.sessions_as_of('{time}'))
           UNION ALL (SELECT * FROM remembering.sessions_as_of('{time}') EXCEPT ALL SELECT * FROM remembering.then)) AS differing;"
    ))?;
    ensure!(differing.trim() == "0", "{} rows are not what they were", differing.trim());
    Ok(())
}

/// A line of refreshes after one kind of change.
fn refreshed(database: &Database<'_>, change: &Change, rounds: usize) -> Result<String> {
    println!("refreshing after {}", change.name);
    let rounds = change.rounds.map_or(rounds, |fewer| fewer.min(rounds));
    let (rows, bytes) = size(database)?;
    // A session's first refresh reads the catalog.
    let mut script = format!("{WITHOUT}\n{KEEPING}");
    for round in 0..rounds {
        // Which of the two has the events in memory is turned round each time.
        let [first, second] = if round.is_multiple_of(2) { [WITHOUT, KEEPING] } else { [KEEPING, WITHOUT] };
        script += &format!("\n{}\n{first}\n{second}", change.sql(round + 1));
    }
    let times = milliseconds(database, &script)?;
    let (mut without, mut keeping) = (Vec::new(), Vec::new());
    for (round, chunk) in times[2..].chunks(4).enumerate() {
        let [.., first, second] = chunk else { continue };
        let (plain, with) = if round.is_multiple_of(2) { (first, second) } else { (second, first) };
        without.push(*plain);
        keeping.push(*with);
    }
    ensure!(without.len() == rounds, "psql told {} times", times.len());
    let (without, keeping) = (median(&mut without), median(&mut keeping));
    let (more, larger) = size(database).map(|(all, size)| (all - rows, size - bytes))?;
    let line = row([
        change.name,
        &format!("{without:.1}"),
        &format!("{keeping:.1}"),
        &format!("{:.2} x", keeping / without),
        &thousands(more / rounds as u64),
        &larger.checked_div(more).map_or_else(|| "-".to_owned(), |bytes| bytes.to_string()),
    ]);
    print!("{line}");
    Ok(line)
}

/// The rows of the history, and its bytes with its indexes.
fn size(database: &Database<'_>) -> Result<(u64, u64)> {
    let told = database.postgres.run_script(
        "SELECT COUNT(*) || ' ' || pg_total_relation_size('remembering.session_history') FROM remembering.session_history;",
    )?;
    let (rows, bytes) = told.trim().split_once(' ').context("rows and bytes")?;
    Ok((rows.parse()?, bytes.parse()?))
}

/// What it costs to ask, where nearly every event is a session and little has changed.
fn asked(database: &Database<'_>) -> Result<String> {
    println!("asking");
    let deploy = ["deploy", "--mode", "incremental", "--schema", "many", "--gap", "1s", "--history", "30d"];
    database.timed(&deploy)?;
    let appended = CHANGES[2].sql(17);
    let before = database.postgres.run_script(&format!(
        "{appended} SELECT * FROM many.refresh_sessions(); VACUUM ANALYZE many.mv_session_summary, many.session_history;
         SELECT 'time ' || MIN(valid_to) FROM many.session_history;"
    ))?;
    let time = before.lines().find_map(|line| line.strip_prefix("time ")).context("a time")?.to_owned();
    let sessions = database.postgres.run_script("SELECT COUNT(*) FROM many.mv_session_summary;")?;
    let mut text =
        format!("Of {} sessions, after 10,000 events appended:\n\n", thousands(sessions.trim().parse()?));
    text += &row(["question", "of the summary, ms", "of what it was, ms", "ratio"]);
    text += "|---|---:|---:|---:|\n";
    let busiest = database.postgres.run_script(
        "SELECT format('WHERE user_id = %L AND account_id = %L', user_id, account_id) FROM many.mv_session_summary
         GROUP BY user_id, account_id ORDER BY COUNT(*) DESC LIMIT 1;",
    )?;
    let questions = [
        ("sessions and their events", "SELECT COUNT(*), SUM(events)", ""),
        ("all rows", "SELECT COUNT(t::text)", "t"),
        ("sessions a day", "SELECT date_trunc('day', started_at), COUNT(*)", "GROUP BY 1"),
        ("the busiest person", "SELECT COUNT(*), SUM(events)", busiest.trim()),
    ];
    for (name, select, rest) in questions {
        let now = format!("{select} FROM many.v_session_summary {rest};\n");
        let then = format!("{select} FROM many.sessions_as_of('{time}') {rest};\n");
        let times = milliseconds(database, &format!("{now}{then}{}", (now.clone() + &then).repeat(ASKED)))?;
        let of = |first: usize| {
            let mut times: Vec<f64> = times[2..].iter().skip(first).step_by(2).copied().collect();
            ensure!(times.len() == ASKED, "psql told {} times", times.len());
            Ok(median(&mut times))
        };
        let (now, then) = (of(0)?, of(1)?);
        let line = row([name, &format!("{now:.1}"), &format!("{then:.1}"), &format!("{:.2} x", then / now)]);
        print!("{line}");
        text += &line;
    }
    Ok(text + "\n")
}

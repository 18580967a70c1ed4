//! Refreshes with ids that last beside those with ids by start: two deployments over the same events, refreshed in turns
//! after the same changes.

use anyhow::{Context, Result, ensure};

use super::super::postgres::median;
use super::super::report::row;
use super::changes::{CHANGES, Change, LATE_BY_START};
use super::{Database, milliseconds};

const BY_START: &str = "SELECT * FROM analytics.refresh_sessions();";
const LASTING: &str = "SELECT * FROM lasting.refresh_sessions();";

/// Events that bridge sessions and split them again make aliases, and ids that are gone.
const DELETED: Change = Change {
    name: "10,000 events deleted",
    events: 10_000,
    time: "",
    among: "occurred_at < '2026-03-31'",
    beside_the_view: false,
    rounds: None,
};

/// Builds both, and measures what follows one upon the other.
pub(super) fn compare(database: &Database<'_>, rounds: usize) -> Result<String> {
    println!("building both");
    let by_start = database.timed(&["deploy", "--mode", "incremental", "--id", "start"])?;
    let deploy = ["deploy", "--mode", "incremental", "--schema", "lasting", "--id", "persistent"];
    let lasting = database.timed(&deploy)?;
    let mut text = format!(
        "### Ids that last\n\nFirst build: ids by start {by_start:.1} s, ids that last {lasting:.1} s ({:.2} x).\n\n",
        lasting / by_start
    );
    text += &row(["after", "ids by start, ms", "ids that last, ms", "ratio"]);
    text += "|---|---:|---:|---:|\n";
    let appended = CHANGES.iter().take(4);
    for change in appended.chain([&LATE_BY_START, &DELETED]) {
        let name = change.name.trim_end_matches(", ids by start");
        println!("refreshing after {name}");
        // A session's first refresh reads the catalog.
        let mut script = format!("{BY_START}\n{LASTING}");
        for round in 0..rounds {
            let statements =
                if change.time.is_empty() { change.deletion(round + 1) } else { change.sql(round + 1) };
            // Which of the two has the events in memory is turned round each time.
            let [first, second] =
                if round.is_multiple_of(2) { [BY_START, LASTING] } else { [LASTING, BY_START] };
            script += &format!("\n{statements}\n{first}\n{second}");
        }
        let times = milliseconds(database, &script)?;
        let (mut by_start, mut lasting) = (Vec::new(), Vec::new());
        for (round, chunk) in times[2..].chunks(4).enumerate() {
            let [.., first, second] = chunk else { continue };
            let (start, last) = if round.is_multiple_of(2) { (first, second) } else { (second, first) };
            by_start.push(*start);
            lasting.push(*last);
        }
        ensure!(by_start.len() == rounds, "psql told {} times", times.len());
        let (by_start, lasting) = (median(&mut by_start), median(&mut lasting));
        let line = row([
            name,
            &format!("{by_start:.1}"),
            &format!("{lasting:.1}"),
            &format!("{:.2} x", lasting / by_start),
        ]);
        print!("{line}");
        text += &line;
    }
    let differing = database.postgres.run_script(
        "SELECT COUNT(*) FROM (SELECT DISTINCT a.session_id AS a, l.session_id AS l
                               FROM analytics.mv_sessions a JOIN lasting.mv_sessions l USING (event_id)) AS pairs
         FULL JOIN (SELECT session_id FROM analytics.mv_session_summary) s ON s.session_id = a
         GROUP BY a, s.session_id HAVING COUNT(*) > 1 OR a IS NULL OR s.session_id IS NULL LIMIT 1;",
    )?;
    ensure!(differing.trim().is_empty(), "the two do not part the events alike");
    let verified = database
        .timed(&["verify", "--schema", "lasting", "--sample", "10%", "--allow", "future"])
        .context("verifying")?;
    let ids = database.postgres.run_script(
        "SELECT STRING_AGG(state || ' ' || n, ', ' ORDER BY state) FROM (SELECT state, COUNT(*) AS n FROM lasting.session_ids GROUP BY state) AS s;",
    )?;
    let redeployed = database.timed(&["deploy", "--schema", "lasting", "--gap", "45m"])?;
    let same = database.timed(&["deploy", "--gap", "45m", "--yes"])?;
    text += &format!(
        "\nAfter all of it both part the events alike, `spectrum verify --sample 10%` found nothing ({verified:.0} s), and the ids that \
         were given are: {}. A deployment with another gap took {redeployed:.1} s, and {same:.1} s with ids by start ({:.2} x).\n\n",
        ids.trim(),
        redeployed / same
    );
    Ok(text)
}

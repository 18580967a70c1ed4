//! The dashboard's panels, each over the summary and over the sessions of events.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use spectrum_grafana_check::ask::ask;
use spectrum_grafana_check::dashboard::Dashboard;
use spectrum_grafana_check::interpolate::Choices;
use spectrum_grafana_check::macros::expand;
use spectrum_grafana_check::time_range::TimeRange;

use super::super::report::row;
use super::median;
use super::server::Database;

/// What the panels read, as the dashboard writes it.
const SUMMARY: &str = "\"analytics\".v_session_summary";

/// The same rows from the sessions of events, as dashboards computed them before there was a summary.
const FROM_EVENTS: &str = "(SELECT session_id, user_id, account_id, MIN(occurred_at) AS started_at, \
    MAX(occurred_at) AS ended_at, MAX(occurred_at) - MIN(occurred_at) AS duration, COUNT(*) AS events \
    FROM analytics.mv_sessions GROUP BY session_id, user_id, account_id)";

/// A table of all panels that read the summary. The dashboard shows the whole time of the events.
pub(super) fn compare(database: &Database<'_>, rounds: usize) -> Result<String> {
    let dashboard = Dashboard::load()?;
    let range = TimeRange { from: "2026-01-01T00:00:00Z".parse()?, to: "2026-04-01T00:00:00Z".parse()? };
    let choices = Choices::of(&dashboard, &range)?;
    let mut text = "## The dashboard's panels\n\n".to_owned();
    text += &row(["panel", "over the summary, ms", "over the events' sessions, ms", "ratio"]);
    text += "|---|---:|---:|---:|\n";
    let mut compared = 0;
    for panel in &dashboard.panels {
        let target = panel.targets.first().with_context(|| format!("{} has no query", panel.title))?;
        let sql = expand(&choices.interpolate(&target.sql)?, &range)?.sql;
        if !sql.contains(SUMMARY) {
            continue;
        }
        let title = choices.interpolate(&panel.title)?;
        println!("panel: {title}");
        compared += 1;
        let from_events = over_events(&sql);
        ensure!(
            same(&ask(database.postgres, "", &sql)?.rows, &ask(database.postgres, "", &from_events)?.rows),
            "{title} answers otherwise over the events' sessions"
        );
        let (mut summary, mut events) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            summary.push(milliseconds(database, &sql)?);
            events.push(milliseconds(database, &from_events)?);
        }
        let (summary, events) = (median(&mut summary), median(&mut events));
        text += &row([
            &title,
            &format!("{summary:.0}"),
            &format!("{events:.0}"),
            &format!("{:.0} x", events / summary.max(0.001)),
        ]);
    }
    ensure!(compared > 0, "no panel reads {SUMMARY}");
    text += "\nBoth forms gave the same answer.\n";
    Ok(text)
}

/// Whether two answers are the same, up to the order in which doubles were added.
fn same(one: &[Vec<Value>], other: &[Vec<Value>]) -> bool {
    let close = |(a, b): (&Value, &Value)| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        _ => a == b,
    };
    let row = |(a, b): (&Vec<Value>, &Vec<Value>)| a.len() == b.len() && a.iter().zip(b).all(close);
    one.len() == other.len() && one.iter().zip(other).all(row)
}

/// The same question without the summary.
fn over_events(sql: &str) -> String {
    // Where the panel names the relation without an alias, its columns stand bare, so any alias will do.
    let mut rest = sql;
    let mut text = String::new();
    let mut count = 0;
    while let Some(at) = rest.find(SUMMARY) {
        let (before, after) = (&rest[..at], &rest[at + SUMMARY.len()..]);
        text.push_str(before);
        text.push_str(FROM_EVENTS);
        let next = after.trim_start();
        let word: String = next.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let keywords =
            ["", "where", "group", "order", "limit", "join", "left", "cross", "union", "having", "on"];
        if keywords.contains(&word.to_lowercase().as_str()) {
            count += 1;
            text.push_str(&format!(" AS s{count}"));
        }
        rest = after;
    }
    text + rest
}

/// As psql times it, between the query and its last row.
fn milliseconds(database: &Database<'_>, sql: &str) -> Result<f64> {
    let printed = database.postgres.run_script(&format!("\\o /dev/null\n\\timing on\n{sql};\n"))?;
    let line = printed.lines().find_map(|line| line.strip_prefix("Time: ")).context("psql told no time")?;
    let number = line.split(' ').next().unwrap_or_default();
    number.parse().with_context(|| format!("psql said '{line}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_stands_where_one_is_needed() {
        let over = |rest: &str| over_events(&format!("SELECT 1 FROM {SUMMARY}{rest}"));
        assert!(over(" WHERE a").ends_with(") AS s1 WHERE a"));
        assert!(over(" AS t").ends_with(") AS t"));
        assert!(over(")").ends_with(") AS s1)"));
    }
}

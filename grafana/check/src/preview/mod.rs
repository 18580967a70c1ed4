//! The dashboard's data as a picture: the panels' own SQL on a PostgreSQL with made-up events, every panel in its
//! place on the grid. It shows what the dashboard answers, not how Grafana looks to the pixel.

mod axis;
mod bar_chart;
mod canvas;
mod colors;
mod events;
mod page;
mod stat;
mod table;
mod time_series;
mod units;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use spectrum_testkit::PrivatePostgres;

use crate::ask::{Table, ask_all};
use crate::clock;
use crate::dashboard::{Dashboard, Panel};
use crate::interpolate::Choices;
use crate::macros::{Fill, expand};
use crate::time_range::TimeRange;

/// When the preview plays.
const NOW: &str = "2026-03-16T15:40:00Z";

/// A panel with its answer.
struct Answered<'a> {
    panel: &'a Panel,
    title: String,
    table: Table,
    fill: Option<Fill>,
    range: TimeRange,
}

/// Draws the dashboard as an SVG. The same dashboard gives the same bytes.
pub fn preview(server: &PrivatePostgres) -> Result<String> {
    let dashboard = Dashboard::load()?;
    let now: Timestamp = NOW.parse()?;
    let range = TimeRange { from: now - SignedDuration::from_hours(7 * 24), to: now };
    let choices = Choices::of(&dashboard, &range)?;
    events::load(server, now)?;
    let mut queries = Vec::new();
    for panel in &dashboard.panels {
        let target = panel.targets.first().with_context(|| format!("{} has no query", panel.title))?;
        queries.push(expand(&choices.interpolate(&target.sql)?, &range)?);
    }
    let sql: Vec<String> = queries.iter().map(|query| query.sql.clone()).collect();
    let tables = ask_all(server, clock::SETTING, &sql)?;
    let answers = dashboard
        .panels
        .iter()
        .zip(queries.iter().zip(tables))
        .map(|(panel, (query, table))| {
            let title = choices.interpolate(&panel.title)?;
            Ok(Answered { panel, title, table, fill: query.fill, range })
        })
        .collect::<Result<Vec<_>>>()?;
    page::draw(&dashboard, &choices, &answers)
}

//! The page: title, variables, every panel in its frame, and what the picture is.

use anyhow::Result;

use super::canvas::{Anchor, Canvas, Font, Rect, fitted, width};
use super::colors::{BORDER, FAINT, PAGE, PANEL, TEXT};
use super::{Answered, bar_chart, stat, table, time_series};
use crate::dashboard::{Dashboard, Place};
use crate::interpolate::Choices;

const WIDTH: f64 = 1160.0;
const MARGIN: f64 = 16.0;
/// The grid of Grafana: 24 columns, rows of 30 pixels with 8 between.
const COLUMNS: f64 = 24.0;
const ROW: f64 = 38.0;
const BETWEEN: f64 = 8.0;
const HEAD: f64 = 92.0;
const FOOT: f64 = 40.0;
/// The line with a panel's title.
const TITLE: f64 = 34.0;

pub(super) fn draw(dashboard: &Dashboard, choices: &Choices, answers: &[Answered<'_>]) -> Result<String> {
    let rows = answers.iter().map(|one| one.panel.place.y + one.panel.place.h).max().unwrap_or(0);
    let height = HEAD + f64::from(rows) * ROW + FOOT;
    let mut canvas = Canvas::default();
    canvas.rect(Rect { x: 0.0, y: 0.0, w: WIDTH, h: height }, PAGE, 0.0);
    head(&mut canvas, dashboard, choices)?;
    for answer in answers {
        let frame = place(answer.panel.place);
        canvas.frame(frame, PANEL, BORDER);
        let title = fitted(&answer.title, 14.5, frame.w - 24.0);
        let font = Font { size: 14.5, color: TEXT, bold: true };
        canvas.text((frame.x + 12.0, frame.y + 22.0), &title, font, Anchor::Start);
        let inside =
            Rect { x: frame.x + 12.0, y: frame.y + TITLE, w: frame.w - 24.0, h: frame.h - TITLE - 10.0 };
        match answer.panel.kind.as_str() {
            "stat" => stat::draw(&mut canvas, inside, answer),
            "timeseries" => time_series::draw(&mut canvas, inside, answer)?,
            "barchart" => bar_chart::draw(&mut canvas, inside, answer)?,
            "table" => table::draw(&mut canvas, inside, answer),
            other => anyhow::bail!("a panel of kind {other} cannot be drawn"),
        }
    }
    let note = "A picture of what the panels' queries answer on made-up events, drawn by Spectrum's own code; not a \
                screenshot of Grafana.";
    let font = Font { size: 12.5, color: FAINT, bold: false };
    canvas.text((MARGIN, height - 16.0), note, font, Anchor::Start);
    Ok(canvas.finish(WIDTH, height, &format!("Preview of the Grafana dashboard {}", dashboard.title)))
}

/// The place of a panel on the page.
fn place(grid: Place) -> Rect {
    let column = (WIDTH - 2.0 * MARGIN + BETWEEN) / COLUMNS;
    Rect {
        x: MARGIN + f64::from(grid.x) * column,
        y: HEAD + f64::from(grid.y) * ROW,
        w: f64::from(grid.w) * column - BETWEEN,
        h: f64::from(grid.h) * ROW - BETWEEN,
    }
}

/// The dashboard's title, its time range, and the variables that are not hidden.
fn head(canvas: &mut Canvas, dashboard: &Dashboard, choices: &Choices) -> Result<()> {
    let font = Font { size: 18.0, color: TEXT, bold: true };
    canvas.text((MARGIN, 32.0), &dashboard.title, font, Anchor::Start);
    let range = "Last 7 days · UTC";
    let (size, y) = (13.0, 51.0);
    let box_width = width(range, size) + 28.0;
    let at = Rect { x: WIDTH - MARGIN - box_width, y: 14.0, w: box_width, h: 28.0 };
    canvas.frame(at, PANEL, BORDER);
    let font = Font { size, color: TEXT, bold: false };
    canvas.text((at.x + at.w / 2.0, at.y + 18.5), range, font, Anchor::Middle);

    let mut x = MARGIN;
    for variable in dashboard.templating.list.iter().filter(|variable| variable.hide != 2) {
        let value = match variable.kind.as_str() {
            // The data source is chosen by its uid and shown by its name.
            "datasource" => {
                variable.current.get("text").and_then(|text| text.as_str()).unwrap_or("").to_owned()
            }
            "interval" => format!("auto ({})", choices.interpolate(&format!("${{{}}}", variable.name))?),
            _ => choices.interpolate(&format!("${{{}}}", variable.name))?,
        };
        let (label_width, value_width) =
            (width(&variable.label, size) + 18.0, (width(&value, size) + 20.0).max(48.0));
        canvas.frame(Rect { x, y, w: label_width, h: 28.0 }, PANEL, BORDER);
        canvas.text(
            (x + 9.0, y + 18.5),
            &variable.label,
            Font { size, color: TEXT, bold: true },
            Anchor::Start,
        );
        x += label_width;
        canvas.frame(Rect { x, y, w: value_width, h: 28.0 }, PAGE, BORDER);
        canvas.text((x + 9.0, y + 18.5), &value, Font { size, color: TEXT, bold: false }, Anchor::Start);
        x += value_width + 10.0;
    }
    Ok(())
}

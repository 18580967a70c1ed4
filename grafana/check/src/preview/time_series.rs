//! Bars or lines over time.

use anyhow::Result;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::canvas::{Anchor, Canvas, Font, Rect, width};
use super::colors::{FAINT, GRID, TEXT};
use super::{Answered, axis, colors, units};
use crate::frame::series;

const SIZE: f64 = 12.0;

pub(super) fn draw(canvas: &mut Canvas, at: Rect, answer: &Answered<'_>) -> Result<()> {
    let fields = &answer.panel.fields;
    let series = series(&answer.table, answer.fill, &answer.range)?;
    let unit = fields.defaults.get("unit").and_then(Value::as_str).unwrap_or("none");
    let custom = |name: &str| fields.defaults.get("custom").and_then(|custom| custom.get(name));
    let bars = custom("drawStyle").and_then(Value::as_str) == Some("bars");
    let dots = custom("showPoints").and_then(Value::as_str) == Some("always");
    let across_gaps = custom("spanNulls").and_then(Value::as_bool) == Some(true);
    let line_width = custom("lineWidth").and_then(Value::as_f64).unwrap_or(1.0);
    let filled = custom("fillOpacity").and_then(Value::as_f64).unwrap_or(0.0) > 0.0;

    let legend: Vec<_> = series
        .values
        .iter()
        .enumerate()
        .map(|(nth, (name, _))| (name.as_str(), colors::of_series(fields.property(name, "color"), nth)))
        .collect();
    let shows_legend =
        answer.panel.options.pointer("/legend/showLegend").and_then(Value::as_bool) == Some(true);
    let highest = series.values.iter().flat_map(|(_, values)| values).flatten().copied().fold(0.0, f64::max);
    let ticks = axis::ticks(highest, unit);
    let plot = frame(canvas, at, &ticks, unit, shows_legend.then_some(&legend[..]));

    let (from, to) = (answer.range.from.as_second() as f64, answer.range.to.as_second() as f64);
    let x = |time: f64| plot.x + (time - from) / (to - from) * plot.w;
    let y = |value: f64| plot.y + plot.h - value / ticks.last().copied().unwrap_or(1.0) * plot.h;
    for (midnight, label) in days(answer, plot.w)? {
        let x = x(midnight);
        canvas.line(&[(x, plot.y), (x, plot.y + plot.h)], GRID, 1.0);
        let font = Font { size: SIZE, color: FAINT, bold: false };
        canvas.text((x, plot.y + plot.h + 17.0), &label, font, Anchor::Middle);
    }

    for ((_, values), (_, color)) in series.values.iter().zip(&legend) {
        let known = series.times.iter().zip(values).map(|(&time, value)| (time, *value));
        if bars {
            let seconds = answer.fill.map_or(3600.0, |fill| fill.seconds);
            let rects: Vec<_> = known
                .filter_map(|(time, value)| {
                    // A bar reaches from its bucket's start to its end, and not out of the time range.
                    let (start, end) = (x(time.max(from)), x((time + seconds).min(to)));
                    let (room, top) = (end - start, y(value?));
                    let w = (room * 0.85).max(1.0);
                    Some(Rect { x: start + (room - w) / 2.0, y: top, w, h: plot.y + plot.h - top })
                })
                .collect();
            canvas.rects(&rects, color);
            continue;
        }
        let points: Vec<_> =
            known.map(|(time, value)| value.map(|value| (x(time.max(from)), y(value)))).collect();
        let unbroken: Vec<Vec<(f64, f64)>> = if across_gaps {
            vec![points.iter().flatten().copied().collect()]
        } else {
            points.split(Option::is_none).map(|run| run.iter().flatten().copied().collect()).collect()
        };
        for run in unbroken.iter().filter(|run| !run.is_empty()) {
            if filled && run.len() > 1 {
                let floor = plot.y + plot.h;
                let ends = [(run[run.len() - 1].0, floor), (run[0].0, floor)];
                canvas.area(&[&run[..], &ends].concat(), color);
            }
            canvas.line(run, color, line_width);
            if dots || run.len() == 1 {
                canvas.dots(run, color, if dots { 3.5 } else { 5.0 });
            }
        }
    }
    Ok(())
}

/// Draws the legend, the lines of the grid and their values, and returns the room that is left for the data.
pub(super) fn frame(
    canvas: &mut Canvas,
    at: Rect,
    ticks: &[f64],
    unit: &str,
    legend: Option<&[(&str, &str)]>,
) -> Rect {
    let labels: Vec<String> = ticks.iter().map(|&tick| units::number(tick, unit, None)).collect();
    let left = labels.iter().map(|label| width(label, SIZE)).fold(0.0, f64::max) + 10.0;
    let rows = legend.map(|legend| legend_rows(legend, at.w - left)).unwrap_or_default();
    let below = 24.0 + if rows.is_empty() { 0.0 } else { 4.0 + 18.0 * rows.len() as f64 };
    let plot = Rect { x: at.x + left, y: at.y + 6.0, w: at.w - left - 4.0, h: at.h - below - 6.0 };
    for (nth, label) in labels.iter().enumerate() {
        let y = plot.y + plot.h * (1.0 - nth as f64 / (ticks.len() - 1).max(1) as f64);
        canvas.line(&[(plot.x, y), (plot.x + plot.w, y)], GRID, 1.0);
        let font = Font { size: SIZE, color: FAINT, bold: false };
        canvas.text((plot.x - 8.0, y + 4.0), label, font, Anchor::End);
    }
    for (nth, row) in rows.iter().rev().enumerate() {
        let y = at.y + at.h - 6.0 - 18.0 * nth as f64;
        let mut x = plot.x;
        for (name, color) in *row {
            canvas.rect(Rect { x, y: y - 6.0, w: 14.0, h: 4.0 }, color, 2.0);
            canvas.text((x + 20.0, y), name, Font { size: SIZE, color: TEXT, bold: false }, Anchor::Start);
            x += entry_width(name);
        }
    }
    plot
}

/// The entries of a legend in as many rows as they need.
fn legend_rows<'a, 'b>(legend: &'a [(&'b str, &'b str)], room: f64) -> Vec<&'a [(&'b str, &'b str)]> {
    let (mut rows, mut rest) = (Vec::new(), legend);
    while !rest.is_empty() {
        let mut used = 0.0;
        let fitting = rest.iter().take_while(|(name, _)| {
            used += entry_width(name);
            used <= room
        });
        let (row, others) = rest.split_at(fitting.count().max(1));
        rows.push(row);
        rest = others;
    }
    rows
}

fn entry_width(name: &str) -> f64 {
    20.0 + width(name, SIZE) + 18.0
}

/// The midnights in the time range, in UTC, with their dates; fewer where they would not fit.
fn days(answer: &Answered<'_>, room: f64) -> Result<Vec<(f64, String)>> {
    let day = SignedDuration::from_hours(24);
    let mut midnight =
        Timestamp::from_second(answer.range.from.as_second().div_euclid(86_400) * 86_400)? + day;
    let mut days = Vec::new();
    while midnight <= answer.range.to {
        let date = midnight.to_zoned(TimeZone::UTC).date();
        days.push((midnight.as_second() as f64, format!("{:02}/{:02}", date.month(), date.day())));
        midnight += day;
    }
    let every = (days.len() as f64 * 50.0 / room).ceil().max(1.0) as usize;
    Ok(days.into_iter().step_by(every).collect())
}

//! A bar for each class.

use anyhow::{Context, Result};
use serde_json::Value;

use super::canvas::{Anchor, Canvas, Font, Rect, width};
use super::colors::{FAINT, TEXT};
use super::time_series::frame;
use super::{Answered, axis, colors, units};

const SIZE: f64 = 12.0;

pub(super) fn draw(canvas: &mut Canvas, at: Rect, answer: &Answered<'_>) -> Result<()> {
    let (fields, options) = (&answer.panel.fields, &answer.panel.options);
    let x_field = options.get("xField").and_then(Value::as_str).context("a bar chart without xField")?;
    let classes = answer.table.column(x_field).with_context(|| format!("no column {x_field}"))?;
    let stacks: Vec<(&str, &str, Vec<f64>)> = answer
        .table
        .columns
        .iter()
        .filter(|column| column.name != x_field)
        .enumerate()
        .map(|(nth, column)| {
            let values = answer.table.column(&column.name).unwrap_or_default();
            let color = colors::of_series(fields.property(&column.name, "color"), nth);
            (column.name.as_str(), color, values.iter().map(|value| value.as_f64().unwrap_or(0.0)).collect())
        })
        .collect();
    let unit = fields.defaults.get("unit").and_then(Value::as_str).unwrap_or("none");
    let totals: Vec<f64> =
        (0..classes.len()).map(|class| stacks.iter().map(|(_, _, values)| values[class]).sum()).collect();
    let legend: Vec<_> = stacks.iter().map(|(name, color, _)| (*name, *color)).collect();
    let shows_legend = options.pointer("/legend/showLegend").and_then(Value::as_bool) == Some(true);
    let shows_values = options.get("showValue").and_then(Value::as_str) != Some("never");
    let highest = totals.iter().copied().fold(0.0, f64::max) * if shows_values { 1.05 } else { 1.0 };
    let ticks = axis::ticks(highest, unit);
    let plot = frame(canvas, at, &ticks, unit, shows_legend.then_some(&legend[..]));

    let room = plot.w / classes.len().max(1) as f64;
    let scale = plot.h / ticks.last().copied().unwrap_or(1.0);
    let mut tops = vec![plot.y + plot.h; classes.len()];
    for (_, color, values) in &stacks {
        let rects: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(class, value)| {
                tops[class] -= value * scale;
                let x = plot.x + (class as f64 + 0.14) * room;
                Rect { x, y: tops[class], w: room * 0.72, h: value * scale }
            })
            .collect();
        canvas.rects(&rects, color);
    }
    let texts: Vec<&str> = classes.iter().map(|class| class.as_str().unwrap_or_default()).collect();
    let widest = texts.iter().map(|text| width(text, 1.0)).fold(0.0, f64::max);
    let size = (room / widest * 0.95).min(SIZE);
    for (class, text) in texts.iter().enumerate() {
        let middle = plot.x + (class as f64 + 0.5) * room;
        let font = Font { size, color: FAINT, bold: false };
        canvas.text((middle, plot.y + plot.h + 17.0), text, font, Anchor::Middle);
        if shows_values {
            let font = Font { size: SIZE, color: TEXT, bold: false };
            let value = units::number(totals[class], unit, None);
            canvas.text((middle, tops[class] - 4.0), &value, font, Anchor::Middle);
        }
    }
    Ok(())
}

//! A big number.

use serde_json::Value;

use super::Answered;
use super::canvas::{Anchor, Canvas, Font, Rect, width};
use super::{colors, units};

pub(super) fn draw(canvas: &mut Canvas, at: Rect, answer: &Answered<'_>) {
    let fields = &answer.panel.fields;
    let name = answer.table.columns.first().map_or("", |column| column.name.as_str());
    let value = answer.table.rows.last().and_then(|row| row.first()).and_then(Value::as_f64);
    let unit = fields.property(name, "unit").and_then(Value::as_str).unwrap_or("none");
    let decimals = fields.property(name, "decimals").and_then(Value::as_u64).map(|number| number as usize);
    let (text, color) = match value {
        Some(value) => {
            let color = match fields.property(name, "color") {
                Some(color) if color.get("mode").and_then(Value::as_str) == Some("fixed") => {
                    colors::of_series(Some(color), 0)
                }
                _ => colors::of_threshold(fields.property(name, "thresholds"), value),
            };
            (units::number(value, unit, decimals), color)
        }
        None => {
            let nothing = fields.property(name, "noValue").and_then(Value::as_str).unwrap_or("No data");
            (nothing.to_owned(), colors::TEXT)
        }
    };
    let size = (at.w / width(&text, 1.0)).min(40.0);
    let middle = (at.x + at.w / 2.0, at.y + at.h / 2.0 + size * 0.33);
    canvas.text(middle, &text, Font { size, color, bold: true }, Anchor::Middle);
}

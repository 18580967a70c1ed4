//! Rows and columns.

use serde_json::Value;

use super::canvas::{Anchor, Canvas, Font, Rect, fitted, width};
use super::colors::{FAINT, GRID, TEXT, named};
use super::{Answered, colors, units};

const SIZE: f64 = 12.5;
const LINE: f64 = 29.0;

pub(super) fn draw(canvas: &mut Canvas, at: Rect, answer: &Answered<'_>) {
    let fields = &answer.panel.fields;
    let columns: Vec<Shown> = answer
        .table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let name = column.name.as_str();
            let unit = fields.property(name, "unit").and_then(Value::as_str).unwrap_or("none");
            let decimals =
                fields.property(name, "decimals").and_then(Value::as_u64).map(|number| number as usize);
            let number = answer.table.rows.iter().any(|row| row[index].is_number());
            let cells: Vec<String> =
                answer.table.rows.iter().map(|row| units::cell(&row[index], unit, decimals)).collect();
            let widest = cells.iter().map(|cell| width(cell, SIZE)).fold(width(name, SIZE), f64::max);
            Shown { name, number, cells, widest: widest + 16.0 }
        })
        .collect();
    // What is left over is shared; what does not fit is taken from the widest column.
    let wanted: f64 = columns.iter().map(|column| column.widest).sum();
    let widest = columns.iter().map(|column| column.widest).fold(0.0, f64::max);
    let spare = at.w - wanted;
    let mut x = at.x;
    for (index, column) in columns.iter().enumerate() {
        let w = match spare < 0.0 {
            true if column.widest == widest => column.widest + spare,
            true => column.widest,
            false => column.widest + spare / columns.len() as f64,
        };
        let (point, anchor) =
            if column.number { (x + w - 10.0, Anchor::End) } else { (x + 4.0, Anchor::Start) };
        let head = Font { size: SIZE, color: FAINT, bold: true };
        canvas.text((point, at.y + 15.0), &fitted(column.name, SIZE, w - 8.0), head, anchor);
        for (row, cell) in column.cells.iter().enumerate() {
            let y = at.y + LINE * (row as f64 + 1.0);
            if y + LINE > at.y + at.h + 6.0 {
                break;
            }
            if index == 0 {
                canvas.line(&[(at.x, y - 6.0), (at.x + at.w, y - 6.0)], GRID, 1.0);
            }
            let color = cell_color(answer, column.name, &answer.table.rows[row][index]);
            let font = Font { size: SIZE, color, bold: false };
            canvas.text((point, y + 13.5), &fitted(cell, SIZE, w - 8.0), font, anchor);
        }
        x += w;
    }
}

/// A column ready to be drawn.
struct Shown<'a> {
    name: &'a str,
    number: bool,
    cells: Vec<String>,
    widest: f64,
}

/// The colour of a cell whose text is coloured, by its mapping or its thresholds.
fn cell_color(answer: &Answered<'_>, column: &str, value: &Value) -> &'static str {
    let fields = &answer.panel.fields;
    let colored = fields.property(column, "custom.cellOptions").and_then(|options| options.get("type"));
    if colored.and_then(Value::as_str) != Some("color-text") {
        return TEXT;
    }
    let mapped = value.as_str().and_then(|text| {
        fields.property(column, "mappings")?.pointer("/0/options")?.get(text)?.get("color")?.as_str()
    });
    match (mapped, value.as_f64()) {
        (Some(color), _) => named(color),
        (None, Some(value)) => colors::of_threshold(fields.property(column, "thresholds"), value),
        (None, None) => TEXT,
    }
}

//! Tables whose columns can be sorted, by a script where there is one.

use std::fmt::Write;

use crate::escape::Text;

/// A cell: what is shown, as HTML, and the number that it is sorted by, if it is one.
pub(crate) struct Cell {
    pub(crate) html: String,
    pub(crate) number: Option<f64>,
}

impl Cell {
    pub(crate) fn number(html: String, number: f64) -> Self {
        Self { html, number: Some(number) }
    }

    pub(crate) fn text(html: String) -> Self {
        Self { html, number: None }
    }
}

/// A table with these columns, each with whether it has numbers.
pub(crate) fn table(
    label: &str,
    columns: &[(String, bool)],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> String {
    let mut html = format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table class=\"sorted\"><thead><tr>",
        Text(label)
    );
    for (name, is_number) in columns {
        let class = if *is_number { " class=\"n\"" } else { "" };
        let _ = write!(html, "<th scope=\"col\"{class}>{}</th>", Text(name));
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = match cell.number {
                Some(number) => write!(html, "<td class=\"n\" data-v=\"{number}\">{}</td>", cell.html),
                None => write!(html, "<td>{}</td>", cell.html),
            };
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
    html
}

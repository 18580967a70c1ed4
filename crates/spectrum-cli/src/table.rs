//! Tables for the terminal: a rule below the header, and no box around the numbers.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A table whose first `left` columns are aligned to the left, as text is, and the others to the right.
pub(crate) fn table<const N: usize>(header: [&str; N], left: usize, rows: &[[String; N]]) -> String {
    let mut table = plain(header, rows);
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        column.set_cell_alignment(if at < left { CellAlignment::Left } else { CellAlignment::Right });
    }
    indented(&table)
}

/// A table of texts, whose lines are broken so that none is longer than `width`.
pub(crate) fn table_of_texts<const N: usize>(header: [&str; N], width: u16, rows: &[[String; N]]) -> String {
    let mut table = plain(header, rows);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.saturating_sub(2));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    indented(&table)
}

fn plain<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> Table {
    let rule = LineStyle::none().fill('─');
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_header(header);
    table.add_rows(rows);
    table
}

fn indented(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|line| format!("  {}", line.trim_end())).collect();
    lines.join("\n")
}

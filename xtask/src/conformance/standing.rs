//! How an engine stands, and the table of all.

use std::time::Duration;

use super::compare::Comparison;

/// How many differences of an engine are shown.
const SHOWN: usize = 5;

/// What an engine did so far.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) title: String,
    pub(super) version: String,
    /// Whether it gave answers; otherwise its SQL was only parsed.
    pub(super) ran: bool,
    pub(super) cases: usize,
    pub(super) refused: usize,
    pub(super) sets: usize,
    pub(super) rows: usize,
    pub(super) differing: usize,
    pub(super) took: Duration,
    /// What differs and what failed, to be read; the first few.
    pub(super) failures: Vec<String>,
    /// How many there are.
    pub(super) failed: usize,
}

impl Standing {
    pub(super) fn new(title: String, version: String, ran: bool) -> Self {
        Self {
            title,
            version,
            ran,
            cases: 0,
            refused: 0,
            sets: 0,
            rows: 0,
            differing: 0,
            took: Duration::ZERO,
            failures: Vec::new(),
            failed: 0,
        }
    }

    pub(super) fn add(&mut self, comparison: Comparison) {
        self.rows += comparison.rows;
        self.differing += comparison.differing;
        if comparison.differing > 0 {
            self.fail(comparison.report);
        }
    }

    pub(super) fn fail(&mut self, report: String) {
        self.failed += 1;
        if self.failures.len() < SHOWN {
            self.failures.push(report);
        }
    }

    /// Nothing differed, and nothing failed.
    pub(super) fn is_right(&self) -> bool {
        self.failed == 0
    }
}

/// The table of all engines, in Markdown that can be read as it is.
pub(super) fn table(standings: &[Standing]) -> String {
    let head = [
        "engine",
        "version",
        "cases run",
        "cases refused",
        "random sets",
        "rows compared",
        "differing rows",
        "seconds",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for standing in standings {
        let of_answers = |text: String| if standing.ran { text } else { "parsed, not run".to_owned() };
        rows.push([
            standing.title.clone(),
            standing.version.clone(),
            standing.cases.to_string(),
            standing.refused.to_string(),
            standing.sets.to_string(),
            of_answers(thousands(standing.rows)),
            of_answers(thousands(standing.differing)),
            format!("{:.0}", standing.took.as_secs_f64()),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let mut lines = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).enumerate();
        // The first two columns are words, the others numbers.
        let cells = cells.map(|(column, (text, width))| match column {
            0 | 1 => format!("{text:<width$}"),
            _ => format!("{text:>width$}"),
        });
        lines.push(format!("| {} |", cells.collect::<Vec<_>>().join(" | ")));
        if number == 0 {
            let rule = widths.iter().enumerate().map(|(column, width)| match column {
                0 | 1 => "-".repeat(*width),
                _ => format!("{}:", "-".repeat(width - 1)),
            });
            lines.push(format!("| {} |", rule.collect::<Vec<_>>().join(" | ")));
        }
    }
    lines.join("\n") + "\n"
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_tells_who_only_was_parsed() {
        let mut ran = Standing::new("DuckDB".to_owned(), "2.0.0".to_owned(), true);
        (ran.cases, ran.rows, ran.took) = (120, 1_234_567, Duration::from_secs(3));
        let parsed = Standing::new("Trino".to_owned(), "sqlglot 30".to_owned(), false);
        assert_eq!(
            table(&[ran, parsed]),
            "\
| engine | version    | cases run | cases refused | random sets |   rows compared |  differing rows | seconds |
| ------ | ---------- | --------: | ------------: | ----------: | --------------: | --------------: | ------: |
| DuckDB | 2.0.0      |       120 |             0 |           0 |       1,234,567 |               0 |       3 |
| Trino  | sqlglot 30 |         0 |             0 |           0 | parsed, not run | parsed, not run |       0 |
"
        );
    }

    #[test]
    fn one_difference_is_enough() {
        let mut standing = Standing::new("DuckDB".to_owned(), String::new(), true);
        standing.add(Comparison { rows: 10, differing: 0, report: String::new() });
        assert!(standing.is_right());
        standing.add(Comparison { rows: 10, differing: 1, report: "a key".to_owned() });
        assert!(!standing.is_right());
        assert_eq!((standing.rows, standing.differing, standing.failures.len()), (20, 1, 1));
    }
}

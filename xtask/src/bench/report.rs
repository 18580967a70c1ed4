//! Results as text: Markdown tables, the same on the terminal and in bench/results.

use std::fs;

use anyhow::Result;

use super::contestants::Work;
use super::datasets::Dataset;
use super::rounds::Standing;
use super::tools::{Tools, output};

/// The table of one file: who gives session ids first, then the copies, each by wall time.
pub(super) fn section(dataset: &Dataset, events: u64, standings: &[Standing]) -> String {
    let mut text = format!("## {}: {} events, {}\n\n", dataset.name, thousands(events), dataset.title);
    text +=
        &row(["", "seconds", "to spectrum", "CPU seconds", "to spectrum", "peak MiB", "differing events"]);
    text += "|---|---:|---:|---:|---:|---:|---:|\n";
    let Some(spectrum) = standings.iter().find(|standing| standing.contestant.is_spectrum()) else {
        return text;
    };
    let base = spectrum.medians();
    let mut sorted: Vec<_> = standings.iter().map(|standing| (standing, standing.medians())).collect();
    sorted.sort_by(|(a, a_took), (b, b_took)| {
        let is_copy = |standing: &Standing| standing.contestant.work == Work::Copy;
        is_copy(a).cmp(&is_copy(b)).then(a_took.wall.total_cmp(&b_took.wall))
    });
    for (standing, took) in sorted {
        let differing = match standing.contestant.work {
            Work::Copy => "no session ids".to_owned(),
            _ => thousands(standing.differing),
        };
        text += &row([
            standing.contestant.name,
            &format!("{:.2}", took.wall),
            &format!("{:.1} x", took.wall / base.wall),
            &format!("{:.2}", took.cpu()),
            &format!("{:.1} x", took.cpu() / base.cpu()),
            &format!("{:.0}", took.peak_mib),
            &differing,
        ]);
    }
    text
}

/// Every measurement behind the table of one file or rule.
pub(super) fn raw(title: &str, standings: &[Standing]) -> String {
    let mut text = format!("### {title}\n\n");
    text += &row(["", "round", "seconds", "user CPU", "system CPU", "peak MiB"]);
    text += "|---|---:|---:|---:|---:|---:|\n";
    for standing in standings {
        for (round, run) in (1..).zip(&standing.runs) {
            text += &row([
                standing.contestant.name,
                &format!("{round}"),
                &format!("{:.3}", run.wall),
                &format!("{:.3}", run.user),
                &format!("{:.3}", run.system),
                &format!("{:.1}", run.peak_mib),
            ]);
        }
    }
    text
}

/// The whole page.
pub(super) fn page(machine: &str, rounds: usize, sections: &[String], raw: &[String]) -> Result<String> {
    Ok(format!(
        "# Whole processes, {}\n\n{machine}\n\n\
         Each row is a process from its start to its end, the interpreter's start included: a file in, a file out, \
         all cores, page cache warm. Medians of {rounds} interleaved rounds, after a first round in which every \
         session id was compared with Spectrum's. Spectrum writes all seven columns of its input and the session \
         id; the others read and write only the four that they need (user_id, account_id, occurred_at, event_id) \
         and the session id, and the copies those four alone. The scripts are in bench/peers. Wall times suffer \
         from whatever else the machine does; CPU times much less.\n\n{}\n## Raw results\n\n{}",
        today()?,
        sections.join("\n"),
        raw.join("\n"),
    ))
}

/// The page's path below the project's root: one a day and number of cores.
pub(super) fn place(tools: &Tools) -> Result<String> {
    fs::create_dir_all(tools.root.join("bench/results"))?;
    Ok(format!("bench/results/{}-{}cores.md", today()?, tools.threads))
}

pub(super) fn today() -> Result<String> {
    output(std::process::Command::new("date").args(["-u", "+%F"]))
}

pub(super) fn row<const N: usize>(cells: [&str; N]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// 10000000 as 10,000,000.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::contestants::CONTESTANTS;
    use super::super::datasets::DATASETS;
    use super::super::measure::Measurement;
    use super::*;

    #[test]
    fn thousands_are_parted() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn a_table_orders_by_wall_time_with_copies_last() {
        let standings: Vec<_> = CONTESTANTS
            .iter()
            .filter(|contestant| {
                ["spectrum", "duckdb asof", "pandas sort", "duckdb copy"].contains(&contestant.name)
            })
            .zip([0.5, 4.0, 3.0, 1.0])
            .map(|(contestant, wall)| {
                let run = Measurement { wall, user: 2.0 * wall, system: 0.0, peak_mib: 100.0 };
                Standing { contestant, runs: vec![run], differing: 0 }
            })
            .collect();
        assert_eq!(
            section(&DATASETS[0], 1_000_000, &standings),
            "\
## uuid-time.parquet: 1,000,000 events, uuid keys, in order of time

|  | seconds | to spectrum | CPU seconds | to spectrum | peak MiB | differing events |
|---|---:|---:|---:|---:|---:|---:|
| spectrum | 0.50 | 1.0 x | 1.00 | 1.0 x | 100 | 0 |
| pandas sort | 3.00 | 6.0 x | 6.00 | 6.0 x | 100 | 0 |
| duckdb asof | 4.00 | 8.0 x | 8.00 | 8.0 x | 100 | 0 |
| duckdb copy | 1.00 | 2.0 x | 2.00 | 2.0 x | 100 | no session ids |
"
        );
    }
}

//! The results as one table, next to Spectrum with attributes and next to Spectrum without.

use super::super::report::{row, thousands};
use super::super::rounds::Standing;

/// The table; Spectrum comes first, and Spectrum without attributes second.
pub(super) fn of(events: u64, standings: &[Standing]) -> String {
    let mut text = format!(
        "## {} events with uuid keys, Parquet, in order of time, five attributes\n\n",
        thousands(events)
    );
    text += &row([
        "",
        "seconds",
        "to spectrum",
        "to without",
        "CPU seconds",
        "to spectrum",
        "to without",
        "peak MiB",
    ]);
    text += "|---|---:|---:|---:|---:|---:|---:|---:|\n";
    let [with, without, ..] = standings else { return text };
    let (with, without) = (with.medians(), without.medians());
    for standing in standings {
        let took = standing.medians();
        let ratio = |took: f64, base: f64| format!("{:.2} x", took / base);
        text += &row([
            standing.contestant.name,
            &format!("{:.2}", took.wall),
            &ratio(took.wall, with.wall),
            &ratio(took.wall, without.wall),
            &format!("{:.2}", took.cpu()),
            &ratio(took.cpu(), with.cpu()),
            &ratio(took.cpu(), without.cpu()),
            &format!("{:.0}", took.peak_mib),
        ]);
    }
    text
}

/// The whole page.
pub(super) fn page(date: &str, machine: &str, rounds: usize, table: &str, raw: &str) -> String {
    format!(
        "# Attributes of sessions, whole processes, {date}\n\n{machine}\n\n\
         Each row is a process from its start to its end, the interpreter's start included: a file in, a table of sessions \
         out, all cores, page cache warm. Medians of {rounds} interleaved rounds, after a first round in which every \
         value was compared with Spectrum's. Spectrum writes the events with their session ids too; the others write the \
         table alone. The attributes are those of bench/peers/attributes/five.toml, and the scripts stand beside it. Wall \
         times suffer from whatever else the machine does; CPU times much less.\n\n{table}\n## Raw results\n\n{raw}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::measure::Measurement;
    use super::super::CONTESTANTS;
    use super::*;

    #[test]
    fn each_row_stands_next_to_spectrum_with_attributes_and_without() {
        let standing = |(contestant, wall)| {
            let run = Measurement { wall, user: 2.0 * wall, system: 0.0, peak_mib: 100.0 };
            Standing { contestant, runs: vec![run], differing: 0 }
        };
        let standings: Vec<_> = CONTESTANTS.iter().zip([1.5, 1.0, 6.0, 3.0]).map(standing).collect();
        let text = of(1_000_000, &standings);
        let rows: Vec<_> = text.lines().skip(4).collect();
        assert_eq!(
            rows,
            [
                "| spectrum | 1.50 | 1.00 x | 1.50 x | 3.00 | 1.00 x | 1.50 x | 100 |",
                "| spectrum without attributes | 1.00 | 0.67 x | 1.00 x | 2.00 | 0.67 x | 1.00 x | 100 |",
                "| duckdb aggregates | 6.00 | 4.00 x | 6.00 x | 12.00 | 4.00 x | 6.00 x | 100 |",
                "| clickhouse arrays | 3.00 | 2.00 x | 3.00 x | 6.00 | 2.00 x | 3.00 x | 100 |",
            ]
        );
    }
}

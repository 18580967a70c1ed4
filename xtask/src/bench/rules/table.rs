//! The results as one table: every rule and engine, next to Spectrum and next to the same engine's plain gap.

use super::super::measure::Measurement;
use super::super::report::{row, thousands};
use super::super::rounds::Standing;
use super::Ruled;

pub(super) fn of(events: u64, ruled: &[Ruled]) -> String {
    let mut text = format!("## {} events with uuid keys, Parquet, in order of time\n\n", thousands(events));
    text += &row([
        "rule",
        "",
        "seconds",
        "to spectrum",
        "to its plain gap",
        "CPU seconds",
        "to spectrum",
        "to its plain gap",
        "peak MiB",
    ]);
    text += "|---|---|---:|---:|---:|---:|---:|---:|---:|\n";
    for Ruled { kind, standings } in ruled {
        let spectrum = standings.iter().find(|standing| standing.contestant.is_spectrum());
        for standing in standings {
            let took = standing.medians();
            let [wall, cpu] = ratios(took, spectrum);
            let plain = plain_gap(ruled, standing);
            let [wall_to_plain, cpu_to_plain] = ratios(took, plain);
            text += &row([
                &format!("{}: {}", kind.name, kind.rule),
                standing.contestant.name,
                &format!("{:.2}", took.wall),
                &wall,
                &wall_to_plain,
                &format!("{:.2}", took.cpu()),
                &cpu,
                &cpu_to_plain,
                &format!("{:.0}", took.peak_mib),
            ]);
        }
    }
    text
}

/// The whole page.
pub(super) fn page(date: &str, machine: &str, rounds: usize, table: &str, raw: &[String]) -> String {
    format!(
        "# Rules beyond the gap, whole processes, {date}\n\n{machine}\n\n\
         Each row is a process from its start to its end, the interpreter's start included: a file in, a file out, all \
         cores, page cache warm. Medians of {rounds} rounds, interleaved over all rules and engines, after a first \
         round in which every session id was compared with Spectrum's. Spectrum writes all seven columns of its input \
         and the session id; the others write user_id, account_id, occurred_at, event_id and the session id. The \
         scripts are in bench/peers and bench/peers/rules, with what else was tried. Wall times suffer from whatever \
         else the machine does; CPU times much less.\n\n{table}\n## Raw results\n\n{}",
        raw.join("\n")
    )
}

/// How the same engine did under the plain gap, in whatever formulation is its best there.
fn plain_gap<'r>(ruled: &'r [Ruled], standing: &Standing) -> Option<&'r Standing> {
    let engine = |standing: &Standing| standing.contestant.name.split(' ').next();
    let plain = ruled.iter().find(|ruled| ruled.kind.is_plain_gap())?;
    plain.standings.iter().find(|plain| engine(plain) == engine(standing))
}

/// Wall and CPU time as multiples; nothing where there is nothing to compare with.
fn ratios(took: Measurement, base: Option<&Standing>) -> [String; 2] {
    let Some(base) = base.map(Standing::medians) else { return Default::default() };
    [(took.wall, base.wall), (took.cpu(), base.cpu())].map(|(took, base)| format!("{:.2} x", took / base))
}

#[cfg(test)]
mod tests {
    use super::super::kinds::KINDS;
    use super::*;

    fn ruled(kind: usize, walls: [f64; 3]) -> Ruled {
        let kind = &KINDS[kind];
        let standing = |(contestant, wall)| {
            let run = Measurement { wall, user: 2.0 * wall, system: 0.0, peak_mib: 100.0 };
            Standing { contestant, runs: vec![run], differing: 0 }
        };
        Ruled { kind, standings: kind.contestants.iter().zip(walls).map(standing).collect() }
    }

    #[test]
    fn each_row_stands_next_to_spectrum_and_to_its_engines_plain_gap() {
        let text = of(1_000_000, &[ruled(0, [1.0, 8.0, 4.0]), ruled(3, [1.5, 9.0, 6.0])]);
        let rows: Vec<_> = text.lines().skip(4).collect();
        assert_eq!(
            rows,
            [
                "| plain gap: 30 minutes | spectrum | 1.00 | 1.00 x | 1.00 x | 2.00 | 1.00 x | 1.00 x | 100 |",
                "| plain gap: 30 minutes | duckdb asof | 8.00 | 8.00 x | 1.00 x | 16.00 | 8.00 x | 1.00 x | 100 |",
                "| plain gap: 30 minutes | clickhouse arrays | 4.00 | 4.00 x | 1.00 x | 8.00 | 4.00 x | 1.00 x | 100 |",
                "| sequential: and at most an hour | spectrum | 1.50 | 1.00 x | 1.50 x | 3.00 | 1.00 x | 1.50 x | 100 |",
                "| sequential: and at most an hour | duckdb lists | 9.00 | 6.00 x | 1.12 x | 18.00 | 6.00 x | 1.12 x | 100 |",
                "| sequential: and at most an hour | clickhouse arrays | 6.00 | 4.00 x | 1.50 x | 12.00 | 4.00 x | 1.50 x | 100 |",
            ]
        );
    }

    /// Rules without the plain gap among them have nothing to be compared with.
    #[test]
    fn ratios_to_a_plain_gap_that_was_not_run_are_left_out() {
        let text = of(1_000_000, &[ruled(1, [1.0, 8.0, 4.0])]);
        assert!(text.contains("| spectrum | 1.00 | 1.00 x |  | 2.00 | 1.00 x |  | 100 |"), "{text}");
    }
}

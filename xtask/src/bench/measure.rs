//! What one process took: wall time, CPU time and peak memory.

use anyhow::{Context, Result};

use super::tools::{Tools, output};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measurement {
    /// Seconds from the start of the process to its end.
    pub(super) wall: f64,
    pub(super) user: f64,
    pub(super) system: f64,
    pub(super) peak_mib: f64,
}

impl Measurement {
    pub(super) fn cpu(&self) -> f64 {
        self.user + self.system
    }

    /// Of each quantity for itself: the round with the median wall time need not be the one with the median peak.
    pub(super) fn medians(runs: &[Self]) -> Self {
        let of = |quantity: fn(&Self) -> f64| median(runs.iter().map(quantity).collect());
        Self {
            wall: of(|run| run.wall),
            user: of(|run| run.user),
            system: of(|run| run.system),
            peak_mib: of(|run| run.peak_mib),
        }
    }
}

/// Runs the command to its end. bench/measure.py asks the kernel what it used, as Rust's standard library does not.
pub(super) fn measure(tools: &Tools, command_line: &[String]) -> Result<Measurement> {
    let shown = || command_line.join(" ");
    // -I and -S keep the measuring process small, which its child's peak begins with.
    let mut command = tools.command(&tools.python);
    command.args(["-I", "-S", "bench/measure.py"]).args(command_line);
    let printed = output(&mut command).with_context(shown)?;
    read(&printed).with_context(|| format!("bench/measure.py said '{printed}' of {}", shown()))
}

/// What bench/measure.py printed.
pub(super) fn read(printed: &str) -> Result<Measurement> {
    let numbers: Vec<f64> = printed.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [wall, user, system, peak_kib] = numbers[..] else {
        anyhow::bail!("four numbers were expected");
    };
    Ok(Measurement { wall, user, system, peak_mib: peak_kib / 1024.0 })
}

/// The mean of the middle two where their number is even; 0 of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_of_each_quantity_for_itself() {
        let run = |wall, peak_mib| Measurement { wall, user: 1.0, system: 0.0, peak_mib };
        let medians = Measurement::medians(&[run(3.0, 10.0), run(1.0, 30.0), run(2.0, 20.0)]);
        assert_eq!(medians, run(2.0, 20.0));
        assert_eq!(Measurement::medians(&[run(1.0, 10.0), run(4.0, 20.0)]), run(2.5, 15.0));
    }

    #[test]
    fn reads_what_the_script_prints() {
        let read = read("1.5 2.25 0.5 2048").unwrap();
        assert_eq!(read, Measurement { wall: 1.5, user: 2.25, system: 0.5, peak_mib: 2.0 });
    }
}

//! Where an axis has its few ticks.

/// A tick: where it is, as a share of the axis, and what stands there. A major one is there on narrow screens too.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) label: String,
    pub(crate) is_major: bool,
}

/// Steps from zero to at least the highest value: three to five, all of them round.
pub(crate) fn steps(highest: f64) -> Vec<f64> {
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let exact = highest / 3.0;
    let power = 10_f64.powf(exact.log10().floor());
    // Counts have no halves.
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= exact * 0.75);
    let step = step.unwrap_or(power * 10.0).max(1.0);
    (0..=((highest / step) - 1e-9).ceil() as u32).map(|nth| f64::from(nth) * step).collect()
}

/// Lengths of time on a scale on which every factor is as wide.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct LogScale {
    from: f64,
    to: f64,
}

/// Lengths that people count in, and what they call them; major ones first in their order of size.
const LENGTHS: [(f64, &str, bool); 20] = [
    (1e-6, "1µs", true),
    (1e-5, "10µs", false),
    (1e-4, "100µs", false),
    (1e-3, "1ms", true),
    (1e-2, "10ms", false),
    (1e-1, "100ms", false),
    (1.0, "1s", true),
    (10.0, "10s", false),
    (60.0, "1m", true),
    (600.0, "10m", false),
    (3600.0, "1h", true),
    (21_600.0, "6h", false),
    (86_400.0, "1d", true),
    (604_800.0, "7d", false),
    (2_592_000.0, "30d", true),
    (31_557_600.0, "1y", false),
    (315_576_000.0, "10y", true),
    (3_155_760_000.0, "100y", false),
    (31_557_600_000.0, "1000y", true),
    (315_576_000_000.0, "10000y", false),
];

impl LogScale {
    /// From one length to another, both longer than none.
    pub(crate) fn new(from: f64, to: f64) -> Self {
        let from = from.max(1e-9);
        Self { from, to: to.max(from * 2.0) }
    }

    /// Where a length is, as a share of the axis; at an end where it is beyond it.
    pub(crate) fn at(self, length: f64) -> f64 {
        ((length.max(1e-9) / self.from).ln() / (self.to / self.from).ln()).clamp(0.0, 1.0)
    }

    pub(crate) fn ticks(self) -> Vec<Tick> {
        let is_inside = |length: f64| length >= self.from * 0.999 && length <= self.to * 1.001;
        let inside = LENGTHS.iter().filter(|(length, ..)| is_inside(*length));
        let majors = inside.clone().filter(|(.., is_major)| *is_major).count();
        // Of a short stretch all are few.
        let tick = |(length, label, is_major): &(f64, &str, bool)| Tick {
            at: self.at(*length),
            label: (*label).to_owned(),
            is_major: *is_major || majors < 2,
        };
        inside.map(tick).collect()
    }
}

/// Which of a row of labels are shown, so few that they can be read, and whether each is shown on narrow screens too.
pub(crate) fn sparse(labels: usize, most: usize, most_narrow: usize) -> Vec<(usize, bool)> {
    let shown = evenly(labels, most);
    let every = shown.len().div_ceil(most_narrow.max(1)).max(1);
    shown.into_iter().enumerate().map(|(nth, label)| (label, nth.is_multiple_of(every))).collect()
}

fn evenly(labels: usize, most: usize) -> Vec<usize> {
    let step = [1, 2, 5, 7, 10, 14, 20, 30, 50, 100].into_iter().find(|step| labels.div_ceil(*step) <= most);
    (0..labels).step_by(step.unwrap_or_else(|| labels.div_ceil(most.max(1))).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_few_and_reach_the_highest() {
        assert_eq!(steps(37.0), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(steps(1.0), [0.0, 1.0]);
        assert_eq!(steps(0.0), [0.0, 1.0]);
        for highest in 1..5_000 {
            let steps = steps(f64::from(highest));
            assert!((2..=5).contains(&steps.len()), "{highest}: {steps:?}");
            assert!(steps[steps.len() - 1] >= f64::from(highest), "{highest}: {steps:?}");
        }
    }

    #[test]
    fn a_log_scale_has_its_ends_at_the_ends_and_every_factor_as_wide() {
        let scale = LogScale::new(1.0, 10_000.0);
        let near = |at: f64, expected: f64| assert!((at - expected).abs() < 1e-9, "{at} {expected}");
        [(1.0, 0.0), (10.0, 0.25), (100.0, 0.5), (10_000.0, 1.0), (1e9, 1.0), (0.0, 0.0)]
            .into_iter()
            .for_each(|(length, expected)| near(scale.at(length), expected));
        let labels: Vec<_> = scale.ticks().into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["1s", "10s", "1m", "10m", "1h"]);
    }

    #[test]
    fn labels_are_no_more_than_can_be_read() {
        assert_eq!(evenly(3, 4), [0, 1, 2]);
        assert_eq!(evenly(31, 5), [0, 7, 14, 21, 28]);
        assert_eq!(sparse(31, 5, 3), [(0, true), (7, false), (14, true), (21, false), (28, true)]);
        for labels in 1..400 {
            let shown = sparse(labels, 8, 4);
            assert!(shown.len() <= 8 && shown.iter().filter(|(_, narrow)| *narrow).count() <= 4, "{labels}");
            assert_eq!(shown[0], (0, true));
        }
    }
}

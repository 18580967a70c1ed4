//! Where the lines of a grid stand.

/// Values from zero to at least the highest one, in round steps, about four of them.
pub(super) fn ticks(highest: f64, unit: &str) -> Vec<f64> {
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let exact = highest / 4.0;
    let step = match unit {
        // Times are round in minutes and hours.
        "s" if exact > 10.0 => {
            [15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0]
                .into_iter()
                .find(|step| *step >= exact)
                .unwrap_or_else(|| round(exact))
        }
        _ => round(exact),
    };
    (0..=(highest / step).ceil() as u32).map(|nth| f64::from(nth) * step).collect()
}

/// The next of 1, 2, 2.5, 5, 10, 20, 25 and so on, or of a tenth of them.
fn round(exact: f64) -> f64 {
    let power = 10_f64.powf(exact.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| *step >= exact * 0.999)
        .unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_reach_the_highest() {
        assert_eq!(ticks(37.0, "short"), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(ticks(1000.0, "s"), [0.0, 300.0, 600.0, 900.0, 1200.0]);
        assert_eq!(ticks(81.0, "short"), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert_eq!(ticks(0.0, "short").len(), 5);
        assert_eq!(ticks(8.0, "none"), [0.0, 2.0, 4.0, 6.0, 8.0]);
    }
}

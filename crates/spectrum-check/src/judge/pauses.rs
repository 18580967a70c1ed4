//! A gap that lies within a peak of the pauses.

use crate::check::Check;
use crate::finding::Finding;
use crate::key_facts::FEW;
use crate::tallies::Tallies;
use crate::thresholds::Thresholds;

/// Pauses within 25 % of the gap are a peak if they are a share of all and twice as many as on either side, over the same
/// part of a logarithmic scale. The gap cuts through it if a tenth of them lies on either side of it, or half of them
/// are exactly as long as it.
pub(super) fn cut(tallies: &Tallies, thresholds: &Thresholds) -> Option<Finding> {
    let pauses = tallies.pauses;
    let peak = pauses.below + pauses.exact + pauses.above;
    let is_peak = peak as f64 >= thresholds.peak_share * pauses.all as f64
        && peak >= 2 * pauses.shorter
        && peak >= 2 * pauses.longer;
    let is_cut = 10 * pauses.below.min(pauses.above) >= peak || 2 * pauses.exact >= peak;
    let finding = Finding::new(Check::GapInPeak, peak, pauses.all);
    let finding =
        finding.fact("shorter", pauses.below).fact("exact", pauses.exact).fact("longer", pauses.above);
    (peak >= FEW && is_peak && is_cut).then_some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tallies::Pauses;

    fn is_found(pauses: Pauses) -> bool {
        let tallies = Tallies { pauses, ..Tallies::default() };
        cut(&tallies, &Thresholds::default()).is_some()
    }

    #[test]
    fn a_peak_is_cut_from_both_sides() {
        let pauses = Pauses { all: 1_000, below: 60, exact: 0, above: 60, shorter: 60, longer: 60 };
        assert!(is_found(pauses));
        assert!(!is_found(Pauses { shorter: 61, ..pauses }), "it falls from the left");
        assert!(!is_found(Pauses { longer: 61, ..pauses }), "it rises to the right");
        assert!(!is_found(Pauses { below: 110, above: 10, ..pauses }), "it ends before the gap");
        assert!(is_found(Pauses { below: 55, above: 5, exact: 60, ..pauses }));
        assert!(!is_found(Pauses { all: 6_001, ..pauses }), "too few of all");
        assert!(
            !is_found(Pauses { all: 100, below: 50, above: 49, shorter: 0, longer: 0, exact: 0 }),
            "too few"
        );
    }
}

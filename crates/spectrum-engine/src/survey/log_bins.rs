//! Counts of values in bins whose bounds grow by a factor, so that seconds and days fit into one picture.

/// How many values are greater than `above` and at most `up_to`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bin {
    /// No value of the bin is this small.
    pub above: f64,
    /// The greatest that a value of the bin can be.
    pub up_to: f64,
    /// How many values there are.
    pub count: u64,
}

/// The greatest whole numbers of units in bins that double with every second one, from a microsecond to thousands of years.
/// Bins in which no whole number lies are left out.
pub(super) fn half_octaves(per_second: f64) -> Vec<u64> {
    let bounds =
        (-40..=74).map(|half| (per_second * 2_f64.powf(f64::from(half) / 2.0) * (1.0 + 1e-12)) as u64);
    distinct(bounds)
}

/// The greatest whole numbers of bins that double: 1, 2, 3 and 4, 5 to 8 ...
pub(super) fn doublings() -> Vec<u64> {
    (0..64).map(|power| 1 << power).collect()
}

fn distinct(bounds: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut bounds: Vec<u64> = bounds.filter(|bound| *bound > 0).collect();
    bounds.dedup();
    bounds
}

/// Counts values in bins with these upper bounds, divided by `scale`, from the first to the last bin that has any.
pub(super) fn in_bins(values: impl Iterator<Item = u64>, bounds: &[u64], scale: f64) -> Vec<Bin> {
    let mut counts = vec![0; bounds.len() + 1];
    for value in values {
        counts[bounds.partition_point(|bound| *bound < value)] += 1;
    }
    bins(&counts, bounds, scale)
}

/// Bins with these counts, from the first to the last that has any. What is beyond the last bound is in a bin that doubles it.
pub(super) fn bins(counts: &[u64], bounds: &[u64], scale: f64) -> Vec<Bin> {
    let first = counts.iter().position(|count| *count > 0).unwrap_or(counts.len());
    let last = counts.iter().rposition(|count| *count > 0).unwrap_or_default();
    let above = |at: usize| at.checked_sub(1).map_or(0.0, |before| bounds[before] as f64);
    let bin = |at: usize| {
        let up_to = bounds.get(at).map_or(2.0 * above(at), |bound| *bound as f64);
        Bin { above: above(at) / scale, up_to: up_to / scale, count: counts[at] }
    };
    if first > last { Vec::new() } else { (first..=last).map(bin).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bin_below_it_and_no_bin_is_without_whole_numbers() {
        let seconds = half_octaves(1.0);
        assert_eq!(seconds[..8], [1, 2, 4, 5, 8, 11, 16, 22]);
        let bin = |above, up_to, count| Bin { above, up_to, count };
        let bins = in_bins([1, 2, 3, 4, 4, 8].into_iter(), &seconds, 1.0);
        assert_eq!(
            bins,
            [bin(0.0, 1.0, 1), bin(1.0, 2.0, 1), bin(2.0, 4.0, 3), bin(4.0, 5.0, 0), bin(5.0, 8.0, 1)]
        );
        assert_eq!(in_bins(std::iter::empty(), &seconds, 1.0), []);
    }

    #[test]
    fn values_beyond_all_bounds_are_counted() {
        let bins = in_bins([u64::MAX, 1].into_iter(), &half_octaves(1.0), 1.0);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), 2);
        let events = in_bins([u64::MAX].into_iter(), &doublings(), 1.0);
        assert_eq!(events.iter().map(|bin| bin.count).collect::<Vec<_>>(), [1]);
    }
}

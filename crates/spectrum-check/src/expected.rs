//! What is to be expected of a day: what the days like it had.

/// Whether a day, counted from 1970, is a Saturday or a Sunday.
fn is_weekend(day: i64) -> bool {
    // 1970-01-01 was a Thursday.
    matches!((day + 4).rem_euclid(7), 0 | 6)
}

/// The days that are like a day, by their distance to it: those of the same weekday up to four weeks away; where there are
/// fewer than four of them, weekends or working days up to two weeks away; and where there are fewer than three of those,
/// none.
pub(crate) fn days_like(day: i64, has: impl Fn(i64) -> bool) -> Vec<i64> {
    let same_weekday: Vec<i64> = (-4..=4)
        .filter(|weeks| *weeks != 0)
        .map(|weeks| day + 7 * weeks)
        .filter(|other| has(*other))
        .collect();
    if same_weekday.len() >= 4 {
        return same_weekday;
    }
    let is_alike = |other: &i64| *other != day && is_weekend(*other) == is_weekend(day) && has(*other);
    let same_kind: Vec<i64> = (day - 14..=day + 14).filter(is_alike).collect();
    if same_kind.len() >= 3 { same_kind } else { Vec::new() }
}

/// The value in the middle, or halfway between the two in the middle; `None` without any.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

/// The value below which a quarter lies; `None` without any.
pub(crate) fn lower_quartile(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 4).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_compared_with_days_like_them() {
        // 2026-01-01, a Thursday.
        let thursday = 20_454;
        assert!(is_weekend(thursday + 2) && is_weekend(thursday + 3) && !is_weekend(thursday + 4));
        assert_eq!(days_like(thursday, |_| true).len(), 8);
        let two_weeks = days_like(thursday, |day| (thursday - 3..thursday + 11).contains(&day));
        assert_eq!(two_weeks, [-3, -2, -1, 1, 4, 5, 6, 7, 8].map(|days| thursday + days));
        assert!(days_like(thursday + 2, |day| (thursday..thursday + 7).contains(&day)).is_empty());
    }

    #[test]
    fn middles() {
        assert_eq!(
            (median(vec![]), median(vec![3.0, 1.0, 2.0]), median(vec![1.0, 2.0])),
            (None, Some(2.0), Some(1.5))
        );
        assert_eq!(lower_quartile(vec![4.0, 3.0, 2.0, 1.0]), Some(2.0));
    }
}

//! Files whose whole days are hours away: the same keys act at other hours of the day than in all other files.
//!
//! Whatever hours a key keeps, those of one file lie to those of the others as those of any file do. A file in local time
//! has the same distribution of these differences, turned around the clock.

use crate::tallies::{Shift, Stream};

/// A file says something of hours from so many hours of keys on.
const LEAST_HOURS: u64 = 200;
/// What differs less than this is the rhythm of a day that is unlike others.
const DIFFERS: f64 = 0.12;
/// Turned, it must differ by less than this part of what it did.
const FITS: f64 = 0.4;
/// So many other files show what is usual.
const LEAST_OTHERS: usize = 4;
/// It must differ so many times as much as four of five files do.
const OUTLIER: f64 = 2.0;

/// By how many hours a file is later than the others.
pub(super) fn hours_of(shift: &Shift, all: &[Shift]) -> Option<i64> {
    if !matches!(shift.stream, Stream::File(_)) || shift.key_hours < LEAST_HOURS {
        return None;
    }
    let differs =
        |of: &Shift, hours: i64| Some(distance(&shares(&of.rhythm)?, &shares(&others(of, all))?, hours));
    let as_it_stands = differs(shift, 0)?;
    if as_it_stands < DIFFERS {
        return None;
    }
    let turned =
        (-11..=12).filter(|hours| *hours != 0).filter_map(|hours| Some((differs(shift, hours)?, hours)));
    let (least, hours) = turned.min_by(|(a, _), (b, _)| a.total_cmp(b))?;
    let mut of_others: Vec<f64> = all
        .iter()
        .filter(|other| other.stream != shift.stream && other.key_hours >= LEAST_HOURS)
        .filter_map(|other| differs(other, 0))
        .collect();
    of_others.sort_unstable_by(f64::total_cmp);
    // Of few files each differs from the others when one of them does.
    if of_others.len() < LEAST_OTHERS {
        return None;
    }
    let usual = of_others.get(of_others.len() * 4 / 5)?;
    let is_outlier = as_it_stands >= OUTLIER * usual;
    (is_outlier && least <= FITS * as_it_stands).then_some(hours)
}

/// The rhythm of all other files.
fn others(of: &Shift, all: &[Shift]) -> [u64; 24] {
    let mut sum = [0; 24];
    for other in
        all.iter().filter(|other| matches!(other.stream, Stream::File(_)) && other.stream != of.stream)
    {
        sum.iter_mut().zip(other.rhythm).for_each(|(sum, count)| *sum += count);
    }
    sum
}

fn shares(counts: &[u64; 24]) -> Option<[f64; 24]> {
    let all: u64 = counts.iter().sum();
    (all > 0).then(|| counts.map(|count| count as f64 / all as f64))
}

/// Half of what two distributions differ in, where the second is so many hours later.
fn distance(one: &[f64; 24], other: &[f64; 24], hours: i64) -> f64 {
    let later = |hour: usize| other[(hour as i64 - hours).rem_euclid(24).unsigned_abs() as usize];
    one.iter().enumerate().map(|(hour, share)| (share - later(hour)).abs()).sum::<f64>() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tallies::MOST_HOURS;

    fn file(name: &str, rhythm: [u64; 24]) -> Shift {
        Shift {
            stream: Stream::File(name.into()),
            events: 1_000,
            at_home: 0,
            away: [0; 2 * MOST_HOURS + 1],
            examples: Vec::new(),
            key_hours: 200,
            rhythm,
        }
    }

    /// As many differences as there are when people act at eight hours of the day.
    fn turned(hours: usize) -> [u64; 24] {
        let mut rhythm = [0; 24];
        for away in 0..8_u64 {
            let away_hours = away as usize;
            rhythm[(hours + away_hours) % 24] += 80 - 10 * away;
            rhythm[(24 + hours - away_hours) % 24] += 80 - 10 * away;
        }
        rhythm
    }

    #[test]
    fn a_file_that_is_turned_is_found() {
        let mut all: Vec<Shift> = (0..9).map(|at| file(&at.to_string(), turned(0))).collect();
        assert!(all.iter().all(|one| hours_of(one, &all).is_none()));
        for hours in [5, 12, 17] {
            all[4].rhythm = turned(hours);
            let found: Vec<_> = all.iter().map(|one| hours_of(one, &all)).collect();
            let later = if hours > 12 { hours as i64 - 24 } else { hours as i64 };
            assert_eq!(found.iter().flatten().collect::<Vec<_>>(), [&later]);
            assert_eq!(found[4], Some(later));
        }
        all[4].key_hours = 199;
        assert_eq!(hours_of(&all[4], &all), None);
    }

    #[test]
    fn another_rhythm_is_no_shift() {
        let mut all: Vec<Shift> = (0..9).map(|at| file(&at.to_string(), turned(0))).collect();
        all[4].rhythm = [7; 24];
        assert_eq!(hours_of(&all[4], &all), None);
    }
}

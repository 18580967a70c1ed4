//! When people are about: by the hour of the day and the day of the week, a little more from week to week.

use crate::rng::Rng;
use crate::window::{DAYS, HOUR};

/// How busy each hour of a working day is (UTC): quiet nights, a dip at noon, a smaller peak in the evening.
const WORKING_DAY: [u64; 24] =
    [10, 7, 5, 4, 5, 9, 20, 42, 70, 92, 100, 96, 82, 90, 98, 95, 86, 70, 56, 52, 54, 46, 32, 19];
/// How busy each hour of a Saturday or Sunday is: later, flatter, about half of a working day.
const WEEKEND: [u64; 24] =
    [14, 10, 7, 5, 4, 5, 8, 14, 22, 32, 40, 44, 42, 40, 40, 41, 42, 42, 42, 44, 46, 40, 30, 21];

/// The chance of each hour of the window to be the one in which a session starts.
#[derive(Debug)]
pub(crate) struct Rhythm {
    /// The weights of all hours up to and including this one.
    running_totals: Vec<u64>,
}

impl Rhythm {
    pub(crate) fn new() -> Self {
        let mut total = 0;
        let running_totals = (0..DAYS * 24)
            .map(|hour| {
                total += weight(hour / 24, hour % 24);
                total
            })
            .collect();
        Self { running_totals }
    }

    /// A moment in the window at which somebody may start a session.
    pub(crate) fn moment(&self, rng: &mut Rng) -> u64 {
        let total = self.running_totals.last().copied().unwrap_or(0);
        let ticket = rng.below(total);
        let hour = self.running_totals.partition_point(|&running_total| running_total <= ticket);
        hour as u64 * HOUR + rng.below(HOUR)
    }
}

fn weight(day: u64, hour: u64) -> u64 {
    // The window starts on a Thursday.
    let weekend = matches!((day + 3) % 7, 5 | 6);
    let rhythm = if weekend { WEEKEND } else { WORKING_DAY };
    // The product grows by a third in the ninety days.
    rhythm[hour as usize] * (270 + day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;
    use crate::window::WINDOW;

    #[test]
    fn weekends_and_nights_are_quieter() {
        let rhythm = Rhythm::new();
        let mut rng = Rng::stream(5, Purpose::Behaviour, 0);
        let mut by_day = [0_u32; 90];
        let mut by_hour = [0_u32; 24];
        for _ in 0..100_000 {
            let moment = rhythm.moment(&mut rng);
            assert!(moment < WINDOW);
            by_day[(moment / (24 * HOUR)) as usize] += 1;
            by_hour[(moment / HOUR % 24) as usize] += 1;
        }
        // 3 and 4 January 2026 are a Saturday and a Sunday.
        for weekend in
            (2..90).step_by(7).flat_map(|saturday| [saturday, saturday + 1]).filter(|&day| day < 90)
        {
            assert!(by_day[weekend] * 10 < by_day[(weekend + 3).min(89)] * 8, "day {weekend}");
        }
        assert!(by_hour[3] * 10 < by_hour[10]);
    }
}

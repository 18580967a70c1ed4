//! The day of an instant, which ends at a time of day.

use super::steps::Steps;
use super::{Ruled, nanoseconds};
use crate::dialect::Unsupported;

/// Seconds of a day.
const DAY: u64 = 86_400;

impl Ruled<'_> {
    /// The steps that say when the day of an instant began, as a number that no other day has.
    pub(super) fn days(&self, steps: &mut Steps) -> Result<(), Unsupported> {
        let Some(split_at) = self.rule.split_at() else { return Ok(()) };
        let own = &self.own;
        let shift = u64::try_from(split_at.seconds()).unwrap_or_default();
        let per_second = 1_000_000_000 / nanoseconds(self.unit());
        let begins = match split_at.zone() {
            None => self.rounded_down(&own.instant, DAY * per_second, shift * per_second),
            Some(zone) => {
                // Clocks change at whole seconds.
                let second = self.columns.own("whole_second");
                let whole = format!("({})", self.rounded_down(&own.instant, per_second, 0));
                let by = u32::try_from(per_second).unwrap_or(u32::MAX);
                let whole = self.syntax.divided(&whole, by);
                self.add(steps, "seconds", "Seconds since 1970, rounded down.", &[(whole, second.clone())]);
                let clock = self.columns.own("clock_second");
                let civil = self.syntax.civil_seconds(&second, zone)?;
                let comment = format!("What the clocks of {zone} show, as seconds since 1970.");
                self.add(steps, "clocks", &comment, &[(civil, clock.clone())]);
                self.rounded_down(&clock, DAY, shift)
            }
        };
        let comment = "When the day began, at whose end sessions end.";
        self.add(steps, "days", comment, &[(begins, own.day.clone())]);
        Ok(())
    }

    /// The greatest number not above this one that is so much above a multiple.
    fn rounded_down(&self, number: &str, multiple: u64, above: u64) -> String {
        let rest = self.syntax.remainder(number, multiple);
        // Not negative before 1970 either.
        let rest = self.syntax.remainder(&format!("({rest} + {})", 2 * multiple - above), multiple);
        format!("{number} - {rest}")
    }
}

//! How long or how often, as it is written on the command line.

use std::str::FromStr;
use std::time::Duration;

use spectrum_core::{Gap, GapError};

/// A length of time longer than zero, written like a gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Period(Duration);

impl Period {
    pub(crate) fn length(self) -> Duration {
        self.0
    }
}

impl FromStr for Period {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<Gap>() {
            Ok(gap) => Ok(Self(Duration::from_nanos(gap.nanoseconds()))),
            Err(GapError::NotADuration(_)) => Err("write a number and a unit, such as 30s, 5m or 1h30m"),
            Err(GapError::Zero(_)) => Err("it must be longer than zero"),
            Err(GapError::TooFine(_)) => Err("it must be a whole number of nanoseconds"),
            Err(GapError::TooLong(_)) => Err("it must not be longer than 584 years"),
            Err(_) => Err("it is not a duration"),
        }
    }
}

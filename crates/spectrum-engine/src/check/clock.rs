//! Lengths of time and instants in the unit of a scan.

use arrow_schema::TimeUnit;
use spectrum_check::{HOUR, SLOT, Thresholds};
use spectrum_core::{Gap, nanoseconds_per};

/// What the checks measure with, in the unit of the scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) unit: TimeUnit,
    pub(super) second: i64,
    pub(super) slot: i64,
    pub(super) hour: i64,
    pub(super) gap: i64,
    pub(super) burst: i64,
    pub(super) long_session: i64,
}

impl Clock {
    pub(super) fn new(unit: TimeUnit, gap: Gap, thresholds: &Thresholds) -> Self {
        let second = (1_000_000_000 / nanoseconds_per(unit)).cast_signed();
        // A pause is longer than a length of time just if it is longer than that rounded down.
        let floor = |gap: Gap| i64::try_from(gap.nanoseconds() / nanoseconds_per(unit)).unwrap_or(i64::MAX);
        Self {
            unit,
            second,
            slot: SLOT / spectrum_check::SECOND * second,
            hour: HOUR / spectrum_check::SECOND * second,
            gap: floor(gap),
            burst: floor(thresholds.burst_time),
            long_session: floor(thresholds.long_session),
        }
    }

    /// Microseconds since 1970. Instants that microseconds cannot hold are the farthest that they can.
    pub(super) fn micros(&self, instant: i64) -> i64 {
        match self.unit {
            TimeUnit::Second => instant.saturating_mul(1_000_000),
            TimeUnit::Millisecond => instant.saturating_mul(1_000),
            TimeUnit::Microsecond => instant,
            TimeUnit::Nanosecond => instant.div_euclid(1_000),
        }
    }

    /// The first instant that is not before these microseconds since 1970.
    pub(super) fn instant(&self, micros: i64) -> i64 {
        match self.unit {
            TimeUnit::Second => micros.div_euclid(1_000_000) + i64::from(micros.rem_euclid(1_000_000) > 0),
            TimeUnit::Millisecond => micros.div_euclid(1_000) + i64::from(micros.rem_euclid(1_000) > 0),
            TimeUnit::Microsecond => micros,
            TimeUnit::Nanosecond => micros.saturating_mul(1_000),
        }
    }

    /// A length in seconds.
    pub(super) fn seconds(&self, length: i64) -> f64 {
        length as f64 / self.second as f64
    }
}

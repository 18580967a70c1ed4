//! What a time column whose values have to be read turned out to be like: how fine, with zones or without, and in which
//! units.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use arrow_schema::{DataType, TimeUnit};

use super::Scanned;
use crate::error::{Result, TimeError};
use crate::text::time::TextTime;
use crate::usual_times::TimeCheck;

/// Gathered by all threads while they read.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    zoned: Seen,
    naive: Seen,
    finer: AtomicBool,
    /// Where magnitudes decide, by unit.
    units: [Seen; 4],
}

/// Whether something was seen, and the first example.
#[derive(Debug, Default)]
struct Seen {
    any: AtomicBool,
    example: Mutex<Option<String>>,
}

impl Seen {
    fn note(&self, example: impl FnOnce() -> String) {
        if !self.any.load(Ordering::Relaxed) && !self.any.swap(true, Ordering::Relaxed) {
            *self.example.lock().unwrap_or_else(PoisonError::into_inner) = Some(example());
        }
    }

    fn example(&self) -> Option<String> {
        self.example.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Zones {
    pub(crate) fn note(&self, time: TextTime, example: impl Fn() -> String) {
        if let Some(unit) = time.found_unit {
            self.units[unit as usize].note(&example);
        }
        self.note_zone(time.zoned, example);
    }

    pub(super) fn note_zone(&self, zoned: bool, example: impl FnOnce() -> String) {
        if zoned { self.zoned.note(example) } else { self.naive.note(example) }
    }

    /// Notes that a time is finer than the unit; the scan is then begun again with a finer one.
    pub(crate) fn note_finer(&self) {
        self.finer.store(true, Ordering::Relaxed);
    }

    /// Whether that was noted since this was asked last.
    pub(crate) fn was_finer(&self) -> bool {
        self.finer.swap(false, Ordering::Relaxed)
    }

    /// Whether a time without a zone was seen.
    pub(crate) fn has_naive(&self) -> bool {
        self.naive.any.load(Ordering::Relaxed)
    }

    /// Takes over the units that others saw.
    pub(crate) fn take_units(&self, others: &Self) {
        for (unit, other) in self.units.iter().zip(&others.units) {
            if let Some(example) = other.example() {
                unit.note(|| example);
            }
        }
    }

    /// What numbers were found to count, where their magnitudes decided.
    ///
    /// # Errors
    /// When they do not count the same.
    pub(crate) fn found_unit(&self) -> Result<Option<TimeUnit>> {
        const UNITS: [TimeUnit; 4] =
            [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
        let mut seen = UNITS.iter().filter_map(|unit| Some((*unit, self.units[*unit as usize].example()?)));
        match (seen.next(), seen.next()) {
            (Some((_, a)), Some((_, b))) => Err(TimeError::MixedUnits { a, b }.into()),
            (first, _) => Ok(first.map(|(unit, _)| unit)),
        }
    }

    /// Runs a scan in `unit`, again in finer ones as long as that is too coarse, and refuses a mix of times with and
    /// without zone, and of units.
    pub(crate) fn judge<W>(
        &self,
        unit: TimeUnit,
        check: Option<&TimeCheck>,
        scan: impl Fn(TimeUnit) -> Result<Vec<W>>,
    ) -> Result<Scanned<W>> {
        let mut unit = unit;
        let workers = loop {
            check.iter().for_each(|check| check.begin());
            let scanned = scan(unit);
            let was_finer = self.was_finer();
            unit = match (scanned, unit) {
                (Err(_), TimeUnit::Second | TimeUnit::Millisecond) if was_finer => TimeUnit::Microsecond,
                (Err(_), TimeUnit::Microsecond) if was_finer => TimeUnit::Nanosecond,
                (scanned, _) => break scanned?,
            };
        };
        let found_unit = self.found_unit()?;
        let zone = match (self.zoned.example(), self.naive.example()) {
            (Some(zoned), Some(naive)) => return Err(TimeError::MixedZones { zoned, naive }.into()),
            (Some(_), None) => Some("UTC".into()),
            _ => None,
        };
        Ok(Scanned {
            workers,
            time_type: DataType::Timestamp(unit, zone),
            found_unit,
            unusual: None,
            dropped_null_keys: 0,
        })
    }
}

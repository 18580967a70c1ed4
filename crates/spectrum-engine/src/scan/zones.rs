//! What a time column whose values have to be read turned out to be like: how fine, with zones or without, and in which
//! units.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use arrow_schema::{DataType, TimeUnit};

use super::Scanned;
use crate::error::{EngineError, Result};
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
            let was_finer = self.finer.swap(false, Ordering::Relaxed);
            unit = match (scanned, unit) {
                (Err(_), TimeUnit::Second | TimeUnit::Millisecond) if was_finer => TimeUnit::Microsecond,
                (Err(_), TimeUnit::Microsecond) if was_finer => TimeUnit::Nanosecond,
                (scanned, _) => break scanned?,
            };
        };
        let mut units = self.units.iter().filter_map(Seen::example);
        if let (Some(a), Some(b)) = (units.next(), units.next()) {
            return Err(EngineError::MixedUnits { a, b });
        }
        let zone = match (self.zoned.example(), self.naive.example()) {
            (Some(zoned), Some(naive)) => return Err(EngineError::MixedZones { zoned, naive }),
            (Some(_), None) => Some("UTC".into()),
            _ => None,
        };
        Ok(Scanned {
            workers,
            time_type: DataType::Timestamp(unit, zone),
            unusual: None,
            dropped_null_keys: 0,
        })
    }
}

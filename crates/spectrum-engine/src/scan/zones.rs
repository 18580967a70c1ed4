//! What the time column of a text format turned out to be like: how fine, and with zones or without.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use arrow_schema::{DataType, TimeUnit};

use super::Scanned;
use crate::error::{EngineError, Result};

/// Gathered by all threads while they read.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    zoned: Seen,
    naive: Seen,
    finer: AtomicBool,
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
    pub(crate) fn note(&self, zoned: bool, example: impl FnOnce() -> String) {
        if zoned { self.zoned.note(example) } else { self.naive.note(example) }
    }

    /// Notes that a time is finer than the unit; the scan is then begun again with a finer one.
    pub(crate) fn note_finer(&self) {
        self.finer.store(true, Ordering::Relaxed);
    }

    /// Runs a scan in `unit`, once more in nanoseconds if that was too coarse, and refuses a mix of times with
    /// and without zone.
    pub(crate) fn judge<W>(
        &self,
        unit: TimeUnit,
        scan: impl Fn(TimeUnit) -> Result<Vec<W>>,
    ) -> Result<Scanned<W>> {
        let (unit, workers) = match scan(unit) {
            Err(_) if self.finer.load(Ordering::Relaxed) => {
                (TimeUnit::Nanosecond, scan(TimeUnit::Nanosecond)?)
            }
            scanned => (unit, scanned?),
        };
        let zone = match (self.zoned.example(), self.naive.example()) {
            (Some(zoned), Some(naive)) => return Err(EngineError::MixedZones { zoned, naive }),
            (Some(_), None) => Some("UTC".into()),
            _ => None,
        };
        Ok(Scanned { workers, time_type: DataType::Timestamp(unit, zone) })
    }
}

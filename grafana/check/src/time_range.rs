//! The time range of a dashboard.

use jiff::Timestamp;

/// From when to when; both ends belong to it, as in Grafana's `BETWEEN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// The first instant.
    pub from: Timestamp,
    /// The last instant.
    pub to: Timestamp,
}

impl TimeRange {
    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        (self.to.as_millisecond() - self.from.as_millisecond()) as f64 / 1000.0
    }
}

//! The ninety days in which everything happens, and the units they are counted in.

/// 2026-01-01T00:00:00Z, a Thursday, in microseconds since the Unix epoch. No event is earlier.
pub const WINDOW_START: i64 = 1_767_225_600 * 1_000_000;

pub(crate) const SECOND: u64 = 1_000_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;

pub(crate) const DAYS: u64 = 90;
/// Moments inside the crate are microseconds since [`WINDOW_START`], and smaller than this.
pub(crate) const WINDOW: u64 = DAYS * 24 * HOUR;

/// The longest pause that stays inside a session.
pub(crate) const SESSION_GAP: u64 = 30 * MINUTE;
/// The shortest pause that starts a new one, to the microsecond.
pub(crate) const NEW_SESSION_GAP: u64 = SESSION_GAP + 1;

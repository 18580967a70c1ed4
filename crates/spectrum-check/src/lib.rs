//! What is wrong with events: the names of all checks, their thresholds, and the judgement.
//!
//! Whoever has the events counts them ([`Tallies`]); [`judge`] says what of that is a finding ([`Finding`]). This crate
//! knows neither files nor SQL, reads no clock and does no I/O, so files and databases are judged alike. Findings are
//! data; the words stand where they are shown. docs/check.md defines every check with its formula.

mod check;
mod expected;
mod finding;
mod judge;
mod key_facts;
mod settings;
mod tallies;
mod thresholds;

pub use check::{Check, Severity, UnknownCheck};
pub use finding::{Example, Fact, Finding};
pub use judge::judge;
pub use key_facts::{KeyFacts, is_outsized};
pub use settings::{SETTINGS, Setting};
pub use tallies::{
    DAY, Day, HOUR, Late, MOST_HOURS, Pauses, Precision, SECOND, SLOT, Sample, Shift, Slot, StandIn, Stream,
    Tallies,
};
pub use thresholds::{STAND_INS, ThresholdError, Thresholds};

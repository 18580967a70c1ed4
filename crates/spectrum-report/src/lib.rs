//! Figures of sessions as one HTML page that needs nothing else: no network, no other file, and no script for anything that is
//! to be seen.
//!
//! [`Report`] is everything that is shown, as plain figures; [`page`] draws it. There is no I/O here, no clock and no knowledge of
//! where figures come from, so that the sessions of files and those of a database get the same page.
//!
//! ```
//! use spectrum_report::{Report, page};
//!
//! let report = Report { title: "<events>".to_owned(), ..Report::default() };
//! let html = page(&report);
//! assert!(html.starts_with("<!doctype html>") && html.contains("<h1>&lt;events&gt;</h1>"));
//! ```

mod axis;
mod bars;
mod chart;
mod digest;
mod escape;
mod figures;
mod findings;
mod gap_choice;
mod keys;
pub mod numbers;
mod over_time;
mod page;
mod reasons;
mod spread;
mod table;
mod timeline;
mod totals;
mod week;

pub use digest::redacted;
pub use figures::{
    Attribute, Bin, Finding, GapFigures, Instant, KeyFigures, OverTime, Pauses, PeriodFigures, Picture,
    ReasonFigures, Report, Severity, Spread, Timeline, TimelineSession, Zone,
};
pub use page::page;

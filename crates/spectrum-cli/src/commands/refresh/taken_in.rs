//! What maintained sessions took in, as metrics.

use std::fmt::Write;

use spectrum_postgres::RefreshCounts;

use super::page::{Page, escaped};

/// What the counts of maintained sessions are that add up, in their order.
const COUNTED: [&str; 15] = [
    "Keys of whose events something was written.",
    "Events that were taken in.",
    "Events that were taken in after a later one of their key.",
    "Events that were taken in and are in the future.",
    "Events that were taken in and have a NULL in their key.",
    "Events whose own values changed.",
    "Events that were taken out.",
    "Sessions none of whose events was there before.",
    "Sessions that only gained events.",
    "Sessions that several became.",
    "Sessions that became several.",
    "Sessions of which no event is left.",
    "Sessions with the bounds and as many events as before, of which the summary tells something else.",
    "Session ids that events had and that changed.",
    "Events that were there and have another session id since.",
];

/// Sums over all runs, and the last run that had something to do.
#[derive(Debug, Default)]
pub(super) struct TakenIn {
    counts: Vec<(&'static str, u64)>,
    largest_session: u64,
    steps: Vec<(String, f64)>,
}

/// The count that does not add up.
const LARGEST: &str = "largest_session";

impl TakenIn {
    /// Takes in one more run.
    pub(super) fn add(&mut self, told: &RefreshCounts) {
        let named: Vec<_> = told.named().into_iter().filter(|(name, _)| *name != LARGEST).collect();
        self.counts.resize(named.len(), ("", 0));
        for (sum, (name, count)) in self.counts.iter_mut().zip(named) {
            *sum = (name, sum.1 + count);
        }
        if !told.steps.is_empty() {
            self.largest_session = told.largest_session;
            self.steps = told.steps().into_iter().map(|(step, ms)| (step.to_owned(), ms / 1e3)).collect();
        }
    }

    /// Adds it to a page.
    pub(super) fn render(&self, page: &mut Page) {
        for ((name, count), help) in self.counts.iter().zip(COUNTED) {
            let name = format!("refresh_{name}_total");
            page.metric(&name, "counter", help);
            page.value(&name, *count as f64);
        }
        if !self.steps.is_empty() {
            let help = "Events of the largest of the sessions that the last run computed in which there was something to take in.";
            page.metric("refresh_largest_session_events", "gauge", help);
            page.value("refresh_largest_session_events", self.largest_session as f64);
            let help = "How long each step took in the last run in which there was something to take in.";
            page.metric("refresh_step_seconds", "gauge", help);
        }
        for (step, seconds) in &self.steps {
            let _ = writeln!(page.0, "spectrum_refresh_step_seconds{{step=\"{}\"}} {seconds}", escaped(step));
        }
    }
}

//! What maintained sessions took in, as metrics.

use std::fmt::Write;

use spectrum_postgres::RefreshCounts;

use super::page::{Page, escaped};

/// What the counts of maintained sessions are, in their order.
const COUNTED: [&str; 13] = [
    "Keys of whose events something was written.",
    "Events that were taken in.",
    "Events that were taken in after a later one of their key.",
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
    steps: Vec<(String, f64)>,
}

impl TakenIn {
    /// Takes in one more run.
    pub(super) fn add(&mut self, told: &RefreshCounts) {
        let named = told.named();
        self.counts.resize(named.len(), ("", 0));
        for (sum, (name, count)) in self.counts.iter_mut().zip(named) {
            *sum = (name, sum.1 + count);
        }
        if !told.steps.is_empty() {
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
            let help = "How long each step took in the last run in which there was something to take in.";
            page.metric("refresh_step_seconds", "gauge", help);
        }
        for (step, seconds) in &self.steps {
            let _ = writeln!(page.0, "spectrum_refresh_step_seconds{{step=\"{}\"}} {seconds}", escaped(step));
        }
    }
}

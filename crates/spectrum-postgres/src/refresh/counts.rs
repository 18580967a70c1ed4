//! What a refresh of maintained sessions reports.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spectrum_sql::postgres::{REFRESH_STEPS, refresh_reason};

/// What a refresh took in, and how sessions came to be what they are. The refresh log has the same in `details`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RefreshCounts {
    /// Keys about which something was noted.
    pub keys: u64,
    /// Events that were not there before.
    pub events_added: u64,
    /// Of these, the ones earlier than an event that their key had already.
    pub events_late: u64,
    /// Of these too, the ones in the future by more than clocks differ. Older versions did not count them.
    #[serde(default)]
    pub events_future: u64,
    /// Of these too, the ones with a NULL in their key. Older versions did not count them.
    #[serde(default)]
    pub events_null_key: u64,
    /// Events whose own values changed.
    pub events_changed: u64,
    /// Events that are not there any more.
    pub events_removed: u64,
    /// Sessions none of whose events was there before.
    pub sessions_created: u64,
    /// Sessions that only gained events.
    pub sessions_extended: u64,
    /// Sessions of events that were in several.
    pub sessions_merged: u64,
    /// Sessions whose events are in several now.
    pub sessions_split: u64,
    /// Sessions of which no event is left.
    pub sessions_dropped: u64,
    /// Sessions with the bounds and as many events as before, of which the summary tells something else. Older versions did
    /// not count them.
    #[serde(default)]
    pub sessions_retold: u64,
    /// Sessions that existing events had and whose id changed.
    pub ids_changed: u64,
    /// The existing events that have another session id now.
    pub events_renamed: u64,
    /// The events of the largest of the sessions that were computed. Older versions did not say it.
    #[serde(default)]
    pub largest_session: u64,
    /// How many milliseconds each step took; empty when nothing was noted.
    #[serde(default)]
    pub steps: BTreeMap<String, f64>,
}

impl RefreshCounts {
    /// Every count with its name, in the order in which `refresh_sessions()` returns them.
    pub fn named(&self) -> [(&'static str, u64); 16] {
        [
            ("keys", self.keys),
            ("events_added", self.events_added),
            ("events_late", self.events_late),
            ("events_future", self.events_future),
            ("events_null_key", self.events_null_key),
            ("events_changed", self.events_changed),
            ("events_removed", self.events_removed),
            ("sessions_created", self.sessions_created),
            ("sessions_extended", self.sessions_extended),
            ("sessions_merged", self.sessions_merged),
            ("sessions_split", self.sessions_split),
            ("sessions_dropped", self.sessions_dropped),
            ("sessions_retold", self.sessions_retold),
            ("ids_changed", self.ids_changed),
            ("events_renamed", self.events_renamed),
            ("largest_session", self.largest_session),
        ]
    }

    /// Whether the tables are as they were. Keys can have been looked at all the same.
    pub fn is_nothing(&self) -> bool {
        let looked_at = ["keys", "largest_session"];
        self.named().iter().all(|(name, count)| *count == 0 || looked_at.contains(name))
    }

    /// The steps in the order in which they are done, with their milliseconds.
    pub fn steps(&self) -> Vec<(&str, f64)> {
        let place = |step: &str| REFRESH_STEPS.iter().position(|known| *known == step);
        let mut steps: Vec<(&str, f64)> =
            self.steps.iter().map(|(step, milliseconds)| (step.as_str(), *milliseconds)).collect();
        // Steps of another version come last.
        steps.sort_by_key(|(step, _)| place(step).unwrap_or(usize::MAX));
        steps
    }

    /// Why there was something to do or not, as the refresh log has it.
    pub(super) fn reason(&self) -> String {
        refresh_reason(self.keys)
    }
}

#[cfg(test)]
mod tests {
    use spectrum_sql::postgres::REFRESH_COUNTS;

    use super::*;

    #[test]
    fn the_names_are_those_that_the_function_returns() {
        assert_eq!(RefreshCounts::default().named().map(|(name, _)| name), REFRESH_COUNTS);
        let text = REFRESH_COUNTS.iter().zip(1..).map(|(name, at)| format!("\"{name}\": {at}"));
        let text = format!(
            "{{{}, \"steps\": {{\"writing\": 3.5, \"taking\": 1, \"later\": 0}}}}",
            text.collect::<Vec<_>>().join(", ")
        );
        let counts: RefreshCounts = serde_json::from_str(&text).unwrap();
        assert_eq!(counts.named().map(|(_, count)| count), (1..=16).collect::<Vec<u64>>()[..]);
        assert_eq!(counts.steps(), [("taking", 1.0), ("writing", 3.5), ("later", 0.0)]);
    }

    #[test]
    fn keys_that_came_out_as_they_were_are_nothing() {
        assert!(RefreshCounts { keys: 3, largest_session: 9, ..RefreshCounts::default() }.is_nothing());
        assert!(!RefreshCounts { sessions_retold: 1, ..RefreshCounts::default() }.is_nothing());
        assert!(!RefreshCounts { events_renamed: 1, ..RefreshCounts::default() }.is_nothing());
    }
}

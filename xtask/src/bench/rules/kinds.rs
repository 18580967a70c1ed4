//! One rule of each kind, and who gives sessions by it.

use super::super::contestants::{Contestant, sessions, spectrum};
use super::super::datasets::BY_TIME;
use super::super::tools::Tools;

/// Of the generated events 3 % are logins and 3 % have a campaign: enough to matter, and not everywhere.
pub(super) const KINDS: [Kind; 4] = [
    Kind {
        name: "plain gap",
        rule: "30 minutes",
        flags: &[],
        contestants: &[
            spectrum(),
            sessions("duckdb asof", "duckdb_asof.py"),
            sessions("clickhouse arrays", "clickhouse_arrays.py"),
        ],
    },
    Kind {
        name: "order-free",
        rule: "and 04:00 in Paris",
        flags: &["--split-at", "04:00", "--timezone", "Europe/Paris"],
        contestants: &[
            spectrum(),
            sessions("duckdb asof", "rules/duckdb_split_at.py"),
            sessions("clickhouse arrays", "rules/clickhouse_split_at.py"),
        ],
    },
    Kind {
        name: "windowed",
        rule: "and logins, and changes of campaign",
        flags: &["--start-when", "event_type = 'login'", "--split-on", "utm_campaign"],
        contestants: &[
            spectrum(),
            sessions("duckdb asof", "rules/duckdb_start_and_change.py"),
            sessions("clickhouse arrays", "rules/clickhouse_start_and_change.py"),
        ],
    },
    Kind {
        name: "sequential",
        rule: "and at most an hour",
        flags: &["--max-duration", "1h"],
        contestants: &[
            spectrum(),
            sessions("duckdb lists", "rules/duckdb_max_duration.py"),
            sessions("clickhouse arrays", "rules/clickhouse_max_duration.py"),
        ],
    },
];

pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Beside the gap, in words.
    pub(super) rule: &'static str,
    /// How Spectrum is told; the others' scripts say the same in SQL.
    flags: &'static [&'static str],
    /// Spectrum first, for its answer is what the others are checked with.
    pub(super) contestants: &'static [Contestant],
}

impl Kind {
    pub(super) fn is_plain_gap(&self) -> bool {
        self.flags.is_empty()
    }

    /// The command that turns the events into `output`, by this rule.
    pub(super) fn command_line(
        &self,
        contestant: &Contestant,
        tools: &Tools,
        input: &str,
        output: &str,
    ) -> Vec<String> {
        let mut words = contestant.command_line(tools, input, &BY_TIME, output);
        if contestant.is_spectrum() {
            words.extend(self.flags.iter().map(ToString::to_string));
        }
        words
    }
}

//! What is asked of Spark, and by which plan.

use std::path::Path;

use anyhow::Result;
use spectrum_core::SessionDefinition;
use spectrum_sql::dialect::{Dialect, Plan, Types, sessions_sql, summary_of_events_sql};

use super::events::Order;

/// A definition over events in some order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) title: &'static str,
    pub(super) order: Order,
    pub(super) key: &'static [&'static str],
    pub(super) gap: &'static str,
    pub(super) answer: Answer,
    pub(super) ways: &'static [Way],
    /// Whether it is asked of few events and two workers alone.
    pub(super) small: bool,
}

/// Which relation it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// A row an event, with all columns.
    Sessions,
    /// A row a session.
    Summary,
}

/// How Spark comes to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Window,
    Merge,
    /// The text of plan merge, and Spark told to pass over its hint.
    MergeWithoutHint,
}

const USERS: &[&str] = &["user_id", "account_id"];

pub(super) const QUESTIONS: [Question; 4] = [
    Question {
        title: "sessions of users, a row an event",
        order: Order::Time,
        key: USERS,
        gap: "30m",
        answer: Answer::Sessions,
        ways: &[Way::Window, Way::Merge],
        small: false,
    },
    Question {
        title: "the same, from files without order",
        order: Order::Shuffled,
        key: USERS,
        gap: "30m",
        answer: Answer::Sessions,
        ways: &[Way::Window, Way::Merge, Way::MergeWithoutHint],
        small: true,
    },
    Question {
        title: "few keys: runs of each of 8 event types, gap 10m",
        order: Order::Time,
        key: &["event_type"],
        gap: "10m",
        answer: Answer::Sessions,
        ways: &[Way::Window, Way::Merge],
        small: true,
    },
    Question {
        title: "sessions of users, a row a session (`--summary`)",
        order: Order::Time,
        key: USERS,
        gap: "30m",
        answer: Answer::Summary,
        ways: &[Way::Window, Way::Merge],
        small: true,
    },
];

impl Way {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Merge => "merge",
            Self::MergeWithoutHint => "merge, hint passed over",
        }
    }

    pub(super) fn plan(self) -> Plan {
        match self {
            Self::Window => Plan::Window,
            Self::Merge | Self::MergeWithoutHint => Plan::Merge,
        }
    }
}

impl Question {
    pub(super) fn definition(&self) -> Result<SessionDefinition> {
        Ok(SessionDefinition::builder().key(self.key.iter().copied()).gap(self.gap.parse()?).build()?)
    }

    /// The statement that writes the answer over the files of a folder into another folder, as Parquet.
    pub(super) fn statement(&self, way: Way, events: &Path, answer: &Path) -> Result<String> {
        let url = |path: &Path| format!("file://{}", path.display());
        let all = ["user_id", "account_id", "event_type", "page", "utm_campaign"];
        let carried = all.iter().filter(|column| !self.key.contains(column)).map(|column| column.to_string());
        let carried = if self.answer == Answer::Sessions { carried.collect() } else { Vec::new() };
        let types = Types { carried, plan: way.plan(), ..Types::default() };
        let (definition, from) = (self.definition()?, url(events));
        let from = ["parquet", from.as_str()];
        let query = match self.answer {
            Answer::Sessions => sessions_sql(Dialect::Spark, &definition, &from, &types)?,
            Answer::Summary => summary_of_events_sql(Dialect::Spark, &definition, &from, &types)?,
        };
        Ok(format!("INSERT OVERWRITE DIRECTORY '{}' USING parquet\n{query};\n", url(answer)))
    }

    /// SQL of the two texts that a row of the answer counts as in its digest.
    pub(super) fn digested(&self) -> [&'static str; 2] {
        match self.answer {
            Answer::Sessions => ["event_id", "session_id"],
            Answer::Summary => [
                "session_id",
                "concat_ws('|', user_id, account_id, session_seq, epoch_us(started_at), epoch_us(ended_at), \
                 duration, events, first_event_id, last_event_id)",
            ],
        }
    }
}

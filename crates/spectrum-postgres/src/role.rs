//! What the things are for that Spectrum makes.

use serde::{Deserialize, Serialize};

/// What a thing is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// The relation with one row per event.
    Sessions,
    /// The relation with one row per session.
    Summary,
    /// The plain view of the first.
    SessionsView,
    /// The plain view of the second.
    SummaryView,
    /// The table of refreshes.
    RefreshLog,
    /// The plain view of it.
    RefreshLogView,
    /// A schema that was not there.
    Schema,
    /// An index on the events that a deployment made.
    EventsIndex,
    /// What triggers on the events note.
    Changes,
    /// The partitions of the events that are known.
    Partitions,
    /// The events of partitions that went and are kept.
    KeptEvents,
    /// The parts of a build that is not finished.
    BuildParts,
    /// The sessions while they are built.
    NewSessions,
    /// The summary while it is built.
    NewSummary,
    /// The function that refreshes.
    RefreshFunction,
    /// A function behind the triggers.
    CaptureFunction,
    /// The ids that were given, where ids last.
    SessionIds,
    /// The plain view of those that stand for a session with another id now.
    SessionAliasesView,
    /// What the summary was before each refresh, where that is kept.
    SessionHistory,
    /// The function that gives the summary as of a time, and the one that refuses times.
    AsOfFunction,
}

impl Role {
    /// The role in a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Sessions => "one row an event, with its session_id",
            Self::Summary => "one row a session",
            Self::SessionsView => "a view of the sessions, for tools that list no materialized views",
            Self::SummaryView => "a view of the summary, for tools that list no materialized views",
            Self::RefreshLog => "one row a relation and refresh",
            Self::RefreshLogView => "a view of the refreshes, for dashboards",
            Self::Schema => "a schema for sessions",
            Self::EventsIndex => "an index that saves a sort when sessions are built",
            Self::Changes => "what was written to the events since the last refresh",
            Self::Partitions => "the partitions of the events that are watched",
            Self::KeptEvents => "events of partitions that are not there any more",
            Self::BuildParts => "what is done of a build that is not finished",
            Self::NewSessions => "sessions that are being built",
            Self::NewSummary => "a summary that is being built",
            Self::RefreshFunction => "takes in what was written to the events since it last ran",
            Self::CaptureFunction => "notes what is written to the events",
            Self::SessionIds => "one row an id that was ever given to a session",
            Self::SessionAliasesView => "a view of the ids whose sessions are a part of others now",
            Self::SessionHistory => "one row a row of the summary that a refresh replaced",
            Self::AsOfFunction => "tells what the summary was at a time",
        }
    }
}

//! What a caller may do about what was found or refused, as data. Whoever has flags, arguments of functions or buttons for
//! it says it in their words; those here name commands and options.

use std::fmt;

/// What the caller may do.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Remedy {
    /// Run a command on these sessions.
    Run {
        /// Which.
        command: Command,
        /// The schema of the sessions, where it is not the one that is looked at anyway.
        schema: Option<String>,
        /// With this option.
        with: Option<Box<Remedy>>,
    },
    /// Compute again the keys that differ.
    Repair {
        /// As in [`Self::Run`].
        schema: Option<String>,
    },
    /// Say that what would be taken away may be.
    Agree,
    /// Take what has lost its comment for Spectrum's own.
    Adopt,
    /// Say the definition.
    GiveDefinition,
    /// Let what others built go too.
    Cascade,
    /// Let events go of which this may be the only copy.
    DropKeptEvents,
    /// Let an index on key and time be made.
    CreateIndex,
    /// Leave out events without a time.
    DropNullTimes,
    /// Keep the earliest of events that share an id.
    Deduplicate,
    /// Refuse events that share an id.
    NoDeduplication,
    /// Keep the sessions as materialized views.
    ViewMode,
    /// Keep the sessions as tables that follow the events.
    IncrementalMode,
    /// Keep the events of partitions that go.
    KeepOnDetach,
    /// Keep what each refresh changes.
    KeepHistory,
    /// Take ids that do not depend on earlier sessions.
    StartIds,
    /// Take ids that last.
    PersistentIds,
    /// Take another schema.
    OtherSchema,
    /// Take this schema.
    Schema(String),
    /// Name the events table.
    NameTable,
    /// Take this events table.
    Table(String),
    /// Name the column of this role.
    NameColumn(ColumnRole),
    /// Name the person by columns of the key.
    NamePerson,
    /// Delete the events too.
    EraseEvents,
    /// Name views to refresh.
    NameViews,
    /// Refresh again and again.
    Every(String),
    /// Wait for whoever is at work.
    Wait,
    /// Let the events table be made.
    CreateTable,
    /// Say what numbers count that stand for times.
    GiveTimeUnit,
    /// Leave out events that are there already.
    SkipConflicts,
    /// Keep the first of the events that share an id, though the others are not copies of it.
    KeepFirst,
    /// Have event ids made of the rows.
    MakeEventIds,
    /// Leave columns of the files out; all that are concerned, or none where the text names them.
    IgnoreColumns(Vec<String>),
    /// Name the column that takes what has none.
    NameProperties,
}

/// A command on sessions in a database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Command {
    /// [`deploy`](crate::deploy()).
    Deploy,
    /// [`refresh`](crate::refresh()).
    Refresh,
    /// [`erase`](crate::erase()).
    Erase,
    /// [`drop_deployment`](crate::drop_deployment).
    Drop,
    /// [`load`](crate::load()).
    Load,
}

/// What a column of the events is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ColumnRole {
    /// A part of the key.
    Key,
    /// The time.
    Time,
    /// The event id.
    EventId,
    /// It goes along into the sessions.
    Carried,
}

impl Remedy {
    /// A command wherever the sessions are looked for anyway.
    pub(crate) fn run(command: Command) -> Self {
        Self::Run { command, schema: None, with: None }
    }

    /// The same command with an option.
    pub(crate) fn with(self, option: Self) -> Self {
        match self {
            Self::Run { command, schema, .. } => Self::Run { command, schema, with: Some(Box::new(option)) },
            other => other,
        }
    }
}

impl Command {
    /// Its name, as in `deploy`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Refresh => "refresh",
            Self::Erase => "erase",
            Self::Drop => "drop",
            Self::Load => "load",
        }
    }
}

impl fmt::Display for ColumnRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Time => "time",
            Self::EventId => "event id",
            Self::Carried => "carried",
        })
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { command, with: None, .. } => write!(f, "spectrum {}", command.name()),
            Self::Run { command, with: Some(option), .. } => {
                write!(f, "spectrum {} with {option}", command.name())
            }
            Self::Repair { .. } => f.write_str("a repair"),
            Self::Agree => f.write_str("agreed"),
            Self::Adopt => f.write_str("adopt"),
            Self::GiveDefinition => f.write_str("in full"),
            Self::Cascade => f.write_str("cascade"),
            Self::DropKeptEvents => f.write_str("with_kept_events"),
            Self::CreateIndex => f.write_str("create_index"),
            Self::DropNullTimes => f.write_str("without_null_times"),
            Self::Deduplicate => f.write_str("deduplicated"),
            Self::NoDeduplication => f.write_str("not deduplicated"),
            Self::ViewMode => f.write_str("mode view"),
            Self::IncrementalMode => f.write_str("mode incremental"),
            Self::KeepOnDetach => f.write_str("on_detach keep"),
            Self::KeepHistory => f.write_str("history"),
            Self::StartIds => f.write_str("ids by start"),
            Self::PersistentIds => f.write_str("persistent ids"),
            Self::OtherSchema => f.write_str("schema"),
            Self::Schema(schema) => write!(f, "schema {schema}"),
            Self::NameTable => f.write_str("table"),
            Self::Table(table) => write!(f, "table {table}"),
            Self::NameColumn(ColumnRole::Carried) => f.write_str("columns"),
            Self::NameColumn(role) => write!(f, "{role}"),
            Self::NamePerson => f.write_str("key"),
            Self::EraseEvents => f.write_str("events"),
            Self::NameViews => f.write_str("views"),
            Self::Every(interval) => write!(f, "every {interval}"),
            Self::Wait => f.write_str("wait"),
            Self::CreateTable => f.write_str("create_table"),
            Self::GiveTimeUnit => f.write_str("time_unit"),
            Self::SkipConflicts => f.write_str("on_conflict skip"),
            Self::MakeEventIds => f.write_str("makes_event_ids"),
            Self::KeepFirst => f.write_str("on_conflict first"),
            Self::IgnoreColumns(_) => f.write_str("ignored"),
            Self::NameProperties => f.write_str("properties"),
        }
    }
}

//! A case: a definition, events, and the sessions they must get.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;

use crate::column::{Column, ColumnType, TimeUnit};
use crate::engine::Labelled;
use crate::rules::Rules;
use crate::summary::{SummaryText, Told};

/// One entry of `cases/*.toml`, checked: every value fits its column, every event has its
/// expectation, and every event id occurs once.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file's name without `.toml`, which is the case's theme.
    pub theme: String,
    /// The case's name, unique among all files.
    pub name: String,
    /// One sentence saying what the case shows.
    pub shows: String,
    /// The rule by which the events are to be divided.
    pub definition: Definition,
    /// Event id, then the key columns in their order, then the time column, then those that rules and the summary read.
    pub columns: Vec<Column>,
    /// The events, in the order in which an engine is to meet them.
    pub events: Vec<Event>,
    /// What the sessions must tell, where the case says it: [`Definition::summary`], in the order of its columns.
    pub told: Vec<Told>,
    /// When not empty, the case is to be refused, with a message that contains each of these.
    pub refused: Vec<String>,
}

/// The words of a session definition as a case gives them, unchecked: cases about refusals need
/// definitions that no engine accepts.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The key columns, in order.
    pub key: Vec<String>,
    /// The time column.
    pub time: String,
    /// What the numbers of the time column count since 1970, where they are a time by that alone.
    pub time_unit: Option<TimeUnit>,
    /// Key columns whose values are read as texts, because their type has none that is settled.
    pub read_as_text: Vec<String>,
    /// The column that names an event.
    pub event_id: String,
    /// The longest gap inside a session, such as `30m`.
    pub gap: String,
    /// The id scheme.
    pub id: Scheme,
    /// What happens to events without a time.
    pub null_time: NullTime,
    /// Whether two sessions may get the same id under [`Scheme::Sequence`].
    pub allow_id_collisions: bool,
    /// What there is besides the gap.
    pub rules: Rules,
    /// What the summary tells besides.
    pub summary: SummaryText,
}

impl Default for Definition {
    fn default() -> Self {
        Self {
            key: vec!["user_id".to_owned(), "account_id".to_owned()],
            time: "occurred_at".to_owned(),
            time_unit: None,
            read_as_text: Vec::new(),
            event_id: "event_id".to_owned(),
            gap: "30m".to_owned(),
            id: Scheme::default(),
            null_time: NullTime::default(),
            allow_id_collisions: false,
            rules: Rules::default(),
            summary: SummaryText::default(),
        }
    }
}

/// How a session's id is made; `cases/README.md` defines the bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// MD5 of the undelimited key and the session's number.
    #[default]
    Sequence,
    /// MD5 of the length-prefixed key and the session's number.
    Encoded,
    /// MD5 of the length-prefixed key and the session's first instant.
    Start,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sequence => "sequence",
            Self::Encoded => "encoded",
            Self::Start => "start",
        })
    }
}

/// What happens to events whose time is NULL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NullTime {
    /// The whole run is refused.
    #[default]
    Refuse,
    /// Those events are left out.
    Drop,
}

/// One event of a case.
#[derive(Debug, Clone)]
pub struct Event {
    /// One text per column, `None` for NULL.
    pub values: Vec<Option<String>>,
    /// What the event must get; of no meaning where the case is to be refused.
    pub expected: Expected,
}

/// What a case expects for one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// This session.
    Session {
        /// The session's number within its key, from 1.
        seq: u64,
        /// The session's id, `None` for NULL.
        id: Option<String>,
        /// Why the session began, where the case has rules beyond the gap. In the file it stands with the first event
        /// of the session, here with each.
        started_by: Option<String>,
    },
    /// No session, although the event is not left out.
    NoSession,
    /// The event is left out.
    Dropped,
    /// Nobody has worked it out yet: `cargo xtask bless` fills it in.
    Unknown,
}

impl Case {
    /// Where to find the case: `cases/gap.toml, case 'exact-gap'`.
    pub fn place(&self) -> String {
        format!("cases/{}.toml, case '{}'", self.theme, self.name)
    }

    /// Where the time column stands among the columns.
    pub fn time_index(&self) -> usize {
        let time = self.columns.iter().position(|column| column.name == self.definition.time);
        // The checks on loading see to it that there is one.
        time.unwrap_or_default()
    }

    /// Where the key columns stand: all between the event id and the time.
    pub fn key_range(&self) -> Range<usize> {
        1..self.time_index()
    }

    /// The key columns.
    pub fn key_columns(&self) -> &[Column] {
        &self.columns[self.key_range()]
    }

    /// The values of the key in row `row`.
    pub fn key_values(&self, row: usize) -> &[Option<String>] {
        &self.events[row].values[self.key_range()]
    }

    /// The type of the time column.
    pub fn time_type(&self) -> &ColumnType {
        &self.columns[self.time_index()].ty
    }

    /// The id of the event in row `row`.
    pub fn event_id(&self, row: usize) -> &str {
        self.events[row].values[0].as_deref().unwrap_or_default()
    }

    /// The expected labels in the order of the events, without those that are dropped; empty where
    /// the case is to be refused.
    pub fn expected(&self) -> Vec<Labelled> {
        let label = |(row, event): (usize, &Event)| match &event.expected {
            Expected::Session { seq, id, started_by } => Some(Labelled {
                event_id: self.event_id(row).to_owned(),
                session_seq: Some(*seq),
                session_id: id.clone(),
                started_by: started_by.clone(),
            }),
            Expected::NoSession => Some(Labelled::without_session(self.event_id(row))),
            Expected::Dropped | Expected::Unknown => None,
        };
        self.events.iter().enumerate().filter_map(label).collect()
    }

    /// The same case with its events in reverse order, which must change no label.
    pub fn reversed(&self) -> Self {
        let mut case = self.clone();
        case.events.reverse();
        case
    }
}

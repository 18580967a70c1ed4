//! What a summary tells of a session beside its bounds: `[summary.columns]`.
//!
//! Every event of the session has a say, ignored ones too, but in `first` and `last`: the events of a session begin and end
//! with those that are not ignored. Events are in the order of their times, and of equal times in that of their event ids.

mod check;
mod error;
mod written;

use std::fmt;

pub(crate) use self::check::check;
pub use self::error::SummaryColumnError;
pub(crate) use self::written::{InOrder, WrittenColumn};
use crate::definition_error::{DefinitionError, NotADefinitionFile};
use crate::predicate::{EventColumn, Predicate, ValueKind};

/// The columns that a summary always has, after the key. Files have `duration_seconds` in the place of `duration`.
pub const SUMMARY_BUILT_IN: [&str; 11] = [
    "session_id",
    "session_seq",
    "started_at",
    "ended_at",
    "duration",
    "duration_seconds",
    "events",
    "first_event_id",
    "last_event_id",
    "started_by",
    "ended_by",
];

/// Those of them that a [`Measure::When`] can read, with what they have.
pub const SUMMARY_READABLE: [(&str, ValueKind); 3] =
    [("duration_seconds", ValueKind::Number), ("events", ValueKind::Number), ("started_by", ValueKind::Text)];

/// A column of the summary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SummaryColumn {
    /// Its name.
    pub name: String,
    /// What it has.
    pub measure: Measure,
    /// Only events for which this is true have a say.
    pub filter: Option<Predicate>,
}

/// What a column of the summary has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Measure {
    /// The value of the first event.
    First(Picked),
    /// The value of the last event.
    Last(Picked),
    /// The number of events for which this is true, a 64-bit integer.
    Count(Predicate),
    /// The number of distinct values, NULL not among them, a 64-bit integer.
    CountDistinct(EventColumn),
    /// The sum of the values, NULL where there are none: exact of integers and decimals, of floating point in the order of
    /// the events.
    Sum(EventColumn),
    /// The least value; of texts by their bytes.
    Min(EventColumn),
    /// The greatest value.
    Max(EventColumn),
    /// Whether this is true for an event, never NULL.
    Any(Predicate),
    /// Whether this is true for the session, of which it reads the summary's own columns; NULL where it is unknown.
    When(Predicate),
}

/// A value of one event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picked {
    /// The column.
    pub column: EventColumn,
    /// Whether events without a value are passed over.
    pub skip_null: bool,
}

impl Measure {
    /// As the definition names it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::First(_) => "first",
            Self::Last(_) => "last",
            Self::Count(_) => "count",
            Self::CountDistinct(_) => "count_distinct",
            Self::Sum(_) => "sum",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::Any(_) => "any",
            Self::When(_) => "when",
        }
    }

    /// The column whose values it takes.
    pub fn column(&self) -> Option<&EventColumn> {
        match self {
            Self::First(picked) | Self::Last(picked) => Some(&picked.column),
            Self::CountDistinct(column) | Self::Sum(column) | Self::Min(column) | Self::Max(column) => {
                Some(column)
            }
            Self::Count(_) | Self::Any(_) | Self::When(_) => None,
        }
    }

    /// The condition on events that it has.
    pub fn condition(&self) -> Option<&Predicate> {
        match self {
            Self::Count(condition) | Self::Any(condition) => Some(condition),
            _ => None,
        }
    }
}

impl SummaryColumn {
    /// Reads columns as they are written, a line each, in their order.
    ///
    /// # Errors
    /// When the text is not that, or a column is refused.
    pub fn read_all(text: &str) -> Result<Vec<Self>, DefinitionError> {
        let InOrder(columns): InOrder<WrittenColumn> =
            toml::from_str(text).map_err(NotADefinitionFile::new)?;
        Ok(columns.into_iter().map(|(name, column)| column.read(&name)).collect::<Result<_, _>>()?)
    }

    /// The columns of the events that it reads, each with the kind of values it takes them to have; `None` where any do.
    pub fn reads(&self) -> impl Iterator<Item = (&EventColumn, Option<ValueKind>)> {
        let kind = if matches!(self.measure, Measure::Sum(_)) { Some(ValueKind::Number) } else { None };
        let conditions = self.measure.condition().into_iter().chain(&self.filter);
        let value = self.measure.column().map(|column| (column, kind));
        value.into_iter().chain(conditions.flat_map(Predicate::columns))
    }
}

/// As it is written, as in `entry_page = { first = "page" }`.
impl fmt::Display for SummaryColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = match (&self.measure, self.measure.column()) {
            (_, Some(column)) => column.to_string(),
            (Measure::When(condition), _) => condition.to_string(),
            (measure, _) => measure.condition().map(ToString::to_string).unwrap_or_default(),
        };
        write!(f, "{} = {{ {} = {}", name(&self.name), self.measure.word(), quoted(&said))?;
        if let Some(filter) = &self.filter {
            write!(f, ", where = {}", quoted(&filter.to_string()))?;
        }
        if let Measure::First(Picked { skip_null: true, .. })
        | Measure::Last(Picked { skip_null: true, .. }) = self.measure
        {
            write!(f, ", skip_null = true")?;
        }
        write!(f, " }}")
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control.is_control() => quoted += &format!("\\u{:04X}", u32::from(control)),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A key of TOML, bare where it can be.
fn name(name: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

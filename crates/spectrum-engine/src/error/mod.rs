//! What can go wrong between a file and its sessions. Every message names the value and the rule; what to do about it
//! is [`EngineError::remedies`] where it depends on who asks, and stands in the message where it does not.

mod added;
mod column;
mod compare;
mod event_id;
mod found_format;
mod given_types;
mod header;
mod input;
mod key;
mod output;
mod parquet;
mod quoting;
mod rule;
mod text;
mod time;
mod told;

use spectrum_core::{Collision, LabelError};

pub use self::added::{AddedColumn, AddedColumnError};
pub use self::column::ColumnError;
pub use self::compare::CompareError;
pub use self::event_id::EventIdError;
pub use self::found_format::FoundFormat;
pub use self::given_types::GivenTypeError;
pub use self::input::InputError;
pub use self::key::KeyError;
pub use self::output::OutputError;
pub use self::parquet::ParquetFault;
pub use self::quoting::QuotingProblem;
pub use self::rule::RuleError;
pub use self::text::TextError;
pub use self::time::TimeError;
pub use self::told::ToldError;
use crate::as_of::AsOfError;
use crate::remedy::Remedy;
use crate::state::StateError;
use crate::store::{Problem, StoreError};

/// Why a run stopped. Nothing under a final name was changed when one of these is returned, unless it is
/// [`EngineError::NotPutBack`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// What is wrong with the files that were named as inputs.
    #[error(transparent)]
    Input(#[from] InputError),
    /// What is wrong with an output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Why a column cannot be added under its name.
    #[error(transparent)]
    AddedColumn(#[from] AddedColumnError),
    /// What is wrong with a file of text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// What is wrong with a file of Parquet.
    #[error(transparent)]
    Parquet(#[from] ParquetFault),
    /// What is wrong with a column that was named.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// Why a column cannot have the type that it was given.
    #[error(transparent)]
    GivenType(#[from] GivenTypeError),
    /// What is wrong with the values of a key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What is wrong with the times of events.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// What does not fit a rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Why a column of the summary cannot be told.
    #[error(transparent)]
    Told(#[from] ToldError),
    /// Why sessions cannot be looked at as of a time.
    #[error(transparent)]
    AsOf(#[from] AsOfError),
    /// Why a state could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// Why two definitions cannot be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// What is wrong with the ids of events.
    #[error(transparent)]
    EventId(#[from] EventIdError),
    /// Reading or writing failed.
    #[error("{action} {name}")]
    Io {
        /// "reading", "writing" ...
        action: &'static str,
        /// The file.
        name: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Outputs could not get their names, and not everything could be put back.
    #[error(transparent)]
    NotPutBack(spectrum_outputs::NotPutBack),
    /// Something in a file's batches that Arrow refuses.
    #[error("{name}")]
    Arrow {
        /// The file.
        name: String,
        /// Arrow's reason.
        source: arrow_schema::ArrowError,
    },
    /// The labels could not be made.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// Ids stand for more than one session.
    #[error("{0}")]
    Collisions(Collision),
    /// A second reading gave something else.
    #[error("{0} changed while it was read; nothing was written")]
    Changed(String),
    /// The reader of standard output went away.
    #[error("standard output was closed")]
    ClosedPipe,
    /// The user stopped it.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// Two parts of this crate do not agree.
    #[error("{0}, which is a mistake in Spectrum; please report it")]
    Mistake(&'static str),
}

/// The engine's results.
pub type Result<T> = std::result::Result<T, EngineError>;

impl EngineError {
    /// What can be done about it, the best first; nothing where the error itself says it, or nobody knows.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::Input(error) => error.remedies(),
            Self::Output(error) => error.remedies(),
            Self::AddedColumn(error) => error.remedies(),
            Self::Text(error) => error.remedies(),
            Self::Parquet(error) => error.remedies(),
            Self::Column(error) => error.remedies(),
            Self::GivenType(error) => error.remedies(),
            Self::Key(error) => error.remedies(),
            Self::Time(error) => error.remedies(),
            Self::State(error) => error.remedies(),
            Self::Compare(error) => error.remedies(),
            Self::EventId(error) => error.remedies(),
            Self::Collisions(_) => vec![Remedy::AvoidCollisions],
            _ => Vec::new(),
        }
    }

    /// The same of a column that is for something that definitions do not have.
    pub(crate) fn of_other_column(self, wanted: &str, remedy: Remedy) -> Self {
        match self {
            Self::Column(ColumnError::NoSuchColumn { column, name, present, doubt: None, .. })
                if column == wanted =>
            {
                ColumnError::NoOtherColumn { column, name, present, remedy }.into()
            }
            other => other,
        }
    }

    pub(crate) fn reading(name: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        Self::of_store("reading", name)
    }

    /// What a store could not do. One that was asked to stop has not failed.
    pub(crate) fn of_store(
        action: &'static str,
        name: impl Into<String>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let name = name.into();
        move |source| match StoreError::of(&source).map(|error| error.problem) {
            Some(Problem::Changed) => Self::Changed(name),
            Some(Problem::Stopped) => Self::Interrupted,
            _ => Self::Io { action, name, source },
        }
    }

    pub(crate) fn writing(name: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let name = name.into();
        |source| match source.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ if StoreError::of(&source).is_some_and(|error| error.problem == Problem::Stopped) => {
                Self::Interrupted
            }
            _ => Self::Io { action: "writing", name, source },
        }
    }
}

//! Why a definition was refused: for what it says, or for how it is written.

use crate::epoch_unit::UnknownEpochUnit;
use crate::gap::GapError;
use crate::id_scheme::UnknownIdScheme;
use crate::rule::RuleError;
use crate::summary_columns::SummaryColumnError;

/// Why a definition was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// The key names no column.
    #[error("the key names no column; name at least one, as in key = [\"user_id\", \"account_id\"]")]
    EmptyKey,
    /// A column has an empty name.
    #[error("{role} has an empty column name")]
    EmptyName {
        /// Which part of the definition it is.
        role: &'static str,
    },
    /// A column stands in the key twice.
    #[error("column '{0}' stands in the key twice; name each key column once")]
    RepeatedKeyColumn(String),
    /// The time column cannot be a part of the key, or every instant would have a key of its own.
    #[error("column '{0}' is the time and a part of the key; take it out of the key")]
    TimeInKey(String),
    /// The gap was refused.
    #[error(transparent)]
    Gap(#[from] GapError),
    /// The id scheme was refused.
    #[error(transparent)]
    Id(#[from] UnknownIdScheme),
    /// Sessions are to be those of a column, in which somebody else's tool recorded them.
    #[error(
        "sessions as they were recorded, as in id = {{ column = \"{0}\" }}, are for comparing alone; name them there as \
         recorded={0}, and take id out of the file"
    )]
    Recorded(String),
    /// The time unit was refused.
    #[error(transparent)]
    TimeUnit(#[from] UnknownEpochUnit),
    /// A setting of the rule was refused.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A column of the summary was refused.
    #[error(transparent)]
    Summary(#[from] SummaryColumnError),
    /// A preset of a name that none has.
    #[error("there is no preset '{name}'{near}")]
    NoSuchPreset {
        /// The name.
        name: String,
        /// The end of the message: names like it or, if there is none, all.
        near: String,
    },
    /// The file is not TOML, or has other fields.
    #[error("not a definition")]
    File(#[from] NotADefinitionFile),
}

/// Why a text is not the text of a `spectrum.toml`: it is not TOML, or has other fields.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", .0.to_string().trim_end())]
pub struct NotADefinitionFile(toml::de::Error);

impl NotADefinitionFile {
    pub(crate) fn new(error: toml::de::Error) -> Self {
        Self(error)
    }
}

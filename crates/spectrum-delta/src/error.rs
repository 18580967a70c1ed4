//! What is wrong with a table, or with the version that is asked for.

use std::io;

use arrow_schema::ArrowError;
use delta_kernel::KernelError;

/// Why a version of a table cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// A folder without a log.
    #[error("{0} is not a Delta table: it has no folder '_delta_log' with a log in it")]
    NotATable(String),
    /// A log that cannot be one.
    #[error("'_delta_log' in {0} is a file, and in a Delta table it is the folder of the log")]
    LogIsFile(String),
    /// A version that is not there.
    #[error("the Delta table {table} has no version {asked}; its log has versions {first} to {last}")]
    NoSuchVersion {
        /// The table.
        table: String,
        /// The version that was asked for.
        asked: u64,
        /// The first version that its log can still make.
        first: u64,
        /// The last.
        last: u64,
    },
    /// No version is so old.
    #[error(
        "the Delta table {table} had no version at {asked}; the first that its log still has is of {first}"
    )]
    NoVersionSoEarly {
        /// The table.
        table: String,
        /// The time that was asked for.
        asked: String,
        /// The time of the first version.
        first: String,
    },
    /// The files of its log do not say when they were written.
    #[error(
        "the times of the versions of {0} are not known, since its log does not lie on this machine; name the version"
    )]
    TimesUnknown(String),
    /// The table asks for what is not known here.
    #[error("the Delta table {table} cannot be read: {reason}")]
    NotSupported {
        /// The table.
        table: String,
        /// What it asks for.
        reason: String,
    },
    /// The log is not whole.
    #[error("the log of the Delta table {table} is damaged")]
    Log {
        /// The table.
        table: String,
        /// What is wrong with it.
        source: LogError,
    },
    /// A value of a partition that is not of its column's type.
    #[error(
        "'{value}' is not a {expected}, as column '{column}' of the Delta table {table} has it for {file}"
    )]
    PartitionValue {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// Its type, as Delta names it.
        expected: String,
        /// The file that has it.
        file: String,
    },
    /// Anything else.
    #[error("the Delta table {table} cannot be read")]
    Table {
        /// The table.
        table: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What is wrong with the log of a table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A file that is not what it should be.
    #[error("{name}: {reason}")]
    Damaged {
        /// The file.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A file that the log needs.
    #[error("{0} is missing")]
    Missing(String),
    /// What the files say together.
    #[error("{0}")]
    Contradiction(String),
    /// The system says no.
    #[error("reading {name} failed")]
    Io {
        /// The file.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A file that lies elsewhere.
    #[error("{0} does not lie on this machine")]
    Elsewhere(String),
    /// Columns of the log that do not fit.
    #[error(transparent)]
    Arrow(ArrowError),
}

impl DeltaError {
    /// What the kernel said, in our own words where there are better ones.
    pub(crate) fn of(table: &str, error: KernelError) -> Self {
        let table = table.to_owned();
        let error = match error {
            KernelError::Backtraced { source, .. } => *source,
            error => error,
        };
        match error {
            KernelError::GenericError { source } => match source.downcast::<LogError>() {
                Ok(source) => Self::Log { table, source: *source },
                Err(source) => Self::Table { table, source },
            },
            KernelError::FileNotFound(name) => Self::Log { table, source: LogError::Missing(name) },
            KernelError::EmptyLog => Self::contradiction(table, "it has neither a commit nor a checkpoint"),
            KernelError::MissingMetadataAndProtocol => Self::contradiction(
                table,
                "nothing in it says what the table's columns and its protocol are, as where version 0 or a checkpoint is missing",
            ),
            KernelError::MissingVersion(version) => {
                Self::contradiction(table, &format!("version {version} is missing, and a later one is there"))
            }
            KernelError::DeletionVector(reason) => {
                Self::contradiction(table, &format!("a deletion vector cannot be read: {reason}"))
            }
            KernelError::InvalidCheckpoint(reason) | KernelError::MissingData(reason) => {
                Self::contradiction(table, &reason)
            }
            // It calls these bugs of its own, and they are of a log that it did not expect.
            KernelError::InternalError(reason) => Self::contradiction(table, &reason),
            KernelError::Unsupported(reason) | KernelError::InvalidColumnMappingMode(reason) => {
                Self::NotSupported { table, reason: plainly(reason) }
            }
            error @ (KernelError::InvalidLogSegment(_)
            | KernelError::InvalidProtocol(_)
            | KernelError::MissingMetadata
            | KernelError::MissingProtocol
            | KernelError::MalformedJson(_)
            | KernelError::MissingColumn(_)) => Self::contradiction(table, &error.to_string()),
            error => Self::Table { table, source: error.into() },
        }
    }

    pub(crate) fn contradiction(table: String, what: &str) -> Self {
        Self::Log { table, source: LogError::Contradiction(what.trim_end_matches('.').to_owned()) }
    }
}

/// What a table asks for, in words that say that it does.
fn plainly(reason: String) -> String {
    let between =
        |before: &str, after: &str| Some(reason.strip_prefix(before)?.strip_suffix(after)?.to_owned());
    if let Some(feature) = between("Feature '", "' is not supported") {
        return format!("it needs the feature '{feature}' of readers, which is not known here");
    }
    match between("Unsupported minimum reader version ", "") {
        Some(version) => {
            format!("it needs version {version} of the protocol for readers, which is not known here")
        }
        None => reason,
    }
}

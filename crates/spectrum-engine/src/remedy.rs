//! What to do about an error, as data: whoever shows it knows what its own switches are called.

use std::fmt;
use std::path::PathBuf;

use spectrum_core::ColumnRole;

use crate::table::ColumnType;
use crate::text::dialect::Delimiter;

/// A way out of an error. It is shown in words that fit any caller; one with names of its own for what can be asked
/// for, such as flags, says it in those.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Remedy {
    /// Name another column of the events for this.
    NameColumn(ColumnRole),
    /// Name another column instead of this one, which is there and cannot be used.
    NameAnotherColumn(ColumnRole),
    /// Give the column of session ids another name.
    NameSessionColumn,
    /// Do without session numbers.
    LeaveOutSequence,
    /// Do not add why sessions began.
    LeaveOutReason,
    /// Do without the sessions table.
    LeaveOutSessions,
    /// Name the columns that two definitions are to have in common.
    NameForBoth,
    /// Name the column that has recorded sessions.
    NameRecorded,
    /// Name the column that says when events arrived.
    NameReceived,
    /// Name the column that says of which type events are.
    NameType,
    /// Name the folder of the table, and nothing beside it.
    NameTable(PathBuf),
    /// Read another version of the table.
    ReadAnotherVersion,
    /// Do without a state.
    LeaveOutState,
    /// Do not write the events that moved.
    LeaveOutMoved,
    /// Say where events go that come too late.
    NameRejects,
    /// Do without the digest.
    LeaveOutDigest,
    /// Name the inputs' format.
    NameInputFormat,
    /// Name the outputs' format.
    NameOutputFormat,
    /// Write JSON as an object per line.
    WriteNdjson,
    /// Say what numbers in the time column count since 1970.
    GiveTimeUnit,
    /// Say what the values of this key column are read as.
    GiveKeyType(String, ColumnType),
    /// Correct events with a NULL in their key, leave them out, or let NULL be a value.
    DropNullKeys,
    /// Say in which format times are written.
    GiveTimeFormat,
    /// Name another format that times are written in, beside those that were named.
    AddTimeFormat,
    /// Name only the format of times that is meant.
    LeaveOutTimeFormat,
    /// Give a column no type.
    LeaveOutType,
    /// Leave out fewer lines at the beginning of files.
    SkipFewerLines,
    /// Do not say what numbers in the time column count, and have times read as texts.
    LeaveOutTimeUnit,
    /// Correct events without a time, or leave them out.
    DropNullTimes,
    /// Let outputs replace files.
    AllowOverwrite,
    /// Use an id scheme that does not collide, or accept that ids are shared.
    AvoidCollisions,
    /// Pass this in as standard input, which is copied first.
    UseStandardInput(PathBuf),
    /// Write a folder of this name, with an output file for each input file.
    WriteFolder(String),
    /// Say what stands between the fields of CSV.
    GiveDelimiter(Delimiter),
    /// Leave out a line that tells the delimiter, and say what it tells.
    SkipDelimiterLine(Delimiter),
    /// Name the columns of files that have no header.
    NameColumns,
    /// Write a quote that is text twice, in a field that is quoted.
    DoubleQuotes,
    /// Say what stands before a quote that is text.
    GiveEscape,
    /// Take quotes for text.
    QuoteNothing,
    /// Quote what the output must quote.
    QuoteOutput,
    /// Escape what the output cannot hold.
    EscapeOutput,
    /// Say how characters are written.
    GiveEncoding {
        /// Whether they seem to be UTF-16.
        is_utf16: bool,
    },
    /// Give the engine a store that reaches what does not lie on this machine.
    ReachStores,
    /// What is the same wherever it is said, in words.
    Other(&'static str),
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameColumn(ColumnRole::Rule) => "correct the name in the rule",
            Self::NameColumn(ColumnRole::Summary) => "correct the name in [summary.columns]",
            Self::NameColumn(role) => return write!(f, "name the column that is the {role}"),
            Self::NameAnotherColumn(role) => return write!(f, "name another column for the {role}"),
            Self::UseStandardInput(path) => {
                return write!(f, "pass {} in as standard input", path.display());
            }
            Self::GiveKeyType(column, key_type) => {
                return write!(f, "have the values of {column} read as {key_type}");
            }
            Self::DropNullKeys => "fix them, drop events with a NULL key, or let NULL be a value",
            Self::NameSessionColumn => "give the column of session ids another name",
            Self::LeaveOutSequence => "leave out the session numbers",
            Self::LeaveOutReason => "leave out why sessions began",
            Self::LeaveOutSessions => "leave out the sessions table",
            Self::NameForBoth => "compare definitions of the same key, time and event id",
            Self::NameRecorded => "name the column that has recorded sessions",
            Self::NameReceived => "name the column that says when events arrived",
            Self::NameType => "name the column that says of which type events are",
            Self::NameTable(folder) => return write!(f, "read {} as a table", folder.display()),
            Self::ReadAnotherVersion => "read another version",
            Self::LeaveOutState => "do without a state",
            Self::LeaveOutMoved => "leave out the events that moved",
            Self::NameRejects => "name a file for them, or allow more",
            Self::LeaveOutDigest => "leave out the digest",
            Self::GiveDelimiter(delimiter) => {
                return write!(
                    f,
                    "say that '{}' stands between fields",
                    delimiter.to_string().escape_default()
                );
            }
            Self::SkipDelimiterLine(delimiter) => {
                return write!(
                    f,
                    "skip it and say that '{}' stands between fields",
                    delimiter.to_string().escape_default()
                );
            }
            Self::WriteFolder(name) => return write!(f, "write {name}/ for a folder"),
            Self::NameColumns => "name the columns if there is no header",
            Self::DoubleQuotes => "quote such a field and double the quotes in it",
            Self::GiveEscape => "say what escapes quotes",
            Self::QuoteNothing => "say that nothing is quoted",
            Self::QuoteOutput => "say what quotes fields",
            Self::EscapeOutput => "say what escapes them",
            Self::GiveEncoding { is_utf16: false } => "say how characters are encoded",
            Self::GiveEncoding { is_utf16: true } => "say that it is UTF-16",
            Self::ReachStores => "give it a store that reaches what does not lie on this machine",
            Self::NameInputFormat => "name the format of the inputs",
            Self::NameOutputFormat => "name the format of the outputs",
            Self::WriteNdjson => "write NDJSON, which has an object per line",
            Self::GiveTimeUnit => "say what unit numbers in the time column count",
            Self::GiveTimeFormat => "name the format of times",
            Self::AddTimeFormat => "correct it, or name the format of this one too",
            Self::LeaveOutTimeFormat => "leave out the format that is not meant",
            Self::LeaveOutType => "give it no type",
            Self::SkipFewerLines => "skip fewer lines",
            Self::LeaveOutTimeUnit => "leave out the unit of times for times as text",
            Self::DropNullTimes => "fix them or drop events without a time",
            Self::AllowOverwrite => "allow outputs to replace files",
            Self::AvoidCollisions => "use the id scheme encoded or start, or allow ids to be shared",
            Self::Other(words) => words,
        })
    }
}

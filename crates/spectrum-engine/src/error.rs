//! What can go wrong between a file and its sessions. Every message names the value and the rule; what to do about it
//! is [`EngineError::remedies`] where it depends on who asks, and stands in the message where it does not.

mod found_format;
mod header;
mod quoting;
mod remedies;

use std::path::PathBuf;

use spectrum_core::{Collision, ColumnRole, DefinitionError, LabelError, NotOfKind, ValueKind};

pub use self::found_format::FoundFormat;
use self::header::{doubt_in_words, meant};
pub use self::quoting::QuotingProblem;
use crate::remedy::Remedy;
use crate::state::StateError;
use crate::table::ColumnType;
use crate::text::dialect::Delimiter;
use crate::text::header_doubt::HeaderDoubt;
use crate::text::time::ExpectedTime;

/// Why a run stopped. Nothing under a final name was changed when one of these is returned, unless it is
/// [`EngineError::NotPutBack`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// An input is not there.
    #[error("{} does not exist", .0.display())]
    NoSuchFile(PathBuf),
    /// A pattern or folder holds no file.
    #[error(
        "{0} matches no file of a known format (.parquet, .csv, .tsv, .ndjson, .jsonl, .json; .gz and .zst after all but the first)"
    )]
    NoMatch(String),
    /// A state could not be read or written.
    #[error(transparent)]
    State(Box<StateError>),
    /// No input at all.
    #[error("no input was named; name files, folders or patterns, or - for standard input")]
    NoInput,
    /// A pattern is malformed.
    #[error("pattern '{pattern}' is malformed: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong, in words.
        problem: String,
    },
    /// A folder that also holds files which a table no longer has.
    #[error("{} is {} {kind} table, whose folder also holds files that were removed from it", folder.display(), if *.kind == "Iceberg" { "an" } else { "a" })]
    TableFolder {
        /// The folder.
        folder: PathBuf,
        /// The kind of table.
        kind: &'static str,
    },
    /// A pipe or a device.
    #[error("{} is not a regular file, and a run reads its input twice", .0.display())]
    NotAFile(PathBuf),
    /// The same file twice would count its events twice.
    #[error("{} is named twice; its events would be counted twice", .0.display())]
    NamedTwice(PathBuf),
    /// Standard input and something else.
    #[error("- (standard input) cannot be read together with other inputs; name only one of them")]
    StandardInputAmongOthers,
    /// An input's name does not tell its format.
    #[error("the format of {0} is not known")]
    UnknownInputFormat(String),
    /// An output's name does not tell its format.
    #[error("the format of {0} is not known")]
    UnknownOutputFormat(String),
    /// One output for several inputs whose name does not tell whether it is a file.
    #[error("the format of {} is not known", .0.display())]
    FileOrFolder(PathBuf),
    /// Inputs of several formats at once.
    #[error("{} is {a_format} and {} is {b_format}; sessionize files of one format at a time", a.display(), b.display())]
    MixedFormats {
        /// One file.
        a: PathBuf,
        /// Its format.
        a_format: String,
        /// Another.
        b: PathBuf,
        /// Its format.
        b_format: String,
    },
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
    /// Compressed text that cannot be read.
    #[error("{name} is not readable as {compression} (truncated or corrupt?)")]
    Compressed {
        /// The file.
        name: String,
        /// The compression, in words.
        compression: &'static str,
        /// The decoder's reason.
        source: std::io::Error,
    },
    /// Parquet that cannot be read.
    #[error("{name} is not readable as Parquet (truncated or corrupt?): {reason}")]
    Parquet {
        /// The file.
        name: String,
        /// The reader's reason, in words.
        reason: String,
    },
    /// Parquet that is sound as far as can be told, and beyond what can be read.
    #[error("{name} has Parquet that Spectrum does not read: {reason}")]
    UnknownParquet {
        /// The file.
        name: String,
        /// The reader's reason, in words.
        reason: String,
    },
    /// Parquet whose columns are encrypted, and no keys to read them.
    #[error(
        "{}{name} is encrypted, and Spectrum has no keys", column.as_ref().map_or_else(String::new, |column| format!("column '{column}' in "))
    )]
    Encrypted {
        /// The file.
        name: String,
        /// The column; the footer where there is none.
        column: Option<String>,
    },
    /// A time in Parquet's old type that cannot be counted in microseconds.
    #[error(
        "{name} row {row}: the INT96 time {value} in column '{column}' is not a whole number of microseconds of 64 bits"
    )]
    Int96 {
        /// The file.
        name: String,
        /// The row, from 1.
        row: u64,
        /// The column.
        column: String,
        /// The time.
        value: String,
    },
    /// Something in a file's batches that Arrow refuses.
    #[error("{name}")]
    Arrow {
        /// The file.
        name: String,
        /// Arrow's reason.
        source: arrow_schema::ArrowError,
    },
    /// A column is missing.
    #[error(
        "column '{column}' is not in {name}{} (it has: {}){}", meant(column, present, doubt.as_ref()), present.join(", "),
        doubt_in_words(doubt.as_ref())
    )]
    NoSuchColumn {
        /// The column asked for.
        column: String,
        /// The file.
        name: String,
        /// The columns it has.
        present: Vec<String>,
        /// What it was to be.
        role: ColumnRole,
        /// Why the header that it is missing from may be none.
        doubt: Option<HeaderDoubt>,
    },
    /// A column that was named for something that definitions do not have is not there.
    #[error("column '{column}' is not in {name}{} (it has: {})", meant(column, present, None), present.join(", "))]
    NoOtherColumn {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// The columns it has.
        present: Vec<String>,
        /// What to name instead.
        remedy: Remedy,
    },
    /// A digest was asked for, and there are no event ids to make it of.
    #[error("column '{column}' is not in {name}{} (it has: {}), and a digest is made of event ids", meant(column, present, None), present.join(", "))]
    NothingToDigest {
        /// The event id column.
        column: String,
        /// The file.
        name: String,
        /// The columns it has.
        present: Vec<String>,
    },
    /// A column has values of a type that a summary does not tell.
    #[error(
        "column '{column}' in {name} is of type {data_type}, which summary column '{told}' cannot take; write it as a text, a \
         number, a boolean, a date or a time"
    )]
    NotTold {
        /// The column.
        column: String,
        /// The column of the summary.
        told: String,
        /// The file.
        name: String,
        /// Its type.
        data_type: arrow_schema::DataType,
    },
    /// A column has one type here and another there.
    #[error(
        "what summary column '{told}' reads is of type {data_type} in {name}, and was {other} before; give all files one type"
    )]
    ToldTwoTypes {
        /// The column of the summary.
        told: String,
        /// The file.
        name: String,
        /// The type there.
        data_type: arrow_schema::DataType,
        /// The type before.
        other: arrow_schema::DataType,
    },
    /// A sum has no room.
    #[error(
        "summary column '{0}': a sum has more than 38 digits; make its numbers floating point where the events are written, or sum fewer with where"
    )]
    SumTooLong(String),
    /// A column of the summary has the name of another of the sessions.
    #[error("summary column '{0}' has the name of a column that the sessions have anyway; give it another")]
    SummaryNameTaken(String),
    /// A name stands for two columns.
    #[error("{name} has two columns named '{column}'; rename one of them")]
    RepeatedColumn {
        /// The column.
        column: String,
        /// The file.
        name: String,
    },
    /// A column whose type does not fit.
    #[error("column '{column}' in {name} cannot be used")]
    Column {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// What does not fit.
        source: LabelError,
    },
    /// The labels could not be made.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// Events without a time.
    #[error(
        "{count} {} no time (column '{column}' is NULL), the first at {}", if *.count == 1 { "event has" } else { "events have" }, rows.join(", ")
    )]
    NullTimes {
        /// How many.
        count: u64,
        /// The time column.
        column: String,
        /// Where the first of them are.
        rows: Vec<String>,
    },
    /// Events with a NULL in their key, where those are refused.
    #[error(
        "{count} {} a NULL in the key ({}), the first at {}", if *.count == 1 { "event has" } else { "events have" },
        key.join(", "), rows.join(", ")
    )]
    NullKeys {
        /// How many.
        count: u64,
        /// The key columns.
        key: Vec<String>,
        /// Where the first of them are.
        rows: Vec<String>,
    },
    /// A value of NDJSON that has no settled text.
    #[error(
        "{place}: '{column}' is {what}, which has no settled text; use a string, an integer or a boolean"
    )]
    JsonKey {
        /// Where it is, as in `events.ndjson line 7`.
        place: String,
        /// The member.
        column: String,
        /// What it is, in words.
        what: &'static str,
    },
    /// A text that a rule takes for JSON and that cannot be read as it.
    #[error("{place}: the member '{column}' of a rule cannot be read: {what}")]
    NotJson {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column and the member.
        column: String,
        /// Why, in words.
        what: String,
    },
    /// A value, or a type, that a rule cannot take.
    #[error("{place}: {what}")]
    RuleValue {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// What does not fit.
        what: Box<NotOfKind>,
    },
    /// A column whose type is not what a rule takes it to have.
    #[error("column '{column}' in {name} is used as {} by the rule, and its type is {data_type}", .kind.words())]
    RuleType {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// Its type.
        data_type: arrow_schema::DataType,
        /// What the rule takes it to have.
        kind: ValueKind,
    },
    /// A zone for times that are in none.
    #[error(
        "times in column '{column}' have no zone, so split_at cannot be a time of day in {zone}; leave out the time zone to take \
         them as they stand, or give the events a zone"
    )]
    ZoneOfPlainTimes {
        /// The time column.
        column: String,
        /// The zone.
        zone: String,
    },
    /// Gaps are compared where sessions of one make those of another.
    #[error(
        "gaps cannot be compared under the rule {0}, because sessions of a longer gap are not those of a shorter one joined"
    )]
    GapsOfRule(&'static str),
    /// A value that its key column cannot be read as.
    #[error("{place}: '{value}' in key column '{column}' is not {expected}")]
    KeyValue {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// What it had to be, in words.
        expected: &'static str,
    },
    /// A text that is not a time.
    #[error("{place}: '{value}' in column '{column}' is not {expected}")]
    Time {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// What it had to be.
        expected: ExpectedTime,
    },
    /// A text that formats read as different instants.
    #[error("{place}: '{value}' in column '{column}' is {}", in_words(readings))]
    AmbiguousTime {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// The formats, each with what it reads.
        readings: Vec<(String, String)>,
    },
    /// A number whose unit its magnitude does not tell.
    #[error("{place}: '{value}' in column '{column}' could count seconds as well as any other unit")]
    AnyUnit {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The number.
        value: String,
    },
    /// Numbers that count different units, by their magnitudes.
    #[error("{a} and {b} do not count the same unit, by their magnitudes")]
    MixedUnits {
        /// A number, and where it is.
        a: String,
        /// One of another unit.
        b: String,
    },
    /// A column of numbers for the time, and nobody said what they count.
    #[error("column '{column}' in {name} is of type {data_type}, which could count any unit since 1970")]
    NumberedTime {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// Its type.
        data_type: arrow_schema::DataType,
    },
    /// A member of NDJSON that is not a time.
    #[error("{place}: '{column}' is {what}, which is not a time")]
    JsonTime {
        /// Where it is, as in `events.ndjson line 7`.
        place: String,
        /// The member.
        column: String,
        /// What it is instead, in words.
        what: &'static str,
        /// What it had to be.
        expected: ExpectedTime,
    },
    /// A time outside what can be held.
    #[error("{place}: time '{value}' is out of the range of {unit}")]
    TimeRange {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The text.
        value: String,
        /// The unit, in words.
        unit: &'static str,
    },
    /// A time that text cannot hold.
    #[error(
        "column '{column}' has the time {value}, and {name} cannot hold it: text has the years 0 to 9999; write Parquet"
    )]
    TimeWithoutText {
        /// The column.
        column: String,
        /// The value and its type.
        value: String,
        /// The output.
        name: String,
    },
    /// Objects without members, of which Parquet has no type.
    #[error(
        "column '{column}' has only empty objects, and {name} cannot hold it: Parquet has no type for them; write NDJSON or CSV"
    )]
    EmptyStruct {
        /// The column.
        column: String,
        /// The output.
        name: String,
    },
    /// Times with and without a zone in one column.
    #[error(
        "some times have a zone ({zoned}) and some have none ({naive}), so they cannot be compared; give all of \
         them a zone or none"
    )]
    MixedZones {
        /// An example with a zone, and where it is.
        zoned: String,
        /// An example without.
        naive: String,
    },
    /// A line of text that cannot be taken apart.
    #[error("{name} line {line}: {problem}")]
    Line {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// Text that is not UTF-8.
    #[error("{name} line {line}: invalid UTF-8 (byte 0x{byte:02x})")]
    NotUtf8 {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// The byte.
        byte: u8,
        /// Whether the file begins as UTF-16 does.
        is_utf16: bool,
    },
    /// Quotes that the dialect of a CSV file does not have.
    #[error("{name} line {line}: {problem}")]
    Quoting {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: QuotingProblem,
    },
    /// A carriage return that ends no line.
    #[error(
        "{name} line {line}: a field that is not quoted has a carriage return without a line feed in it, as lines of \
         old Macs end"
    )]
    LoneReturn {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
    },
    /// A line that tells Excel the delimiter, where a header is expected.
    #[error("{name} line {line} tells Excel that the delimiter is '{delimiter}' and is not a header")]
    DelimiterLine {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// What it tells.
        delimiter: Delimiter,
    },
    /// A file that is not what it is called.
    #[error("{name} is not {format} but {found}, by its first bytes")]
    OtherFormat {
        /// The file.
        name: String,
        /// What it is.
        found: FoundFormat,
        /// What it was taken for.
        format: String,
    },
    /// A value that an output without quotes cannot hold.
    #[error(
        "column '{column}' has the value '{}', and {name} cannot hold it: nothing is quoted there, and the value has a \
         delimiter or a line end in it", value.escape_default()
    )]
    Unwritable {
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// The output.
        name: String,
    },
    /// A file with fewer lines than are to be left out at its beginning.
    #[error("{name} has {}, fewer than the {skipped} that are left out at its beginning", if *.lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") })]
    TooFewLines {
        /// The file.
        name: String,
        /// How many it has.
        lines: u32,
        /// How many are to be left out.
        skipped: u32,
    },
    /// A column of the file has the name that its times are to have.
    #[error("{name} has a column '{column}' beside the date and the clock time that are to be it; rename it")]
    TimeTwice {
        /// The column.
        column: String,
        /// The file.
        name: String,
    },
    /// Files that do not fit together.
    #[error("{} and {} have different columns: {difference}; sessionize them apart, or write to a folder", a.display(), b.display())]
    MixedSchemas {
        /// One file.
        a: PathBuf,
        /// Another.
        b: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// A type was given to a column of the key that is not one.
    #[error("column '{column}', whose values were given a type as a key, is not in the key{} ({})", meant(column, key, None), key.join(", "))]
    KeyTypeOfNoKey {
        /// The column.
        column: String,
        /// The columns of the key.
        key: Vec<String>,
    },
    /// A type was given to the time column.
    #[error("column '{0}' is the time and is written as a time; it can be given no other type")]
    TypeOfTime(String),
    /// Types were given to columns of Parquet, which has its own.
    #[error("column '{0}' was given a type, and columns of Parquet have their own; leave it out")]
    TypeInParquet(String),
    /// A type was given to a column that is not there.
    #[error("column '{column}', which was given a type, is not in {name}{} (it has: {})", meant(column, present, None), present.join(", "))]
    NothingToType {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// The columns it has.
        present: Vec<String>,
    },
    /// A value that is not of the type that its column was given.
    #[error(
        "{place}: '{value}' in column '{column}' is not of the type that the column was given, {column_type}; give it another"
    )]
    NotOfType {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// The type.
        column_type: ColumnType,
    },
    /// A value of a key that would be another text in the type that its column was given.
    #[error(
        "{place}: '{value}' in key column '{column}' would come back as another text from the type that the column was given, \
         {column_type}, and session ids are made of its text"
    )]
    KeyNotKept {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// The type.
        column_type: ColumnType,
    },
    /// A column that has to be of one type and is of several.
    #[error("column '{column}' is {a_type} in {} and {b_type} in {}; give it one type throughout", a.display(), b.display())]
    MixedTypes {
        /// The column.
        column: String,
        /// One file.
        a: PathBuf,
        /// Its type, in words.
        a_type: String,
        /// Another.
        b: PathBuf,
        /// Its type, in words.
        b_type: String,
    },
    /// The output would replace an input.
    #[error("{} is an input and cannot be the output as well", .0.display())]
    OutputIsInput(PathBuf),
    /// Two outputs under one name.
    #[error("{} is named for two outputs", .0.display())]
    OutputTwice(PathBuf),
    /// A folder where a file should be written.
    #[error("{0} is a folder, not a file")]
    OutputIsFolder(String),
    /// More than one output to standard output.
    #[error("the events and the sessions cannot both go to standard output; name a file for one of them")]
    StandardOutputTwice,
    /// The output is there already.
    #[error("{} exists", .0.display())]
    OutputExists(PathBuf),
    /// The column to add is there already.
    #[error("{name} already has a column '{column}'")]
    ColumnExists {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// What is to be added under this name.
        added: AddedColumn,
    },
    /// A column is there whose name differs from that of the one to add only in letter case.
    #[error("{name} already has a column '{column}', which many readers cannot tell from '{new}'")]
    ColumnAlmostExists {
        /// The column that is there.
        column: String,
        /// The file.
        name: String,
        /// The column to add.
        new: String,
        /// What is to be added under that name.
        added: AddedColumn,
    },
    /// The column of session ids has no name.
    #[error("the column of session ids needs a name")]
    UnnamedSessionColumn,
    /// The column of session ids has the name of another added column.
    #[error("session ids cannot be in a column '{0}', because another added column has that name")]
    SameNames(String),
    /// The column of session ids has the name of another column of the sessions table.
    #[error("the session id cannot be called '{0}': another column of the sessions table has that name")]
    SessionColumnTaken(String),
    /// A key column has the name of a column of the sessions table.
    #[error("key column '{0}' has the name of a column of the sessions table")]
    KeyTaken(String),
    /// Late events are replayed where two neighbouring instants decide alone.
    #[error(
        "what late events change cannot be said under the rule {0}, because more than two neighbouring instants decide there"
    )]
    LateOfRule(&'static str),
    /// Delays are told between times of one kind.
    #[error(
        "only one of the columns '{received}' and '{time}' has times with a zone, so nobody can say how late an event is"
    )]
    ReceivedZone {
        /// When events arrived.
        received: String,
        /// When they happened.
        time: String,
    },
    /// Two definitions that are to be compared are of different columns.
    #[error("the two definitions are about different events: the {what} of one is {a}, and of the other {b}")]
    OtherColumns {
        /// What differs.
        what: &'static str,
        /// That of the one.
        a: String,
        /// That of the other.
        b: String,
    },
    /// A column that has recorded sessions cannot be one.
    #[error("the column of recorded sessions cannot be used")]
    RecordedBy(#[source] Box<DefinitionError>),
    /// A column of the events has the name of one that is added to those that moved.
    #[error("column '{0}' has the name of a column that is added to the events that moved")]
    AddedByCompare(String),
    /// Ids stand for more than one session.
    #[error("{0}")]
    Collisions(Collision),
    /// A second reading gave something else.
    #[error("{0} changed while it was read; nothing was written")]
    Changed(String),
    /// No event has the id asked for.
    #[error("no event has {column} '{id}'; ids are compared as text, with letter case")]
    NoSuchEvent {
        /// The event id column.
        column: String,
        /// The id.
        id: String,
    },
    /// Values that cannot be compared as text.
    #[error("column '{column}' cannot be compared as text")]
    NoText {
        /// The column.
        column: String,
        /// What it was to be.
        role: ColumnRole,
        /// Why not.
        source: arrow_schema::ArrowError,
    },
    /// Event ids that have no defined text.
    #[error(
        "column '{column}' in {name} is of type {data_type}, whose text is not settled, so it cannot be digested"
    )]
    NoDigest {
        /// The event id column.
        column: String,
        /// The file.
        name: String,
        /// Its type.
        data_type: arrow_schema::DataType,
    },
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

/// What formats make of a text.
fn in_words(readings: &[(String, String)]) -> String {
    let read = readings.iter().map(|(format, time)| format!("{time} by '{format}'"));
    read.collect::<Vec<_>>().join(" and ")
}

/// A column that a run adds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddedColumn {
    /// Session ids.
    SessionId,
    /// Session numbers.
    SessionSeq,
    /// Why sessions began.
    StartedBy,
}

/// The engine's results.
pub type Result<T> = std::result::Result<T, EngineError>;

impl EngineError {
    /// The same of a column that is for something that definitions do not have.
    pub(crate) fn of_other_column(self, wanted: &str, remedy: Remedy) -> Self {
        match self {
            Self::NoSuchColumn { column, name, present, doubt: None, .. } if column == wanted => {
                Self::NoOtherColumn { column, name, present, remedy }
            }
            other => other,
        }
    }

    pub(crate) fn reading(name: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let name = name.into();
        |source| Self::Io { action: "reading", name, source }
    }

    pub(crate) fn writing(name: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let name = name.into();
        |source| match source.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Io { action: "writing", name, source },
        }
    }
}

impl From<StateError> for EngineError {
    fn from(error: StateError) -> Self {
        Self::State(Box::new(error))
    }
}

//! Which remedies an error has.

use arrow_schema::DataType;
use spectrum_core::{ColumnRole, LabelError};

use super::{AddedColumn, EngineError, FoundFormat, QuotingProblem};
use crate::remedy::Remedy;
use crate::scan::{WHOLE_DOUBLE, could_be};
use crate::table::ColumnType;
use crate::text::header_doubt::HeaderDoubt;
use crate::text::time::ExpectedTime;

impl EngineError {
    /// What can be done about it, the best first; nothing where the error itself says it, or nobody knows.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::NoSuchColumn { doubt: Some(HeaderDoubt::Delimiter(delimiter)), .. } => {
                vec![Remedy::GiveDelimiter(*delimiter)]
            }
            Self::NoSuchColumn { doubt: Some(HeaderDoubt::Data(_)), role, .. } => {
                vec![Remedy::NameColumns, Remedy::NameColumn(*role)]
            }
            Self::NoSuchColumn { role, .. } => vec![Remedy::NameColumn(*role)],
            Self::NotUtf8 { is_utf16, .. } => {
                vec![Remedy::Other("convert the file to UTF-8"), Remedy::GiveEncoding { is_utf16: *is_utf16 }]
            }
            Self::Quoting { problem: QuotingProblem::Unclosed, .. } => vec![],
            Self::Quoting { problem: QuotingProblem::AfterQuote { .. }, .. } => {
                vec![Remedy::GiveEscape, Remedy::QuoteNothing, Remedy::DoubleQuotes]
            }
            Self::Quoting { problem: QuotingProblem::InPlain { other, .. }, .. } => {
                let mut ways: Vec<_> = other.map(Remedy::GiveDelimiter).into_iter().collect();
                ways.extend([Remedy::QuoteNothing, Remedy::DoubleQuotes]);
                ways
            }
            Self::LoneReturn { .. } => {
                vec![Remedy::Other("end lines with line feeds, as tr '\\r' '\\n' does, or quote the field")]
            }
            Self::DelimiterLine { delimiter, .. } => vec![Remedy::SkipDelimiterLine(*delimiter)],
            Self::OtherFormat { found, .. } => vec![match found {
                FoundFormat::Parquet => Remedy::NameInputFormat,
                FoundFormat::Arrow => Remedy::Other("write it as Parquet"),
                FoundFormat::Zip => Remedy::Other("unpack it first; of a workbook, save the sheet as CSV"),
                FoundFormat::Gzip | FoundFormat::Zstd => Remedy::Other(
                    "decompress it, since Parquet is compressed within, or name the format of the text",
                ),
            }],
            Self::Unwritable { .. } => vec![Remedy::QuoteOutput, Remedy::EscapeOutput],
            Self::NoText { role, .. } => vec![Remedy::NameAnotherColumn(*role)],
            Self::ColumnExists { added: AddedColumn::SessionId, .. }
            | Self::ColumnAlmostExists { added: AddedColumn::SessionId, .. }
            | Self::UnnamedSessionColumn
            | Self::SessionColumnTaken(_)
            | Self::SameNames(_) => vec![Remedy::NameSessionColumn],
            Self::ColumnExists { added: AddedColumn::SessionSeq, .. }
            | Self::ColumnAlmostExists { added: AddedColumn::SessionSeq, .. } => {
                vec![Remedy::LeaveOutSequence]
            }
            Self::ColumnExists { added: AddedColumn::StartedBy, .. }
            | Self::ColumnAlmostExists { added: AddedColumn::StartedBy, .. } => {
                vec![Remedy::LeaveOutReason]
            }
            Self::KeyTaken(_) => vec![Remedy::Other("rename it"), Remedy::LeaveOutSessions],
            Self::NoOtherColumn { remedy, .. } => vec![remedy.clone()],
            Self::ReceivedZone { .. } => vec![Remedy::Other("write both with a zone, or both without")],
            Self::OtherColumns { .. } => vec![Remedy::NameForBoth],
            Self::AddedByCompare(_) => vec![Remedy::Other("rename it"), Remedy::LeaveOutMoved],
            Self::NothingToDigest { .. } => {
                vec![Remedy::NameColumn(ColumnRole::EventId), Remedy::LeaveOutDigest]
            }
            Self::NoDigest { .. } => vec![
                Remedy::Other("use text, an integer, a boolean or a uuid (FixedSizeBinary(16))"),
                Remedy::LeaveOutDigest,
            ],
            Self::UnknownInputFormat(_) => vec![Remedy::NameInputFormat],
            Self::UnknownOutputFormat(name) if name.to_ascii_lowercase().ends_with(".json") => {
                vec![Remedy::WriteNdjson]
            }
            Self::UnknownOutputFormat(_) => vec![Remedy::NameOutputFormat],
            Self::FileOrFolder(path) => {
                vec![Remedy::WriteFolder(path.display().to_string()), Remedy::NameOutputFormat]
            }
            Self::NoSuchFile(path) if path.display().to_string().contains("://") => {
                vec![Remedy::Other("only local files are read: download it, or pass it in as standard input")]
            }
            Self::Time { expected: ExpectedTime::Point, .. } => {
                vec![Remedy::Other("write a point where the comma is")]
            }
            Self::Time { expected: ExpectedTime::Number, .. }
            | Self::JsonTime { expected: ExpectedTime::Number, .. } => vec![Remedy::LeaveOutTimeUnit],
            Self::Time { expected: ExpectedTime::Formats(_), .. } => vec![Remedy::AddTimeFormat],
            Self::Time { expected: ExpectedTime::Usual, .. } => vec![
                Remedy::Other("write RFC 3339 or YYYY-MM-DD HH:MM:SS[.fraction][zone]"),
                Remedy::GiveTimeUnit,
                Remedy::GiveTimeFormat,
            ],
            Self::JsonTime { .. } => vec![Remedy::Other("use a string"), Remedy::GiveTimeUnit],
            Self::AmbiguousTime { .. } => vec![Remedy::LeaveOutTimeFormat],
            Self::TooFewLines { .. } => vec![Remedy::SkipFewerLines],
            Self::AnyUnit { .. } | Self::MixedUnits { .. } => vec![Remedy::GiveTimeUnit],
            Self::Column { source: LabelError::TimeType(data_type), .. } => {
                let mut ways = vec![Remedy::NameAnotherColumn(ColumnRole::Time)];
                if is_text(data_type) {
                    ways.extend([Remedy::GiveTimeFormat, Remedy::GiveTimeUnit]);
                }
                ways
            }
            Self::Column { source: LabelError::KeyType(data_type), column, .. } => {
                let could_be = could_be(data_type).into_iter();
                // Doubles have a text as well, whatever they are.
                let as_text = data_type.is_floating().then_some(ColumnType::Text);
                could_be.chain(as_text).map(|ty| Remedy::GiveKeyType(column.clone(), ty)).collect()
            }
            Self::JsonKey { column, what, .. } if *what == crate::text::ndjson::FRACTION => {
                vec![Remedy::GiveKeyType(column.clone(), ColumnType::Integer)]
            }
            Self::KeyNotKept { column, column_type: ColumnType::Integer, .. } => {
                vec![Remedy::LeaveOutType, Remedy::GiveKeyType(column.clone(), ColumnType::Integer)]
            }
            Self::KeyNotKept { .. } => vec![Remedy::LeaveOutType],
            Self::KeyValue { column, expected, .. } if *expected == WHOLE_DOUBLE => {
                vec![Remedy::GiveKeyType(column.clone(), ColumnType::Text)]
            }
            Self::NullKeys { .. } => vec![Remedy::DropNullKeys],
            Self::NumberedTime { data_type, .. } if data_type.is_integer() => {
                vec![Remedy::GiveTimeUnit, Remedy::GiveTimeFormat]
            }
            Self::NumberedTime { .. } => vec![Remedy::GiveTimeUnit],
            Self::TableFolder { .. } => vec![
                Remedy::Other(
                    "write what the table holds now to Parquet with an engine that reads such tables",
                ),
                Remedy::Other("name the files that it has now one by one"),
            ],
            Self::Encrypted { .. } => {
                vec![Remedy::Other("decrypt it first, or leave the encrypted columns out")]
            }
            Self::Int96 { .. } => {
                vec![Remedy::Other(
                    "write the column as TIMESTAMP_MICROS or, where it is finer, as TIMESTAMP(NANOS)",
                )]
            }
            Self::NullTimes { .. } => vec![Remedy::DropNullTimes],
            Self::OutputExists(_) => vec![Remedy::AllowOverwrite],
            Self::Collisions(_) => vec![Remedy::AvoidCollisions],
            Self::NotAFile(path) => vec![Remedy::UseStandardInput(path.clone())],
            _ => Vec::new(),
        }
    }
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_text(values),
        other => matches!(other, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
}

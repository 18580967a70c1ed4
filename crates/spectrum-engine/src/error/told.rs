//! What columns of the summary cannot take.

use arrow_schema::DataType;

/// Why a column of the summary cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToldError {
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
        data_type: DataType,
    },
    /// A measure takes no values of a column's type.
    #[error(
        "column '{column}' in {name} is of type {data_type}, of which summary column '{told}' cannot tell the {measure}; {}",
        taken_by(measure)
    )]
    NotMeasured {
        /// The column.
        column: String,
        /// The column of the summary.
        told: String,
        /// Its measure.
        measure: &'static str,
        /// The file.
        name: String,
        /// The column's type.
        data_type: DataType,
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
        data_type: DataType,
        /// The type before.
        other: DataType,
    },
    /// A sum has no room.
    #[error(
        "summary column '{0}': a sum has more than 38 digits; make its numbers floating point where the events are written, or sum fewer with where"
    )]
    SumTooLong(String),
}

/// Which values a measure takes, in words.
fn taken_by(measure: &str) -> &'static str {
    match measure {
        "sum" => "sum takes numbers",
        _ => "it takes numbers, texts, dates and times, and any says whether a condition is ever true",
    }
}

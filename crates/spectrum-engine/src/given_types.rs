//! Types that the user gave to columns: what would change nothing is refused before the work, whatever is written.

use crate::error::{GivenTypeError, Result};
use crate::format::Format;
use crate::input::Input;
use crate::text::csv_file::header;

/// # Errors
/// When a type is given to a column of Parquet, to the time, or to a column that CSV does not have. Members of NDJSON are
/// known when all lines are read, so those are looked for where lines become columns.
pub(crate) fn check_given_types(input: &Input, time: &str) -> Result<()> {
    let given = || input.text.types.iter().map(|(column, _)| column);
    if let (Some(column), Format::Parquet) = (given().next(), input.format) {
        return Err(GivenTypeError::TypeInParquet(column.clone()).into());
    }
    if let Some(column) = given().find(|column| *column == time) {
        return Err(GivenTypeError::TypeOfTime(column.clone()).into());
    }
    if let (Some(_), Format::Csv(dialect), [file, ..]) = (given().next(), input.format, &input.files[..]) {
        let present = header(file, dialect, &input.text)?;
        if let Some(column) = given().find(|column| !present.contains(column)) {
            return Err(GivenTypeError::NothingToType {
                column: column.clone(),
                name: file.name.clone(),
                present,
            }
            .into());
        }
    }
    Ok(())
}

//! What was copied, and where in the files a complaint belongs.

use std::sync::Arc;

use crate::error::PgError;

/// What was copied.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) rows: u64,
    /// Times that were finer than a microsecond.
    pub(super) cut: u64,
    /// Which of the table's columns any file had.
    pub(super) given: Vec<bool>,
    /// The files, and how many rows stand before each.
    pub(super) files: Vec<(u64, Arc<str>)>,
}

impl Counted {
    /// File and row of the row with this number, counted from 1 over all files; of the next one without a number.
    pub(super) fn place(&self, number: Option<u64>) -> String {
        let number = number.unwrap_or(self.rows + 1);
        match self.files.iter().rev().find(|(before, _)| *before < number) {
            Some((before, file)) => format!("{file} row {}", number - before),
            None => format!("row {number}"),
        }
    }

    /// A failed write, which holds the client's own error.
    pub(super) fn error_of(&self, error: std::io::Error) -> PgError {
        match error.downcast::<postgres::Error>() {
            Ok(error) => self.error(error),
            Err(error) => PgError::refused(format!("copying events failed: {error}")),
        }
    }

    /// The server's complaint, with the file's row instead of the staging table's line.
    pub(super) fn error(&self, error: postgres::Error) -> PgError {
        let found = error.as_db_error().and_then(|db| {
            // Complaints about data; a statement that was stopped has a line too.
            if !["22", "23"].contains(&db.code().code().get(..2)?) {
                return None;
            }
            // One of the lines is as in `COPY spectrum_staging, line 7, column x`, in the server's language.
            let mut context = db.where_()?.lines();
            let context = context.find_map(|line| line.strip_prefix("COPY spectrum_staging,"))?;
            let digits: String = context
                .chars()
                .skip_while(|c| !c.is_ascii_digit())
                .take_while(char::is_ascii_digit)
                .collect();
            let column = context.split(',').nth(1).and_then(|column| column.split_whitespace().last());
            let column = column
                .map(|column| format!(": column '{}'", column.trim_end_matches(':')))
                .unwrap_or_default();
            Some(format!("{}{column}: {}", self.place(Some(digits.parse().ok()?)), crate::error::words(db)))
        });
        match found {
            Some(refused) => PgError::refused(refused),
            None => PgError::of("copying events", error),
        }
    }
}

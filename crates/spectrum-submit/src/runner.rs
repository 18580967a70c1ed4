//! What an engine has to do for a run.

use spectrum_sql::dialect::Dialect;

use crate::error::{Result, SubmitError};

/// An engine that reads files and runs SQL. Dropping it takes away what it wrote and did not publish.
pub trait Runner {
    /// Whose SQL it understands.
    fn dialect(&self) -> Dialect;

    /// Makes the inputs the relation [`spectrum_sql::dialect::run::INPUT`], and reports what they hold.
    ///
    /// # Errors
    /// When there is no such input, or none of a known format.
    fn read(&mut self) -> Result<Found>;

    /// Makes a query a relation.
    ///
    /// # Errors
    /// When the engine refuses the query.
    fn view(&mut self, name: &str, sql: &str) -> Result<()>;

    /// The rows of a query, every value as text.
    ///
    /// # Errors
    /// When the engine fails.
    fn rows(&mut self, step: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>>;

    /// Writes the rows of a query aside, and makes what was written the relation `view`.
    ///
    /// # Errors
    /// When the engine fails; nothing is left then.
    fn write(&mut self, step: &str, sql: &str, output: Destination<'_>) -> Result<()>;

    /// Gives what was written its names.
    ///
    /// # Errors
    /// When a name is taken by now, or the file system refuses; then none of them has its name, and what was there before
    /// is there again.
    fn publish(&mut self) -> Result<()>;
}

/// What is written, and the relation that it is read back as.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The relation's name.
    pub view: &'a str,
    /// Where it goes; `None` for what is needed on the way only.
    pub path: Option<&'a str>,
    /// The column that the folders of the output are named by.
    pub partition_by: Option<&'a str>,
}

/// What is read.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Files, folders or patterns: local ones, or whatever else the engine knows, with its scheme.
    pub names: Vec<String>,
    /// The format, where names do not show it.
    pub format: Option<InputFormat>,
    /// How CSV is written.
    pub csv: CsvOptions,
}

/// How CSV is written, as far as it was said.
#[derive(Clone, Debug, Default)]
pub struct CsvOptions {
    /// What stands between fields.
    pub delimiter: Option<String>,
    /// What fields are quoted with; empty where nothing is quoted.
    pub quote: Option<String>,
    /// What stands before a quote that is text.
    pub escape: Option<String>,
}

/// Why such a file is refused.
pub(crate) const ESCAPE_WITHOUT_QUOTE: &str = "other engines know escapes only where fields are quoted";

impl CsvOptions {
    /// Delimiter, quote and escape of a file; the last two are empty where nothing is quoted.
    ///
    /// # Errors
    /// When something escapes where nothing quotes, which no engine but the embedded one reads.
    pub(crate) fn of(&self, format: InputFormat) -> Result<(&str, &str, &str)> {
        let (delimiter, quote) = if format == InputFormat::Tsv { ("\t", "") } else { (",", "\"") };
        let quote = self.quote.as_deref().unwrap_or(quote);
        if quote.is_empty() && self.escape.is_some() {
            return Err(SubmitError::FormatRefused(ESCAPE_WITHOUT_QUOTE));
        }
        // A quote that is text is doubled, unless it was said otherwise.
        Ok((self.delimiter.as_deref().unwrap_or(delimiter), quote, self.escape.as_deref().unwrap_or(quote)))
    }
}

/// A format of files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum InputFormat {
    Parquet,
    Csv,
    Tsv,
    Ndjson,
}

/// What an engine found in its inputs.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Found {
    /// All columns, in order.
    pub columns: Vec<Column>,
    /// The format of all files.
    pub format: InputFormat,
    /// How many files there are.
    pub files: u64,
}

/// A column, with the engine's own name for its type.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: String,
}

/// Watches a run, and may stop it.
pub trait Observer: Sync {
    /// A step goes on; `total` is 0 if the amount of work is not known.
    fn progress(&self, step: &str, done: u64, total: u64);

    /// Whether the run shall end.
    fn is_stopped(&self) -> bool;
}

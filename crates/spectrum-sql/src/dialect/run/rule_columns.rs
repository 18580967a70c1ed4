//! Columns that a rule takes for something else than they are. What goes out is what came in, so both are in the events:
//! under its own name what the rule reads, and the original under another.

use super::super::Unsupported;
use super::super::columns::name;
use super::super::file_run::FileRun;
use super::{EVENTS, INPUT, RunQuery};

/// What such a column is read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadAs {
    /// A text as a number.
    Number,
    /// A text as a boolean, in the spellings that PostgreSQL reads.
    Boolean,
    /// A number of single precision as one of double precision, which is how it is compared with others.
    Double,
}

/// Numbers that the type below holds exactly. No backslash, which engines read differently in a text.
const NUMBER: &str = "^-?[0-9]{1,20}([.][0-9]{1,18})?$";
const NUMBER_TYPE: &str = "DECIMAL(38, 18)";

impl RunQuery<'_> {
    /// One row about the texts that a rule takes for something else: for each such column how many cannot be read, and one
    /// of them. `None` without such columns.
    ///
    /// # Errors
    /// When the engine does no runs over files.
    pub fn unread_values(&self) -> Result<Option<String>, Unsupported> {
        let engine = self.engine()?;
        let columns = self.texts_read().enumerate().map(|(at, (column, _))| {
            let own = name(self.dialect, column);
            let original = name(self.dialect, &self.original(column).unwrap_or_default());
            let unread = format!("{original} IS NOT NULL AND {own} IS NULL");
            let count = engine.digits(&format!("SUM(CASE WHEN {unread} THEN 1 ELSE 0 END)"));
            format!("{count} AS count_{at}, MIN(CASE WHEN {unread} THEN {original} END) AS example_{at}")
        });
        let columns: Vec<String> = columns.collect();
        Ok((!columns.is_empty()).then(|| format!("SELECT {}\nFROM {EVENTS}", columns.join(",\n       "))))
    }

    /// The columns of text that [`RunQuery::unread_values`] tells of, in its order.
    pub fn texts_read(&self) -> impl Iterator<Item = (&str, ReadAs)> {
        let all = self.read_as.iter().map(|(column, read)| (column.as_str(), *read));
        all.filter(|(_, read)| *read != ReadAs::Double)
    }

    /// What the rule reads of a column that it takes for something else; NULL where it cannot be that.
    pub(super) fn as_read(&self, engine: &dyn FileRun, column: &str) -> Result<Option<String>, Unsupported> {
        let Some((_, read)) = self.read_as.iter().find(|(name, _)| name == column) else { return Ok(None) };
        // In ClickHouse the bare name would be what the name is given to.
        let value = format!("{INPUT}.{}", name(self.dialect, column));
        let text = format!("TRIM({value})");
        Ok(Some(match read {
            ReadAs::Double => engine.double(&value),
            ReadAs::Boolean => format!(
                "CASE WHEN LOWER({text}) IN ('true', 't', 'yes', 'y', 'on', '1') THEN TRUE \
                 WHEN LOWER({text}) IN ('false', 'f', 'no', 'n', 'off', '0') THEN FALSE END"
            ),
            ReadAs::Number => {
                let is_number = engine.matches(&text, NUMBER).ok_or_else(|| {
                    Unsupported::new(
                        self.dialect,
                        format!("the text in column '{column}' as a number"),
                        "write Parquet with a column of numbers",
                    )
                })?;
                format!("CASE WHEN {is_number} THEN CAST({text} AS {NUMBER_TYPE}) END")
            }
        }))
    }

    /// The originals of these columns under their other names.
    pub(super) fn originals(&self) -> impl Iterator<Item = String> {
        self.read_as.iter().filter_map(|(column, _)| {
            let (own, other) = (name(self.dialect, column), name(self.dialect, &self.original(column)?));
            Some(format!("{INPUT}.{own} AS {other}"))
        })
    }

    /// The name under which the events have the original of such a column.
    pub(super) fn original(&self, column: &str) -> Option<String> {
        let at = self.read_as.iter().position(|(name, _)| name == column)?;
        let mut other = format!("spectrum_original_{}", at + 1);
        while self.columns.iter().any(|column| column.eq_ignore_ascii_case(&other)) {
            other.push('_');
        }
        Some(other)
    }
}

//! What the columns of an input are called.

use crate::error::Result;
use crate::format::Format;
use crate::input::Input;
use crate::text::csv_file::header;
use crate::text::ndjson_file::first_members;
use crate::typed_file::TypedFile;

impl Input {
    /// The names of the columns of the first file, in their order, then those that its folders name; of NDJSON the members of
    /// its first line.
    ///
    /// # Errors
    /// When the file cannot be read, or is not what its name says.
    pub fn column_names(&self) -> Result<Vec<String>> {
        let Some(file) = self.files.first() else { return Ok(Vec::new()) };
        let mut names = match self.format {
            Format::Parquet => TypedFile::open(file)?.names().into_iter().map(str::to_owned).collect(),
            Format::Csv(dialect) => header(file, dialect, &self.text)?,
            Format::Ndjson => first_members(file)?,
        };
        names.extend(file.partition.iter().map(|(name, _)| name.clone()));
        Ok(names)
    }
}

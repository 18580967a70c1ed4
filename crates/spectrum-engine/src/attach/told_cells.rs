//! Columns that folders tell, as the ends of lines.

use memchr::memmem;

use crate::error::{OutputError, Result};
use crate::input::InputFile;
use crate::text::dialect::Dialect;
use crate::text::field_text::{Unwritable, write_field};
use crate::text::ndjson::members;

/// What is added to the lines of each file before the session: nothing where folders tell nothing.
pub(super) struct ToldCells {
    /// The columns that folders tell and the header has not, in the order of the first file that has them.
    pub(super) names: Vec<String>,
    /// For each file a delimiter and a value for each of the names.
    pub(super) cells: Vec<Vec<u8>>,
}

impl ToldCells {
    /// `out` is the output's name.
    pub(super) fn of(files: &[InputFile], header: &[String], dialect: Dialect, out: &str) -> Result<Self> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in files.iter().flat_map(|file| &file.partition) {
            if !names.contains(name) && !header.contains(name) {
                names.push(name.clone());
            }
        }
        let cells = |file: &InputFile| {
            let mut cells = Vec::new();
            for name in &names {
                cells.extend_from_slice(dialect.delimiter.as_bytes());
                if let Some(Some(value)) = file.told_by_folder(name) {
                    write_field(value.as_bytes(), dialect, &mut cells).map_err(|Unwritable| {
                        OutputError::Unwritable {
                            column: name.clone(),
                            value: value.to_owned(),
                            name: out.to_owned(),
                        }
                    })?;
                }
            }
            Ok(cells)
        };
        let cells = files.iter().map(cells).collect::<Result<_>>()?;
        Ok(Self { names, cells })
    }
}

/// What is added to an object of a file: members that its folders tell and it has not.
pub(super) struct ToldMembers {
    names: Vec<String>,
    /// As they stand in an object: each name between its quotes.
    quoted: Vec<Vec<u8>>,
    values: Vec<Vec<u8>>,
}

impl ToldMembers {
    pub(super) fn of(file: &InputFile) -> Self {
        let json = |text: &str| serde_json::to_vec(text).unwrap_or_default();
        let value = |value: &Option<String>| value.as_deref().map_or_else(|| b"null".to_vec(), json);
        Self {
            names: file.partition.iter().map(|(name, _)| name.clone()).collect(),
            quoted: file.partition.iter().map(|(name, _)| json(name)).collect(),
            values: file.partition.iter().map(|(_, told)| value(told)).collect(),
        }
    }

    /// Writes the members that `object` has not, each with a comma behind it.
    pub(super) fn write(&self, object: &[u8], line: &mut Vec<u8>) {
        if self.names.is_empty() {
            return;
        }
        // Few objects have a text like that in them, and only those are taken apart.
        let may_have = |quoted: &Vec<u8>| memmem::find(object, quoted).is_some();
        let mut own = Vec::new();
        if (memchr::memchr(b'\\', object).is_some() || self.quoted.iter().any(may_have))
            && let Ok(object) = std::str::from_utf8(object)
        {
            // It is one: the first pass has read it.
            let _ = members(object, &self.names, &mut own);
        }
        for (at, (name, value)) in self.quoted.iter().zip(&self.values).enumerate() {
            if own.get(at).is_none_or(Option::is_none) {
                line.extend_from_slice(name);
                line.push(b':');
                line.extend_from_slice(value);
                line.push(b',');
            }
        }
    }
}

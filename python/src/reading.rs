//! How events are read, as keywords say it.

use anyhow::{Result, bail};
use pyo3::prelude::*;
use spectrum_core::EpochUnit;
use spectrum_engine::{ColumnType, Format, InputOptions, NullKey, NullTime, NumberUnit, Quote};

/// The keywords, by name; the package fills in the defaults.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Reading {
    format: Option<String>,
    nulls: Vec<String>,
    time_unit: Option<String>,
    time_format: Vec<String>,
    key_type: Vec<(String, String)>,
    null_key: String,
    null_time: String,
    types: Vec<(String, String)>,
    delimiter: Option<String>,
    quote: Option<String>,
    escape: Option<String>,
    comment: Option<String>,
    columns: Vec<String>,
    no_header: bool,
    skip_lines: u32,
    encoding: Option<String>,
    threads: Option<usize>,
}

impl Reading {
    /// What the engine is to know. Numbers count `unit` unless something else is said.
    pub(crate) fn options(&self, unit: Option<EpochUnit>) -> Result<InputOptions> {
        let mut options = InputOptions::default();
        options.from = match self.format.as_deref() {
            Some("json") => Some(Format::Ndjson),
            format => format.map(str::parse).transpose()?,
        };
        options.usual_times = Some(spectrum_cli::library::usual_times());
        options.null_key = match self.null_key.as_str() {
            "group" => NullKey::Group,
            "drop" => NullKey::Drop,
            "refuse" => NullKey::Refuse,
            other => bail!("null_key '{other}' is not one of group, drop, refuse"),
        };
        let text = &mut options.text;
        text.nulls.clone_from(&self.nulls);
        text.time_formats = self.time_format.iter().map(|form| form.parse()).collect::<Result<_, _>>()?;
        text.time_unit = match (self.time_unit.as_deref(), unit) {
            (Some("auto"), _) => Some(NumberUnit::Auto),
            (Some(unit), _) => Some(NumberUnit::Known(spectrum_cli::library::in_arrow(unit.parse()?))),
            (None, Some(unit)) if self.time_format.is_empty() => {
                Some(NumberUnit::Known(spectrum_cli::library::in_arrow(unit)))
            }
            _ => None,
        };
        text.types = self.types.iter().map(typed).collect::<Result<_>>()?;
        for (column, key_type) in &self.key_type {
            let key_type = match key_type.as_str() {
                "text" => ColumnType::Text,
                "integer" => ColumnType::Integer,
                other => bail!("key_type of '{column}' is '{other}', and must be text or integer"),
            };
            text.key_types.push((column.clone(), key_type));
        }
        let byte = |name: &str, text: &Option<String>| match text.as_deref().map(str::as_bytes) {
            None => Ok(None),
            Some([byte]) if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(Some(*byte)),
            Some(_) => bail!("{name} must be one ASCII character other than a line end"),
        };
        text.dialect.delimiter = self.delimiter.as_deref().map(str::parse).transpose()?;
        text.dialect.quote = match self.quote.as_deref() {
            Some("none") => Some(Quote::Nothing),
            _ => byte("quote", &self.quote)?.map(Quote::With),
        };
        text.dialect.escape = byte("escape", &self.escape)?;
        text.dialect.comment = byte("comment", &self.comment)?;
        text.dialect.no_header = self.no_header;
        text.dialect.columns.clone_from(&self.columns);
        text.dialect.skipped_lines = self.skip_lines;
        if let Some(encoding) = &self.encoding {
            text.encoding = encoding.parse()?;
        }
        Ok(options)
    }

    pub(crate) fn null_time(&self) -> Result<NullTime> {
        match self.null_time.as_str() {
            "refuse" => Ok(NullTime::Refuse),
            "drop" => Ok(NullTime::Drop),
            other => bail!("null_time '{other}' is not one of refuse, drop"),
        }
    }

    pub(crate) fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(cores).max(1)
    }
}

fn typed((column, name): &(String, String)) -> Result<(String, ColumnType)> {
    Ok((column.clone(), name.parse()?))
}

//! Delta tables as inputs: which version is read, and what is said of it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};
use spectrum_engine::store::{LocalFiles, Store};
use spectrum_engine::{Input, InputOptions, TableVersion};

/// Which version of a table to read.
#[derive(Args, Debug, Default)]
pub(crate) struct TableFlags {
    /// Version of a Delta table to read, as in 12 [default: the latest]
    #[arg(long, value_name = "N", help_heading = "Reading")]
    table_version: Option<u64>,
    /// Time whose version of a Delta table to read: the latest that there was then, as in 2026-03-01T10:00:00Z
    #[arg(long, value_name = "TIME", help_heading = "Reading", value_parser = milliseconds, conflicts_with = "table_version")]
    table_time: Option<i64>,
}

/// A time in milliseconds since 1970.
fn milliseconds(text: &str) -> Result<i64, String> {
    let time: jiff::Timestamp =
        text.parse().map_err(|_| "write a time with its zone, as in 2026-03-01T10:00:00Z".to_owned())?;
    Ok(time.as_millisecond())
}

impl TableFlags {
    /// The table that is named, if it is one.
    ///
    /// # Errors
    /// When it cannot be read, has no such version, or a version is asked for of something else.
    pub(crate) fn find(&self, names: &[String], options: &InputOptions) -> Result<Option<Input>> {
        let table = match names {
            [name] if is_table(name, options) => name,
            _ => {
                self.refuse("and no Delta table is read: name its folder as the only input")?;
                return Ok(None);
            }
        };
        if options.from.is_some() {
            bail!(
                "--from names the format of files, and {table} is a Delta table, which says it itself; leave it out"
            );
        }
        let input = self.read(table, options)?;
        if let (Some(read), None) = (input.table_version(), self.table_version) {
            crate::commands::note(&format!(
                "note: {} is read as of its version {version}; --table-version {version} reads the same again",
                read.name,
                version = read.version
            ));
        }
        Ok(Some(input))
    }

    /// Refuses a version where there can be none, and says why.
    pub(crate) fn refuse(&self, why: &str) -> Result<()> {
        let given =
            [("--table-version", self.table_version.is_some()), ("--table-time", self.table_time.is_some())];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => bail!("{flag} says which version of a Delta table is read, {why}"),
            None => Ok(()),
        }
    }

    #[cfg(feature = "delta")]
    fn read(&self, table: &str, options: &InputOptions) -> Result<Input> {
        use spectrum_delta::At;

        let at = match (self.table_version, self.table_time) {
            (Some(version), _) => At::Version(version),
            (None, Some(time)) => At::Time(time),
            (None, None) => At::Latest,
        };
        Ok(Input::of_lake_table(spectrum_delta::read(&store(options), table.as_ref(), at)?, options)?)
    }

    #[cfg(not(feature = "delta"))]
    fn read(&self, table: &str, _: &InputOptions) -> Result<Input> {
        bail!(
            "{table} is a Delta table, and this build of spectrum does not read such tables; build it with \
             --features delta, or write what the table holds now to Parquet"
        )
    }
}

/// The latest version of a table, if it is one that can be read. Nothing is said of it.
pub(crate) fn latest(name: &str) -> Option<Input> {
    let options = InputOptions::default();
    let read = || TableFlags::default().read(name, &options).ok();
    is_table(name, &options).then(read).flatten()
}

fn is_table(name: &str, options: &InputOptions) -> bool {
    store(options).table_kind(Path::new(name)) == Some("Delta")
}

fn store(options: &InputOptions) -> Arc<dyn Store> {
    options.store.clone().unwrap_or_else(|| Arc::new(LocalFiles))
}

/// Which version of which table was read, as a line of a report.
pub(crate) fn as_line(read: Option<&TableVersion>) -> Option<String> {
    read.map(|read| format!("  read   version {} of the {} table {}", read.version, read.kind, read.name))
}

/// The same as an object; nothing where no table was read.
pub(crate) fn as_json(read: Option<&TableVersion>) -> Option<Value> {
    read.map(|read| json!({"kind": read.kind, "name": read.name, "version": read.version}))
}

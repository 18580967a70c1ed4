//! DuckDB's program.

use std::fmt;
use std::path::Path;
use std::process::Command;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use spectrum_sql::dialect::Dialect;
use spectrum_sql::dialect::run::duckdb::{copy_to_parquet, read_csv, read_parquet};

use super::files::Files;
use super::process::{Process, Row, first_line};
use super::{Program, as_text};
use crate::error::{Result, SubmitError};
use crate::runner::{CsvOptions, InputFormat};

#[derive(Debug)]
pub(super) struct Duckdb;

impl Program for Duckdb {
    fn dialect(&self) -> Dialect {
        Dialect::Duckdb
    }

    fn names(&self) -> &'static [&'static str] {
        &["duckdb"]
    }

    fn how_to_get(&self) -> &'static str {
        "install DuckDB's command-line program (pip install duckdb-cli brings one)"
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The settings in the user's ~/.duckdbrc are for people.
        command.args(["-no-init", "-batch", "-bail", "-json", ":memory:"]);
        command
    }

    /// One array of objects a statement that gives rows; the last is the answer.
    fn rows(&self, printed: &str) -> Option<Vec<Row>> {
        let mut last = Vec::new();
        for array in serde_json::Deserializer::from_str(printed).into_iter::<Vec<Values>>() {
            last = array.ok()?;
        }
        Some(last.into_iter().map(|values| values.0).collect())
    }

    fn cause(&self, succeeded: bool, said: &str) -> Option<String> {
        match first_line(said) {
            Some(line) => Some(line.to_owned()),
            None if succeeded => None,
            None => Some("it did not say why".to_owned()),
        }
    }

    /// Days are those of UTC, and no time depends on the zone of the user.
    fn settings(&self) -> &'static str {
        "SET TimeZone = 'UTC';\n"
    }

    fn read(&self, files: &mut Files, csv: &CsvOptions, _process: &Process<'_>) -> Result<String> {
        let names = &files.names;
        Ok(match files.format {
            InputFormat::Parquet => read_parquet(names, names.iter().any(|name| name.contains('='))),
            format @ (InputFormat::Csv | InputFormat::Tsv) => {
                let (delimiter, quote, escape) = csv.of(format)?;
                read_csv(names, delimiter, quote, escape)
            }
            InputFormat::Ndjson => {
                return Err(SubmitError::FormatRefused("DuckDB would guess the types of NDJSON"));
            }
        })
    }

    fn write(&self, sql: &str, path: &str, partition_by: Option<&str>) -> String {
        copy_to_parquet(sql, path, partition_by)
    }

    fn read_back(&self, path: &str, partition_by: Option<&str>) -> String {
        let written = match partition_by {
            Some(_) => format!("{path}/**/*.parquet"),
            None => path.to_owned(),
        };
        read_parquet(&[written], partition_by.is_some())
    }
}

/// The values of an object in the order in which they are written.
struct Values(Row);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Values;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Values, A::Error> {
                let mut row = Vec::new();
                while let Some((_, value)) = map.next_entry::<String, serde_json::Value>()? {
                    row.push(as_text(value));
                }
                Ok(Values(row))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

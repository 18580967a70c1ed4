//! ClickHouse's program, as `clickhouse local`.

use std::path::Path;
use std::process::Command;

use spectrum_sql::dialect::Dialect;
use spectrum_sql::dialect::run::clickhouse::{
    SETTINGS, is_special, matching, parquet_columns, read_parquet, write_parquet,
};

use super::files::Files;
use super::process::{Process, Row, first_line};
use super::{LOOKING, Program, as_text, path_of};
use crate::error::{Result, SubmitError};
use crate::runner::{CsvOptions, InputFormat};

#[derive(Debug)]
pub(super) struct Clickhouse;

impl Program for Clickhouse {
    fn dialect(&self) -> Dialect {
        Dialect::Clickhouse
    }

    fn names(&self) -> &'static [&'static str] {
        &["clickhouse", "clickhouse-local"]
    }

    fn how_to_get(&self) -> &'static str {
        "install ClickHouse's command-line program"
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if !program.ends_with("clickhouse-local") {
            command.arg("local");
        }
        command.args(["--output-format", "JSONCompactEachRow", "--queries-file", "/dev/stdin"]);
        command
    }

    /// One array per row. Only the last statement gives rows.
    fn rows(&self, printed: &str) -> Option<Vec<Row>> {
        let rows = serde_json::Deserializer::from_str(printed).into_iter::<Vec<serde_json::Value>>();
        rows.map(|row| Some(row.ok()?.into_iter().map(as_text).collect())).collect()
    }

    /// "Code: 60. DB::Exception: Table ... does not exist. (UNKNOWN_TABLE)", perhaps after "Received exception ...:".
    fn cause(&self, succeeded: bool, said: &str) -> Option<String> {
        if succeeded {
            return None;
        }
        let line = said.lines().find(|line| line.contains("Exception: ")).or_else(|| first_line(said));
        let line = line.unwrap_or("it did not say why");
        Some(line.split_once("Exception: ").map_or(line, |(_, cause)| cause).trim().to_owned())
    }

    fn settings(&self) -> &'static str {
        SETTINGS
    }

    fn read(&self, files: &mut Files, _csv: &CsvOptions, process: &Process<'_>) -> Result<String> {
        if files.format != InputFormat::Parquet {
            return Err(SubmitError::FormatRefused("ClickHouse is given Parquet only"));
        }
        files.names = paths(&files.names, process)?;
        files.count = files.names.len() as u64;
        for row in process.ask(LOOKING, &format!("{SETTINGS}{};\n", parquet_columns(&files.names)))? {
            check_column(&row.iter().map(|value| value.as_deref().unwrap_or_default()).collect::<Vec<_>>())?;
        }
        Ok(read_parquet(&files.names))
    }

    fn write(&self, sql: &str, path: &str, _partition_by: Option<&str>) -> String {
        write_parquet(sql, path)
    }

    fn read_back(&self, path: &str, _partition_by: Option<&str>) -> String {
        read_parquet(&[path.to_owned()])
    }
}

/// The files themselves: what patterns stand for is asked, because a list may hold none.
fn paths(names: &[String], process: &Process<'_>) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for name in names {
        if name.contains("://") {
            let message = format!("{name} cannot be read by ClickHouse here; name local files");
            return Err(SubmitError::Refused(message));
        }
        let path = path_of(name);
        let absolute = path.display().to_string();
        if path.exists() {
            paths.push(absolute);
            continue;
        }
        let found = process.ask(LOOKING, &format!("{};\n", matching(&absolute)))?;
        if found.is_empty() {
            return Err(SubmitError::NoMatch(name.clone()));
        }
        paths.extend(found.into_iter().flatten().flatten());
    }
    paths.sort();
    match (paths.iter().find(|path| is_special(path)), paths.windows(2).find(|pair| pair[0] == pair[1])) {
        (Some(path), _) => Err(SubmitError::Refused(format!(
            "{path} has one of the characters {{ }} * ? , in its name, which ClickHouse takes for a pattern; rename it"
        ))),
        (None, Some(pair)) => Err(SubmitError::NamedTwice(pair[0].clone())),
        (None, None) => Ok(paths),
    }
}

/// Refuses a column that would not go out as it came in: ClickHouse has no nested NULLs, takes bytes for text and every
/// time for an instant.
fn check_column(column: &[&str]) -> Result<()> {
    let &[name, nested, physical, logical] = column else {
        return Err(SubmitError::Answer {
            engine: Dialect::Clickhouse.title(),
            answer: format!("{column:?}"),
        });
    };
    let kind = logical.split('(').next().unwrap_or_default();
    let why = match (nested, physical, kind) {
        ("1", ..) => "is nested, and ClickHouse would lose NULLs in it",
        (_, "BYTE_ARRAY", "None") => "holds bytes, which ClickHouse would write as text",
        (_, "INT96", _) => "holds times of 96 bits, which ClickHouse would write as others",
        (_, _, "Timestamp") if logical.contains("isAdjustedToUTC=false") => {
            "holds times without a zone, which ClickHouse would write as instants"
        }
        (_, _, "None" | "String" | "Int" | "Date" | "UUID" | "Timestamp" | "Decimal") => return Ok(()),
        _ => "is of a kind that ClickHouse would write as another",
    };
    let ty = if kind == "None" { physical.to_owned() } else { format!("{physical}, {kind}") };
    Err(SubmitError::ColumnRefused { column: name.to_owned(), ty, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_what_the_exception_says() {
        let said =
            "Code: 60. DB::Exception: Unknown table expression 'a'. (UNKNOWN_TABLE)\n(query: SELECT 1)\n";
        let cause = "Unknown table expression 'a'. (UNKNOWN_TABLE)";
        assert_eq!(Clickhouse.cause(false, said).as_deref(), Some(cause));
        assert_eq!(Clickhouse.cause(false, "\nKilled\n").as_deref(), Some("Killed"));
        assert_eq!(Clickhouse.cause(false, "").as_deref(), Some("it did not say why"));
        assert_eq!(Clickhouse.cause(true, "a warning"), None);
    }

    #[test]
    fn rows_are_arrays() {
        let rows = Clickhouse.rows("[\"a\", null, 1]\n[\"b\\n\", \"\", true]\n").unwrap();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(rows, [vec![text("a"), None, text("1")], vec![text("b\n"), text(""), text("true")]]);
        assert_eq!(Clickhouse.rows(""), Some(Vec::new()));
        assert_eq!(Clickhouse.rows("Ok."), None);
    }
}

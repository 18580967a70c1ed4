//! How DuckDB reads and writes files.

use super::super::Dialect;
use super::super::columns::name;

/// A text in DuckDB's quotes, in which only the quote is special.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn list(names: &[String]) -> String {
    format!("[{}]", names.iter().map(|name| text(name)).collect::<Vec<_>>().join(", "))
}

/// All rows of Parquet files, by the names of their columns; names of folders give columns, which are texts.
/// `with_folders` says whether they do.
pub fn read_parquet(names: &[String], with_folders: bool) -> String {
    format!(
        "SELECT * FROM read_parquet({}, union_by_name = true, hive_partitioning = {with_folders}, hive_types_autocast = \
         false)",
        list(names)
    )
}

/// All rows of CSV files, every column a text. An empty field is NULL, and a quoted one an empty text. Without a quote,
/// fields are what stands between delimiters.
pub fn read_csv(names: &[String], delimiter: &str, quote: &str, escape: &str) -> String {
    format!(
        "SELECT * FROM read_csv({}, all_varchar = true, header = true, auto_detect = true, delim = {}, quote = {}, escape = {}, \
         strict_mode = true, allow_quoted_nulls = false, union_by_name = true, hive_partitioning = true, hive_types_autocast = false)",
        list(names),
        text(delimiter),
        text(quote),
        text(escape)
    )
}

/// Writes a query's rows to a Parquet file, or into a folder with one folder per value of a column.
pub fn copy_to_parquet(query: &str, path: &str, partition_by: Option<&str>) -> String {
    let by = partition_by.map(|column| format!(", PARTITION_BY ({})", name(Dialect::Duckdb, column)));
    format!("COPY (\n{query}\n) TO {} (FORMAT parquet{})", text(path), by.unwrap_or_default())
}

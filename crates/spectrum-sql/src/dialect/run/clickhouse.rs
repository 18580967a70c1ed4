//! How ClickHouse reads and writes Parquet.

/// Statements by which a file's rows come as they are: days are those of UTC; every column may be NULL, those
/// among them that a file does not have; times with and without a zone are distinguished by their types;
/// names of folders do not become columns; and queries may be as long as a list of files.
pub const SETTINGS: &str = "\
SET session_timezone = 'UTC';
SET schema_inference_mode = 'union', schema_inference_make_columns_nullable = 1;
SET input_format_parquet_local_time_as_utc = 0, output_format_parquet_string_as_string = 1;
SET use_hive_partitioning = 0, max_query_size = 1073741824;
";

/// A text in ClickHouse's quotes, in which the quote and the backslash are special.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Files by their absolute paths. Those with characters that are special in a pattern cannot be named:
/// see [`is_special`].
fn files(paths: &[String], format: &str) -> String {
    let pattern = match paths {
        [path] => path.clone(),
        // A pattern has to begin with the root.
        _ => {
            let below: Vec<&str> = paths.iter().map(|path| path.trim_start_matches('/')).collect();
            format!("/{{{}}}", below.join(","))
        }
    };
    format!("file({}, {format})", text(&pattern))
}

/// Whether a path has characters that mean something in a list of paths, where nothing escapes them.
pub fn is_special(path: &str) -> bool {
    path.contains(['{', '}', '*', '?', ','])
}

/// All rows of Parquet files, by the names of their columns.
pub fn read_parquet(paths: &[String]) -> String {
    format!("SELECT * FROM {}", files(paths, "Parquet"))
}

/// The paths that a pattern stands for, one per row.
pub fn matching(pattern: &str) -> String {
    format!("SELECT DISTINCT _path FROM file({}, One)\nORDER BY 1", text(pattern))
}

/// What the files say about their columns, one row each: the path of the column within the file; whether it
/// is part of a nested one; the physical and the logical type.
pub fn parquet_columns(paths: &[String]) -> String {
    format!(
        "SELECT DISTINCT column.path, toString(column.path != column.name), column.physical_type, column.logical_type\n\
         FROM (SELECT arrayJoin(columns) AS column FROM {})\nORDER BY 1, 2, 3, 4",
        files(paths, "ParquetMetadata")
    )
}

/// Writes a query's rows to a Parquet file.
pub fn write_parquet(query: &str, path: &str) -> String {
    format!("INSERT INTO FUNCTION file({}, Parquet)\n{query}", text(path))
}

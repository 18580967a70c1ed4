//! How Spark writes files.

use super::super::Dialect;
use super::super::columns::name;

/// The rows of a query for an output with a folder for each value of a column. Rows of a folder come together, otherwise
/// every task would write a file into every folder.
pub fn for_folders(query: &str, partition_by: &str) -> String {
    let column = name(Dialect::Spark, partition_by);
    format!("SELECT /*+ REBALANCE({column}) */ *\nFROM (\n{query}\n) AS spectrum_rows")
}

//! Rows of Parquet files, by way of Python.

use std::path::Path;

use spectrum_testkit::engines::python;

/// Runs a Python script in a folder.
pub(crate) fn python_makes(folder: &Path, script: &str) {
    let output = python().unwrap().command().current_dir(folder).args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The same of two sessions tables, of which the embedded engine's alone says under rules what ended a session.
pub(crate) fn same_sessions(folder: &Path, ours: &str, theirs: &str) {
    let script = format!(
        "import pyarrow.parquet as parquet\ntable = parquet.read_table('{theirs}')\n\
         names = [name for name in table.column_names if name != 'ended_by']\n\
         parquet.write_table(table.select(names), 'without_{theirs}')"
    );
    python_makes(folder, &script);
    same_rows(folder, ours, &format!("without_{theirs}"));
}

/// Rows of two Parquet outputs are the same, whatever their order, and their columns stand in the same order. Spark has no
/// fixed width of bytes and no unsigned numbers, so values are compared and not types.
pub(crate) fn same_rows(folder: &Path, ours: &str, theirs: &str) {
    let script = "\
import sys, pyarrow as pa, pyarrow.parquet as parquet
def rows(path):
    table = parquet.read_table(path, partitioning=None)
    columns = [values(column) for column in table.columns]
    return table.column_names, sorted(map(repr, zip(*[[plain(v) for v in column] for column in columns])))
def values(column):
    if not pa.types.is_timestamp(column.type):
        return column.to_pylist()
    # Python knows no nanoseconds and fewer years. With a zone it is an instant, and another thing than without.
    unit = 'ns' if column.type.unit == 'ns' else 'us'
    return [(column.type.tz is None, v) for v in column.cast(pa.timestamp(unit)).cast(pa.int64()).to_pylist()]
def plain(value):
    kind = type(value).__name__
    if kind == 'Decimal':
        return int(value) if value == int(value) else value
    return value.bytes if kind == 'UUID' else value
ours, theirs = rows(sys.argv[1]), rows(sys.argv[2])
assert ours[0] == theirs[0], (ours[0], theirs[0])
differ = [pair for pair in zip(ours[1], theirs[1]) if pair[0] != pair[1]]
assert len(ours[1]) == len(theirs[1]) and not differ, (len(ours[1]), len(theirs[1]), differ[:3])
";
    let mut command = python().unwrap().command();
    let output =
        command.args(["-c", script]).args([folder.join(ours), folder.join(theirs)]).output().unwrap();
    assert!(output.status.success(), "{ours}: {}", String::from_utf8_lossy(&output.stderr));
}

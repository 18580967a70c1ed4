"""Who reads the files back. A reader gives Arrow columns by name, of one file or of several one after another."""

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq


class Pyarrow:
    name = "pyarrow"
    version = pa.__version__

    def names(self, file):
        """The columns that it can be asked for, and why not for others."""
        return pq.read_schema(file).names, {}

    def read(self, file, names):
        # Checksums are wrong when pages were cut wrongly.
        opened = pq.ParquetFile(file, page_checksum_verification=True)
        # By number, because a name with a dot would be a path; and by row group, because pyarrow cannot put nested columns
        # of several together.
        leaves = [at for at, root in enumerate(roots(opened.schema_arrow)) if root in names]
        groups = [
            opened.reader.read_row_groups([group], column_indices=leaves) for group in range(opened.num_row_groups)
        ]
        table = pa.concat_tables(groups) if groups else opened.reader.read_all(column_indices=leaves)
        return {name: table.column(name) for name in names}

    def says(self, file, columns):
        """What it tells of the file beside its values, where that must not change.

        Of several files, `chunks` are those of one after another, what is `alone` is said only of one, and for all else the
        first stands.
        """
        opened = pq.ParquetFile(file)
        footer = opened.metadata
        schema = opened.schema_arrow
        told = {"schema metadata": without_schema(schema.metadata), "metadata": without_schema(footer.metadata)}
        told["created_by, version"] = (footer.created_by, footer.format_version)
        for name in columns:
            field = schema.field(name)
            told[f"field {name!r}"] = (str(field.type), field.nullable, field.metadata)
        leaves = [at for at, root in enumerate(roots(schema)) if root in columns]
        groups = [footer.row_group(group) for group in range(footer.num_row_groups)]
        told["chunks"] = [chunk_says(group, group.column(at)) for group in groups for at in leaves]
        # A file has page indexes of all chunks or of none, and one order or none.
        told["alone"] = [
            (
                str(group.sorting_columns),
                *((chunk.has_offset_index, chunk.has_column_index) for chunk in map(group.column, leaves)),
            )
            for group in groups
        ]
        return told


def chunk_says(group, chunk):
    try:
        statistics = str(chunk.statistics)
    except (pa.ArrowException, ValueError, OverflowError) as error:
        statistics = f"{error}"
    # An address is part of how it is shown.
    statistics = statistics.split("\n", 1)[-1]
    return (
        chunk.path_in_schema,
        group.num_rows,
        statistics,
        chunk.is_stats_set,
        sorted(chunk.encodings),
        chunk.compression,
        chunk.num_values,
        chunk.physical_type,
        chunk.total_compressed_size,
        chunk.total_uncompressed_size,
        chunk.has_dictionary_page,
        str(chunk.geo_statistics),
    )


def roots(schema):
    """The column that each leaf belongs to. A leaf's path does not tell it, because names have dots too."""
    return [field.name for field in schema for _ in range(leaves_of(field.type))]


def leaves_of(kind):
    if isinstance(kind, pa.BaseExtensionType):
        return leaves_of(kind.storage_type)
    if pa.types.is_nested(kind):
        return sum(leaves_of(kind.field(at).type) for at in range(kind.num_fields))
    return 1


def without_schema(metadata):
    """Arrow's own schema names the added column; what it says of the others is in the fields."""
    return {key: value for key, value in (metadata or {}).items() if key != b"ARROW:schema"}


# What DuckDB tells of a chunk that says where it is, and of what all chunks of a row group are together. Statistics have
# older fields of the same, without an order, which go along only where there are no others. Encodings are a set.
WHERE = """file_name, row_group_num_columns, row_group_bytes, row_group_compressed_bytes, file_offset, index_page_offset,
    dictionary_page_offset, data_page_offset, bloom_filter_offset, column_id, row_group_id,
    stats_min, stats_max, encodings, min_is_exact, max_is_exact"""

# Where there is no bound, nobody is told how exact it is.
SAID = """coalesce(stats_min_value, stats_min), coalesce(stats_max_value, stats_max), list_sort(string_split(encodings, ', ')),
    CASE WHEN stats_min_value IS NOT NULL THEN min_is_exact END, CASE WHEN stats_max_value IS NOT NULL THEN max_is_exact END"""


class Duckdb:
    name = "DuckDB"
    version = duckdb.__version__

    def __init__(self):
        self.db = duckdb.connect()
        self.db.execute("SET threads = 1; SET TimeZone = 'Asia/Kathmandu'")

    def names(self, file):
        return [row[0] for row in self.db.execute("DESCRIBE SELECT * FROM read_parquet(?)", [file]).fetchall()], {}

    def read(self, file, names):
        columns = ", ".join(quoted(name) for name in names)
        table = self.db.sql(f"SELECT {columns} FROM read_parquet(?)", params=[file]).to_arrow_table()
        return {name: table.column(name) for name in names}

    def says(self, file, columns):
        all_of = lambda sql: self.db.execute(sql, [file]).fetchall()
        return {
            # Without the root, which counts the columns.
            "schema": all_of("SELECT * EXCLUDE (file_name) FROM parquet_schema(?)")[1:],
            "chunks": all_of(f"SELECT * EXCLUDE ({WHERE}), {SAID} FROM parquet_metadata(?)"),
            "key-value metadata": all_of("SELECT key, value FROM parquet_kv_metadata(?) WHERE key <> 'ARROW:schema'"),
        }


class Polars:
    name = "Polars"
    version = polars.__version__

    def names(self, file):
        return list(polars.read_parquet_schema(file)), {}

    def read(self, file, names):
        frame = polars.read_parquet(file, columns=list(names), use_statistics=True)
        table = frame.to_arrow()
        return {name: table.column(name) for name in names}

    def says(self, file, columns):
        schema = polars.read_parquet_schema(file)
        metadata = polars.read_parquet_metadata(file)
        return {
            "schema": [(name, str(schema[name])) for name in columns if name in schema],
            "metadata": {key: value for key, value in metadata.items() if key != "ARROW:schema"},
        }


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def readable(reader, file, names, rows):
    """The columns that a reader can read of an input, and why it cannot read the others.

    A file is refused as a whole for one column, so halves are tried until the columns are found.
    """
    columns, refused = {}, {}

    def halve(some):
        if not some:
            return
        try:
            read = reader.read(file, some)
            counts = {len(column) for column in read.values()}
            if counts != {rows}:
                raise ValueError("rows are lost or gained")
            columns.update(read)
        except BaseException as error:  # noqa: BLE001, Polars' panics are no exceptions
            if isinstance(error, KeyboardInterrupt):
                raise
            if len(some) == 1:
                refused[some[0]] = error
            else:
                halve(some[: len(some) // 2])
                halve(some[len(some) // 2 :])

    try:
        known, refused = reader.names(file)
    except BaseException as error:  # noqa: BLE001
        if isinstance(error, KeyboardInterrupt):
            raise
        return {}, {name: error for name in names}
    refused.update({name: "it knows no such column" for name in names if name not in known and name not in refused})
    halve([name for name in names if name in known and name not in refused])
    return columns, refused

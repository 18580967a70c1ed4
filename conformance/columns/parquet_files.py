"""Random Parquet files: events with random columns beside, written with random options of pyarrow.

Files of one set have the same columns and differ in all that may differ between files that go into one output.
"""

import os
import re

import pyarrow as pa
import pyarrow.parquet as pq
from values import Values, a_field, any_type

COMPRESSIONS = ("NONE", "SNAPPY", "GZIP", "BROTLI", "LZ4", "ZSTD")
ENCODINGS = {
    "BOOLEAN": ("PLAIN", "RLE"),
    "INT32": ("PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"),
    "INT64": ("PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"),
    "FLOAT": ("PLAIN", "BYTE_STREAM_SPLIT"),
    "DOUBLE": ("PLAIN", "BYTE_STREAM_SPLIT"),
    "BYTE_ARRAY": ("PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"),
    "FIXED_LEN_BYTE_ARRAY": ("PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"),
    "INT96": ("PLAIN",),
}
NAMES = ("c", "Größe ", "a b", "it's ", '"q" ', "x,y ", "日本", "d.o.t", "\\")
EVENTS = ("user_id", "account_id", "event_id", "occurred_at")
START = 1_770_000_000


class ParquetSet:
    """The files, and how they were made."""

    def __init__(self, rng, folder, report, small, codecs):
        self.rng = rng
        self.codecs = codecs
        self.has_null_times = rng.random() < 0.3
        # What says which columns there are is the same for all files.
        self.common = {
            "version": rng.choice(["1.0", "2.4", "2.6", "2.6", "2.6"]),
            "store_schema": rng.random() < 0.7,
            "use_compliant_nested_type": rng.random() < 0.8,
            "store_decimal_as_integer": rng.random() < 0.4,
            "write_time_adjusted_to_utc": rng.random() < 0.3,
            "use_deprecated_int96_timestamps": rng.random() < 0.2,
        }
        if rng.random() < 0.2 and not self.common["use_deprecated_int96_timestamps"]:
            self.common.update(coerce_timestamps=rng.choice(["ms", "us"]), allow_truncated_timestamps=True)
        far = not self.common["use_deprecated_int96_timestamps"] and "coerce_timestamps" not in self.common
        self.values = Values(rng, near=not far, coarse=self.common["version"] != "2.6")
        self.schema = self.random_schema(10 if small else rng.randint(10, 40))
        self.schema = self.writable(report)
        self.leaves = self.leaf_columns()
        self.files, self.shows, first = [], [], 0
        # For each file, which events are left in the output.
        self.has_time = {}
        for number in range(rng.choice([1, 1, 2, 3])):
            path = os.path.join(folder, f"in{number}.parquet")
            first = self.written(path, first, report)
            self.files.append(path)

    def random_schema(self, count):
        rng = self.rng
        key = rng.choice(
            [pa.string(), pa.int64(), pa.dictionary(pa.int32(), pa.string()), pa.int32(), pa.large_string()]
        )
        time = pa.timestamp(rng.choice(["ms", "us", "ns"]), rng.choice([None, "UTC"]))
        fields = [
            pa.field("user_id", key),
            pa.field("account_id", pa.string(), nullable=rng.random() < 0.5),
            pa.field("event_id", pa.int64(), nullable=False),
            pa.field("occurred_at", time, nullable=self.has_null_times),
        ]
        for at in range(count):
            metadata = {"PARQUET:field_id": str(100 + at)} if rng.random() < 0.2 else {}
            if rng.random() < 0.2:
                metadata["comment"] = "of a field"
            # A dot in a name parts it in pyarrow's own options.
            name = f"{rng.choice(NAMES)}{at}"
            fields.append(a_field(rng, name, any_type(rng), metadata or None))
        rng.shuffle(fields)
        metadata = {"k": "v", "ключ": "日本", "empty": ""} if rng.random() < 0.5 else None
        return pa.schema(fields, metadata=metadata)

    def writable(self, report):
        """The schema without the columns of types that pyarrow does not write."""
        fields = []
        for field in self.schema:
            try:
                with pq.ParquetWriter(pa.BufferOutputStream(), pa.schema([field]), **self.common) as writer:
                    writer.write_table(
                        pa.table([self.values.array(field.type, 2, field.nullable)], schema=pa.schema([field]))
                    )
                fields.append(field)
            except (pa.ArrowException, NotImplementedError) as error:
                report.note(
                    "Parquet", "columns of types that pyarrow does not write", re.sub(r"'.*?'", "...", str(error))[:100]
                )
        return pa.schema(fields, metadata=self.schema.metadata)

    def leaf_columns(self):
        """Path and physical type of every leaf, as they will be."""
        buffer = pa.BufferOutputStream()
        with pq.ParquetWriter(buffer, self.schema, **self.common):
            pass
        schema = pq.ParquetFile(pa.py_buffer(buffer.getvalue())).schema
        return [(schema.column(at).path, schema.column(at).physical_type) for at in range(len(schema))]

    def written(self, path, first, report):
        """Options are drawn again where pyarrow does not know how to write these columns with them."""
        while True:
            options = self.options()
            try:
                return self.write(path, first, options)
            except (pa.ArrowException, NotImplementedError, OSError) as error:
                report.note("Parquet", "options that pyarrow refuses for a file", str(error)[:100])

    def write(self, path, first, options):
        rng = self.rng
        rows = rng.choice([0, 1, 2, 10, 60, 200])
        self.has_time[path] = []
        with pq.ParquetWriter(path, self.schema, **self.common, **options) as writer:
            # Row groups of odd sizes, and empty ones.
            done = 0
            while done < rows:
                size = rng.choice([0, 1, 3, 17, 100, 200])
                size = min(size, rows - done)
                events = self.events(first + done, size)
                self.has_time[path] += events.column("occurred_at").is_valid().to_pylist()
                writer.write_table(events, row_group_size=rng.choice([None, 1, 7]) if size < 20 else None)
                done += size
            if rows == 0 and rng.random() < 0.5:
                writer.write_table(self.events(first, 0))
            if rng.random() < 0.4:
                writer.add_key_value_metadata({"written": "afterwards", "k": "w"})
        self.shows.append(f"{rows} rows, {options}")
        return first + rows

    def events(self, first, rows):
        """So many events; ids go on from the first, by which readers that shuffle are set right."""
        rng = self.rng
        arrays = []
        for field in self.schema:
            if field.name == "event_id":
                arrays.append(pa.array(range(first, first + rows), pa.int64()))
            elif field.name == "occurred_at":
                ticks = {"ms": 10**3, "us": 10**6, "ns": 10**9}[field.type.unit]
                times = [
                    (START + rng.randrange(10**5)) * ticks + rng.randrange(1000) * ticks // 1000 for _ in range(rows)
                ]
                times = [None if self.has_null_times and rng.random() < 0.3 else time for time in times]
                arrays.append(pa.array(times, pa.int64()).view(field.type))
            elif field.name == "user_id":
                people = [rng.choice([None, 1, 2, 3, 4]) for _ in range(rows)]
                arrays.append(
                    pa.array(people, pa.int64())
                    .cast(pa.string() if pa.types.is_dictionary(field.type) else field.type)
                    .cast(field.type)
                )
            elif field.name == "account_id":
                arrays.append(pa.array([rng.choice("ab") for _ in range(rows)], pa.string()))
            else:
                arrays.append(self.values.array(field.type, rows, field.nullable))
        return pa.table(arrays, schema=self.schema)

    def options(self):
        rng = self.rng
        some = lambda: [path for path, _ in self.leaves if rng.random() < 0.5]
        options = {
            "compression": rng.choice([rng.choice(self.codecs), {path: rng.choice(self.codecs) for path in some()}]),
            "data_page_version": rng.choice(["1.0", "2.0"]),
            "write_statistics": rng.choice([True, True, False, some()]),
            "write_page_index": rng.random() < 0.5,
            "write_page_checksum": rng.random() < 0.5,
            # With it pyarrow ends the process over a view, which it cannot slice.
            "use_content_defined_chunking": rng.random() < 0.2 and "view" not in str(self.schema),
        }
        for name, values in {
            "data_page_size": [1, 64, 1000],
            "write_batch_size": [1, 5, 50],
            "dictionary_pagesize_limit": [1, 50, 500],
            "max_rows_per_page": [1, 4, 30],
        }.items():
            if rng.random() < 0.4:
                options[name] = rng.choice(values)
        dictionary = rng.choice(["all", "none", "some", "encoded", "encoded"])
        options["use_dictionary"] = {"all": True, "some": some()}.get(dictionary, False)
        if dictionary == "encoded":
            options["column_encoding"] = {path: rng.choice(ENCODINGS[physical]) for path, physical in self.leaves}
        elif dictionary == "none" and rng.random() < 0.5:
            options["use_byte_stream_split"] = [
                path
                for path, physical in self.leaves
                if "BYTE_STREAM_SPLIT" in ENCODINGS[physical] and rng.random() < 0.5
            ]
        if rng.random() < 0.3:
            blooming = [path for path, physical in self.leaves if physical != "BOOLEAN" and rng.random() < 0.4]
            options["bloom_filter_options"] = {path: {"ndv": 50, "fpp": 0.05} for path in blooming}
        if rng.random() < 0.3:
            # Nobody checks that they are sorted so; it has to be said on.
            leaves = rng.sample(range(len(self.leaves)), 2)
            options["sorting_columns"] = [
                pq.SortingColumn(leaf, descending=rng.random() < 0.5, nulls_first=rng.random() < 0.5) for leaf in leaves
            ]
        return options

    def describe(self):
        return f"{self.common}; {'; '.join(self.shows)}"[:800]

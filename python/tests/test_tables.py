"""Sessions of tables in memory, of every library that is known and of those that are not."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cases import Case, all_cases, array
from conftest import library

import spectrum_sessions as sp

CASES = all_cases()


class Exported:
    """A table of a library that nobody knows: it has nothing but the way out."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def table_of(case: Case, reverse: bool = False) -> Any:
    import pyarrow as pa

    # What is refused before any event is looked at may have events that fit no table.
    values = [row for row in case.values if len(row) == len(case.columns)]
    rows = values[::-1] if reverse else values
    columns = {
        name: array([row[at] for row in rows], case.types[name]) for at, name in enumerate(case.columns)
    }
    return pa.table(columns)


def answers(table: Any) -> list[tuple[Any, Any]]:
    return list(zip(table["session_seq"].to_pylist(), table["session_id"].to_pylist(), strict=True))


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=lambda case: case.name)
def test_every_case_has_its_sessions(case: Case) -> None:
    pa = library("pyarrow")
    for reverse in (False, True):
        expected = [row for row in (case.expected[::-1] if reverse else case.expected) if row is not None]
        table = table_of(case, reverse)
        told = sp.sessionize(table, sequence=True, **case.keywords())
        assert answers(told) == expected
        # In pieces, of a library that nobody knows, and as one batch.
        pieces = pa.concat_tables(
            [table_of(case, reverse).slice(at, 1) for at in range(table.num_rows)] or [table]
        )
        exported = pa.table(sp.sessionize(Exported(pieces), sequence=True, **case.keywords()))
        assert answers(exported) == expected
        for name, column in zip(exported.column_names, exported.columns, strict=True):
            # Doubles as texts, because NaN is not equal to itself.
            is_double = column.type == pa.float64()
            assert column.equals(told[name]) or (is_double and str(column.to_pylist()) == str(told[name].to_pylist()))


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=lambda case: case.name)
def test_every_refusal_is_one(case: Case) -> None:
    library("pyarrow")
    with pytest.raises(sp.SpectrumError) as refused:
        sp.sessionize(table_of(case), **case.keywords())
    for words in case.refused:
        assert words in str(refused.value)
    assert not re.search("--[a-z]", str(refused.value))


def few() -> Any:
    pa = library("pyarrow")
    return pa.table(
        {
            "who": ["ann", "ann", "bob", "ann"],
            "at": pa.array(
                [datetime(2026, 1, 1, 10), datetime(2026, 1, 1, 10, 30), datetime(2026, 1, 1, 10), datetime(2026, 1, 1, 11, 1)]
            ),
        }
    )


KEYED: dict[str, Any] = {"key": "who", "time": "at", "id": "encoded"}
NUMBERS = [1, 1, 1, 2]


def test_the_command_makes_the_same_ids(tmp_path: Path) -> None:
    pq = library("pyarrow.parquet")
    pq.write_table(few(), tmp_path / "few.parquet")
    script = Path(sys.executable).with_name("spectrum")
    command = [script, "run", "few.parquet", "-o", "out.parquet", "--key", "who", "--time", "at", "--with-reason"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert sp.sessionize(few(), key="who", time="at", reason=True).equals(pq.read_table(tmp_path / "out.parquet"))


def test_pyarrow_comes_back_as_what_it_was() -> None:
    pa = library("pyarrow")
    table = few().replace_schema_metadata({"made": "by hand"})
    told = sp.sessionize(table, **KEYED, sequence=True, reason=True)
    assert type(told) is pa.Table
    assert told.column_names == ["who", "at", "session_id", "session_seq", "started_by"]
    assert told.schema.metadata == {b"made": b"by hand"}
    assert told["session_seq"].to_pylist() == NUMBERS
    assert told["started_by"].to_pylist() == ["first", "first", "first", "gap"]
    (batch,) = table.to_batches()
    of_batch = sp.sessionize(batch, **KEYED)
    assert type(of_batch) is pa.RecordBatch and pa.table(of_batch).equals(sp.sessionize(table, **KEYED))
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=1))
    assert sp.sessionize(reader, **KEYED).equals(pa.table(of_batch))


def test_columns_that_nobody_reads_are_not_touched() -> None:
    pa = library("pyarrow")
    views = pa.array(["x", "a text that is longer than twelve bytes", None, "y"], pa.string_view())
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([3, 4], pa.int32()), pa.array(["a", "b"]))
    nested = pa.array([[{"a": 1}], [], None, [{"a": None}]])
    extra = {
        "views": views,
        "runs": runs,
        "nested": nested,
        "dictionary": pa.array(["a", "b", "a", None]).dictionary_encode(),
        "uuid": pa.array([b"0123456789abcdef"] * 4, pa.binary(16)).cast(pa.uuid()),
        "decimal": pa.array([1, 2, 3, None], pa.decimal256(50, 2)),
        "month": pa.array([(1, 2, 3)] * 4, pa.month_day_nano_interval()),
        "nothing": pa.nulls(4),
    }
    table = few()
    for name, column in extra.items():
        table = table.append_column(name, column)
    told = sp.sessionize(table, **KEYED)
    assert told.drop_columns(["session_id"]).equals(table)
    # The same memory, not the same values: nothing was copied.
    address = views.buffers()[1].address
    assert told["views"].chunk(0).buffers()[1].address == address
    # Types that go through Arrow's C interface come out the same.
    exported = pa.table(sp.sessionize(Exported(table.drop_columns(["month"])), **KEYED))
    assert exported.drop_columns(["session_id"]).equals(table.drop_columns(["month"]))


def test_slices_and_chunks() -> None:
    pa = library("pyarrow")
    table = pa.concat_tables([few(), few().slice(1, 2), few().slice(4)]).slice(1)
    expected = sp.sessionize(table.combine_chunks(), **KEYED)
    assert sp.sessionize(table, **KEYED).equals(expected)
    assert pa.table(sp.sessionize(Exported(table), **KEYED)).equals(expected)


def test_empty_tables() -> None:
    pa = library("pyarrow")
    for empty in (few().slice(0, 0), few().schema.empty_table()):
        told = sp.sessionize(empty, **KEYED, sequence=True)
        assert told.num_rows == 0 and told.column_names == ["who", "at", "session_id", "session_seq"]
        exported = pa.table(sp.sessionize(Exported(empty), **KEYED))
        assert exported.num_rows == 0 and exported.schema.field("session_id").type == pa.string()
    (batch,) = few().to_batches()
    assert sp.sessionize(batch.slice(0, 0), **KEYED).num_rows == 0


def test_events_without_a_time_are_refused_or_dropped() -> None:
    pa = library("pyarrow")
    table = pa.table({"who": ["ann", "bob", None], "at": pa.array([None, 0, 0], pa.timestamp("us")), "n": [1, 2, 3]})
    with pytest.raises(sp.TimeError, match=r"events row 1") as refused:
        sp.sessionize(table, **KEYED)
    assert refused.value.remedy == 'fix them or leave them out with null_time="drop"'
    dropped = sp.sessionize(table, **KEYED, null_time="drop")
    assert dropped["n"].to_pylist() == [2, 3]
    both = sp.sessionize(table, **KEYED, null_time="drop", null_key="drop")
    assert both["n"].to_pylist() == [2]
    assert pa.table(sp.sessionize(Exported(table), **KEYED, null_time="drop", null_key="drop")).equals(both)
    assert sp.sessionize(table.to_batches()[0], **KEYED, null_time="drop").num_rows == 2
    with pytest.raises(sp.KeyValueError):
        sp.sessionize(table, **KEYED, null_time="drop", null_key="refuse")


def test_names_may_stand_for_members_and_several_columns() -> None:
    pa = library("pyarrow")
    table = pa.table(
        {
            "event": pa.array([{"user": "ann"}, {"user": None}], pa.struct([("user", pa.string())])),
            "visitor": ["v1", "v2"],
            "day": ["2026-01-01", "2026-01-01"],
            "clock": ["10:00", "10:10"],
            "other": [1, 2],
        }
    )
    told = sp.sessionize(table, key="event.user|visitor", time="day,clock", id="encoded")
    plain = pa.table({"who": ["ann", "v2"], "at": pa.array([36_000, 36_600], pa.timestamp("s"))})
    assert told["session_id"].equals(sp.sessionize(plain, **KEYED)["session_id"])


def test_rules_read_other_columns() -> None:
    table = few().append_column("kind", library("pyarrow").array(["a", "login", "a", "a"]))
    told = sp.sessionize(table, **KEYED, start_when="kind = 'login'", sequence=True)
    assert told["session_seq"].to_pylist() == [1, 2, 1, 3]
    definition = sp.Definition(**KEYED, start_when="kind = 'login'")
    assert sp.sessionize(table, definition, sequence=True).equals(told)
    with pytest.raises(sp.ColumnError, match="column 'sort' is not in events"):
        sp.sessionize(table, **KEYED, start_when="sort = 'login'")


def test_missing_and_taken_names() -> None:
    with pytest.raises(sp.ColumnError, match=r"column 'user' is not in events \(it has: more, at, who\)"):
        table = few().select(["at", "who"]).add_column(0, "more", few()["who"])
        sp.sessionize(table, key="user", time="at")
    taken = few().append_column("Session_ID", few()["who"])
    with pytest.raises(sp.ColumnError, match="Session_ID") as refused:
        sp.sessionize(taken, **KEYED)
    assert refused.value.remedy == "name the new one with session_column="
    assert "sid" in sp.sessionize(taken, **KEYED, session_column="sid").column_names


def test_types_that_are_no_key_and_no_time() -> None:
    pa = library("pyarrow")
    numbers = few().set_column(0, "who", pa.array([1.0, 1.0, 2.0, 1.0]))
    with pytest.raises(sp.ColumnError) as refused:
        sp.sessionize(numbers, **KEYED)
    assert 'say key_type={"who": "integer"}' in (refused.value.remedy or "")
    assert sp.sessionize(numbers, **KEYED, key_type={"who": "integer"}, sequence=True)["session_seq"].to_pylist() == NUMBERS
    seconds = few().set_column(1, "at", pa.array([0, 1800, 0, 3661]))
    with pytest.raises(sp.TimeError) as uncounted:
        sp.sessionize(seconds, **KEYED)
    assert "time_unit=" in (uncounted.value.remedy or "")
    with pytest.warns(sp.SpectrumWarning):
        told = sp.sessionize(seconds, **KEYED, time_unit="s", sequence=True)
    assert told["session_seq"].to_pylist() == NUMBERS


def test_what_is_no_table_is_refused() -> None:
    pa = library("pyarrow")
    for nothing in (None, 5, "events.parquet", [1, 2], {"who": ["ann"]}):
        with pytest.raises(TypeError, match="events must be a table that exports Arrow data"):
            sp.sessionize(nothing, **KEYED)
    for column in (pa.array([1, 2]), pa.chunked_array([[1, 2]])):
        with pytest.raises(TypeError, match="events must be a table"):
            sp.sessionize(column, **KEYED)


def test_rows_that_are_null_as_a_whole_are_refused() -> None:
    pa = library("pyarrow")
    rows = pa.array([{"who": "ann", "at": 0}, None], pa.struct([("who", pa.string()), ("at", pa.timestamp("us"))]))
    with pytest.raises(TypeError, match="NULL as a whole"):
        sp.sessionize(rows, **KEYED)
    with pytest.raises(sp.InputError, match="NULL as a whole"):
        sp.sessionize(pa.chunked_array([rows]), **KEYED)
    with pytest.warns(sp.SpectrumWarning):
        assert len(sp.sessionize(rows.slice(0, 1), **KEYED)) == 1


def test_columns_of_different_lengths_are_refused() -> None:
    nanoarrow = library("nanoarrow")
    short = nanoarrow.c_array([0], nanoarrow.timestamp("us"))
    long = nanoarrow.c_array(["ann", "ann"], nanoarrow.string())
    schema = nanoarrow.struct({"at": nanoarrow.timestamp("us"), "who": nanoarrow.string()})
    table = nanoarrow.c_array_from_buffers(
        schema, length=2, buffers=[None], children=[short, long], validation_level="none"
    )
    with pytest.raises(TypeError, match="breaks a rule of Arrow's C interface"):
        sp.sessionize(table, **KEYED)


def test_a_stream_can_be_read_once() -> None:
    pa = library("pyarrow")
    reader = pa.RecordBatchReader.from_batches(few().schema, few().to_batches())
    told = sp.sessionize(Exported(reader), **KEYED, sequence=True)
    assert pa.table(told)["session_seq"].to_pylist() == NUMBERS
    # What was given back can be read as often as anybody likes.
    assert pa.table(told).equals(pa.table(told)) and len(told) == told.num_rows == 4
    assert told.column_names == ["who", "at", "session_id", "session_seq"]


def test_polars_frames() -> None:
    pl = library("polars")
    frame = pl.DataFrame(
        {
            "who": ["ann", "ann", "bob", "ann"],
            "at": [datetime(2026, 1, 1, 10), datetime(2026, 1, 1, 10, 30), datetime(2026, 1, 1, 10), datetime(2026, 1, 1, 11, 1)],
            "kind": pl.Series(["a", "b", "a", None], dtype=pl.Categorical),
            "object": pl.Series([object()] * 4, dtype=pl.Object),
            "big": pl.Series([1, 2, 3, 4], dtype=pl.Int128),
        }
    )
    told = sp.sessionize(frame, **KEYED, sequence=True)
    assert isinstance(told, pl.DataFrame) and told.columns == [*frame.columns, "session_id", "session_seq"]
    assert told["session_seq"].to_list() == NUMBERS and told["session_id"].dtype == pl.String
    assert told.drop("session_id", "session_seq").schema == frame.schema
    lazy = sp.sessionize(frame.lazy(), **KEYED, sequence=True)
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect()["session_id"].to_list() == told["session_id"].to_list()
    with_null = frame.with_columns(at=pl.when(pl.col("who") == "bob").then(None).otherwise(pl.col("at")))
    dropped = sp.sessionize(with_null, **KEYED, null_time="drop")
    assert dropped["who"].to_list() == ["ann", "ann", "ann"]
    split = sp.sessionize(frame, **KEYED, split_on="kind", sequence=True)
    assert split["session_seq"].to_list() == [1, 2, 1, 3]
    categories = frame.with_columns(pl.col("who").cast(pl.Categorical))
    assert sp.sessionize(categories, **KEYED)["session_id"].to_list() == told["session_id"].to_list()


def test_pandas_frames() -> None:
    pd = library("pandas")
    frame = pd.DataFrame(
        {
            "who": ["ann", "ann", "bob", "ann"],
            "at": pd.to_datetime(
                ["2026-01-01 10:00", "2026-01-01 10:30", "2026-01-01 10:00", "2026-01-01 11:01"], utc=True
            ),
            "anything": [object(), {}, [], None],
            7: [1, 2, 3, 4],
        },
        index=[10, 20, 30, 40],
    )
    told = sp.sessionize(frame, **KEYED, sequence=True)
    assert isinstance(told, pd.DataFrame) and list(told.columns) == [*frame.columns, "session_id", "session_seq"]
    assert list(told.index) == [10, 20, 30, 40]
    assert told["session_seq"].tolist() == NUMBERS and told["session_seq"].dtype == "int64"
    pd.testing.assert_frame_equal(told[list(frame.columns)], frame)
    assert "session_id" not in frame.columns
    by_index = sp.sessionize(frame.set_index("at"), **KEYED)
    assert by_index["session_id"].tolist() == told["session_id"].tolist()
    assert by_index.index.name == "at"
    missing = frame.assign(at=frame["at"].where(frame["who"] == "ann"))
    assert sp.sessionize(missing, **KEYED, null_time="drop").index.tolist() == [10, 20, 40]
    doubled = frame.set_axis([1, 1, 2, 2])
    assert sp.sessionize(doubled, **KEYED)["session_id"].tolist() == told["session_id"].tolist()
    with pytest.raises(sp.ColumnError, match="pandas cannot hand over its columns"):
        sp.sessionize(frame.assign(who=[1, "ann", None, {}]), **KEYED)
    categories = frame.assign(who=frame["who"].astype("category"))
    assert sp.sessionize(categories, **KEYED)["session_id"].tolist() == told["session_id"].tolist()


def test_pandas_without_pyarrow_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    pd = library("pandas")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(sp.ArgumentError) as refused:
        sp.sessionize(pd.DataFrame({"who": ["ann"], "at": [datetime(2026, 1, 1)]}), **KEYED)
    assert refused.value.remedy == "pip install pyarrow"


def test_duckdb_relations() -> None:
    duckdb = library("duckdb")
    connection = duckdb.connect()
    connection.sql(
        "CREATE TABLE events AS FROM (VALUES ('ann', TIMESTAMP '2026-01-01 10:00', 1), ('ann', '2026-01-01 10:30', 2), "
        "('bob', '2026-01-01 10:00', 3), ('ann', '2026-01-01 11:01', 4)) t(who, \"at\", n)"
    )
    told = sp.sessionize(connection.sql("FROM events ORDER BY n"), **KEYED, sequence=True)
    assert type(told) is type(connection.sql("SELECT 1"))
    assert told.columns == ["who", "at", "n", "session_id", "session_seq"]
    assert [row[-1] for row in told.order("n").fetchall()] == NUMBERS
    # It belongs to the connection of the relation that it came from.
    counted = connection.sql("SELECT count(DISTINCT session_id) FROM told JOIN events USING (n)").fetchall()
    assert counted == [(3,)]


def test_nanoarrow_arrays() -> None:
    nanoarrow = library("nanoarrow")
    pa = library("pyarrow")
    told = sp.sessionize(nanoarrow.Array(few().to_batches()[0]), **KEYED, sequence=True)
    assert type(told) is sp.Table
    assert pa.table(told)["session_seq"].to_pylist() == NUMBERS
    stream = nanoarrow.ArrayStream(few())
    assert pa.table(sp.sessionize(stream, **KEYED)).num_rows == 4


def test_the_doubtful_is_warned_of_where_it_was_called() -> None:
    pa = library("pyarrow")
    early = few().set_column(1, "at", pa.array([0, 0, 0, 0], pa.timestamp("us")))
    with pytest.warns(sp.SpectrumWarning, match="outside of 1990") as warned:
        sp.sessionize(early, **KEYED)
    assert warned[0].filename == __file__

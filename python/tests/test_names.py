"""What people call their tables and columns is no business of the package."""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import spectrum_sessions as sp

def _three() -> pa.Table:
    times = pa.array([0, 60, 7200], pa.timestamp("s"))
    return pa.table({"user_id": ["a", "a", "b"], "id": [1, 2, 3], "at": times})


def test_a_table_called_like_a_variable_of_the_package_is_not_read() -> None:
    connection = duckdb.connect()
    connection.sql("create table sessionized as select 'old' as session_id")
    connection.register("events", _three())
    told = sp.sessionize(connection.sql("select * from events"), key="user_id", time="at", sequence=True)
    assert [row[0] for row in told.project("user_id").fetchall()] == ["a", "a", "b"]


def test_a_connection_that_does_not_look_at_variables_is_named() -> None:
    connection = duckdb.connect()
    connection.register("events", _three())
    relation = connection.sql("select * from events")
    connection.sql("set python_enable_replacements = false")
    with pytest.raises(sp.ArgumentError) as refused:
        sp.sessionize(relation, key="user_id", time="at")
    assert "python_enable_replacements" in str(refused.value.remedy)


def test_a_column_whose_name_is_part_of_the_keys_name_may_be_of_any_type() -> None:
    frame = pd.DataFrame({"user_id": ["a", "b"], "at": pd.to_datetime([0, 1]), "id": [{"n": 1}, "x"]})
    told = sp.sessionize(frame, key="user_id", time="at")
    assert list(told["id"]) == [{"n": 1}, "x"]


@pytest.mark.parametrize("reads", [{"key": "0"}, {"key": "user_id", "split_on": "7"}])
def test_a_column_whose_name_is_a_number_is_refused_by_name(reads: dict[str, str]) -> None:
    frame = pd.DataFrame({"user_id": ["a"], "at": pd.to_datetime([0]), 0: [1], 7: ["x"]})
    with pytest.raises(sp.ColumnError, match="is not a text"):
        sp.sessionize(frame, time="at", **reads)  # type: ignore[arg-type]


def test_two_columns_of_one_name_are_refused_in_words_of_the_package() -> None:
    frame = pd.DataFrame([["a", "b", pd.Timestamp(0)]], columns=["user_id", "user_id", "at"])
    with pytest.raises(sp.SpectrumError):
        sp.sessionize(frame, key="user_id", time="at")


def test_ids_that_are_null_are_told() -> None:
    events = pa.table({"k": ["x", None], "t": pa.array([0, 1], pa.timestamp("s"))})
    with pytest.warns(sp.SpectrumWarning, match="NULL key in 1 event"):
        told = sp.sessionize(events, key="k", time="t")
    assert told["session_id"].null_count == 1


def test_a_definition_that_is_not_there_is_an_error_of_the_package() -> None:
    with pytest.raises(sp.DefinitionError, match=r"nope\.toml"):
        sp.sessionize(_three(), "nope.toml")

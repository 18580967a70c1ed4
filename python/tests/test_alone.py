"""The package with nothing beside it: no other library is imported, and none is needed for files."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import spectrum_sessions as sp


def test_nothing_else_is_imported() -> None:
    program = (
        "import sys, spectrum_sessions\n"
        "others = {'pyarrow', 'polars', 'pandas', 'duckdb', 'numpy', 'IPython'} & set(sys.modules)\n"
        "sys.exit(str(others) if others else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_package_requires_nothing() -> None:
    from importlib.metadata import metadata, requires

    assert requires("spectrum-sessions") is None
    assert metadata("spectrum-sessions")["Requires-Python"] == ">=3.10"


def test_run_writes_what_it_says(events_csv: Path, tmp_path: Path) -> None:
    out, sessions = tmp_path / "out.csv", tmp_path / "sessions.csv"
    done = sp.run(events_csv, out, key="who", time="at", id="encoded", sessions=sessions, sequence=True, digest=True)
    assert (done.events, done.keys, done.sessions) == (4, 2, 3)
    assert done.first == datetime(2026, 1, 1, 10, tzinfo=timezone.utc)
    assert done.raw["digest"] == done.digest is not None
    rows = [line.split(",") for line in out.read_text().splitlines()]
    assert rows[0] == ["event_id", "who", "at", "session_id", "session_seq"]
    assert [row[-1] for row in rows[1:]] == ["1", "1", "1", "2"]
    assert len(sessions.read_text().splitlines()) == 4


def test_an_output_that_exists_is_refused_with_the_keyword_that_allows_it(events_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine")
    with pytest.raises(sp.OutputError) as refused:
        sp.run(events_csv, out, key="who", time="at")
    assert refused.value.remedy == "say force=True to replace it"
    assert out.read_text() == "mine"
    assert sp.run([events_csv], str(out), key="who", time="at", force=True).sessions == 3


def test_summary_has_numbers_and_words(events_csv: Path) -> None:
    told = sp.summary(events_csv, key="who", time="at", gaps=["5m", timedelta(hours=1)])
    assert (told.sessions, told.single_event_sessions, told.gap_seconds) == (3, 2, 1800.0)
    assert told.length_seconds is not None and told.length_seconds.max == 1800.0
    assert [(gap.gap, gap.sessions, gap.is_definition) for gap in told.gaps] == [
        ("5m", 4, False),
        ("30m", 3, True),
        ("1h", 2, False),
    ]
    assert [(str(day.day), day.sessions) for day in told.days] == [("2026-01-01", 3)]
    assert repr(told) == str(told) and told.text.startswith("4 events of 2 keys in 3 sessions\n  gap      30m")
    assert told.html is None and told._repr_html_().startswith("<pre>4 events")


def test_pictures_stand_in_a_frame_of_their_own_without_scripts(events_csv: Path) -> None:
    shown = sp.summary(events_csv, key="who", time="at", pictures=True)._repr_html_()
    assert shown.startswith("<iframe srcdoc=") and 'sandbox=""' in shown and "allow-scripts" not in shown
    assert "&lt;svg" in shown and "<svg" not in shown


def test_a_summary_as_of_a_time(events_csv: Path) -> None:
    at = datetime(2026, 1, 1, 12, 10, tzinfo=timezone(timedelta(hours=1)))
    assert sp.summary(events_csv, key="who", time="at", as_of=at).open_sessions == 2
    with pytest.raises(sp.TimeError, match="has no zone"):
        sp.summary(events_csv, key="who", time="at", as_of=datetime(2026, 1, 1, 12))


def test_explain_names_the_neighbours(events_csv: Path) -> None:
    told = sp.explain(events_csv, "e2", key="who", time="at")
    (event,) = told.events
    assert event.key == {"who": "ann"} and event.started is False
    assert event.previous is not None and event.previous.pause_seconds == 1800.0
    assert event.next is not None and event.next.longer_than_gap
    assert event.session is not None and (event.session.number, event.session.events) == (1, 2)
    assert str(told).startswith("event e2 joined session 1 of 2 of its key")
    with pytest.raises(sp.EventIdError):
        sp.explain(events_csv, "e9", key="who", time="at")


def test_compare_takes_definitions_and_texts(events_csv: Path) -> None:
    half, hour = (sp.Definition(key="who", time="at", gap=gap) for gap in ("30m", "1h"))
    told = sp.compare(events_csv, half, hour)
    assert (told.events, told.moved, told.a.sessions, told.b.sessions) == (4, 3, 3, 2)
    assert told.examples[0].a is not None and told.examples[0].key == {"who": "ann"}
    assert sp.compare(events_csv, half, "gap=1h").raw["moved"] == 3
    assert sp.compare(events_csv, "gap=30m", "gap=1h", key="who", time="at").moved == 3
    with pytest.raises(sp.SpectrumError, match=r"in a=matamo: .*did you mean matomo"):
        sp.compare(events_csv, "matamo", hour)


def test_check_finds_repeated_ids(events_csv: Path) -> None:
    assert sp.check(events_csv, key="who", time="at").ok
    events_csv.write_text(events_csv.read_text() + "e4,ann,2026-01-01T11:02:00Z\n")
    found = sp.check(events_csv, key="who", time="at")
    assert "repeated-event-ids" in [finding.check for finding in found.findings]
    assert not found.ok and str(found).startswith("1 finding in 5 events")


def test_what_to_do_is_said_in_keywords(tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    events.write_text("event_id,who,at\ne1,ann,\ne2,ann,2026-01-01T10:00:00Z\n")
    (finding,) = sp.check(events, key="who", time="at").findings
    assert finding.check == "null-times"
    assert finding.to_do == 'Mend them where they are written, or leave them out with null_time="drop".'
    assert 'null_time="drop"' in str(sp.check(events, key="who", time="at"))
    events.write_text("event_id,who,at\ne1,,2026-01-01T10:00:00Z\n")
    assert '(id="encoded" gives it an id)' in str(sp.explain(events, "e1", key="who", time="at"))


def test_report_writes_a_page(events_csv: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    made = sp.report(events_csv, page, key="who", time="at", title="Ann & Bob")
    assert page.read_text() == made.html and "Ann &amp; Bob" in made.html
    assert made.summary.sessions == 3
    assert sp.report(events_csv, key="who", time="at").output is None


def test_definitions_are_values() -> None:
    one = sp.Definition(key=["a", "b"], time="t", gap="1h", split_on=["x"], max_events=5)
    assert one == sp.Definition(key=("a", "b"), time="t", gap=timedelta(hours=1), split_on="x", max_events=5)
    assert one != one.replace(gap="2h") and hash(one) == hash(one.replace(gap="60m"))
    assert repr(one) == (
        "Definition(key=['a', 'b'], time='t', gap='1h', id='sequence', split_on='x', max_events='5')"
    )
    assert eval(repr(one), {"Definition": sp.Definition}) == one
    assert (one.key, one.time, one.gap, one.rules["max_events"]) == (["a", "b"], "t", "1h", "5")
    assert one != "a definition"


def test_a_definition_comes_from_toml(tmp_path: Path, events_csv: Path) -> None:
    text = '[events]\nkey = ["who"]\ntime = "at"\n[session]\ngap = "5m"\nid = "start"\n'
    path = tmp_path / "spectrum.toml"
    path.write_text(text)
    read = sp.Definition.from_toml(text)
    assert read == sp.read_definition(path) == sp.Definition(key="who", time="at", gap="5m", id="start")
    assert sp.summary(events_csv, path).sessions == 4
    assert sp.summary(events_csv, read, gap="1d").sessions == 2
    assert sp.Definition(preset="matomo", timezone="Europe/Paris").rules["at_gap"] == "new"


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"gap": "0m"}, "gap '0m' must be longer than zero"),
        ({"gap": timedelta(0)}, "must be longer than zero"),
        ({"gap": timedelta(seconds=-1)}, "must be longer than zero"),
        ({"id": "uuid"}, "id scheme 'uuid' is not one of"),
        ({"key": []}, "the key names no column"),
        ({"key": ["t"], "time": "t"}, "is the time and a part of the key"),
        ({"where": "a ="}, "the condition of where cannot be read"),
        ({"preset": "matamo"}, "did you mean matomo"),
    ],
)
def test_what_cannot_be_meant_is_refused(keywords: dict[str, object], words: str) -> None:
    with pytest.raises(sp.DefinitionError, match=words):
        sp.Definition(**keywords)
    with pytest.raises(ValueError):
        sp.Definition(**keywords)


def test_wrong_types_are_type_errors(events_csv: Path) -> None:
    for keywords in ({"gap": 30}, {"key": 5}, {"time": None, "key": [1]}, {"max_events": 1.5}, {"gapp": "1h"}):
        with pytest.raises(TypeError):
            sp.Definition(**keywords)
    for keywords in (
        {"nonsense": 1},
        {"threads": "2"},
        {"progress": 5},
        {"definition": 5},
        {"null_time": False},
        {"key_type": ["a"]},
    ):
        with pytest.raises(TypeError):
            sp.summary(events_csv, **keywords)
    with pytest.raises(TypeError):
        sp.summary(5)
    with pytest.raises(ValueError):
        sp.summary(events_csv, key="who", time="at", threads=0)
    with pytest.raises(ValueError, match="null_time 'keep' is not one of refuse, drop"):
        sp.summary(events_csv, key="who", time="at", null_time="keep")


def test_errors_have_remedies_in_keywords(events_csv: Path, tmp_path: Path) -> None:
    with pytest.raises(sp.ColumnError) as missing:
        sp.summary(events_csv, key="user", time="at")
    assert missing.value.remedy == "name the key with key="
    assert str(missing.value) == f"{missing.value.message}; name the key with key="
    assert f"column 'user' is not in {events_csv} (it has: event_id, who, at)" in missing.value.message
    with pytest.raises(sp.InputError, match="nothere"):
        sp.summary(tmp_path / "nothere.csv")
    again = pickle.loads(pickle.dumps(missing.value))
    assert (type(again), again.message, again.remedy) == (
        sp.ColumnError,
        missing.value.message,
        missing.value.remedy,
    )


def test_no_error_speaks_of_flags(events_csv: Path, tmp_path: Path) -> None:
    nulls = tmp_path / "nulls.csv"
    nulls.write_text("who,at\nann,\nann,1767261600\n")
    for path, keywords in (
        (nulls, {}),
        (nulls, {"time_unit": "s"}),
        (nulls, {"time_unit": "s", "null_time": "drop", "key": "nobody"}),
        (events_csv, {"time_unit": "s"}),
        (events_csv, {"format": "parquet"}),
        (events_csv, {"delimiter": ";"}),
    ):
        with pytest.raises(sp.SpectrumError) as refused:
            sp.summary(path, **{"key": "who", "time": "at", **keywords})
        assert "--" not in str(refused.value), refused.value


def test_doubtful_times_are_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("who,at\nann,1767261600\nann,1767261601\n")
    with pytest.warns(sp.SpectrumWarning, match="have a time in 'at' outside of 1990"):
        sp.summary(path, key="who", time="at", time_unit="ms")


def test_progress_is_told(events_csv: Path) -> None:
    told: list[tuple[str, int, int]] = []
    sp.summary(events_csv, key="who", time="at", progress=lambda *what: told.append(what))
    # So little is done before anybody asks, but it is asked with these three.
    assert all(isinstance(stage, str) and 0 <= done for stage, done, _ in told)

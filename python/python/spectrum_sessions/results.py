"""What the functions that read files return. Every result has ``raw``, what the command says with ``--json``."""

from __future__ import annotations

import html as _html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

from spectrum_sessions._spectrum import in_keywords

__all__ = [
    "CheckResult",
    "ComparedSide",
    "Comparison",
    "DaySessions",
    "ExplainedEvent",
    "ExplainedSession",
    "Explanation",
    "Finding",
    "GapFigures",
    "MovedEvent",
    "Neighbour",
    "Placed",
    "Report",
    "RunResult",
    "Spread",
    "Summary",
]

#: A time of the events: aware in UTC where they have a zone, otherwise naive. What a ``datetime`` cannot hold, such as
#: nanoseconds, stays a text in ISO 8601.
Time = datetime | str


def time_of(text: str | None) -> Time | None:
    """A time as the reports write it."""
    if text is None:
        return None
    moment = text.removesuffix("Z")
    whole, dot, fraction = moment.partition(".")
    if len(fraction) > 6:
        return text
    try:
        read = datetime.fromisoformat(whole + dot + fraction.ljust(6, "0") if dot else whole)
    except ValueError:
        return text
    return read.replace(tzinfo=timezone.utc) if text.endswith("Z") else read


@dataclass(frozen=True)
class Spread:
    """How values are spread: exact, not estimated."""

    average: float
    median: float
    p95: float
    max: float

    @staticmethod
    def of(said: Mapping[str, float] | None) -> Spread | None:
        return None if said is None else Spread(said["average"], said["median"], said["p95"], said["max"])


@dataclass(frozen=True)
class DaySessions:
    """The sessions that began on a day."""

    #: ``None`` beyond the calendar.
    day: date | None
    sessions: int


@dataclass(frozen=True)
class GapFigures:
    """The sessions of one gap."""

    gap: str
    gap_seconds: float
    #: Whether it is the gap of the definition.
    is_definition: bool
    sessions: int
    length_seconds: Spread | None
    events_per_session: Spread | None
    single_event_sessions: int


@dataclass(frozen=True)
class RunResult:
    """What a run did."""

    events: int
    keys: int
    sessions: int
    first: Time | None
    last: Time | None
    #: Events that were left out because they have no time, or a NULL in their key.
    dropped_null_time: int
    dropped_null_key: int
    #: Events that take no part by the rule, and those that belong to no session although they do.
    not_taking_part: int
    without_session: int
    null_key_events: int
    null_id_events: int
    #: Ids that stand for more than one session.
    shared_ids: int
    #: A digest of all event and session ids, if it was asked for.
    digest: str | None
    seconds: float
    raw: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Summary:
    """The sessions of events in numbers. Its ``str()`` is what the terminal shows, and a notebook shows pictures."""

    events: int
    keys: int
    sessions: int
    first: Time | None
    last: Time | None
    gap: str
    gap_seconds: float
    rules: tuple[str, ...]
    length_seconds: Spread | None
    events_per_session: Spread | None
    single_event_sessions: int
    dropped_null_time: int
    dropped_null_key: int
    not_taking_part: int
    without_session: int
    null_key_events: int
    #: Sessions that could still go on at the time that was asked about.
    open_sessions: int | None
    days: tuple[DaySessions, ...]
    gaps: tuple[GapFigures, ...]
    #: The names of checks that would find something; :func:`spectrum_sessions.check` looks closer.
    findings: tuple[str, ...]
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    text: str = field(repr=False, compare=False)
    #: The page with the pictures, if they were asked for.
    html: str | None = field(repr=False, compare=False, default=None)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return _framed(self.html) if self.html is not None else f"<pre>{_html.escape(self.text)}</pre>"


@dataclass(frozen=True)
class Report:
    """A page with pictures of sessions. Its ``str()`` is the summary in words, and a notebook shows the page."""

    #: The page: HTML that needs nothing else.
    html: str = field(repr=False)
    #: Where it was written, if it was.
    output: str | None
    summary: Summary = field(repr=False)

    def __str__(self) -> str:
        return self.summary.text

    def __repr__(self) -> str:
        return self.summary.text

    def _repr_html_(self) -> str:
        return _framed(self.html)


def _framed(page: str) -> str:
    # A frame of its own keeps the page's styles and the notebook's apart, and without "allow-scripts" nothing runs in it.
    return (
        f'<iframe srcdoc="{_html.escape(page, quote=True)}" sandbox="" title="Sessions" loading="lazy" '
        'style="width: 100%; height: 40rem; border: 0"></iframe>'
    )


@dataclass(frozen=True)
class Neighbour:
    """The moment before or after an event."""

    event_id: str | None
    time: Time | None
    #: How many events there are at that instant.
    events: int
    pause_seconds: float
    #: The gap that counts after the earlier of the two.
    gap: str
    longer_than_gap: bool
    same_session: bool


@dataclass(frozen=True)
class ExplainedSession:
    """The session of an event."""

    id: str | None
    number: int
    #: How many sessions its key has.
    of: int
    events: int
    start: Time | None
    end: Time | None
    length_seconds: float
    started_by: str
    ended_by: str | None
    #: Everything that would have started it.
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ExplainedEvent:
    """Why an event belongs to its session, or to none."""

    place: str
    key: Mapping[str, str | None]
    time: Time | None
    standing: str | None
    started: bool | None
    previous: Neighbour | None
    next: Neighbour | None
    #: ``None`` where it belongs to none.
    session: ExplainedSession | None


@dataclass(frozen=True)
class Explanation:
    """Why the events of an id belong to their sessions. Its ``str()`` is what the terminal shows."""

    event_id: str
    #: How many events have the id.
    found: int
    events: tuple[ExplainedEvent, ...]
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    text: str = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class ComparedSide:
    """The sessions of one of two definitions."""

    definition: str
    sessions: int
    #: What became of its sessions in the other definition.
    same: int
    split: int
    merged: int
    shifted: int
    length_seconds: Spread | None
    events_per_session: Spread | None


@dataclass(frozen=True)
class Placed:
    """The place of an event in the sessions of one side."""

    #: Its number, or as it was recorded.
    session: int | str
    starts: bool
    started_by: str | None
    pause_seconds: float | None


@dataclass(frozen=True)
class MovedEvent:
    """An event whose session is not the same in both."""

    event_id: str | None
    key: Mapping[str, str | None]
    time: Time | None
    a: Placed | None
    b: Placed | None
    in_words: str


@dataclass(frozen=True)
class Comparison:
    """What two definitions differ in. Its ``str()`` is what the terminal shows."""

    events: int
    #: Events whose session has other events in one than in the other.
    moved: int
    a: ComparedSide
    b: ComparedSide
    examples: tuple[MovedEvent, ...]
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    text: str = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with events."""

    check: str
    #: ``error``, ``warning`` or ``note``.
    severity: str
    count: int
    of: int
    share: float
    what: str
    to_do: str
    examples: tuple[Mapping[str, Any], ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class CheckResult:
    """What is wrong with events, if something is. Its ``str()`` is what the terminal shows."""

    events: int
    keys: int
    first: Time | None
    last: Time | None
    findings: tuple[Finding, ...]
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    text: str = field(repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether nothing was found but notes."""
        return all(finding.severity == "note" for finding in self.findings)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def run_of(said: Mapping[str, Any]) -> RunResult:
    names = (
        "events",
        "keys",
        "sessions",
        "dropped_null_time",
        "dropped_null_key",
        "not_taking_part",
        "without_session",
        "null_key_events",
        "null_id_events",
        "shared_ids",
        "digest",
        "seconds",
    )
    same = {name: said[name] for name in names}
    return RunResult(first=time_of(said["first"]), last=time_of(said["last"]), raw=said, **same)


def summary_of(said: Mapping[str, Any], text: str, html: str | None) -> Summary:
    days = (
        DaySessions(None if day["day"] is None else _day(day["day"]), day["sessions"]) for day in said["days"]
    )
    return Summary(
        events=said["events"],
        keys=said["keys"],
        sessions=said["sessions"],
        first=time_of(said["first"]),
        last=time_of(said["last"]),
        gap=said["gap"],
        gap_seconds=said["gap_seconds"],
        rules=tuple(said["rules"]),
        length_seconds=Spread.of(said["length_seconds"]),
        events_per_session=Spread.of(said["events_per_session"]),
        single_event_sessions=said["single_event_sessions"],
        dropped_null_time=said["dropped_null_time"],
        dropped_null_key=said["dropped_null_key"],
        not_taking_part=said["not_taking_part"],
        without_session=said["without_session"],
        null_key_events=said["null_key_events"],
        open_sessions=said.get("open_sessions"),
        days=tuple(days),
        gaps=tuple(_gap(gap) for gap in said["gaps"]),
        findings=tuple(said["findings"]),
        raw=said,
        text=text,
        html=html,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:  # of a year that Python's calendar has not
        return None


def _gap(said: Mapping[str, Any]) -> GapFigures:
    return GapFigures(
        gap=said["gap"],
        gap_seconds=said["gap_seconds"],
        is_definition=said["is_definition"],
        sessions=said["sessions"],
        length_seconds=Spread.of(said["length_seconds"]),
        events_per_session=Spread.of(said["events_per_session"]),
        single_event_sessions=said["single_event_sessions"],
    )


def explanation_of(said: Mapping[str, Any], text: str) -> Explanation:
    events = tuple(_event(event) for event in said["events"])
    return Explanation(said["event_id"], said["found"], events, said, text)


def _event(said: Mapping[str, Any]) -> ExplainedEvent:
    session = said["session"]
    return ExplainedEvent(
        place=said["place"],
        key=said["key"],
        time=time_of(said["time"]),
        standing=said["standing"],
        started=said.get("started"),
        previous=_neighbour(said.get("previous")),
        next=_neighbour(said.get("next")),
        session=None
        if session is None
        else ExplainedSession(
            id=session["id"],
            number=session["number"],
            of=session["of"],
            events=session["events"],
            start=time_of(session["start"]),
            end=time_of(session["end"]),
            length_seconds=session["length_seconds"],
            started_by=session["started_by"],
            ended_by=session["ended_by"],
            reasons=tuple(session["reasons"]),
        ),
    )


def _neighbour(said: Mapping[str, Any] | None) -> Neighbour | None:
    if said is None:
        return None
    return Neighbour(
        event_id=said["event_id"],
        time=time_of(said["time"]),
        events=said["events"],
        pause_seconds=said["pause_seconds"],
        gap=said["gap"],
        longer_than_gap=said["longer_than_gap"],
        same_session=said["same_session"],
    )


def comparison_of(said: Mapping[str, Any], text: str, names: tuple[str, str]) -> Comparison:
    examples = tuple(
        MovedEvent(
            event_id=example["event_id"],
            key=example["key"],
            time=time_of(example["time"]),
            a=_placed(example["a"]),
            b=_placed(example["b"]),
            in_words=example["in_words"],
        )
        for example in said["examples"]
    )
    a, b = _side(said["a"], names[0]), _side(said["b"], names[1])
    return Comparison(said["events"], said["moved"], a, b, examples, said, text)


def _side(said: Mapping[str, Any], name: str) -> ComparedSide:
    return ComparedSide(
        definition=name,
        sessions=said["sessions"],
        same=said["same"],
        split=said["split"],
        merged=said["merged"],
        shifted=said["shifted"],
        length_seconds=Spread.of(said["length_seconds"]),
        events_per_session=Spread.of(said["events_per_session"]),
    )


def _placed(said: Mapping[str, Any] | None) -> Placed | None:
    if said is None:
        return None
    return Placed(said["session"], said["starts"], said["started_by"], said["pause_seconds"])


def check_of(said: Mapping[str, Any], text: str) -> CheckResult:
    findings = tuple(
        Finding(
            check=finding["check"],
            severity=finding["severity"],
            count=finding["count"],
            of=finding["of"],
            share=finding["share"],
            what=in_keywords(finding["what"]),
            to_do=in_keywords(finding["to_do"]),
            examples=tuple(finding["examples"]),
            facts=finding["facts"],
        )
        for finding in said["findings"]
    )
    return CheckResult(
        said["events"], said["keys"], time_of(said["first"]), time_of(said["last"]), findings, said, text
    )

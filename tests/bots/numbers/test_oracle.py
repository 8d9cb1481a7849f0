"""The numbers of made-up incidents, worked out by hand: minute by minute, without anything that the bot derives.

An incident is told as what happened: when its alert fired and stopped, who did what when. What follows from that is
counted here in the plainest way there is, and compared with the report, and with what Prometheus would make of the
metrics.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.policy import load
from bots import records
from bots.figure_metrics import incident_series, postmortem_series
from bots.incident import History
from bots.index import Index
from bots.numbers.case import case_of, needed
from bots.numbers.measured import Course, Measured, Window, measure
from bots.timeline.event import BOT, Event, Kind, fact, key_of, time_text
from bots.timeline.intake import Alert
from bots.timeline.summary import state_dict
from tests.tools.report.stories import after

SEVERITY = load(Path(__file__).parents[2] / "data" / "mini").severity
WEEK = 7 * 24 * 60
NOW = 21 * 24 * 60
"""Minutes after the Monday; when one looks."""
_OUTCOMES = ("verified", "succeeded", "not_verified", "failed", "timed_out", "rejected", "refused", "ran")
_WORKED = ("verified", "succeeded")
_FAILED = ("not_verified", "failed", "timed_out")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What happened, in minutes after the Monday."""

    spans: tuple[tuple[int, int | None], ...]
    """When its page fired; none for an incident that a person declared."""
    series: int
    """Of how many series its alert is, which fire together."""
    declared: int
    priority: str
    began: int | None
    acknowledged: int | None
    resolved: int | None
    """When a person resolved one that nothing else resolves."""
    verdicts: tuple[str, ...]
    """What was said at its end, the last of which holds."""
    flagged: bool
    """Whether its alerts said that it is a drill."""
    attempts: tuple[tuple[str, str, bool], ...]
    """Action, outcome, whether it was a dry run."""
    published: int | None
    """When its postmortem was on the main branch."""

    @property
    def start(self) -> int:
        return self.spans[0][0] if self.spans else self.declared

    @property
    def end(self) -> int | None:
        return self.spans[-1][1] if self.spans else self.resolved

    @property
    def verdict(self) -> str:
        return self.verdicts[-1] if self.verdicts and self.end is not None else ""

    @property
    def drill(self) -> bool:
        return self.flagged or self.verdict == "drill"

    @property
    def copy(self) -> bool:
        return self.verdict == "duplicate"


def _minutes(low: int, high: int) -> st.SearchStrategy[int]:
    # The borders of the week are where mistakes are.
    return st.one_of(
        st.integers(low, high), st.sampled_from([at for at in (-1, 0, WEEK - 1, WEEK) if low <= at <= high])
    )


@st.composite
def incidents(draw: st.DrawFn) -> Told:
    """Any incident of three weeks, with reopenings, early and late acknowledgments, and changed minds."""
    start = draw(_minutes(-WEEK, 2 * WEEK - 1))
    spans: list[tuple[int, int | None]] = []
    if draw(st.booleans()):
        at = start
        for _ in range(draw(st.integers(1, 3))):
            end = at + draw(st.integers(1, 600))
            spans.append((at, end))
            at = end + draw(st.integers(1, 600))
        if draw(st.booleans()):
            spans[-1] = (spans[-1][0], None)
    maybe = st.one_of(st.none(), st.integers(-5, 900))
    acknowledged, ended = draw(maybe), draw(st.one_of(st.none(), st.integers(1, 900)))
    return Told(
        spans=tuple(spans),
        series=draw(st.integers(1, 3)),
        declared=start,
        priority=draw(st.sampled_from(["P0", "P1", "P2", "P4"])),
        began=draw(st.one_of(st.none(), st.integers(start - 600, start + 5))),
        acknowledged=None if acknowledged is None else start + acknowledged,
        resolved=None if ended is None else start + ended,
        verdicts=tuple(draw(st.lists(st.sampled_from(["actionable", "noise", "duplicate", "drill"]), max_size=2))),
        flagged=draw(st.integers(0, 9)) == 0,
        attempts=tuple(
            draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(["restart_deployment", "run_diagnostics"]),
                        st.sampled_from(_OUTCOMES),
                        st.booleans(),
                    ),
                    max_size=2,
                )
            )
        ),
        published=draw(st.one_of(st.none(), st.integers(start, NOW + 100))),
    )


def _at(minutes: int) -> datetime:
    return after(minutes=minutes)


def history(number: int, told: Told) -> History:
    """The events that the bot would have recorded of it."""
    found: list[Event] = []

    def add(kind: Kind, minutes: int, by: str = "ana", **data: Any) -> None:
        key = key_of(kind, str(number), str(len(found)))
        found.append(Event(kind=kind, at=_at(minutes), by=by, key=key, data=data))

    opened: dict[str, Any] = {"incident": number, "team": "payments", "service": "checkout"}
    opened |= {"drill": True} if told.flagged else {}
    if told.spans:
        add(Kind.OPENED, told.start, BOT, **opened)
    else:
        add(Kind.OPENED, told.start, **opened, declared=True, title="it burns", priority=told.priority)
    found += _facts(number, told)
    if told.began is not None:
        add(Kind.NOTED, told.start, BOT, text="it began", began_at=time_text(_at(told.began)))
    if told.acknowledged is not None:
        add(Kind.ACKNOWLEDGED, told.acknowledged)
    for attempt, (action, outcome, dry_run) in enumerate(told.attempts, start=1):
        asked = {"attempt": attempt, "action": action} | ({"dry_run": True} if dry_run else {})
        add(Kind.REMEDIATION_REQUESTED, told.start + 1, **asked)
        add(Kind.REMEDIATION_FINISHED, told.start + 2, BOT, attempt=attempt, outcome=outcome)
    if not told.spans and told.resolved is not None:
        add(Kind.RESOLVED, told.resolved)
    for later, verdict in enumerate(told.verdicts if told.end is not None else (), start=1):
        add(Kind.CLOSED, (told.end or 0) + later, verdict=verdict, alerts=[])
    # As they are received: clocks that differ put nothing before the beginning.
    return History.of([found[0], *sorted(found[1:], key=lambda event: event.at)])


def _facts(number: int, told: Told) -> Iterator[Event]:
    for begin, end in told.spans:
        for series in range(told.series):
            yield _fact(number, series, told.priority, begin, None)
            if end is not None:
                yield _fact(number, series, told.priority, begin, end)


def _fact(number: int, series: int, priority: str, begin: int, end: int | None) -> Event:
    where = {"service": "checkout", "team": "payments", "severity": "page"}
    alert = Alert(
        fingerprint=f"{100 * number + series:016x}",
        status="firing" if end is None else "resolved",
        starts_at=_at(begin),
        ends_at=None if end is None else _at(end),
        labels={"alertname": "HighErrorRate", **where},
        annotations={"summary": "more than a word: it burns"},
    )
    return fact(alert, source="alertmanager", **where, priority=priority)


Number = tuple[float | None, float | None, int, int, bool | None]
"""Value, 90th percentile, of how many, of how many more nothing is known, whether the target is met."""


def _quantile(values: Sequence[float], q: float) -> float:
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] * (1 - (place - below)) + ordered[above] * (place - below)


def _of_times(taken: Iterable[int | None], most: float | None) -> Number:
    given = list(taken)
    known = [60.0 * max(one, 0) for one in given if one is not None]
    if not known:
        return None, None, 0, len(given), None
    median = _quantile(known, 0.5)
    return median, _quantile(known, 0.9), len(known), len(given) - len(known), None if most is None else median < most


def _grave(told: Told) -> bool:
    """Whether its postmortem is wanted."""
    return not (told.drill or told.copy or told.verdict == "noise" or told.end is None) and told.priority < "P2"


def _state(told: Told) -> str:
    """How far its postmortem is."""
    assert told.end is not None
    due = told.end + 72 * 60
    if told.published is not None and told.published <= NOW:
        return "complete" if told.published <= due else "late"
    return "overdue" if due < NOW else "draft"


def _share(judged: Sequence[bool | None], wanted: Callable[[float], bool]) -> Number:
    known = [one for one in judged if one is not None]
    value = known.count(True) / len(known) if known else None
    return value, None, len(known), len(judged) - len(known), None if value is None else wanted(value)


def by_hand(all_told: Sequence[Told], start: int, end: int) -> dict[str, Number]:
    """Every number of a stretch of time."""
    mine = [one for one in all_told if not one.drill and start <= one.start < end]
    own = [one for one in mine if not one.copy]
    trouble = [one for one in own if one.verdict != "noise"]
    urgent = [one for one in own if one.priority in ("P0", "P1")]
    paged = {verdict: sum(len(one.spans) for one in mine if one.verdict == verdict) for verdict in ("noise", "")}
    pages, weeks = sum(len(one.spans) for one in mine), (end - start) / WEEK
    noise, open_ = paged["noise"] / weeks, paged[""] / weeks
    met = False if noise >= 5 else True if noise + open_ < 5 else None
    wanted = [one for one in all_told if _grave(one) and start <= (one.end or 0) + 72 * 60 < end]
    in_time = {"complete": True, "late": False, "overdue": False, "draft": None}
    tried = [
        outcome in _WORKED
        for one in mine
        for action, outcome, dry_run in one.attempts
        if not dry_run and action != "run_diagnostics" and outcome in _WORKED + _FAILED
    ]
    judged = pages - paged[""]
    return {
        "time_to_detect": _of_times([None if one.began is None else one.start - one.began for one in trouble], 120),
        "time_to_acknowledge": _of_times(
            [None if one.acknowledged is None else one.acknowledged - one.start for one in urgent], 300
        ),
        "time_to_resolve": _of_times([one.end - one.start for one in trouble if one.end is not None], None),
        "false_pages": (noise, None, pages, paged[""], met),
        "noise": (paged["noise"] / judged if judged else None, None, judged, paged[""], None),
        "postmortems": _share([in_time[_state(one)] for one in wanted], lambda value: value >= 1),
        "remediations": _share(tried, lambda value: value > 0.8),
    }


def _plain(one: Measured) -> Number:
    return one.value, one.spread.p90 if one.spread else None, one.n, one.unknown, one.met


def _rounded(found: Mapping[str, Number]) -> dict[str, Any]:
    return {name: [round(x, 6) if isinstance(x, float) else x for x in one] for name, one in found.items()}


@settings(max_examples=60)
@given(st.lists(incidents(), max_size=12))
def test_the_report_says_what_one_counts_by_hand(all_told: list[Told]) -> None:
    """Of one week and of two, whatever happened around their borders."""
    cases = [case_of(state_dict(history(number, told).state)) for number, told in enumerate(all_told, start=1)]
    completed = {n: _at(told.published) for n, told in enumerate(all_told, start=1) if told.published is not None}
    course = Course(cases=cases, completed=completed, severity=SEVERITY, at=_at(NOW))
    for start, end in ((0, WEEK), (-WEEK, WEEK)):
        window = Window(start=_at(start), end=_at(end))
        found = {one.definition.name: _plain(one) for one in measure(course, window)}
        assert _rounded(found) == _rounded(by_hand(all_told, start, end))


@settings(max_examples=60)
@given(incidents(), st.text(max_size=40))
def test_a_case_is_the_same_from_the_lines_that_it_needs(told: Told, text: str) -> None:
    """Whatever stands in the others."""
    made = history(7, told)
    told_it = [Event(kind=Kind.ASSIGNED, at=_at(0), by="ana", key="a" * 64, data={"to": text})]
    linked = {"relation": "issue", "title": text, "url": "https://example.com/?severity: page"}
    told_it.append(Event(kind=Kind.LINKED, at=_at(0), by="ana", key="b" * 64, data=linked))
    whole = records.files(made.extended(told_it))[records.STATE]
    assert case_of(records.read_state(needed(whole))) == case_of(records.read_state(whole))
    assert not told.spans or b"labels:" not in needed(whole)


@settings(max_examples=25)
@given(st.lists(incidents(), max_size=8))
def test_the_metrics_say_what_one_counts_by_hand(all_told: list[Told]) -> None:
    """Prometheus' own quantile and sums of them, for the four weeks that they hold."""
    start, end = NOW - 28 * 24 * 60, NOW
    wanted = by_hand(all_told, start, end)
    with TemporaryDirectory() as folder:
        index = Index(Path(folder) / "records.index")
        histories = [history(number, told) for number, told in enumerate(all_told, start=1)]
        index.update("tip", [(one.path, state_dict(one.state)) for one in histories])
        figures = index.recent_figures(_at(NOW))
        index.close()
    completed = {n: _at(told.published) for n, told in enumerate(all_told, start=1) if told.published is not None}
    families = [*incident_series(figures), postmortem_series(figures, SEVERITY, completed, _at(NOW))]
    samples = [sample for family in families for sample in family.samples]

    def values(name: str, **labels: tuple[str, ...]) -> list[float]:
        return [
            sample.value
            for sample in samples
            if sample.name == name and all(sample.labels[label] in among for label, among in labels.items())
        ]

    urgent = ("P0", "P1")
    for name, found in (
        ("time_to_detect", values("tocsin_incident_time_to_detect_seconds")),
        ("time_to_acknowledge", values("tocsin_incident_time_to_acknowledge_seconds", priority=urgent)),
        ("time_to_resolve", values("tocsin_incident_time_to_resolve_seconds")),
    ):
        assert len(found) == wanted[name][2]
        for place, q in enumerate((0.5, 0.9)):
            said = wanted[name][place]
            assert (said is None) == (not found)
            assert said is None or abs(_quantile(found, q) - said) < 1e-6
    pages = {word: sum(values("tocsin_pages_28d", verdict=(word,))) for word in ("noise", "none")}
    assert sum(values("tocsin_pages_28d")) == wanted["false_pages"][2]
    assert pages["none"] == wanted["false_pages"][3]
    assert pages["noise"] / 4 == wanted["false_pages"][0]
    tried = values("tocsin_remediations_28d", action=("restart_deployment",), outcome=_WORKED + _FAILED)
    assert sum(tried) == wanted["remediations"][2]
    states = Counter(_state(told) for told in all_told if _grave(told) and start <= told.start < end)
    for state in ("complete", "late", "draft", "overdue"):
        assert sum(values("tocsin_postmortems_28d", state=(state,))) == states[state]
    worked = values("tocsin_remediations_28d", action=("restart_deployment",), outcome=_WORKED)
    assert sum(worked) == round((wanted["remediations"][0] or 0) * sum(tried))


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), min_size=1, max_size=9), st.floats(0, 1))
def test_a_quantile_lies_between_two_that_were_measured(times: list[timedelta], q: float) -> None:
    """Of one value it is that value."""
    found = _quantile([one.total_seconds() for one in times], q)
    assert min(times).total_seconds() <= found + 1e-6
    assert found - 1e-6 <= max(times).total_seconds()
    if len(times) == 1:
        assert found == times[0].total_seconds()

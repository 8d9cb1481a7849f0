"""The numbers of a stretch of time: what counts, from when to when, and whether a target is met."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting import numbers
from alerting.model.severity import Baseline, SeverityPolicy
from alerting.outcomes import worked
from alerting.policy import load
from bots.numbers.case import Case, case_of, pages_of
from bots.numbers.measured import Course, Measured, Window, measure
from bots.numbers.noise import ranked
from bots.numbers.spread import quantile, spread
from bots.timeline.event import time_text
from bots.timeline.event_fields import OUTCOMES
from bots.timeline.summary import state_dict
from tests.tools.report.stories import Story, after

MINI = Path(__file__).parents[2] / "data" / "mini"
WEEK = Window(start=after(0), end=after(7))
LATER = after(20)


@pytest.fixture(scope="module")
def severity() -> SeverityPolicy:
    """The miniature policy's."""
    return load(MINI).severity


def cases(*stories: Story) -> tuple[Case, ...]:
    """As they come out of the records."""
    return tuple(case_of(state_dict(story.history().state)) for story in stories)


def measured(
    severity: SeverityPolicy,
    *stories: Story,
    at: datetime = LATER,
    completed: Mapping[int, datetime] | None = None,
    window: Window = WEEK,
) -> dict[str, Measured]:
    """The numbers of the week by name."""
    course = Course(cases=cases(*stories), completed=completed, severity=severity, at=at)
    return {one.definition.name: one for one in measure(course, window)}


def test_without_incidents_nothing_is_known(severity: SeverityPolicy) -> None:
    """But that nobody was paged for nothing."""
    found = measured(severity, completed={})
    assert {name: one.value for name, one in found.items() if one.value is not None} == {"false_pages": 0}
    assert {name: one.met for name, one in found.items() if one.met is not None} == {"false_pages": True}


def test_times_are_from_the_first_page(severity: SeverityPolicy) -> None:
    """To detect from when it began, to acknowledge and to resolve from the page; median, p90 and of how many."""
    stories = [
        Story(number=n, started=after(n), began=began, acknowledged=ack, resolved=end)
        for n, began, ack, end in ((1, 1.0, 2.0, 10.0), (2, 3.0, 4.0, 30.0), (3, None, None, None))
    ]
    found = measured(severity, *stories)
    detect, acknowledge, resolve = (found[f"time_to_{what}"] for what in ("detect", "acknowledge", "resolve"))
    assert (detect.value, detect.n, detect.unknown, detect.met) == (120, 2, 1, False)
    assert detect.spread is not None
    assert detect.spread.p90 == pytest.approx(60 + 0.9 * 120)
    assert (acknowledge.value, acknowledge.n, acknowledge.unknown, acknowledge.met) == (180, 2, 1, True)
    assert (resolve.value, resolve.n, resolve.unknown, resolve.met) == (1200, 2, 0, None)


def test_only_urgent_incidents_are_measured_against_the_acknowledgment(severity: SeverityPolicy) -> None:
    """P0 and P1; others may take longer."""
    slow = Story(number=1, started=after(1), priority="P2", acknowledged=90)
    found = measured(severity, slow, Story(number=2, started=after(1), priority="P0", acknowledged=1))
    assert (found["time_to_acknowledge"].value, found["time_to_acknowledge"].n) == (60, 1)


@pytest.mark.parametrize("told", [{"drill": True}, {"verdict": "drill"}])
def test_drills_count_nowhere(severity: SeverityPolicy, told: dict[str, str | bool]) -> None:
    """Whether the alerts said so, or a person did."""
    drill = Story(number=1, started=after(1), began=1, acknowledged=2, resolved=9, **told)  # type: ignore[arg-type]
    assert measured(severity, drill, completed={}) == measured(severity, completed={})


def test_a_duplicate_counts_only_among_the_pages(severity: SeverityPolicy) -> None:
    """Its times are those of the incident that it repeats."""
    copy = Story(number=2, started=after(1), began=1, acknowledged=2, resolved=9, verdict="duplicate", duplicate_of=1)
    found = measured(severity, copy, completed={})
    assert found["time_to_detect"].n == found["time_to_acknowledge"].n == found["time_to_resolve"].n == 0
    assert found["postmortems"].value is None
    assert found["false_pages"].n == 1


def test_noise_has_nothing_to_detect_to_resolve_or_to_write(severity: SeverityPolicy) -> None:
    """Somebody was woken, which took them so long to say; no postmortem is wanted."""
    noise = Story(number=1, started=after(1), began=1, acknowledged=2, resolved=9, verdict="noise", times=2)
    found = measured(severity, noise, completed={})
    assert {name: one.value for name, one in found.items() if one.value is not None} == {
        "time_to_acknowledge": 120,
        "false_pages": 2,
        "noise": 1,
    }


def test_false_pages_are_open_while_verdicts_could_change_the_answer(severity: SeverityPolicy) -> None:
    """Two are noise; with two without a verdict fewer than five are sure, with three they are not; five are missed."""

    def told(noise: int, open_: int) -> Measured:
        stories = [Story(number=n + 1, started=after(1), verdict="noise", resolved=5) for n in range(noise)]
        stories += [Story(number=n + 50, started=after(2)) for n in range(open_)]
        return measured(severity, *stories)["false_pages"]

    assert [told(2, 2).met, told(2, 3).met, told(5, 0).met] == [True, None, False]
    assert (told(2, 3).value, told(2, 3).n, told(2, 3).unknown) == (2, 5, 3)


def test_false_pages_of_several_weeks_are_per_week(severity: SeverityPolicy) -> None:
    """Two in two weeks are one a week."""
    stories = [Story(number=n + 1, started=after(7 * n), verdict="noise", resolved=5) for n in (0, 1)]
    two = Window(start=after(0), end=after(14))
    assert measured(severity, *stories, window=two)["false_pages"].value == 1


def test_the_share_of_noise_is_of_what_was_judged(severity: SeverityPolicy) -> None:
    """What nobody has judged is neither noise nor worth it."""
    stories = [
        Story(number=1, started=after(1), verdict="noise", resolved=5),
        Story(number=2, started=after(1), verdict="actionable", resolved=5, times=3),
        Story(number=3, started=after(1), times=4),
    ]
    found = measured(severity, *stories)["noise"]
    assert (found.value, found.n, found.unknown) == (0.25, 4, 4)
    assert [(one.alert, one.pages, one.noise, one.unjudged, one.share) for one in ranked(cases(*stories))] == [
        ("HighErrorRate", 8, 1, 4, 0.25)
    ]


def _series(*told: tuple[str, float, float | None, int]) -> dict[str, Any]:
    """Alerts of an `incident.yaml`: name, start, end, how often they fired."""
    return {
        "alerts": [
            {"alert": name, "severity": "page", "times": times, "started_at": time_text(after(minutes=start))}
            | ({} if end is None else {"ended_at": time_text(after(minutes=end))})
            for name, start, end, times in told
        ]
    }


@pytest.mark.parametrize(
    ("told", "pages"),
    [
        ([("A", 0, 10, 1), ("A", 5, 15, 1), ("A", 15, 20, 1)], 1),
        ([("A", 0, 10, 1), ("A", 10.5, 15, 1)], 2),
        ([("A", 0, None, 1), ("A", 90, 95, 1), ("A", 300, None, 1)], 1),
        ([("A", 0, 60, 3), ("A", 1, 2, 1), ("A", 70, 80, 2)], 5),
        ([("A", 0, None, 4)], 4),
        ([], 0),
    ],
)
def test_series_that_fire_together_page_once(told: list[tuple[str, float, float | None, int]], pages: int) -> None:
    """As Alertmanager groups them for the pager; in whatever order they are written down."""
    for order in (told, told[::-1]):
        assert sum(pages_of(_series(*order)).values()) == pages
    assert pages_of(_series(*told, ("B", 0, 1, 1)))["B"] == 1


def test_the_noisiest_alert_is_the_first(severity: SeverityPolicy) -> None:
    """Then the one that paged most; each by its service."""
    found = ranked(
        cases(
            Story(number=1, started=after(1), alert="Often", times=3),
            Story(number=2, started=after(1), alert="Noisy", verdict="noise", resolved=5),
            Story(number=3, started=after(1), alert="Often", service="cart", times=4),
            Story(number=4, started=after(1), alert="Drill", times=9, drill=True),
        ),
    )
    assert [(one.alert, one.service) for one in found] == [
        ("Noisy", "checkout"),
        ("Often", "cart"),
        ("Often", "checkout"),
    ]
    assert found[1].share is None


def test_postmortems_count_when_they_are_due(severity: SeverityPolicy) -> None:
    """72 hours after the resolution; complete before is in time, after it or never is not, and later is not judged."""
    stories = [Story(number=n, started=after(1), resolved=60) for n in (1, 2, 3)]
    stories += [Story(number=4, started=after(1), resolved=60, priority="P2"), Story(number=5, started=after(1))]
    due = after(4, 60)
    done = {1: due, 2: due + timedelta(seconds=1)}
    found = measured(severity, *stories, completed=done)["postmortems"]
    assert (found.value, found.n, found.unknown, found.met) == (pytest.approx(1 / 3), 3, 0, False)
    early = measured(severity, *stories, completed=done, at=due - timedelta(hours=1))["postmortems"]
    assert (early.value, early.n, early.unknown) == (None, 0, 3)
    nobody = measured(severity, *stories, completed=None)["postmortems"]
    assert (nobody.value, nobody.unknown, nobody.met) == (None, 3, None)


def test_remediations_that_changed_something_are_judged_by_their_outcome(severity: SeverityPolicy) -> None:
    """What was refused, a dry run, one that runs, and one that only looks do not count."""
    tried = [("restart_deployment", word) for word in OUTCOMES]
    story = Story(number=1, started=after(1), attempts=[*tried, ("run_diagnostics", "succeeded")])
    found = measured(severity, story)["remediations"]
    assert (found.value, found.n, found.met) == (2 / 5, 5, False)
    known = {outcome: worked("restart_deployment", outcome) for outcome in OUTCOMES}
    assert {outcome for outcome, helped in known.items() if helped} == {"verified", "succeeded"}
    assert {outcome for outcome, helped in known.items() if helped is False} == {"not_verified", "failed", "timed_out"}


def test_the_resolution_is_measured_against_seven_tenths_of_the_baseline(severity: SeverityPolicy) -> None:
    """30 % less; without a baseline there is no target."""
    baseline = Baseline.model_validate({"time_to_resolve": "10m", "until": "2026-01-31", "incidents": 20})
    stored = severity.model_copy(update={"baseline": baseline})
    for minutes, met in ((6.9, True), (7, False)):
        found = measured(stored, Story(number=1, started=after(1), resolved=minutes))["time_to_resolve"]
        assert (found.goal, found.met) == (numbers.Goal(value=420, operator="<"), met)
    assert measured(severity)["time_to_resolve"].goal is None


def test_a_window_ends_before_its_end() -> None:
    """So that each incident is in one week."""
    assert [WEEK.holds(at) for at in (after(0), after(7) - timedelta.resolution, after(7))] == [True, True, False]


TIMES = st.lists(st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds)), min_size=1, max_size=30)


@given(TIMES)
def test_median_and_p90_lie_among_the_times(times: list[timedelta]) -> None:
    """And in their order."""
    found = spread(times)
    assert found is not None
    assert min(times).total_seconds() <= found.median <= found.p90 <= max(times).total_seconds()
    assert found.n == len(times)


def test_quantiles_are_those_of_prometheus() -> None:
    """Between two neighbours in proportion."""
    assert [quantile([1.0, 2.0, 3.0, 4.0], q) for q in (0, 0.5, 0.9, 1)] == [1, 2.5, pytest.approx(3.7), 4]
    assert spread([None, None]) is None

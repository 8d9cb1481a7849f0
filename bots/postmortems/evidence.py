"""What a draft knows beyond the record: how the SLIs went and what that cost, as far as Prometheus can tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.rules.ownership import dashboard_of
from alerting.timescale import REAL, Timescale
from bots.errors import Unreachable
from bots.postmortems.chart import Mark, Picture, svg
from bots.postmortems.course import Course, worst
from bots.postmortems.impact import Impact, impact
from bots.postmortems.measuring import Server, Time, courses
from bots.postmortems.patience import Patience
from bots.timeline.state import Incident

_BEFORE: Final = Duration.parse("15m")
"""How much of the calm before and after is shown, at least."""
_AROUND: Final = timedelta(minutes=10)
"""What a data link shows on either side of its moment."""
_ENOUGH: Final = 0.98
"""The share of the time with data from which on no other server is asked."""
_NO_DATA: Final = "Prometheus has no data of its SLOs for that time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is put into a draft beside the record."""

    impacts: tuple[Impact, ...] = ()
    """One for each SLO with data, the hardest hit first."""
    began_at: datetime | None = None
    """When the SLI left its objective."""
    picture: bytes | None = None
    """The SVG of the SLO that was hit hardest."""
    pictured: str = ""
    """The name of that SLO."""
    missing: str = ""
    """Why there is no impact, as a sentence; empty if there is one."""
    dashboard: str = ""
    """Where the service's figures are shown; empty if nowhere."""


def no_evidence(state: Incident) -> Evidence:
    """Where there is nobody to ask."""
    return Evidence(missing="no Prometheus is configured")


def data_link(dashboard: str, at: datetime) -> str:
    """The address of a dashboard around a moment, in Grafana's way; empty if there is no dashboard.

    https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/create-dashboard-url-variables/
    """
    if not dashboard:
        return ""
    parts = urlsplit(dashboard)
    shown = {"from": _milliseconds(at - _AROUND), "to": _milliseconds(at + _AROUND)}
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in shown]
    return urlunsplit(parts._replace(query=urlencode([*kept, *shown.items()])))


def _milliseconds(at: datetime) -> str:
    return str(round(at.timestamp() * 1000))


class Gathering:
    """Asks the Prometheus servers for the evidence of an incident."""

    def __init__(
        self,
        servers: Sequence[Server],
        policy: Callable[[], Policy],
        now: Callable[[], datetime],
        *,
        scale: Timescale = REAL,
        patience: Callable[[], Patience] = Patience,
    ) -> None:
        """`policy` gives the one that holds now; the server that has most data is believed."""
        self._scale = scale
        self._patience = patience
        self._servers = servers
        self._policy = policy
        self._now = now

    def __call__(self, state: Incident) -> Evidence:
        """What is known; a server that does not answer makes a draft without, since a draft must not wait for it."""
        policy = self._policy()
        service = policy.services.get(state.service)
        dashboard = dashboard_of(policy, service) if service else ""
        time = span(state, self._now(), self._scale)
        why = "the service has no SLO" if service is None or not service.slos else "no Prometheus is configured"
        best: list[Course] = []
        patience = self._patience()
        for server in self._servers:
            try:
                known = courses(policy, state.service, patience.of(server), time, self._scale)
            except Unreachable as error:
                why = str(error)
                continue
            best = max(best, [course for course in known if course.points], key=_measured)
            if _whole(best, time):
                break
            why = _NO_DATA
        return _evidence(state, best, time, dashboard) if best else Evidence(missing=why, dashboard=dashboard)


def _measured(found: Sequence[Course]) -> float:
    """How much one server knows, in seconds of all SLOs."""
    return sum(len(course.points) * course.step.total_seconds() for course in found)


def _whole(found: Sequence[Course], time: Time) -> bool:
    """Whether no other server can know much more: one of a pair that was restarted has a gap."""
    return bool(found) and all(len(one.points) * one.step >= _ENOUGH * (time.end - time.start) for one in found)


def span(state: Incident, now: datetime, scale: Timescale = REAL) -> Time:
    """The time that is looked at: the incident, with some of the calm before and after; nothing from the future."""
    start, end = _bounds(state, now)
    calm = max(timedelta(milliseconds=scale.window(_BEFORE).ms), (end - start) / 4)
    return Time(start=start - calm, end=max(min(end + calm, now), start + timedelta(minutes=1)))


def _bounds(state: Incident, now: datetime) -> tuple[datetime, datetime]:
    start = min(state.started_at, state.inputs.began_at or state.started_at)
    return start, max(state.resolved_at or now, start)


def _evidence(state: Incident, found: Sequence[Course], time: Time, dashboard: str) -> Evidence:
    hardest = worst(found)
    assert hardest is not None, "courses without points were left out"
    start, end = _bounds(state, time.end)
    began = hardest.left_objective(start, end)
    # Somebody who said when it began knows better; else the SLI says it.
    start = start if state.inputs.began_at or began is None else min(began, start)
    impacts = [one for course in found if (one := impact(course, start, end)) is not None]
    return Evidence(
        impacts=tuple(sorted(impacts, key=lambda one: -one.budget_share)),
        began_at=began,
        picture=svg(_picture(state, hardest, began, time)),
        pictured=hardest.slo,
        missing="" if impacts else _NO_DATA,
        dashboard=dashboard,
    )


def _picture(state: Incident, course: Course, began: datetime | None, time: Time) -> Picture:
    moments = (
        ("began", state.inputs.began_at or began),
        ("detected", state.started_at),
        ("acknowledged", state.acknowledged_at),
        ("mitigated", state.mitigated_at),
        ("resolved", state.resolved_at),
    )
    return Picture(
        title=f"{state.service} {course.slo}: share of bad events",
        course=course,
        start=time.start,
        end=time.end,
        marks=tuple(Mark(at=at, text=text) for text, at in moments if at is not None),
    )

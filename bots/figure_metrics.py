"""The figures of incidents, and what the policy says, as Prometheus reads them: one look at each for one scrape."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alerting import names, oncall
from alerting.model.policy import Policy
from alerting.model.severity import SeverityPolicy
from bots.figures import Figures, Taken
from bots.numbers.due import progress, within_of

_WHERE: Final = (names.INCIDENT, names.TEAM, names.SERVICE, names.PRIORITY)
_PAGE: Final = (names.ALERTNAME, names.TEAM, names.SERVICE, "verdict")
_ATTEMPT: Final = (names.TEAM, names.SERVICE, "action", "automatic", "outcome")
_POSTMORTEM: Final = (names.TEAM, names.SERVICE, "state")
_LAYER: Final = (names.TEAM, "layer", "member")


Completed = Callable[[], Mapping[int, datetime] | None]
"""When the postmortem of each incident was complete on the main branch; None while nobody knows."""


class FigureMetrics(Collector):
    """Read when Prometheus asks; nobody has to keep anything up to date."""

    def __init__(
        self, figures: Callable[[datetime], Figures], policy: Callable[[], Policy], now: Callable[[], datetime]
    ) -> None:
        """`figures` gives those at an instant."""
        self._figures = figures
        self._policy = policy
        self._now = now

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are checked where they are listed."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every series."""
        now = self._now()
        yield from incident_series(self._figures(now))
        yield from policy_series(self._policy(), now)


class PostmortemMetrics(Collector):
    """The same for postmortems, which only a bot with a main branch knows of."""

    def __init__(
        self,
        figures: Callable[[datetime], Figures],
        policy: Callable[[], Policy],
        now: Callable[[], datetime],
        completed: Completed,
    ) -> None:
        """`completed` says when postmortems were complete."""
        self._figures = figures
        self._policy = policy
        self._now = now
        self._completed = completed

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are checked where they are listed."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every series."""
        now = self._now()
        yield postmortem_series(self._figures(now), self._policy().severity, self._completed(), now)


def incident_series(figures: Figures) -> Iterator[Metric]:
    """The series of the recent incidents and of those that go on."""
    yield _gauge(
        names.INCIDENT_STARTED,
        "When an incident that goes on started (Unix time)",
        (*_WHERE, "status"),
        (((*one.where, one.status.value), one.started_at.timestamp()) for one in figures.active),
    )
    times: tuple[tuple[str, str, Callable[[Taken], timedelta | None]], ...] = (
        (names.TIME_TO_DETECT, "From when the trouble began to the first page", lambda one: one.detect),
        (names.TIME_TO_ACKNOWLEDGE, "From the first page to the acknowledgment", lambda one: one.acknowledge),
        (names.TIME_TO_RESOLVE, "From the first page to the resolution", lambda one: one.resolve),
    )
    for name, text, taken in times:
        yield _gauge(name, text, _WHERE, _seconds(figures.recent, taken))
    yield _gauge(names.FIGURES_LEFT_OUT, "Recent incidents without series of their own", (), [((), figures.left_out)])
    yield _gauge(names.PAGES, "Pages of recent incidents", _PAGE, figures.pages.items())
    yield _gauge(names.PAGES_WEEK, "Pages of incidents of the last seven days", _PAGE, figures.week.items())
    yield _gauge(names.REMEDIATIONS, "Remediations that ended", _ATTEMPT, figures.attempts.items())


def _seconds(
    incidents: Iterable[Taken], taken: Callable[[Taken], timedelta | None]
) -> Iterator[tuple[tuple[str, ...], float]]:
    for one in incidents:
        if (found := taken(one)) is not None:
            yield one.where, found.total_seconds()


def postmortem_series(
    figures: Figures, severity: SeverityPolicy, completed: Mapping[int, datetime] | None, now: datetime
) -> Metric:
    """How far the postmortems of recent incidents are; no series while nobody knows which are complete."""
    found: Counter[tuple[str, ...]] = Counter()
    for one in figures.over if completed is not None else ():
        within = within_of(one.priority, severity)
        if within is not None:
            state = progress(one.resolved_at + within, (completed or {}).get(one.number), now)
            found[one.team, one.service, state.value] += 1
    return _gauge(names.POSTMORTEMS, "Postmortems that recent incidents need", _POSTMORTEM, found.items())


def policy_series(policy: Policy, now: datetime) -> Iterator[Metric]:
    """The series that queries join with: services, what they need, who is on call."""
    services = [policy.services[name] for name in sorted(policy.services)]
    yield _gauge(
        names.SERVICE_INFO,
        "The services of the policy",
        (names.SERVICE, names.TEAM, "tier"),
        (((one.service, one.owner, str(one.tier)), 1) for one in services),
    )
    yield _gauge(
        names.DEPENDENCY_INFO,
        "What each service needs",
        (names.SERVICE, "dependency"),
        (((one.service, other), 1) for one in services for other in one.dependencies),
    )
    baseline = policy.severity.baseline
    yield _gauge(
        names.RESOLVE_BASELINE,
        "The stored median time to resolve",
        (),
        [((), baseline.time_to_resolve.seconds)] if baseline else [],
    )
    yield _gauge(
        names.ON_CALL_UNTIL, "When the duty of whoever is on call ends (Unix time)", _LAYER, _duty(policy, now)
    )


def _duty(policy: Policy, now: datetime) -> Iterator[tuple[tuple[str, ...], float]]:
    for name in sorted(policy.teams):
        found: Mapping[tuple[str, ...], float] = {
            (name, shift.layer, shift.who): shift.end.timestamp()
            for shift in oncall.shifts(policy.teams[name], None, now, now + timedelta.resolution)
        }
        yield from found.items()


def _gauge(
    name: str, text: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family

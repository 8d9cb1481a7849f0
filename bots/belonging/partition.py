"""Which facts about the alerts of one service belong to the same incident.

A function of the set of facts alone: it plays them in the order of their own times, whatever the order they arrived in.
Played in time, it never changes its mind about what it has seen; so as long as notifications arrive in time, incidents
only grow, and when one arrives late the result is the one it would have been.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bots.timeline.alert_state import AlertState, Fact
from bots.timeline.span import Span

_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Cluster:
    """Facts of one incident, and until when another alert would join them."""

    facts: dict[str, str] = field(default_factory=dict)
    """Event id → fingerprint."""
    paged: bool = False
    until: datetime = _FIRST
    """The last end of what holds it: its pages, or everything if it never paged."""

    def accepts(self, span: Span, reopen_within: timedelta) -> bool:
        """Whether an alert that starts then finds it active, or resolved so recently that it reopens."""
        return minus(span.start, reopen_within) <= self.until

    def add(self, span: Span, *, page: bool, facts: Mapping[str, str]) -> None:
        """Takes an alert in. Once it has paged, tickets do not hold it any more."""
        self.facts.update(facts)
        if page and not self.paged:
            self.paged, self.until = True, span.until
        elif page == self.paged:
            self.until = max(self.until, span.until)


def clusters(alerts: Iterable[AlertState], reopen_within: timedelta) -> tuple[Cluster, ...]:
    """The incidents that these alerts of one service make, in the order of their beginnings."""
    pieces = [
        (span.start, alert.severity != "page", alert.fingerprint, span, _inside(alert, span))
        for alert in alerts
        for span in alert.spans
    ]
    found: list[Cluster] = []
    for _, not_page, _, span, facts in sorted(pieces, key=lambda piece: piece[:3]):
        if not found or not found[-1].accepts(span, reopen_within):
            found.append(Cluster())
        found[-1].add(span, page=not not_page, facts=facts)
    return tuple(found)


def _inside(alert: AlertState, span: Span) -> dict[str, str]:
    return {fact.id: alert.fingerprint for fact in alert.facts if span.holds(fact.start)}


def pooled(alerts: Iterable[AlertState], more: Iterable[tuple[str, Fact]] = ()) -> tuple[AlertState, ...]:
    """The alerts of several incidents as one set, the facts of one fingerprint together."""
    facts: dict[str, dict[str, Fact]] = {}
    for alert in alerts:
        facts.setdefault(alert.fingerprint, {}).update((fact.id, fact) for fact in alert.facts)
    for fingerprint, fact in more:
        facts.setdefault(fingerprint, {})[fact.id] = fact
    return tuple(AlertState(fingerprint, tuple(kept.values())) for fingerprint, kept in facts.items())


def minus(at: datetime, span: timedelta) -> datetime:
    """The moment that much earlier, or the first moment there is."""
    return at - span if at - _FIRST > span else _FIRST


def plus(at: datetime, span: timedelta) -> datetime:
    """The moment that much later, or the last moment there is."""
    last = datetime.max.replace(tzinfo=UTC)
    return at + span if last - at > span else last

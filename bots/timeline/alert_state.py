"""One alert of an incident: what was told about one fingerprint, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from bots.timeline.span import Span, spans_of


@dataclass(frozen=True, slots=True)
class Fact:
    """One notification about an alert."""

    id: str
    start: datetime
    end: datetime | None
    """None where it said that the alert fires."""
    data: Mapping[str, Any]


@dataclass(frozen=True)
class AlertState:
    """One alert of an incident: everything that was told about one fingerprint."""

    fingerprint: str
    facts: tuple[Fact, ...]
    cuts: tuple[datetime, ...] = ()
    """When a person resolved the incident."""

    @cached_property
    def first(self) -> Mapping[str, Any]:
        """The fact whose labels and texts count: the earliest, whichever arrived first."""
        return min(self.facts, key=lambda fact: (fact.start, fact.end is not None, fact.id)).data

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """When it fired."""
        return spans_of(
            (fact.start for fact in self.facts if fact.end is None),
            ((fact.start, fact.end) for fact in self.facts if fact.end is not None),
            self.cuts,
        )

    @property
    def name(self) -> str:
        """The label `alertname`."""
        return str(self.first["alert"])

    @property
    def severity(self) -> str:
        """`page`, `ticket` or `info`."""
        return str(self.first["severity"])

    @property
    def priority(self) -> str:
        """`P0` to `P4`."""
        return str(self.first["priority"])

    @property
    def labels(self) -> Mapping[str, str]:
        """All labels; outside text."""
        labels: Mapping[str, str] = self.first["labels"]
        return labels

    @property
    def annotations(self) -> Mapping[str, str]:
        """All annotations; outside text."""
        annotations: Mapping[str, str] = self.first["annotations"]
        return annotations

    @property
    def generator_url(self) -> str:
        """Where Prometheus shows the expression; outside text, possibly empty."""
        return str(self.first.get("generator_url", ""))

    @property
    def firing(self) -> bool:
        """Whether it fires, as far as is known."""
        return self.spans[-1].end is None

    @property
    def started_at(self) -> datetime:
        """When it first fired."""
        return self.spans[0].start

    @property
    def ended_at(self) -> datetime | None:
        """When it last ended; None while it fires."""
        return self.spans[-1].end

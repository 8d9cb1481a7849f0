"""Deliveries and commands for tests, short to write (minutes after ten o'clock), and a ledger that takes them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bots.belonging.change import Decision, MemoryRecords
from bots.incident import History
from bots.ledger import Ledger
from bots.rulebook import Rules
from bots.timeline.intake import Alert, AlertDelivery, Command, Intake

TEN = datetime(2026, 1, 5, 10, tzinfo=UTC)
_KEYS = count(1)
RULES = Rules(
    owners={"checkout": "payments", "platform": "platform"},
    tiers={"checkout": 1},
    matrix={"page": {1: "P0", 2: "P1", 3: "P2"}, "ticket": {1: "P2", 2: "P3", 3: "P3"}},
    foreign={"critical": "page"},
    members=frozenset({"ana", "ben"}),
    teams=frozenset({"payments", "platform"}),
)


def at(minutes: float) -> datetime:
    """That many minutes after ten."""
    return TEN + timedelta(minutes=minutes)


def alert(
    name: str, start: float, end: float | None = None, *, severity: str = "page", service: str = "checkout", **more: str
) -> Alert:
    """An alert that fires, or that ended; its fingerprint is its name."""
    return Alert(
        fingerprint=name,
        status="firing" if end is None else "resolved",
        starts_at=at(start),
        ends_at=None if end is None else at(end),
        labels={"alertname": name, "service": service, "team": "payments", "severity": severity, **more},
        annotations={"summary": f"{name} is wrong"},
    )


def delivery(*alerts: Alert, received: float = 0, truncated: int = 0) -> AlertDelivery:
    """A notification of some alerts."""
    key = f"d{next(_KEYS)}"
    return AlertDelivery(key=key, received_at=at(received), alerts=alerts, truncated=truncated)


def command(
    name: str, number: int | None = 1, *, received: float = 60, by: str = "ana", key: str = "", **args: Any
) -> Command:
    """What a person asks."""
    key = key or f"c{next(_KEYS)}"
    return Command(key=key, received_at=at(received), name=name, by=by, incident=number, args=args)


class Office:
    """A ledger with records in memory, that decides and records at once."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.records = MemoryRecords()
        self.ledger = Ledger(self.records, rules)

    def take(self, *intakes: Intake, now: float = 60) -> Decision:
        """Decides and records."""
        decision = self.ledger.decide(intakes, at(now))
        self.records.commit(decision)
        self.ledger.accept(decision)
        return decision

    def history(self, number: int = 1) -> History:
        """An incident with its events."""
        return self.records.histories[number]

    def kinds(self, number: int = 1) -> list[str]:
        """The kinds of an incident's events."""
        return [event.kind.value for event in self.history(number).events]


def play(batches: Iterable[Sequence[Intake]], rules: Rules = RULES) -> Office:
    """An office that took batches one after the other."""
    office = Office(rules)
    for batch in batches:
        office.take(*batch)
    return office

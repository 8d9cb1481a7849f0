"""What the ledger decided: events for incidents and for the audit trail, effects, and answers. Values only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bots.belonging.reach import reach_of
from bots.guards.attempted import Attempted, attempted
from bots.guards.freeze import Freeze, of_event, switched
from bots.incident import History
from bots.rulebook import Place
from bots.timeline.answer import Answer
from bots.timeline.effect import Effect
from bots.timeline.event import Event
from bots.timeline.summary import state_dict


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New events of one incident, and its history with them."""

    number: int
    events: tuple[Event, ...]
    after: History

    @property
    def is_new(self) -> bool:
        """Whether the incident begins with these events."""
        return len(self.events) == len(self.after.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Everything that follows from some deliveries and commands; nothing has happened yet."""

    changes: tuple[Change, ...] = ()
    """One per incident, by number."""
    audit: tuple[Event, ...] = ()
    """Denied commands, and what people did outside of any incident."""
    effects: tuple[Effect, ...] = ()
    answers: tuple[Answer, ...] = ()
    """One per delivery or command, in their order."""
    generation: int = 0
    """Of the records it was decided on."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to record."""
        return not self.changes and not self.audit


class Records(Protocol):
    """What the ledger reads: the git store, or incidents in memory."""

    @property
    def generation(self) -> int:
        """Grows when other hands changed what was recorded, so that nothing read before may be used."""

    def highest(self) -> int:
        """The highest number given so far; 0 if none."""

    def read(self, number: int) -> History | None:
        """An incident with its events; None if there is none of that number."""

    def near(self, place: Place, start: str, until: str, fingerprints: tuple[str, ...]) -> tuple[int, ...]:
        """Incidents of a place that were going on at some time between (RFC 3339), or where one of the alerts fires."""

    def opened_by_key(self, key: str) -> int | None:
        """The incident whose first event has this key."""

    def attempts(self, since: datetime) -> tuple[Attempted, ...]:
        """Attempts of incidents in which anything was attempted since an instant or is unsettled; maybe more."""

    def active(self) -> tuple[int, ...]:
        """The incidents that go on; of very many the newest."""

    def frozen(self) -> Freeze | None:
        """The switch of the night as it was set last; None if it is off."""


class MemoryRecords:
    """Records in memory: for tests and for trying out rules."""

    def __init__(self) -> None:
        """Begins without incidents."""
        self.histories: dict[int, History] = {}
        self.audit: list[Event] = []
        self.generation = 0

    def commit(self, decision: Decision) -> None:
        """Keeps what was decided, as the git store does."""
        for change in decision.changes:
            self.histories[change.number] = change.after
        known = {event.key for event in self.audit}
        self.audit += [event for event in decision.audit if event.key not in known]

    def highest(self) -> int:
        """The highest number given so far; 0 if none."""
        return max(self.histories, default=0)

    def read(self, number: int) -> History | None:
        """An incident with its events; None if there is none of that number."""
        return self.histories.get(number)

    def near(self, place: Place, start: str, until: str, fingerprints: tuple[str, ...]) -> tuple[int, ...]:
        """Incidents of a place that were going on at some time between, or where one of the alerts fires."""
        found = []
        for number, history in sorted(self.histories.items()):
            reach = reach_of(history.state)
            if reach.place == place and (
                (reach.start <= until and start <= reach.until) or set(reach.firing) & set(fingerprints)
            ):
                found.append(number)
        return tuple(found)

    def opened_by_key(self, key: str) -> int | None:
        """The incident whose first event has this key."""
        return next((n for n, history in sorted(self.histories.items()) if history.events[0].key == key), None)

    def attempts(self, since: datetime) -> tuple[Attempted, ...]:
        """Every attempt at remediation."""
        return tuple(one for history in self.histories.values() for one in attempted(state_dict(history.state)))

    def active(self) -> tuple[int, ...]:
        """The incidents that go on."""
        return tuple(number for number, history in self.histories.items() if history.state.status.active)

    def frozen(self) -> Freeze | None:
        """The switch of the night as it was set last; None if it is off."""
        last = switched(self.audit)
        return None if last is None else of_event(last)

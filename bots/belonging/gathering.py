"""The incidents as the ledger sees them while it decides: what is recorded, and on top what was just decided."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bots.belonging.change import Change, Decision, Records
from bots.belonging.partition import minus, plus
from bots.belonging.reach import reach_of, sortable
from bots.incident import History, effects
from bots.rulebook import Place
from bots.timeline.effect import Effect
from bots.timeline.event import Event, time_text

_KEPT_EVENTS: Final = 20_000
"""Events of incidents that are kept in memory; about 2 KB each."""


class Recent:
    """Histories that were used lately. What is not here is read again: nothing depends on it but speed."""

    def __init__(self, records: Records, kept_events: int = _KEPT_EVENTS) -> None:
        """Begins empty."""
        self._records = records
        self._limit = kept_events
        self._events = 0
        self._generation = records.generation
        self._histories: OrderedDict[int, History] = OrderedDict()

    def get(self, number: int) -> History | None:
        """An incident; None if there is none of that number."""
        self._check_generation()
        found = self._histories.get(number)
        if found is not None:
            self._histories.move_to_end(number)
            return found
        found = self._records.read(number)
        if found is not None:
            self.put(found)
        return found

    def put(self, history: History) -> None:
        """Keeps a history, and lets go of those used longest ago."""
        self._check_generation()
        known = self._histories.pop(history.number, None)
        self._events += len(history.events) - (len(known.events) if known else 0)
        self._histories[history.number] = history
        while self._events > self._limit and len(self._histories) > 1:
            _, oldest = self._histories.popitem(last=False)
            self._events -= len(oldest.events)

    def _check_generation(self) -> None:
        if self._generation != self._records.generation:
            self._generation = self._records.generation
            self._histories.clear()
            self._events = 0


class Gathering:
    """One decision in the making."""

    def __init__(self, records: Records, recent: Recent, now: datetime) -> None:
        """Sees what is recorded."""
        self._records = records
        self._recent = recent
        self._now = now
        self._before: dict[int, History | None] = {}
        self._after: dict[int, History] = {}
        self._highest: int | None = None
        self.audit: list[Event] = []
        self._effects: list[Effect] = []

    def get(self, number: int) -> History | None:
        """An incident as it is by now; None if there is none of that number."""
        return self._after.get(number) or self._recent.get(number)

    def changed(self) -> Mapping[int, History]:
        """What was added to or begun so far."""
        return self._after

    def next_number(self) -> int:
        """A number that no incident has; one caller a decision makes it one writer."""
        self._highest = (self._records.highest() if self._highest is None else self._highest) + 1
        return self._highest

    def add(self, number: int, events: Sequence[Event]) -> History:
        """Appends events to an incident, or begins it; those that it has already change nothing."""
        known = self.get(number)
        after = History.of(events) if known is None else known.extended(events)
        if known is not None and after is known:
            return known
        self._before.setdefault(number, known)
        self._after[number] = after
        fresh = after.events[len(known.events) if known else 0 :]
        self._effects += effects(known.state if known else None, after.state, fresh, self._now)
        return after

    def opened_by_key(self, key: str) -> int | None:
        """The incident whose first event has this key."""
        for number, history in self._after.items():
            if history.events[0].key == key:
                return number
        return self._records.opened_by_key(key)

    def near(
        self, place: Place, start: datetime, until: datetime, fingerprints: Iterable[str], reopen_within: timedelta
    ) -> tuple[History, ...]:
        """Incidents that alerts of that time may have to do with, by number."""
        low = sortable(time_text(minus(start, reopen_within)))
        high = sortable(time_text(plus(until, reopen_within)))
        named = tuple(sorted(set(fingerprints)))
        numbers = set(self._records.near(place, low, high, named))
        for number, history in self._after.items():
            reach = reach_of(history.state)
            overlaps = reach.start <= high and low <= reach.until
            if reach.place == place and (overlaps or set(reach.firing) & set(named)):
                numbers.add(number)
        found = (self.get(number) for number in sorted(numbers))
        return tuple(history for history in found if history is not None)

    def decision(self) -> Decision:
        """Everything that was added, without answers."""
        changes = []
        for number, after in sorted(self._after.items()):
            before = self._before[number]
            events = after.events[len(before.events) if before else 0 :]
            changes.append(Change(number=number, events=events, after=after))
        unique = {effect.key: effect for effect in self._effects}
        return Decision(changes=tuple(changes), audit=tuple(self.audit), effects=tuple(unique.values()))

"""Keeps incidents that nobody has worked on as `bots.belonging.partition` says they must be.

A late notification may so join two incidents, or divide one: by events in both timelines, never by changing what is
written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bots.belonging.gathering import Gathering
from bots.belonging.partition import Cluster, clusters, pooled
from bots.incident import History
from bots.rulebook import Place
from bots.timeline.alert_state import Fact
from bots.timeline.event import BOT, FACTS, Event, Kind, key_of, parse_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """Where and when it happens."""

    gathering: Gathering
    place: Place
    reopen_within: timedelta
    received_at: datetime

    def settle(self, free: Sequence[History], fresh: Sequence[Event]) -> set[int]:
        """Adds new facts to incidents that nobody worked on, or begins some; returns where the new facts are."""
        known = [alert for case in free for alert in case.state.alerts.values()]
        wanted = clusters(pooled(known, map(as_fact, fresh)), self.reopen_within)
        events = {event.id: event for case in free for event in case.events if event.kind in FACTS}
        events |= {event.id: event for event in fresh}
        homes: dict[str, int] = {}
        taken: set[int] = set()
        for cluster in wanted:
            facts = sorted((events[fact_id] for fact_id in cluster.facts), key=by_time)
            number = self._home(free, cluster, taken)
            if number is None:
                number = self.gathering.next_number()
                self.gathering.add(number, (self._opening(number, facts), *facts))
            else:
                self._fill(number, facts)
            taken.add(number)
            homes |= dict.fromkeys(cluster.facts, number)
        for case in free:
            self._empty(case, homes)
        return {homes[event.id] for event in fresh}

    def _home(self, free: Sequence[History], cluster: Cluster, taken: set[int]) -> int | None:
        """The oldest incident that has some of the cluster and is not another's home; None if it needs a new one."""
        having = (case.number for case in free if _effective(case) & cluster.facts.keys())
        return next((number for number in having if number not in taken), None)

    def _fill(self, number: int, facts: Sequence[Event]) -> None:
        """Adds facts to an incident; those that had been moved away come back."""
        case = self.gathering.get(number)
        assert case is not None
        back = [fact.id for fact in facts if fact.id in case.state.inputs.moved]
        self.gathering.add(number, facts)
        if back:
            self.gathering.add(number, (self._moved(case, back, number),))

    def _empty(self, case: History, homes: Mapping[str, int]) -> None:
        """Takes out of an incident what belongs to others; one that is left with nothing is their duplicate."""
        effective = _effective(case)
        leaving: dict[int, list[str]] = {}
        for fact_id in sorted(effective):
            if homes[fact_id] != case.number:
                leaving.setdefault(homes[fact_id], []).append(fact_id)
        for target, ids in sorted(leaving.items()):
            self.gathering.add(case.number, (self._moved(case, ids, target),))
        if effective and sum(map(len, leaving.values())) == len(effective):
            target = min(leaving)
            self.gathering.add(case.number, (self._linked(case, "duplicate_of", target),))
            survivor = self.gathering.get(target)
            assert survivor is not None
            self.gathering.add(target, (self._linked(survivor, "duplicate", case.number),))

    def _moved(self, case: History, ids: Sequence[str], target: int) -> Event:
        key = key_of("moved", str(case.number), str(target), str(len(case.events)), *ids)
        data = {"amends": list(ids), "moved_to": target}
        return Event(kind=Kind.AMENDED, at=self.received_at, by=BOT, key=key, data=data)

    def _linked(self, case: History, relation: str, other: int) -> Event:
        key = key_of(relation, str(case.number), str(other), str(len(case.events)))
        data = {"relation": relation, "incident": other}
        return Event(kind=Kind.LINKED, at=self.received_at, by=BOT, key=key, data=data)

    def _opening(self, number: int, facts: Sequence[Event]) -> Event:
        data = {"incident": number, "team": self.place.team, "service": self.place.service}
        if self.place.drill:
            data["drill"] = True
        key = key_of("opened", str(number), *sorted(fact.key for fact in facts))
        return Event(kind=Kind.OPENED, at=self.received_at, by=BOT, key=key, data=data)


def as_fact(event: Event) -> tuple[str, Fact]:
    """A fact of an alert, with the alert's fingerprint."""
    end = parse_time(event.data["ends_at"]) if event.kind == Kind.ALERT_RESOLVED else None
    return str(event.data["fingerprint"]), Fact(event.id, parse_time(event.data["starts_at"]), end, event.data)


def by_time(fact: Event) -> tuple[datetime, bool, str]:
    """Sorts facts by when the alert started, firing before resolved."""
    return (parse_time(fact.data["starts_at"]), fact.kind == Kind.ALERT_RESOLVED, fact.key)


def _effective(case: History) -> set[str]:
    return {fact.id for alert in case.state.alerts.values() for fact in alert.facts}

"""All incidents: which one an alert or a command belongs to, and which number a new one gets.

`decide` only reads. What it decides is recorded by the store, and `accept`ed here afterwards; a decision that could not
be recorded is dropped, and the same deliveries decided again give the same events.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from bots.belonging.attach import attach
from bots.belonging.change import Change, Decision, MemoryRecords, Records
from bots.belonging.gathering import Gathering, Recent
from bots.commands import amending, freeze_commands
from bots.commands.arguments import Arguments
from bots.commands.command import command_key, event, illegal, respond, unknown
from bots.commands.inheritance import inherit
from bots.guards.attempted import PENDING, RAN
from bots.incident import History
from bots.people.handoff import handoff
from bots.rulebook import Place, Rules
from bots.surroundings import Watch
from bots.timeline.answer import Answer, Done, Refusal
from bots.timeline.event import BOT, Event, Kind, clean, fact, key_of
from bots.timeline.intake import MISTAKEN, AlertDelivery, Command, Denial, Intake
from bots.timeline.state import Incident, Status, incident_name

_IGNORED: Final = "info"
"""The severity that asks nothing of anybody: such alerts make no incident."""
_MAX_ARGS: Final = 20


class Ledger:
    """The one that decides; used by one thread."""

    def __init__(self, records: Records, rules: Rules) -> None:
        """Reads incidents from `records` when they are needed."""
        self._records = records
        self._recent = Recent(records)
        self._watch: Watch | None = None
        """What the guard rails of remediation look at in the decision that is being made."""
        self.rules = rules
        """May be replaced between decisions, when the policy changes."""

    def get(self, number: int) -> History | None:
        """An incident with its events; None if there is none of that number."""
        return self._recent.get(number)

    def knows(self, number: int, key: str) -> bool:
        """Whether an event of that key is recorded in an incident."""
        history = self.get(number)
        return history is not None and key in history.keys

    def decide(self, intakes: Sequence[Intake], now: datetime) -> Decision:
        """What follows from deliveries and commands, in their order. Changes nothing; defined for every intake."""
        generation = self._records.generation
        gathering = Gathering(self._records, self._recent, now)
        self._watch = Watch(gathering, self._records, self.rules, now)
        answers: list[Answer] = []
        for are_deliveries, group in groupby(intakes, lambda intake: isinstance(intake, AlertDelivery)):
            if are_deliveries:
                deliveries = [intake for intake in group if isinstance(intake, AlertDelivery)]
                self._deliver(gathering, deliveries)
                answers += [Done()] * len(deliveries)
            else:
                answers += [self._obey(gathering, intake) for intake in group if not isinstance(intake, AlertDelivery)]
        inherit(gathering)
        decided = gathering.decision()
        return Decision(
            changes=decided.changes,
            audit=decided.audit,
            effects=decided.effects,
            answers=tuple(answers),
            generation=generation,
        )

    def accept(self, decision: Decision) -> None:
        """Remembers what was decided, once it is recorded."""
        if decision.generation != self._records.generation:
            return
        for change in decision.changes:
            self._recent.put(change.after)

    # alerts

    def _deliver(self, gathering: Gathering, deliveries: Iterable[AlertDelivery]) -> None:
        """Deliveries that wait together are decided together: fewer incidents have to be joined afterwards."""
        facts: dict[Place, list[Event]] = {}
        cut: dict[Place, list[tuple[AlertDelivery, int]]] = {}
        received_at: dict[Place, datetime] = {}
        for delivery in deliveries:
            for alert in delivery.alerts:
                standing = self.rules.standing(alert.labels)
                if standing.severity == _IGNORED:
                    continue
                place = standing.place
                told = fact(
                    alert,
                    service=place.service,
                    team=place.team,
                    severity=standing.severity,
                    priority=standing.priority,
                    source=delivery.source,
                )
                facts.setdefault(place, []).append(told)
                received_at.setdefault(place, delivery.received_at)
                if delivery.truncated > 0 and alert is delivery.alerts[0]:
                    cut.setdefault(place, []).append((delivery, len(facts[place]) - 1))
        for place, told_here in facts.items():
            numbers = attach(
                gathering,
                place,
                told_here,
                reopen_within=self.rules.reopen_within,
                received_at=received_at[place],
            )
            for delivery, first in cut.get(place, ()):
                self._note_truncation(gathering, numbers, delivery, told_here[first])

    def _note_truncation(
        self, gathering: Gathering, numbers: Sequence[int], delivery: AlertDelivery, first: Event
    ) -> None:
        """Says in the incident that Alertmanager left alerts out."""
        holding = [number for number in numbers if (case := gathering.get(number)) and first.key in case.keys]
        plural = "alert" if delivery.truncated == 1 else "alerts"
        text = f"Alertmanager left {delivery.truncated} more {plural} of this group out of its notification"
        for number in holding[:1]:
            note = Event(
                kind=Kind.NOTED,
                at=delivery.received_at,
                by=BOT,
                key=key_of("truncated", first.key, str(delivery.truncated)),
                data={"text": text},
            )
            gathering.add(number, (note,))

    # people

    def _obey(self, gathering: Gathering, intake: Command | Denial) -> Answer:
        if isinstance(intake, Denial):
            gathering.audit.append(_denied(intake))
            return Done()
        if intake.name == MISTAKEN:
            return Refusal(code="invalid", message=clean(str(intake.args.get("message", "")), 500))
        if intake.name == "declare":
            return self._declare(gathering, intake)
        if intake.name in freeze_commands.VERBS:
            return self._switch(gathering, intake)
        if intake.incident is None:
            return Refusal(
                code="invalid", message=f"{intake.name[:60]!r} needs an incident; expected one such as INC-7"
            )
        case = gathering.get(intake.incident)
        if case is None:
            return Refusal(code="unknown", message=unknown(intake.incident))
        if command_key(intake.by, intake.key) in case.keys:
            return Done(incident=case.state, repeated=True)
        if intake.name == "merge":
            return self._merge(gathering, case.state, intake)
        return self._act(gathering, case, intake)

    def _act(self, gathering: Gathering, case: History, intake: Command) -> Answer:
        told = self._respond(case, intake)
        if isinstance(told, Refusal):
            if intake.args.get("automatic") and intake.by == BOT and not _is_doing(case.state, intake):
                # People must be able to see why the machine did nothing.
                note = _stopped(intake, told)
                if all(one.data.get("text") != note.data["text"] for one in case.events):
                    gathering.add(case.number, (note,))
            return told
        after = gathering.add(case.number, (told,)).state
        if told.kind == Kind.CLOSED:
            self._close_duplicates(gathering, after, intake)
        return Done(incident=after)

    def _respond(self, case: History, command: Command) -> Event | Refusal:
        if command.name == "handoff":
            return handoff(case, command, self.rules)
        if command.name == amending.NAME:
            return amending.amend(case, command)
        assert self._watch is not None
        return respond(case.state, command, self.rules, around=self._watch.around, now=self._watch.now)

    def _declare(self, gathering: Gathering, command: Command) -> Answer:
        known = gathering.opened_by_key(command_key(command.by, command.key))
        if known is not None and (case := gathering.get(known)):
            return Done(incident=case.state, repeated=True)
        arguments = Arguments(command)
        title = arguments.text("title", needed=True)
        service = arguments.word("service")
        if service and service not in self.rules.owners:
            arguments.problem("service", service, f"one of {', '.join(sorted(self.rules.owners)) or 'none'}")
        team = arguments.text("team") or self.rules.team_of(service)
        if team not in self.rules.teams:
            arguments.problem("team", team, f"one of {', '.join(sorted(self.rules.teams)) or 'none'}")
        priority = arguments.priority("priority") or self.rules.priority("page", service)
        drill = arguments.flag("drill")
        note = arguments.text("note")
        place = arguments.url("url")
        relation = arguments.word("relation") if place else ""
        if arguments.problems:
            return Refusal(code="invalid", message="; ".join(arguments.problems))
        number = gathering.next_number()
        data = {"incident": number, "team": team, "service": service, "declared": True, "title": title}
        data |= {"priority": priority} | ({"drill": True} if drill else {})
        events = [event(command, Kind.OPENED, data)]
        if note:
            events.append(event(command, Kind.NOTED, {"text": note}, part="note"))
        if place:
            # In the same commit: whoever mirrors the incident finds the place that it was declared in.
            events.append(event(command, Kind.LINKED, {"relation": relation, "url": place}, part="place"))
        return Done(incident=gathering.add(number, events).state)

    def _switch(self, gathering: Gathering, command: Command) -> Answer:
        """Freezes remediation, or lifts that; it concerns no incident, so it is in the audit trail."""
        assert self._watch is not None
        told = freeze_commands.switch(command, self._watch.frozen(), self.rules.limits.frozen, self._watch.now)
        if isinstance(told, Refusal):
            return told
        gathering.audit.append(told)
        return Done()

    def _merge(self, gathering: Gathering, duplicate: Incident, command: Command) -> Answer:
        """Closes an incident as a duplicate of another one."""
        arguments = Arguments(command)
        into = arguments.incident("into")
        if into is None:
            arguments.problem("into", None, "an incident such as INC-3")
        if arguments.problems or into is None:
            return Refusal(code="invalid", message="; ".join(arguments.problems))
        survivor = gathering.get(into)
        if survivor is None:
            return Refusal(code="unknown", message=unknown(into))
        if into == duplicate.number:
            return illegal(duplicate, "cannot be a duplicate of itself")
        if duplicate.status is Status.CLOSED:
            return illegal(duplicate, f"is closed already, as {duplicate.verdict}, by {duplicate.closed_by}")
        if (further := survivor.state.inputs.duplicate_of) is not None:
            name = incident_name(further)
            if further == duplicate.number:
                return illegal(survivor.state, f"was merged into {name} already; nothing is left to merge")
            return illegal(survivor.state, f"is itself a duplicate of {name}; merge {duplicate.name} into {name}")
        data = {"verdict": "duplicate", "duplicate_of": into, "alerts": list(duplicate.firing)}
        after = gathering.add(duplicate.number, (event(command, Kind.CLOSED, data),)).state
        link = {"relation": "duplicate", "incident": duplicate.number}
        gathering.add(into, (event(command, Kind.LINKED, link, part="survivor"),))
        return Done(incident=after)

    def _close_duplicates(self, gathering: Gathering, survivor: Incident, command: Command) -> None:
        """Duplicates that the bot found end with the incident that they belong to."""
        for number in survivor.inputs.duplicates:
            case = gathering.get(number)
            if case is not None and case.state.status is Status.RESOLVED:
                data = {"verdict": "duplicate", "duplicate_of": survivor.number}
                gathering.add(number, (event(command, Kind.CLOSED, data, part="duplicate"),))


def _is_doing(state: Incident, command: Command) -> bool:
    """Whether the same action is under way here, or watched.

    An alert of many pods, or a ticket after its page, asks for it again; that it is not done twice is no news.
    """
    own = (one for one in state.inputs.remediations if one.inherited_from is None)
    return any(one.action == command.args.get("action") and one.outcome in (PENDING, RAN) for one in own)


def _stopped(command: Command, refusal: Refusal) -> Event:
    text = f"{clean(str(command.args.get('action', '')), 100)} does not run by itself: {refusal.message}"
    return event(command, Kind.NOTED, {"text": text})


def _denied(denial: Denial) -> Event:
    data: dict[str, object] = {
        "command": clean(denial.command, 100),
        "reason": clean(denial.reason, 500),
    }
    if denial.incident is not None and denial.incident >= 1:
        data["incident"] = denial.incident
    args = {clean(str(name), 100): clean(str(value), 500) for name, value in list(denial.args.items())[:_MAX_ARGS]}
    if args:
        data["args"] = args
    return Event(
        kind=Kind.DENIED,
        at=denial.received_at,
        by=clean(denial.by, 100),
        key=key_of("denied", command_key(denial.by, denial.key)),
        source=clean(denial.source, 100),
        data=data,
    )


__all__ = ["Answer", "Change", "Decision", "Done", "Ledger", "MemoryRecords", "Records", "Refusal", "Rules"]

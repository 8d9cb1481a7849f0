"""What an event of PagerDuty asks of the incident that it belongs to, before it is known who may ask it. Pure.

Events that only say what the incident says already ask nothing: so what the bot itself did there does not come back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from alerting.model.policy import Policy
from bots.incident import History
from bots.pagerduty.priorities import ours
from bots.pagerduty.wire import Event, Page, Reference
from bots.timeline.event import Kind
from bots.timeline.state import Status

NOTE: Final = "note"
_NOBODY: Final = "PagerDuty"
_REPLIED: Final = "incident.responder.replied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the bot knows when the event comes."""

    policy: Policy
    history: History
    member: Callable[[str], str]
    """The member that a user of PagerDuty is here, by the user's id; empty for somebody else."""
    others_open: int = 0
    """How many more pages the incident has there that are not resolved."""
    echo: bool = False
    """Whether the event only says what the bot did there itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A command, before it is known whether its author may give it."""

    name: str
    args: Mapping[str, Any]
    verb: str
    """The right that it needs."""
    all_the_same: str = ""
    """What people have to know if its author may not give it: there it happened."""


def meaning(event: Event, known: Known) -> Wish | None:
    """What the event asks; None if nothing."""
    means = _TYPES.get(event.event_type)
    return None if means is None or known.echo else means(event, known)


def _acknowledged(event: Event, known: Known) -> Wish | None:
    if known.history.state.status is not Status.OPEN or _before_this_phase(event, known):
        return None
    told = f"{_page_name(event)} was acknowledged in PagerDuty by {_person(event)}, who may not do that here"
    rest = "PagerDuty calls nobody about it now, and the incident is still open"
    return Wish(name="ack", args={}, verb="ack", all_the_same=f"{told}: {rest}")


def _unacknowledged(event: Event, known: Known) -> Wish | None:
    if not known.history.state.status.active:
        return None
    who = "PagerDuty" if event.person is None else f"{_person(event)} in PagerDuty"
    return _fact(f"{_page_name(event)} is waiting for an acknowledgment again: {who} took it back")


def _resolved(event: Event, known: Known) -> Wish | None:
    page = event.page()
    if event.person is None or page is None or not known.history.state.status.active:
        # What Alertmanager resolves there, it tells us too.
        return None
    if _before_this_phase(event, known):
        return None
    if page.merged:
        into = page.resolve_reason.incident if page.resolve_reason is not None else None
        return _fact(f"Page {page.id} was merged into {f'page {into.id}' if into else 'another one'} in PagerDuty")
    told = f"Page {page.id} was resolved in PagerDuty"
    if known.others_open:
        more = "1 page goes" if known.others_open == 1 else f"{known.others_open} pages go"
        return _fact(f"{told}; {more} on", f"{told} by {_person(event)}, who may not do that here; {more} on")
    rest = "PagerDuty calls nobody about it now, and the incident goes on"
    why = f"{told} by {_person(event)}, who may not do that here: {rest}"
    return Wish(name="resolve", args={}, verb="resolve", all_the_same=why)


def _reopened(event: Event, known: Known) -> Wish | None:
    state = known.history.state
    ended = state.closed_at or state.resolved_at
    if state.status.active or (ended is not None and event.occurred_at < ended):
        return None
    return Wish(name="reopen", args={"reason": "reopened in PagerDuty"}, verb="reopen")


def _assigned(event: Event, known: Known) -> Wish | None:
    members = [name for one in _assignees(event) if (name := known.member(one.id))]
    if not members or known.history.state.assignee in members or _overtaken(event, known, Kind.ASSIGNED):
        return None
    return Wish(name="assign", args={"to": members[0]}, verb="assign")


def _escalated(event: Event, known: Known) -> Wish | None:
    if not known.history.state.status.active:
        return None
    names = [known.member(one.id) or plain(one.summary or one.id) for one in _assignees(event)]
    text = f"PagerDuty escalated to {', '.join(names) or 'the next level'}"
    return _fact(text, f"{text}; {_person(event)} asked for it")


def _priority(event: Event, known: Known) -> Wish | None:
    page = event.page()
    name = page.priority.summary if page is not None and page.priority is not None else None
    priority = ours(known.policy, name or "")
    same = not priority or priority == known.history.state.priority
    if same or _overtaken(event, known, Kind.PRIORITY_CHANGED):
        return None
    return Wish(name="priority", args={"priority": priority, "reason": "changed in PagerDuty"}, verb="priority")


def _annotated(event: Event, known: Known) -> Wish | None:
    about = event.about()
    text = (about.content or about.message).strip() if about is not None else ""
    return note(text) if text else None


def _help(event: Event, known: Known) -> Wish | None:
    about = event.about()
    asked = about.user or about.escalation_policy if about is not None else None
    if about is None or asked is None:
        return None
    who = known.member(asked.id) or plain(asked.summary or asked.id)
    if event.event_type == _REPLIED:
        return _fact(f"{who} {about.state} to help, in PagerDuty") if about.state in ("accepted", "declined") else None
    return _fact(
        f"{who} was asked to help, in PagerDuty{f': {about.message.strip()}' if about.message.strip() else ''}"
    )


def _before_this_phase(event: Event, known: Known) -> bool:
    """Whether the incident ended and came back since: what was done before says nothing about now."""
    phases = known.history.state.phases
    return len(phases) > 1 and event.occurred_at < phases[-1].start


def _overtaken(event: Event, known: Known, kind: Kind) -> bool:
    """Whether somebody decided otherwise since; that is on its way to PagerDuty."""
    return any(one.kind == kind and one.at > event.occurred_at for one in known.history.events)


def note(text: str) -> Wish:
    """A note of that text, which may be cut."""
    return Wish(name=NOTE, args={"text": text[:10_000]}, verb="note")


def _fact(text: str, all_the_same: str = "") -> Wish:
    """What PagerDuty says of itself, whoever made it so."""
    return replace(note(text), all_the_same=(all_the_same or text)[:10_000])


def _assignees(event: Event) -> Sequence[Reference]:
    page: Page | None = event.page()
    return [one for one in page.assignees if one.is_user] if page is not None else []


def _page_name(event: Event) -> str:
    told = event.told()
    return f"Page {told}" if told else "A page"


def _person(event: Event) -> str:
    return plain(event.person.summary or event.person.id) if event.person is not None else _NOBODY


def plain(name: str) -> str:
    """Somebody's name there, on one line."""
    return " ".join(name.split())[:60] or _NOBODY


_TYPES: Final[Mapping[str, Callable[[Event, Known], Wish | None]]] = {
    "incident.acknowledged": _acknowledged,
    "incident.unacknowledged": _unacknowledged,
    "incident.resolved": _resolved,
    "incident.reopened": _reopened,
    "incident.reassigned": _assigned,
    "incident.delegated": _assigned,
    "incident.escalated": _escalated,
    "incident.priority_updated": _priority,
    "incident.annotated": _annotated,
    "incident.status_update_published": _annotated,
    "incident.responder.added": _help,
    _REPLIED: _help,
}
ASSIGNING: Final = frozenset({"incident.reassigned", "incident.delegated", "incident.escalated"})
KNOWN_TYPES: Final = frozenset({*_TYPES, "incident.triggered"})
"""The events that say something to us; every other is thanked for."""

"""What an event of PagerDuty asks of the incident that it belongs to. Pure.

Events that only say what the incident says already ask nothing: so what the bot itself did there does not come back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from alerting.model.policy import Policy
from bots.event import BOT
from bots.incident import History
from bots.intake import Command, Denial, Intake
from bots.pagerduty.priorities import ours
from bots.pagerduty.wire import Event, Page, Reference
from bots.rights import rights
from bots.state import Status

SOURCE: Final = "pagerduty"
RELATION: Final = "pagerduty_incident"
_NOBODY: Final = "PagerDuty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the bot knows when the event comes."""

    policy: Policy
    history: History
    member: Callable[[str], str]
    """The member that a user of PagerDuty is here, by the user's id; empty for somebody else."""
    others_open: int
    """How many more pages the incident has there that are not resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A command, before it is known whether its author may give it."""

    name: str
    args: Mapping[str, Any]
    verb: str
    """The right that it needs."""


def intakes(event: Event, known: Known, received_at: datetime) -> tuple[Intake, ...]:
    """Commands in the name of whoever acted, or the denial of what they may not do."""
    at = min(event.occurred_at, received_at)
    found: list[Intake] = []
    page = event.page()
    if page is not None:
        found += link(known.history, page.id, page.html_url, at)
    meaning = _TYPES.get(event.event_type)
    wish = None if meaning is None else meaning(event, known)
    if wish is not None:
        found.append(_asked(event, known, wish, at))
    return tuple(found)


def link(history: History, page: str, url: str, at: datetime) -> tuple[Command, ...]:
    """Keeps in the record which page it is; nothing if it is there already."""
    known = any(one.url == url for one in history.state.inputs.links)
    if known or not url.startswith(("https://", "http://")):
        return ()
    return (
        Command(
            key=f"{SOURCE}:{page}:link",
            received_at=at,
            name="link",
            by=BOT,
            incident=history.number,
            args={"relation": RELATION, "url": url, "title": f"PagerDuty {page}"},
            source=SOURCE,
        ),
    )


def people_of(event: Event) -> tuple[Reference, ...]:
    """The users that have to be known before the event can be translated."""
    found = [event.person] if event.person is not None else []
    page = event.page()
    if page is not None and event.event_type in _ASSIGNING:
        found += [one for one in page.assignees if one.is_user]
    return tuple(found)


def _asked(event: Event, known: Known, wish: _Wish, at: datetime) -> Intake:
    key = f"{SOURCE}:{event.id}"
    person = event.person
    if person is None:
        return _command(key, at, wish, BOT, known.history.number)
    member = known.member(person.id)
    if member and rights(known.policy, member).may(wish.verb):
        return _command(key, at, wish, member, known.history.number)
    name = member or f"{SOURCE}:{_plain(person.summary or person.id)}"
    why = f"no role of {name} may {wish.verb}" if member else f"{name} is no member of a team by the e-mail there"
    return Denial(
        key=key,
        received_at=at,
        by=name,
        command=wish.name,
        reason=f"{why}; it happened in PagerDuty all the same",
        incident=known.history.number,
        args=wish.args,
        source=SOURCE,
    )


def _command(key: str, at: datetime, wish: _Wish, by: str, number: int) -> Command:
    return Command(key=key, received_at=at, name=wish.name, by=by, incident=number, args=wish.args, source=SOURCE)


def _acknowledged(event: Event, known: Known) -> _Wish | None:
    return _Wish(name="ack", args={}, verb="ack") if known.history.state.status is Status.OPEN else None


def _unacknowledged(event: Event, known: Known) -> _Wish | None:
    if not known.history.state.status.active:
        return None
    return _note(f"{_who(event)} is waiting for an acknowledgment again: PagerDuty took it back")


def _resolved(event: Event, known: Known) -> _Wish | None:
    page = event.page()
    if event.person is None or page is None or not known.history.state.status.active:
        # What Alertmanager resolves there, it tells us too.
        return None
    if page.merged:
        return _note(f"Page {page.id} was merged into another one in PagerDuty")
    if known.others_open:
        more = "1 page goes" if known.others_open == 1 else f"{known.others_open} pages go"
        return _note(f"Page {page.id} was resolved in PagerDuty; {more} on", "resolve")
    return _Wish(name="resolve", args={}, verb="resolve")


def _reopened(event: Event, known: Known) -> _Wish | None:
    if known.history.state.status.active:
        return None
    return _Wish(name="reopen", args={"reason": "reopened in PagerDuty"}, verb="reopen")


def _assigned(event: Event, known: Known) -> _Wish | None:
    members = [name for one in _assignees(event) if (name := known.member(one.id))]
    if not members or known.history.state.assignee in members:
        return None
    return _Wish(name="assign", args={"to": members[0]}, verb="assign")


def _escalated(event: Event, known: Known) -> _Wish | None:
    if not known.history.state.status.active:
        return None
    names = [known.member(one.id) or _plain(one.summary or one.id) for one in _assignees(event)]
    return _note(f"PagerDuty escalated to {', '.join(names) or 'the next level'}")


def _priority(event: Event, known: Known) -> _Wish | None:
    page = event.page()
    name = page.priority.summary if page is not None and page.priority is not None else None
    priority = ours(known.policy, name or "")
    if not priority or priority == known.history.state.priority:
        return None
    return _Wish(name="priority", args={"priority": priority, "reason": "changed in PagerDuty"}, verb="priority")


def _annotated(event: Event, known: Known) -> _Wish | None:
    about = event.about()
    text = (about.content or about.message).strip() if about is not None else ""
    return _note(text) if text else None


def _note(text: str, verb: str = "note") -> _Wish:
    return _Wish(name="note", args={"text": text[:10_000]}, verb=verb)


def _assignees(event: Event) -> Sequence[Reference]:
    page: Page | None = event.page()
    return [one for one in page.assignees if one.is_user] if page is not None else []


def _who(event: Event) -> str:
    page = event.page()
    return f"Page {page.id}" if page is not None else "A page"


def _plain(name: str) -> str:
    return " ".join(name.split())[:60] or _NOBODY


_TYPES: Final[Mapping[str, Callable[[Event, Known], _Wish | None]]] = {
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
}
_ASSIGNING: Final = frozenset({"incident.reassigned", "incident.delegated", "incident.escalated"})
KNOWN_TYPES: Final = frozenset({*_TYPES, "incident.triggered"})
"""The events that say something to us; every other is thanked for."""

"""From an event of PagerDuty to commands of whoever acted, or to the denial of what they may not do. Pure."""

from datetime import datetime
from typing import Final

from bots.commands.rights import rights
from bots.incident import History
from bots.pagerduty.meaning import ASSIGNING, NOTE, Known, Wish, meaning, note, plain
from bots.pagerduty.wire import Event, Reference
from bots.timeline.event import BOT
from bots.timeline.intake import Command, Denial, Intake

SOURCE: Final = "pagerduty"
RELATION: Final = "pagerduty_incident"


def intakes(event: Event, known: Known, received_at: datetime) -> tuple[Intake, ...]:
    """Commands in the name of whoever acted, or the denial of what they may not do."""
    at = min(event.occurred_at, received_at)
    found: list[Intake] = []
    page = event.page()
    if page is not None:
        found += link(known.history, page.id, page.html_url, at)
    wish = meaning(event, known)
    if wish is not None:
        found += _asked(event, known, wish, at)
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
    if page is not None and event.event_type in ASSIGNING:
        found += [one for one in page.assignees if one.is_user]
    return tuple(found)


def _asked(event: Event, known: Known, wish: Wish, at: datetime) -> tuple[Intake, ...]:
    key, number = f"{SOURCE}:{event.id}", known.history.number
    person = event.person
    if person is None:
        return (_command(key, at, wish, BOT, number),)
    member = known.member(person.id)
    if member and rights(known.policy, member).may(wish.verb):
        return (_command(key, at, wish, member, number),)
    name = member or f"{SOURCE}:{plain(person.summary or person.id)}"
    why = f"no role of {name} may {wish.verb}" if member else f"{name} is no member of a team by the e-mail there"
    denial = Denial(
        key=key,
        received_at=at,
        by=name,
        command=wish.name,
        reason=f"{why}; it happened in PagerDuty all the same",
        incident=number,
        args=wish.args,
        source=SOURCE,
    )
    if not wish.all_the_same:
        return (denial,)
    noted = _command(f"{key}:fact", at, note(wish.all_the_same), BOT, number)
    # What PagerDuty says of itself is no attempt at anything here.
    return (noted,) if wish.name == NOTE else (denial, noted)


def _command(key: str, at: datetime, wish: Wish, by: str, number: int) -> Command:
    return Command(key=key, received_at=at, name=wish.name, by=by, incident=number, args=wish.args, source=SOURCE)

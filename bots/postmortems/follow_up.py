"""Follow-ups of merged postmortems as issues somewhere: which are wanted, and opening each exactly once."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from alerting.model.policy import Policy
from alerting.model.team import Member, Team
from bots.destination import Limit, Settled
from bots.destinations import put
from bots.errors import Undeliverable
from bots.event import BOT, key_of
from bots.inbox import Inbox
from bots.intake import Command
from bots.outbox import Errand, Parcel
from bots.postmortems.document import Postmortem
from bots.state import Incident, incident_number

FOLLOW_UPS: Final = "follow_ups"
RELATION: Final = "follow_up"
"""Of the link by which an incident knows the issue."""
_SLACK: Final = timedelta(days=1)
"""Clocks and time zones differ: a listing begins so much before the first attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One issue."""

    key: str
    incident: str
    """Such as INC-7."""
    path: str
    """Of the postmortem."""
    url: str
    """Where the incident is shown; empty if nowhere."""
    title: str
    team: str
    owner: str
    """The member."""
    assignee: str
    """What the tracker calls the owner; empty if nobody knows."""
    due: date
    tracker: str
    project: str
    """Jira's project; empty for other trackers."""
    type: str
    """Jira's issue type; empty for other trackers."""


class Tracker(Protocol):
    """Where issues are opened."""

    @property
    def name(self) -> str:
        """What a follow-up's `tracker` calls it."""

    def create(self, wanted: Wanted, marker: str) -> str:
        """Opens the issue, marked, and gives its address; raises Unreachable, Undeliverable or Postponed."""

    def find(self, marker: str, since: datetime) -> str | None:
        """The address of the issue with that marker, among those made since then; raises Unreachable."""


def wanted(postmortem: Postmortem, incident: Incident, policy: Policy, url: str) -> Iterator[Wanted]:
    """The issues that a merged postmortem asks for and that its incident does not know yet."""
    opened = {link.title for link in incident.inputs.links if link.relation == RELATION}
    for one in postmortem.front.follow_ups:
        if one.title in opened:
            continue
        team = policy.teams.get(postmortem.front.team)
        tracker = one.tracker or ("jira" if team is not None and team.jira is not None else "github")
        jira = team.jira if team is not None and tracker == "jira" else None
        yield Wanted(
            key=key_of("follow-up", postmortem.front.incident, one.title),
            incident=postmortem.front.incident,
            path=postmortem.path,
            url=url,
            title=one.title,
            team=postmortem.front.team,
            owner=one.owner,
            assignee=_account(policy, one.owner, tracker),
            due=one.due,
            tracker=tracker,
            project=jira.project if jira else "",
            type=one.type or (jira.type if jira else ""),
        )


def _account(policy: Policy, owner: str, tracker: str) -> str:
    found = _member(policy.teams, owner)
    if found is None:
        return ""
    return (found.jira if tracker == "jira" else found.github) or ""


def _member(teams: Mapping[str, Team], name: str) -> Member | None:
    return next((member for team in teams.values() for member in team.members if member.name == name), None)


def errand(one: Wanted, event_key: str) -> Errand:
    """The errand that opens an issue; `event_key` is any event of the incident."""
    return Errand(
        destination=FOLLOW_UPS,
        key=one.key,
        # One that cannot be opened holds up no other.
        line=one.key,
        incident=incident_number(one.incident),
        event_key=event_key,
        payload=asdict(one) | {"due": one.due.isoformat()},
    )


def marker(one: Wanted) -> str:
    """What the issue carries, so that it can be found again: a word without spaces."""
    return f"tocsin-{one.incident.lower()}-{hashlib.sha256(one.key.encode()).hexdigest()[:12]}"


class FollowUps:
    """Opens the issues, and tells the incident their addresses."""

    name = FOLLOW_UPS
    limits: tuple[Limit, ...] = (Limit(calls=10, per_s=60),)
    workers = 1
    merges = False

    def __init__(self, trackers: Sequence[Tracker], inbox: Inbox, now: Callable[[], datetime]) -> None:
        """`trackers` are those that are configured."""
        self._trackers = {tracker.name: tracker for tracker in trackers}
        self._inbox = inbox
        self._now = now

    def deliver(self, parcel: Parcel) -> None:
        """Raises Unreachable or Postponed (later), Undeliverable where the tracker is not configured or refuses: the
        incident says so then."""
        one = wanted_of(parcel.payload)
        try:
            url = self._tracker(one).create(one, marker(one))
        except Undeliverable as error:
            self._say(one, parcel, str(error))
            raise
        self._link(one, parcel, url)

    def settle(self, parcel: Parcel) -> Settled:
        """Lists what was made since: an issue with our marker is the one."""
        one = wanted_of(parcel.payload)
        found = self._tracker(one).find(marker(one), parcel.created_at - _SLACK)
        if found is None:
            return Settled.REPEAT
        self._link(one, parcel, found)
        return Settled.HAPPENED

    def _tracker(self, one: Wanted) -> Tracker:
        found = self._trackers.get(one.tracker)
        if found is None:
            known = ", ".join(sorted(self._trackers)) or "none"
            raise Undeliverable(f"{one.title!r}: no {one.tracker} is configured; configured: {known}")
        return found

    def _link(self, one: Wanted, parcel: Parcel, url: str) -> None:
        command = Command(
            key=f"{one.key}:link",
            received_at=self._now(),
            name="link",
            by=BOT,
            incident=parcel.incident,
            args={"relation": RELATION, "url": url, "title": one.title},
            source=one.tracker,
        )
        # If there is no room, the next attempt finds the issue by its marker.
        put(self._inbox, command, unknown=True)

    def _say(self, one: Wanted, parcel: Parcel, why: str) -> None:
        text = f"The follow-up {one.title!r} could not be opened in {one.tracker}: {why}"
        command = Command(
            key=f"{one.key}:failed",
            received_at=self._now(),
            name="note",
            by=BOT,
            incident=parcel.incident,
            args={"text": text},
            source=FOLLOW_UPS,
        )
        put(self._inbox, command)


def wanted_of(payload: Mapping[str, Any]) -> Wanted:
    """The issue that a payload holds."""
    return Wanted(**{**payload, "due": date.fromisoformat(payload["due"])})

"""Follow-ups of merged postmortems as issues somewhere: which are wanted, and what each is known by. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from alerting.model.policy import Policy
from alerting.model.team import Member, Team
from bots.outbox import Errand
from bots.postmortems.document import Postmortem
from bots.timeline.event import key_of
from bots.timeline.state import Incident, incident_number

TRACKERS: Final = ("github", "jira")
"""What a follow-up's `tracker` may name."""
RELATION: Final = "follow_up"
"""Of the link by which an incident knows the issue."""


def destination(tracker: str) -> str:
    """What the queue of a tracker is called: each has its own, since one that is away holds up no other."""
    return f"follow_ups_{tracker}"


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
    since: datetime
    """When the incident was opened: the issue is not older."""
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

    @property
    def lag(self) -> timedelta:
        """How long after it was made an issue may be missing from what `find` looks at."""

    def create(self, wanted: Wanted, marker: str) -> str:
        """Opens the issue, marked, and gives its address; raises Unreachable, Undeliverable or Postponed."""

    def find(self, marker: str, since: datetime) -> str | None:
        """The address of the issue with that marker, among those made since then; raises Unreachable
        or Undeliverable."""


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
            since=incident.inputs.opened_at,
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
    """The errand that opens an issue; `event_key` is any event of the incident.

    It says which follow-up it is and no more: the rest is read when it is opened, as it is then.
    """
    key = key_of(one.key, one.tracker)
    return Errand(
        destination=destination(one.tracker),
        key=key,
        # One that cannot be opened holds up no other.
        line=key,
        incident=incident_number(one.incident),
        event_key=event_key,
        payload={"incident": incident_number(one.incident), "title": one.title},
    )


def marker(one: Wanted) -> str:
    """What the issue carries, so that it can be found again: a word without spaces."""
    return f"tocsin-{one.incident.lower()}-{hashlib.sha256(one.key.encode()).hexdigest()[:12]}"

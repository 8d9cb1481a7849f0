"""What somebody did to an incident's issue by hand, as what is asked of the incident. Pure."""

from typing import Final

from alerting.github.labels import DRILL, priority_label, state_label
from alerting.model.policy import Policy
from bots.directory import member_of_github
from bots.github.issue import labels_of, managed
from bots.github.spoken import Asked, mistaken
from bots.github.wire import IssuesEvent, User
from bots.incident import History
from bots.timeline.event_fields import PRIORITIES
from bots.timeline.state import Incident, Status

_BY_STATE: Final = {
    state_label(Status.ACKNOWLEDGED): "ack",
    state_label(Status.MITIGATED): "mitigate",
    state_label(Status.RESOLVED): "resolve",
    state_label(Status.CLOSED): "close",
}
PUT_BACK: Final = mistaken("")
"""The issue is to say again what the record says, and nobody has to be told."""


def aspect(event: IssuesEvent) -> str:
    """What of the issue an event changes, where the last change is the one that holds; empty for anything else."""
    if event.action in ("closed", "reopened"):
        return "open"
    if event.action in ("assigned", "unassigned"):
        return "assignee"
    if event.action == "labeled" and event.label is not None:
        kind, parted, _ = event.label.name.partition(": ")
        return kind if parted and managed(event.label.name) else ""
    return ""


def asked_by_hand(event: IssuesEvent, policy: Policy, history: History) -> Asked | None:
    """The command, or what is wrong with it; None where nothing of the incident is changed."""
    state = history.state
    if event.action == "labeled" and event.label is not None:
        return _labelled(event.label.name, state)
    if event.action == "unlabeled" and event.label is not None:
        return _unlabelled(event.label.name, event, state)
    if event.action == "assigned" and event.assignee is not None:
        return _assigned(event.assignee, policy, state)
    if event.action == "unassigned" and event.assignee is not None:
        name = member_of_github(policy, event.assignee.login)
        return Asked(name="unassign") if name is not None and name == state.assignee else None
    if event.action == "closed" and state.status is not Status.CLOSED:
        return Asked(name="resolve" if state.status.active else "close")
    if event.action == "reopened" and not state.status.active:
        return Asked(name="reopen")
    return None


def _labelled(label: str, state: Incident) -> Asked | None:
    if label in labels_of(state) or not managed(label):
        return None
    priority = label.removeprefix(priority_label(""))
    if priority in PRIORITIES:
        return Asked(name="priority", args={"priority": priority})
    if label in _BY_STATE:
        return Asked(name=_BY_STATE[label])
    if label == state_label(Status.OPEN):
        if state.status.active:
            return mistaken(f"{state.name} is {state.status}, and does not become open again by a label")
        return Asked(name="reopen")
    if label == DRILL:
        return mistaken(
            "whether it is a drill is said when it begins; afterwards /resolve drill or /close drill says it"
        )
    if label.startswith((priority_label(""), state_label(""))):
        return mistaken(f"no label {label[:50]!r}; expected one of {', '.join(_known())}")
    return mistaken(
        f"it is an incident of {state.service}, team {state.team}; /merge INC-3 makes it part of another one"
    )


def _known() -> list[str]:
    return [*map(priority_label, PRIORITIES), *map(state_label, Status)]


def _unlabelled(label: str, event: IssuesEvent, state: Incident) -> Asked | None:
    if label not in labels_of(state):
        return None
    kind, parted, _ = label.partition(": ")
    if not parted:
        return mistaken(
            f"the label {label} says what {state.name} is, so it stays; /close noise says that it was nothing"
        )
    # Of this kind there is one, and another one takes its place in two steps: that one is answered.
    swapped = any(other.name.startswith(f"{kind}: ") for other in event.issue.labels)
    return None if swapped else PUT_BACK


def _assigned(assignee: User, policy: Policy, state: Incident) -> Asked | None:
    name = member_of_github(policy, assignee.login)
    if name is None:
        return mistaken(nobody(assignee.login))
    return None if name == state.assignee else Asked(name="assign", args={"to": name})


def nobody(login: str) -> str:
    """What is said about an account that is no member's."""
    return f"{login[:40]} is nobody's account on GitHub in policies/teams; expected that of a member"

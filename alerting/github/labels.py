"""Labels of the issues that incidents are mirrored to."""

from dataclasses import dataclass
from typing import Final

from alerting.model.document_model import Priority
from alerting.model.policy import Policy

INCIDENT: Final = "incident"
DRILL: Final = "drill"
POSTMORTEM: Final = "postmortem"
ACTION_ITEM: Final = "action item"
DRIFT: Final = "drift"
STATES: Final = ("open", "acknowledged", "mitigated", "resolved", "closed")
LONGEST_NAME: Final = 50
LONGEST_DESCRIPTION: Final = 100
"""https://docs.github.com/en/rest/issues/labels#create-a-label"""
_COLORS: Final[dict[Priority, str]] = {"P0": "b60205", "P1": "d93f0b", "P2": "fbca04", "P3": "0e8a16", "P4": "c2e0c6"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label."""

    name: str
    color: str
    """Six hexadecimal digits."""
    description: str


def priority_label(priority: str) -> str:
    """Of incidents of a priority."""
    return f"priority: {priority}"


def state_label(state: str) -> str:
    """Of incidents in a state."""
    return f"state: {state}"


def service_label(service: str) -> str:
    """Of incidents of a service."""
    return _short(f"service: {service}", LONGEST_NAME)


def team_label(team: str) -> str:
    """Of incidents of a team."""
    return _short(f"team: {team}", LONGEST_NAME)


def labels(policy: Policy) -> tuple[Label, ...]:
    """Every label there is; services whose names begin alike for 41 characters share one."""
    found = [
        Label(name=INCIDENT, color="5319e7", description="One episode of trouble of one service"),
        Label(name=DRILL, color="d4c5f9", description="A rehearsal, which counts nowhere"),
        Label(name=POSTMORTEM, color="1d76db", description="What was learned from an incident"),
        Label(name=ACTION_ITEM, color="0052cc", description="Work that a postmortem asks for"),
        Label(name=DRIFT, color="e99695", description="What runs is not what the files say"),
    ]
    found += [
        Label(name=state_label(state), color="ededed", description=f"The incident is {state}") for state in STATES
    ]
    for priority, meaning in sorted(policy.severity.priorities.items()):
        found.append(_label(priority_label(priority), _COLORS[priority], meaning.means))
    for name, service in sorted(policy.services.items()):
        found.append(_label(service_label(name), "bfd4f2", service.description))
    for name, team in sorted(policy.teams.items()):
        found.append(_label(team_label(name), "bfdadc", team.description))
    return tuple({label.name: label for label in found}.values())


def _label(name: str, color: str, description: str) -> Label:
    return Label(name=name, color=color, description=_short(" ".join(description.split()), LONGEST_DESCRIPTION))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"

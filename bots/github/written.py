"""What was written to an issue last, as the mirror keeps it, and what has to be written now. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bots.github.issue import MAX_BODY, Issue, managed
from bots.github.markers import outside, replaced
from bots.github.pace import WINDOW_S
from bots.incident import History

_MOST_ASSIGNEES: Final = 10
"""https://docs.github.com/en/issues/tracking-your-work-with-issues/assigning-issues-and-pull-requests-to-other-github-users"""
_MOST_LABELS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """The issue as it is on GitHub, with what people did to it."""

    title: str
    body: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    open: bool
    author: str

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Current":
        """From GitHub's own form; a label may be a text or an object."""
        return cls(
            title=str(answer["title"]),
            body=str(answer.get("body") or ""),
            labels=tuple(one if isinstance(one, str) else str(one["name"]) for one in answer["labels"]),
            assignees=tuple(str(one["login"]) for one in answer.get("assignees") or ()),
            open=answer["state"] == "open",
            author=str((answer.get("user") or {}).get("login", "")),
        )

    def room(self, key: str) -> int:
        """What the bot's part of the body may take."""
        return MAX_BODY - outside(self.body, key)


def unchanged(state: Mapping[str, Any], issue: Issue) -> bool:
    """Whether the issue says already what it should."""
    return (
        state.get("title") == issue.title
        and state.get("digest") == issue.digest
        and state.get("open") == issue.open
        and tuple(state.get("labels", ())) == issue.labels
        and tuple(state.get("assignees", ())) == issue.assignees
    )


def changes(current: Current, state: Mapping[str, Any], issue: Issue, *, ours: bool, verdict: str) -> dict[str, Any]:
    """The fields that have to be written; what people wrote, labelled and assigned stays."""
    found: dict[str, Any] = {}
    if ours and state.get("title") != issue.title and current.title != issue.title:
        found["title"] = issue.title
    body = replaced(current.body, issue.section, issue.key)
    if body != current.body:
        found["body"] = body
    labels = [*(label for label in current.labels if not managed(label)), *issue.labels]
    if set(labels) != set(current.labels):
        found["labels"] = labels[-_MOST_LABELS:]
    assignees = _assignees(current.assignees, state.get("assignees", ()), issue.assignees)
    if {name.lower() for name in assignees} != {name.lower() for name in current.assignees}:
        found["assignees"] = assignees[:_MOST_ASSIGNEES]
    if issue.open and not current.open:
        found |= {"state": "open", "state_reason": "reopened"}
    if ours and current.open and not issue.open:
        # What people opened they close themselves.
        found |= {"state": "closed", "state_reason": "not_planned" if verdict in _NOT_PLANNED else "completed"}
    return found


_NOT_PLANNED: Final = ("noise", "duplicate")


def _assignees(current: Iterable[str], told: Iterable[str], wanted: Iterable[str]) -> list[str]:
    before = {name.lower() for name in told}
    wanted = tuple(wanted)
    kept = [name for name in current if name.lower() not in before]
    return list({name.lower(): name for name in (*wanted, *kept)}.values())


def written(
    state: Mapping[str, Any], issue: Issue, history: History, now: datetime, *, wrote: bool, **more: Any
) -> dict[str, Any]:
    """The state after a write, or after it was found that none is needed."""
    since = now.timestamp() - WINDOW_S
    writes = [at for at in state.get("writes", ()) if at > since] + ([now.timestamp()] if wrote else [])
    return {
        **state,
        "title": issue.title,
        "digest": issue.digest,
        "labels": list(issue.labels),
        "assignees": list(issue.assignees),
        "open": issue.open,
        "status": history.state.status.value,
        "priority": history.state.priority,
        "events": len(history.events),
        "writes": writes,
        **more,
    }


def unassigned(issue: Issue) -> Issue:
    """The issue where GitHub does not take those it should be assigned to."""
    return replace(issue, assignees=())

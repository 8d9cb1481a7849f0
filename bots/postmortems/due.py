"""What time makes due about postmortems: reminders until one is published, and the issues of what is merged. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from alerting.model.policy import Policy
from bots.clock import View
from bots.incident import History
from bots.numbers.completed import COMPLETE
from bots.numbers.due import within_of
from bots.outbox import Errand
from bots.postmortems.document import Postmortem
from bots.postmortems.follow_up import TRACKERS, Wanted, errand, wanted
from bots.postmortems.shelf import Merged
from bots.timeline.event import BOT, key_of
from bots.timeline.intake import Command
from bots.timeline.summary import Summary
from bots.words.phrases import duration

_REMINDERS: Final = (1 / 3, 2 / 3, 1.0)
"""Shares of the time that a postmortem has: 24 h, 48 h and 72 h of 72 h."""
_LOOK_BACK: Final = timedelta(days=30)
"""At least; twice the longest time that a postmortem may take, where that is more."""
_NOT_REAL: Final = ("noise", "duplicate", "drill")


class PostmortemsDue:
    """What is due, by what is merged."""

    __name__ = "postmortems"

    def __init__(
        self,
        merged: Callable[[], Merged | None],
        incident_url: Callable[[int], str],
        trackers: Collection[str] = TRACKERS,
        unreadable: Callable[[], Mapping[int, str]] = dict,
    ) -> None:
        """`merged` gives None while nobody knows; `incident_url` is where an incident is shown to people; `trackers`
        are those that are configured; `unreadable` says what is wrong with merged ones, by incident."""
        self._merged = merged
        self._incident_url = incident_url
        self._trackers = frozenset(trackers)
        self._unreadable = unreadable
        self._done: dict[int, tuple[Postmortem, Policy]] = {}
        """Those of whose follow-ups nothing is left to do: incidents of years ago are not read at every look."""

    def __call__(self, view: View, policy: Policy, now: datetime) -> Iterator[Command | Errand]:
        """Reminders and follow-ups."""
        merged, unreadable = self._merged(), self._unreadable()
        if merged is None:
            # A bot that has just started must not remind people of what they have merged.
            return
        for summary in view.ended(now - _look_back(policy)):
            if summary.number in unreadable:
                yield _not_readable(summary, unreadable[summary.number], now)
            yield from reminders(summary, merged.get(summary.number), policy, now)
        for number, postmortem in merged.items():
            seen, under = self._done.get(number, (None, None))
            if postmortem.front.follow_ups and not (seen is postmortem and under is policy):
                yield from self._follow_ups(view.get(number), postmortem, policy, now)

    def _follow_ups(
        self, history: History | None, postmortem: Postmortem, policy: Policy, now: datetime
    ) -> Iterator[Command | Errand]:
        if history is None:
            return
        number = history.number
        found = tuple(wanted(postmortem, history.state, policy, self._incident_url(number)))
        if not any(one.tracker in self._trackers for one in found):
            self._done[number] = (postmortem, policy)
        for one in found:
            known = one.tracker in self._trackers
            yield errand(one, history.events[0].key) if known else _not_configured(one, number, now)


def _not_configured(one: Wanted, number: int, now: datetime) -> Command:
    """Said once. There is nothing to try again before the bot is started with that tracker, and then it is looked."""
    return Command(
        key=key_of(one.key, "not configured", one.tracker),
        received_at=now,
        name="note",
        by=BOT,
        incident=number,
        args={
            "text": f"The follow-up {one.title!r} is not opened: no {one.tracker} is configured. "
            f"It is opened once it is; {one.owner} sees to it until {one.due}."
        },
        source="postmortem",
    )


def _not_readable(summary: Summary, wrong: str, now: datetime) -> Command:
    """Said once for what is wrong."""
    return Command(
        key=key_of("postmortem", str(summary.number), "unreadable", wrong),
        received_at=now,
        name="note",
        by=BOT,
        incident=summary.number,
        args={
            "text": f"The postmortem on the main branch cannot be read, so its follow-ups are not opened: "
            f"{wrong[:2000]}. Correct it there."
        },
        source="postmortem",
    )


def _look_back(policy: Policy) -> timedelta:
    times = (within_of(name, policy.severity) for name in policy.severity.priorities)
    return max([_LOOK_BACK, *(2 * one for one in times if one is not None)])


def reminders(summary: Summary, merged: Postmortem | None, policy: Policy, now: datetime) -> Iterator[Command]:
    """The newest reminder that is due for an incident whose postmortem is not published: those before it are not said
    late. `merged` is what the main branch has of it."""
    within = within_of(summary.priority, policy.severity)
    if within is None or summary.ended_at is None or not _wanted(summary):
        return
    if merged is not None and merged.front.status == COMPLETE:
        return
    past = [share for share in _REMINDERS if now >= summary.ended_at + share * within]
    if not past:
        return
    left = summary.ended_at + within - now
    key = key_of("postmortem", str(summary.number), summary.ended_at.isoformat(), f"{past[-1]:.2f}")
    yield Command(
        key=key,
        received_at=now,
        name="note",
        by=BOT,
        incident=summary.number,
        args={"text": f"{_said(summary, left, within)}: {_left_to_do(merged)}."},
        source="postmortem",
    )


def _wanted(summary: Summary) -> bool:
    return not summary.drill and summary.duplicate_of is None and summary.verdict not in _NOT_REAL


def _said(summary: Summary, left: timedelta, within: timedelta) -> str:
    whose = f"{summary.assignee}, it" if summary.assignee else f"Team {summary.team}, it"
    if left > timedelta(0):
        return f"The postmortem is due in {duration(left)}. {whose} waits for you"
    return (
        f"The postmortem is overdue: it was due within {duration(within)} after the incident ended. "
        f"{whose} waits for you"
    )


def _left_to_do(merged: Postmortem | None) -> str:
    if merged is None:
        return "finish the draft and merge it"
    return f"it is merged with `status: {merged.front.status}`; finish it and set `status: {COMPLETE}`"

"""Keeps one issue for each incident: opened once, brought up to date, never deleted, people's words left alone."""

import contextlib
import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bots.destinations import put
from bots.errors import Postponed, Undeliverable, Unreachable
from bots.github.budget import Urgency
from bots.github.calls import CLOSED, Calls, Lost, closed
from bots.github.client import GitHub
from bots.github.comments import SETTLES, told_before
from bots.github.errors import Gone, Refused
from bots.github.issue import LINK, Issue, issue_of
from bots.github.markers import begin, has
from bots.github.overwritten import overwrote, restored
from bots.github.pace import STORM, WINDOW_S, pace
from bots.github.written import Current, changes, unassigned, unchanged, written
from bots.incident import History
from bots.integration import Toolbox
from bots.outbound.mirror import Mirror, Mirrored
from bots.timeline.event import BOT
from bots.timeline.intake import Command

_OPEN: Final = "open"
_NEW: Final = timedelta(minutes=2)
"""An incident that is older may have an issue that an earlier bot's folder knew."""
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_RECALLED: Final = 200
"""The newest incidents are those on whose issues people still write."""
_log = logging.getLogger(__name__)


class Issues:
    """Used by the thread of the destination."""

    def __init__(self, github: GitHub, tools: Toolbox, mirror: Mirror) -> None:
        """`mirror` remembers which issue is whose, and what it says."""
        self._github = github
        self._tools = tools
        self._mirror = mirror
        self._calls = Calls(github)

    def bring(self, history: History, *, check: bool = False) -> Mirrored | None:
        """Makes the issue say what the record says; gives what is remembered of it, or None if people deleted it.

        `check` compares with GitHub even if nothing changed on our side. Raises Unreachable, Postponed, Undeliverable.
        """
        known = self._mirror.get(history.number) or self._linked(history)
        if known is None:
            return self._open(history)
        if known.state.get("gone"):
            return None
        return self._update(history, known, check=check)

    def recall(self) -> None:
        """Takes the issues that the record names into an empty memory: the folder of the bot is a new one."""
        reading = self._tools.reading
        for summary in reading.find(limit=_RECALLED):
            if self._mirror.get(summary.number) is None and (history := reading.get(summary.number)) is not None:
                known = self._linked(history)
                if known is not None:
                    self._mirror.put(history.number, known.remote, {})

    def _issue(self, history: History, **more: Any) -> Issue:
        tools = self._tools
        return issue_of(history, tools.policy(), tools.public_url(), tools.now(), **more)

    # opening

    def _linked(self, history: History) -> Mirrored | None:
        """The issue that the record names: declared there, or opened by a bot whose folder was lost."""
        remote = issue_number(history, self._github.repository)
        return None if remote is None else Mirrored(incident=history.number, remote=str(remote), state={})

    def _open(self, history: History) -> Mirrored:
        number, now = history.number, self._tools.now()
        intended = self._mirror.intended(number, _OPEN)
        opened_at = history.state.inputs.opened_at
        if intended is not None or now - opened_at > _NEW:
            found = self._find(history, min(intended or opened_at, opened_at))
            if found is not None:
                return self._adopt(history, found)
            if intended is not None:
                if now - intended < SETTLES:
                    still_s = (SETTLES - (now - intended)).total_seconds()
                    raise Postponed(still_s, "whether it was opened is not known yet")
                # The next attempt has to be waited for as long.
                self._mirror.settle(number, _OPEN)
        issue = self._issue(history)
        made = self._create(number, issue)
        state = written({}, issue, history, now, wrote=True, ours=True, told=told_before(history))
        return self._remember(history, made, state)

    def _create(self, number: int, issue: Issue) -> Mapping[str, Any]:
        body = {
            "title": issue.title,
            "body": issue.body,
            "labels": list(issue.labels),
            "assignees": list(issue.assignees),
        }
        try:
            made: Mapping[str, Any] = self._github.write(
                "POST",
                "issues",
                body,
                Urgency.OPEN,
                before=lambda: self._mirror.intend(number, _OPEN, self._tools.now()),
            )
        except Unreachable as error:
            if not error.unknown:
                self._mirror.settle(number, _OPEN)
            raise
        except Refused as error:
            self._mirror.settle(number, _OPEN)
            if error.status == 422 and issue.assignees:
                _log.warning("GitHub does not take %s as assignees: %s", ", ".join(issue.assignees), error)
                return self._create(number, unassigned(issue))
            if error.status in CLOSED:
                raise closed(error) from error
            raise
        return made

    def _find(self, history: History, since: datetime) -> Mapping[str, Any] | None:
        """Our own issue of the incident, by listing what we opened: the search index lags by minutes."""
        marker, listed = begin(history.events[0].id), self._github.own_issues(since - _CLOCKS_DIFFER)
        return next((one for one in listed if has(str(one.get("body") or ""), marker)), None)

    def _adopt(self, history: History, found: Mapping[str, Any]) -> Mirrored:
        known = self._remember(history, found, {"ours": True})
        return self._update(history, known, check=True) or known

    def _remember(self, history: History, made: Mapping[str, Any], state: Mapping[str, Any]) -> Mirrored:
        # The link first: with it in the record, not even a lost folder leads to a second issue.
        remote = str(int(made["number"]))
        put(self._tools.inbox, link_command(history, str(made["html_url"]), remote, self._tools.now()))
        self._mirror.put(history.number, remote, state, settles=_OPEN)
        return Mirrored(incident=history.number, remote=remote, state=state)

    # keeping up to date

    def _update(self, history: History, known: Mirrored, *, check: bool) -> Mirrored | None:
        now = self._tools.now()
        fresh = "digest" not in known.state
        issue = self._issue(history)
        if not check and not fresh and unchanged(known.state, issue):
            return known
        storm = self._github.budget.recent(WINDOW_S) >= STORM
        due = pace(known.state, history, now, storm=storm)
        if due.wait_s > 0 and not check and not fresh:
            raise Postponed(due.wait_s, f"INC-{history.number}: alerts change; gathered for {due.wait_s:.0f} s")
        return self._write(history, known, issue, Urgency.PEOPLE if check else due.urgency)

    def _write(self, history: History, known: Mirrored, issue: Issue, urgency: Urgency) -> Mirrored | None:
        seen: list[Current] = []

        def wanted() -> dict[str, Any]:
            current = self._calls.look(known.remote)
            seen.append(current)
            ours, fitting = self._is_ours(current), self._fitting(history, issue, current)
            return changes(current, known.state, fitting, ours=ours, verdict=history.state.verdict)

        try:
            wrote = self._calls.change(known.remote, wanted, urgency)
        except Lost as lost:
            self._lose(known, lost.error)
            return None
        more = {"ours": self._is_ours(seen[-1]), **overwrote(known.state, seen[-1], wrote, issue.key)}
        state = written(known.state, issue, history, self._tools.now(), wrote=bool(wrote), **more)
        self._mirror.put(history.number, known.remote, state)
        return Mirrored(incident=history.number, remote=known.remote, state=state)

    def restore(self, history: History, lost: Mapping[str, str]) -> None:
        """Gives people back what a write of the bot's took away. Raises Unreachable, Postponed, Undeliverable."""
        known = self._mirror.get(history.number)
        if known is not None and not known.state.get("gone"):
            with contextlib.suppress(Lost):
                self._calls.change(
                    known.remote,
                    lambda: restored(self._calls.look(known.remote), lost, history.events[0].id),
                    Urgency.PEOPLE,
                )

    def _is_ours(self, current: Current) -> bool:
        return current.author == self._github.identify()

    def _fitting(self, history: History, issue: Issue, current: Current) -> Issue:
        room = current.room(issue.key)
        if len(issue.body) <= room:
            return issue
        try:
            return self._issue(history, room=room)
        except ValueError as error:
            raise Undeliverable(f"INC-{history.number}: the body of its issue is full: {error}") from error

    def _lose(self, known: Mirrored, error: Refused) -> None:
        why = "it was deleted" if isinstance(error, Gone) else "it was moved"
        _log.warning("INC-%d: its issue #%s is not there any more (%s): %s", known.incident, known.remote, why, error)
        self._mirror.put(known.incident, known.remote, {**known.state, "gone": True})


def issue_number(history: History, repository: str) -> int | None:
    """The issue that the record links the incident to, if it is one of the repository."""
    pattern = re.compile(rf"https?://[^/]+/{re.escape(repository)}/issues/(\d{{1,9}})", re.IGNORECASE)
    links = (link.url for link in history.state.inputs.links if link.relation == LINK)
    return next((int(match[1]) for url in links if (match := pattern.fullmatch(url))), None)


def link_command(history: History, url: str, remote: str, now: datetime) -> Command:
    """Tells the record which issue it is; the same for the same issue."""
    return Command(
        key=f"github issue {remote} of {history.events[0].id}",
        received_at=now,
        name="link",
        by=BOT,
        incident=history.number,
        args={"relation": LINK, "url": url, "title": f"issue {remote}"},
        source="github",
    )

"""Comments and new incidents that no webhook told of, found by looking.

For bots that no webhook reaches, and for what got lost where GitHub does not let lost deliveries be asked for, or not
any more. What is found goes into the inbox as a webhook would have told it, so that what is told as well is heard once.
Labels, assignees and closing by hand are told by webhooks only.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from alerting.github.labels import INCIDENT
from bots.github.client import GitHub
from bots.github.comments import SOURCE
from bots.github.wire import seal
from bots.inbox import Inbox, Lane
from bots.outbound.mirror import Mirror
from bots.timeline.event import parse_time, time_text

_TOLD_WITHIN: Final = timedelta(seconds=30)
"""A webhook may still be on its way for so long."""


class Looking:
    """Used by the thread that looks after deliveries."""

    def __init__(self, github: GitHub, inbox: Inbox, mirror: Mirror, now: Callable[[], datetime]) -> None:
        """`mirror` tells which issue is whose, and which comments were heard."""
        self._github = github
        self._inbox = inbox
        self._mirror = mirror
        self._now = now

    def look(self, since: datetime) -> int:
        """Hears what was written since an instant; gives how much that is.

        Raises Unreachable, Refused, Overloaded or StorageFull.
        """
        first = time_text(since.replace(microsecond=0))
        found = [*self._comments(first), *self._declared(first)]
        for event, delivery, payload in found:
            where = {"id": 0, "full_name": self._github.repository}
            row = seal(event, delivery, orjson.dumps({**payload, "repository": where}))
            self._inbox.put_now(SOURCE, Lane.PEOPLE, row, self._now())
        return len(found)

    def _comments(self, since: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        issues: dict[str, Any] = {}
        for one in self._github.pages("issues/comments", since=since, sort="updated", direction="asc"):
            number, name, at = str(one["issue_url"]).rsplit("/", 1)[1], comment_name(one["id"]), str(one["updated_at"])
            if not self._is_persons(one) or not self._is_due(at) or self._mirror.find(number) is None:
                continue
            heard = self._mirror.part(name)
            if heard is not None and str(heard.state["at"]) >= at:
                continue
            if number not in issues:
                issues[number] = self._github.get(f"issues/{number}")
            about = {"comment": one, "issue": issues[number], "sender": one["user"]}
            if heard is None:
                yield "issue_comment", f"found {name} {at}", {**about, "action": "created"}
            else:
                # What it said before is not known: its notes are corrected, and no command is given twice.
                changes = {"body": {"from": one["body"]}}
                yield "issue_comment", f"found {name} {at}", {**about, "action": "edited", "changes": changes}

    def _declared(self, since: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        for one in self._github.pages("issues", labels=INCIDENT, state="open", since=since):
            known = "pull_request" in one or self._mirror.find(str(one["number"])) is not None
            if not known and self._is_persons(one) and self._is_due(str(one["updated_at"])):
                about = {"action": "opened", "issue": one, "sender": one["user"]}
                yield "issues", f"found issue {one['number']}", about

    def _is_persons(self, one: Mapping[str, Any]) -> bool:
        user = one.get("user") or {}
        return bool(user) and user.get("type") != "Bot" and user.get("login") != self._github.identify()

    def _is_due(self, at: str) -> bool:
        return self._now() - parse_time(at) >= _TOLD_WITHIN


def comment_name(number: int) -> str:
    """What the memory of the mirror calls a comment that was heard."""
    return f"comment {number}"

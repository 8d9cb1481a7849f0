"""Webhook deliveries that did not arrive: GitHub never sends them again by itself, so the bot asks it to.

https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bots.errors import DestinationError, Overloaded, StorageFull, Unreachable
from bots.github.client import GitHub
from bots.github.errors import Refused
from bots.github.looking import Looking
from bots.inbox import Inbox
from bots.timeline.event import parse_time

EVERY_S: Final = 30.0
_KEPT: Final = timedelta(days=3)
"""So long GitHub knows a delivery."""
_FIRST: Final = timedelta(seconds=30)
_LONGEST: Final = timedelta(hours=1)
_OVERLAP: Final = timedelta(minutes=2)
"""A delivery may be listed a little after it was made."""
_SINCE: Final = "github_deliveries"
_PAGE: Final = 100
_AT_A_TIME: Final = 60
"""Deliveries that are asked for in one look: more in a minute is more than GitHub allows."""
_EXPECTED: Final = (DestinationError, Overloaded, StorageFull)
_log = logging.getLogger(__name__)


def missed(deliveries: Iterable[Mapping[str, Any]], now: datetime) -> tuple[int, ...]:
    """The newest attempt of every delivery of which none arrived and whose time has come, oldest first. Pure.

    The first is asked for at once. Then the time between attempts doubles: what is refused each time must not be asked
    for every minute for three days.
    """
    arrived: set[str] = set()
    attempts: dict[str, list[tuple[datetime, int]]] = {}
    for one in deliveries:
        guid, at = str(one["guid"]), parse_time(str(one["delivered_at"]))
        attempts.setdefault(guid, []).append((at, int(one["id"])))
        if 200 <= int(one["status_code"]) < 300:
            arrived.add(guid)
    newest = [
        max(tried)
        for guid, tried in attempts.items()
        if guid not in arrived and now >= max(tried)[0] + _wait(len(tried))
    ]
    return tuple(number for _, number in sorted(newest))


def _wait(attempts: int) -> timedelta:
    return min(_FIRST * 2 ** (attempts - 2), _LONGEST) if attempts > 1 else timedelta()


class Deliveries:
    """A thread that looks at GitHub's list of deliveries."""

    def __init__(
        self,
        github: GitHub,
        inbox: Inbox,
        looking: Looking,
        public_url: Callable[[], str],
        now: Callable[[], datetime],
        *,
        webhook: bool = True,
    ) -> None:
        """`inbox` remembers up to when everything has arrived; `looking` finds what nobody told of.

        `webhook` is whether one leads to the bot at all.
        """
        self._github = github
        self._looking = looking
        self._webhook = webhook
        self._inbox = inbox
        self._public_url = public_url
        self._now = now
        self._hook = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="github-deliveries", daemon=True)

    def start(self) -> None:
        """Looks from now on, soon for the first time: the bot has been away."""
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> int:
        """Has what did not arrive sent again; gives how many.

        Raises Unreachable, Refused, Overloaded or StorageFull.
        """
        now = self._now()
        known = self._inbox.fact(_SINCE)
        since = max(parse_time(known), now - _KEPT) if known else now - _KEPT
        if known and parse_time(known) < since:
            # The bot was away for longer than GitHub remembers.
            self._looking.look(parse_time(known))
        hook = self._found()
        listed = list(self._listed(hook, since))
        again = missed(listed, now)[:_AT_A_TIME]
        for number in again:
            self._github.hook("POST", f"{hook}/deliveries/{number}/attempts")
        if again:
            _log.warning("GitHub: %d deliveries had not arrived; they are sent again", len(again))
        waiting = missed(listed, now + _LONGEST)
        # What has not arrived is looked at next time too, and nothing before it.
        oldest = min((parse_time(str(one["delivered_at"])) for one in listed if int(one["id"]) in waiting), default=now)
        self._inbox.remember(_SINCE, (min(oldest, now) - _OVERLAP).isoformat())
        return len(again)

    def look_instead(self) -> int:
        """Looks for what was written, where deliveries cannot be listed; gives how much was found. Raises as `look`."""
        now = self._now()
        known = self._inbox.fact(_SINCE)
        found = self._looking.look(parse_time(known) if known else now - _OVERLAP)
        self._inbox.remember(_SINCE, (now - _OVERLAP).isoformat())
        return found

    def _listed(self, hook: str, since: datetime) -> Iterable[Mapping[str, Any]]:
        for one in self._github.hook_pages(f"{hook}/deliveries", per_page=_PAGE):
            if parse_time(str(one["delivered_at"])) < since:
                return
            yield one

    def _found(self) -> str:
        """The path of the webhook that leads here: the App's own, or one of the repository."""
        if not self._hook:
            wanted = f"{self._public_url()}/github"
            if self._github.is_app and self._address("/app/hook/config") == wanted:
                self._hook = "/app/hook"
                return self._hook
            for one in self._github.hook("GET", "hooks", per_page=_PAGE):
                if str(one["config"].get("url", "")).rstrip("/") == wanted:
                    self._hook = f"hooks/{int(one['id'])}"
                    return self._hook
            raise Unreachable(f"no webhook of {self._github.repository} leads to {wanted}")
        return self._hook

    def _address(self, path: str) -> str:
        try:
            return str(self._github.hook("GET", path).get("url") or "").rstrip("/")
        except Refused:
            # An App without a webhook.
            return ""

    def _run(self) -> None:
        wait_s, said = 0.0, ""
        while not self._stopping.wait(wait_s):
            wait_s = EVERY_S
            try:
                why, wait_s = self._turn()
                if why and why != said:
                    said = why
                    _log.warning("GitHub's deliveries cannot be looked at: %s", said)
            except Exception:
                _log.exception("looking at GitHub's deliveries failed in an unforeseen way")

    def _turn(self) -> tuple[str, float]:
        """Why deliveries could not be looked at, if they could not, and for how many seconds to wait."""
        why, wait_s = "", EVERY_S
        if self._webhook:
            try:
                self.look()
                return why, wait_s
            except _EXPECTED as error:
                # It may be another webhook by now.
                self._hook = ""
                why, wait_s = f"{error}{_hint(error)}", max(wait_s, getattr(error, "after_s", None) or 0.0)
        try:
            self.look_instead()
        except _EXPECTED as error:
            why, wait_s = why or str(error), max(wait_s, getattr(error, "after_s", None) or 0.0)
        return why, wait_s


def _hint(error: Exception) -> str:
    if not isinstance(error, Refused):
        return ""
    return "; the bot needs Webhooks, read and write, in this repository; meanwhile it looks for comments itself"

"""The members of the GitHub teams that grants name, asked for now and then and kept over restarts.

https://docs.github.com/en/rest/teams/members#list-team-members
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from alerting.model.policy import Policy
from bots.access.memberships import Teams, wanted
from bots.errors import DestinationError, StorageFull
from bots.timeline.event import parse_time, time_text

_FACT: Final = "github teams"
_EVERY_S: Final = 300.0
STALE: Final = timedelta(days=1)
"""Members that could not be asked for so long count no more: somebody who left must not keep a right for ever."""
_log = logging.getLogger(__name__)


class Lists(Protocol):
    """GitHub's API, as far as it is needed here."""

    @property
    def repository(self) -> str:
        """`owner/name`; the owner is the organisation whose teams are meant."""

    def pages(self, path: str) -> Any:
        """The items of a list. Raises Unreachable, Postponed or Undeliverable."""


class Facts(Protocol):
    """Small texts that survive a restart."""

    def fact(self, name: str) -> str | None:
        """One of them; None if there is none."""

    def remember(self, name: str, value: str) -> None:
        """Keeps one. Raises StorageFull."""


class GitHubTeams:
    """One thread that asks; whoever reads sees whole answers only."""

    def __init__(
        self,
        api: Lists,
        facts: Facts,
        policy: Callable[[], Policy],
        now: Callable[[], datetime],
        *,
        every_s: float = _EVERY_S,
    ) -> None:
        """Continues with what an earlier process was told."""
        self._api = api
        self._facts = facts
        self._policy = policy
        self._now = now
        self._every_s = every_s
        self._known = _read(facts.fact(_FACT))
        self._complaints: dict[str, str] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="github-teams", daemon=True)

    @property
    def teams(self) -> Teams:
        """The members that are known and not stale."""
        oldest = self._now() - STALE
        return {slug: logins for slug, (logins, at) in self._known.items() if at >= oldest}

    def start(self) -> None:
        """Asks now, and then every few minutes."""
        self._thread.start()

    def stop(self) -> None:
        """Asks no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Asks once about every team that a grant names; one that cannot be asked keeps what is known of it."""
        found = dict(self._known)
        for slug in (slugs := wanted(self._policy())):
            try:
                found[slug] = (self._ask(slug), self._now())
                self._complaints.pop(slug, None)
            except DestinationError as error:
                self._complain(slug, str(error))
        known = {slug: found[slug] for slug in slugs if slug in found}
        if known != self._known:
            self._known = known
            self._facts.remember(_FACT, _text(known))

    def _ask(self, slug: str) -> tuple[str, ...]:
        owner = self._api.repository.split("/")[0]
        listed = self._api.pages(f"/orgs/{owner}/teams/{slug}/members")
        return tuple(sorted({str(one["login"]).lower() for one in listed}))

    def _complain(self, slug: str, why: str) -> None:
        if self._complaints.get(slug) != why:
            _log.warning("the members of the GitHub team %s cannot be asked for: %s", slug, why)
        self._complaints[slug] = why

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
            except StorageFull as error:
                _log.warning("the members of GitHub teams are not kept: %s", error)
            except Exception:
                _log.exception("a look at the teams on GitHub failed; the next one starts anew")
            self._stopping.wait(self._every_s)


_Known = Mapping[str, tuple[tuple[str, ...], datetime]]


def _text(known: _Known) -> str:
    return json.dumps({slug: [list(logins), time_text(at)] for slug, (logins, at) in known.items()})


def _read(text: str | None) -> _Known:
    found: dict[str, Any] = json.loads(text) if text else {}
    return {slug: (tuple(logins), parse_time(at)) for slug, (logins, at) in found.items()}

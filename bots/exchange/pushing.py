"""Bringing the records to the remote, and others' changes back. Safe beside the thread that commits."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pygit2

from bots.errors import Unreachable
from bots.exchange.rebase import rebase
from bots.git import git_remote
from bots.git.volume import writing
from bots.opening import FETCHED
from bots.store import TRACKING, Store

_ATTEMPTS: Final = 5
_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What the remote has now."""

    tip: str | None
    reloaded: bool = False
    """Others had changed the branch; our events are on top of theirs."""
    renumbered: Mapping[int, int] = field(default_factory=dict)
    """Incidents of ours whose number others had given away, and their new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpushed:
    """What the remote does not have yet."""

    commits: int
    since: datetime | None
    """When the oldest of them was made."""


class Pusher:
    """Pushes and fetches, one at a time."""

    def __init__(self, store: Store, *, timeout_s: float = _TIMEOUT_S) -> None:
        """`timeout_s` is for each call of git."""
        self._store = store
        self._timeout_s = timeout_s
        self._busy = threading.Lock()

    def push(self) -> Pushed:
        """Makes the remote's branch equal to ours; where it has moved, ours is first brought onto it.

        Raises Unreachable if the remote is away, Undeliverable if it refuses: what is recorded here stays recorded, and
        a later push brings it.
        """
        with self._busy:
            reloaded, renumbered = False, dict[int, int]()
            for _ in range(_ATTEMPTS):
                tip = self._store.tip()
                if tip is None or self._store.remote is None or tip == self._store.pushed_tip():
                    return self._pushed(tip, reloaded, renumbered)
                target = f"{tip}:refs/heads/records"
                if git_remote.push(self._store.path, target, timeout_s=self._timeout_s):
                    self._remember(tip)
                    return self._pushed(tip, reloaded, renumbered)
                renumbered |= self._bring_in()
                reloaded = True
            raise Unreachable(f"the remote's branch moved {_ATTEMPTS} times during the push")

    def pull(self) -> Pushed:
        """Takes in what others changed on the remote, such as a redaction; pushes nothing."""
        with self._busy:
            if self._store.remote is None:
                return self._pushed(self._store.tip(), False, {})
            generation = self._store.generation
            renumbered = self._bring_in()
            return self._pushed(self._store.tip(), self._store.generation != generation, renumbered)

    def unpushed(self) -> Unpushed:
        """How much the remote is behind."""
        store = self._store
        with store.changing:
            tip, pushed = store.tip(), store.pushed_tip()
            if tip is None or tip == pushed or store.remote is None:
                return Unpushed(commits=0, since=None)
            walker = store.repository.walk(tip, pygit2.enums.SortMode.TOPOLOGICAL)
            if pushed is not None:
                walker.hide(pushed)
            times = [commit.commit_time for commit in walker]
            since = datetime.fromtimestamp(min(times), UTC) if times else None
            return Unpushed(commits=len(times), since=since)

    def _pushed(self, tip: pygit2.Oid | None, reloaded: bool, renumbered: Mapping[int, int]) -> Pushed:
        return Pushed(tip=None if tip is None else str(tip), reloaded=reloaded, renumbered=renumbered)

    def _remember(self, tip: pygit2.Oid) -> None:
        with self._store.changing, writing():
            self._store.repository.references.create(TRACKING, tip, force=True)

    def _bring_in(self) -> Mapping[int, int]:
        """Fetches, and puts our unpushed events onto what was fetched."""
        store = self._store
        base = store.pushed_tip()
        if not git_remote.fetch(store.path, FETCHED, timeout_s=self._timeout_s):
            self._forget()
            return {}
        with store.changing:
            ours, theirs = store.tip(), store.pushed_tip()
            if theirs is None or ours == theirs:
                return {}
            if ours is None:
                store.moved(theirs)
                return {}
            if store.repository.descendant_of(ours, theirs):
                return {}
            with writing():
                done = rebase(store, base=base, ours=ours, theirs=theirs)
            store.moved(done.tip)
            return done.renumbered

    def _forget(self) -> None:
        """The remote has no such branch (any more): everything has to be pushed."""
        with self._store.changing, writing():
            if TRACKING in self._store.repository.references:
                self._store.repository.references.delete(TRACKING)

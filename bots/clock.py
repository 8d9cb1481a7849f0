"""What is due because time has passed: reminders, escalations, handoffs. Each is said once, also over a restart.

A `Due` is a pure function of the incidents, the policy and the time. It may say the same again at every look: the
key of what it says decides, and what has been said is kept on the disk with the errand itself. So a bot that was down
says late what is still due, and never twice.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from alerting.model.policy import Policy
from bots.errors import Overloaded, StorageFull
from bots.inbox import Inbox, Lane
from bots.incident import History
from bots.instants import to_us
from bots.journal import Journal
from bots.outbox import Errand, Outbox
from bots.timeline.envelope import seal
from bots.timeline.intake import Command
from bots.timeline.summary import Summary

SCHEMA: Final = "CREATE TABLE IF NOT EXISTS told (key TEXT PRIMARY KEY, at_us INTEGER NOT NULL);"
KEEP: Final = timedelta(days=400)
"""How long a key is remembered; nothing is due for longer."""
_EVERY_S: Final = 5.0
_ASLEEP: Final = 9
"""So many times longer asleep than awake: with thousands of incidents a look is dear, and deliveries come first."""
_MOST_ACTIVE: Final = 2_000
"""Incidents that go on, looked at in one tick: more than people could be reminded of."""
_log = logging.getLogger(__name__)


class View(Protocol):
    """The incidents at one moment."""

    def active(self) -> Sequence[History]:
        """Those that go on, newest first."""

    def ended(self, since: datetime) -> Sequence[Summary]:
        """Those that ended at or after an instant, newest first."""

    def get(self, number: int) -> History | None:
        """One with its timeline; None if there is none of that number."""


Due = Callable[[View, Policy, datetime], Iterable[Command | Errand]]
"""What is due; pure. Commands and errands carry keys that are the same at every look."""


class Finds(Protocol):
    """Where incidents are read, `bots.reading.Reading`."""

    def get(self, number: int) -> History | None:
        """One with its timeline."""

    def find(self, *, active: bool | None = None, limit: int = 50) -> list[Summary]:
        """Several, newest first."""


class Look:
    """The incidents as they are read during one tick, each at most once."""

    def __init__(self, reading: Finds) -> None:
        """Reads nothing yet."""
        self._reading = reading
        self._active: tuple[History, ...] | None = None
        self._over: list[Summary] | None = None

    def active(self) -> Sequence[History]:
        """Those that go on, newest first."""
        if self._active is None:
            found = (self.get(one.number) for one in self._reading.find(active=True, limit=_MOST_ACTIVE))
            self._active = tuple(one for one in found if one is not None and one.state.status.active)
        return self._active

    def ended(self, since: datetime) -> Sequence[Summary]:
        """Those that ended at or after an instant, newest first."""
        if self._over is None:
            self._over = self._reading.find(active=False, limit=_MOST_ACTIVE)
        return [one for one in self._over if one.ended_at is not None and one.ended_at >= since]

    def get(self, number: int) -> History | None:
        """One with its timeline; None if there is none of that number."""
        return self._reading.get(number)


class Clock:
    """One thread that asks every `Due` every few seconds and passes on what is new."""

    def __init__(
        self,
        dues: Sequence[Due],
        *,
        view: Callable[[], View],
        policy: Callable[[], Policy],
        inbox: Inbox,
        outbox: Outbox,
        journal: Journal,
        now: Callable[[], datetime],
        released: Callable[[], None],
        every_s: float = _EVERY_S,
    ) -> None:
        """`released` is called when errands may be carried out. Nothing runs before `start`."""
        self._dues = tuple(dues)
        self._view = view
        self._policy = policy
        self._inbox = inbox
        self._outbox = outbox
        self._journal = journal
        self._now = now
        self._released = released
        self._every_s = every_s
        self._told = _read(journal)
        self._failed: dict[Due, str] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        """Looks from now on."""
        if self._dues:
            self._thread.start()

    def stop(self) -> None:
        """Looks no more; what is due then is said by the next process."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def tick(self) -> int:
        """Looks once; gives how much was new. Raises StorageFull or Overloaded: what is left is still due."""
        view, policy, now = self._view(), self._policy(), self._now()
        said = 0
        for due in self._dues:
            for one in self._ask(due, view, policy, now):
                if one.key not in self._told:
                    self._say(one, now)
                    self._told.add(one.key)
                    said += 1
        return said

    def _ask(self, due: Due, view: View, policy: Policy, now: datetime) -> Sequence[Command | Errand]:
        try:
            found = tuple(due(view, policy, now))
        except Exception as error:
            # One that fails must not silence the others; its log line comes once for each reason.
            if self._failed.get(due) != repr(error):
                _log.exception("%s: what is due cannot be told", getattr(due, "__name__", due))
            self._failed[due] = repr(error)
            return ()
        self._failed.pop(due, None)
        return found

    def _say(self, one: Command | Errand, now: datetime) -> None:
        if isinstance(one, Command):
            # A crash in between says it again, and the ledger knows its key.
            source, body = seal(one)
            self._inbox.put_now(source, Lane.PEOPLE, body, one.received_at)
            self._journal.run(lambda connection: _remember(connection, one.key, now))
            return

        def write(connection: sqlite3.Connection) -> None:
            self._outbox.insert(connection, [one], now)
            self._outbox.release(connection, [one.key])
            _remember(connection, one.key, now)

        self._journal.run(write)
        self._released()

    def _run(self) -> None:
        rest_s = self._every_s
        while not self._stopping.wait(rest_s):
            begun = time.perf_counter()
            try:
                self.tick()
            except (StorageFull, Overloaded) as error:
                _log.warning("what is due waits: %s", error)
            except Exception:
                _log.exception("a look at what is due failed; the next one starts anew")
            rest_s = max(self._every_s, _ASLEEP * (time.perf_counter() - begun))


def _read(journal: Journal) -> set[str]:
    def read(connection: sqlite3.Connection) -> set[str]:
        return {str(row[0]) for row in connection.execute("SELECT key FROM told")}

    return journal.run(read)


def _remember(connection: sqlite3.Connection, key: str, now: datetime) -> Any:
    connection.execute("DELETE FROM told WHERE at_us < ?", (to_us(now - KEEP),))
    return connection.execute("INSERT OR IGNORE INTO told VALUES (?, ?)", (key, to_us(now)))

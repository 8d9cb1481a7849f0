"""The one writer: inbox → ledger → git, with the effects in the outbox before their events are in git.

    1. read the next rows                                    (nothing is lost: they stay until 5)
    2. decide                                                (pure; a row that was recorded before gives nothing)
    3. write the effects down, held                          outbox
    4. commit the events                                     git
    5. mark the rows done and let the effects go             one transaction
    6. answer those who wait

A crash after 3 leaves held effects without events: they are dropped at start, and deciding again makes them anew.
A crash after 4 leaves rows that are recorded: deciding again gives nothing, and the held effects, whose events are
known, go.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from bots.answers import Answers
from bots.commands.remediation import automatic
from bots.errors import Rejected, StorageFull, StoreError, StoreMoved
from bots.inbox import Inbox, Item
from bots.journal import Journal
from bots.ledger import Decision, Ledger
from bots.metrics import Metrics
from bots.outbound.errands import errands
from bots.outbox import Errand, Outbox, Parcel
from bots.replies import replies
from bots.store import Store
from bots.timeline.effect import RemediationDue
from bots.timeline.envelope import Translator, open_item
from bots.timeline.intake import Command, Intake

_ROWS: Final = 512
"""What one commit takes at most, so that a person's command never waits behind more than this."""
_BUSY_WITHIN_S: Final = 0.5
_BUSY_ROWS: Final = 100
"""So many rows in that time are a storm."""
_ASLEEP: Final = 1.5
_LONGEST_NAP_S: Final = 0.5
_IDLE_S: Final = 1.0
_RETRY_S: Final = (0.2, 1.0, 5.0, 15.0)
_NOT_THE_ROW: Final = (StoreError, StorageFull, OSError, sqlite3.Error, MemoryError)
"""Failures of the machine: the same row will do when they are over."""
_log = logging.getLogger(__name__)


class Writer:
    """One thread, which alone changes the records."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        outbox: Outbox,
        journal: Journal,
        ledger: Ledger,
        store: Store,
        lock: threading.Lock,
        answers: Answers,
        metrics: Metrics,
        now: Callable[[], datetime],
        committed: Callable[[], None],
        released: Callable[[], None],
        translators: Mapping[str, Translator] | None = None,
        mirrors: Sequence[str] = (),
    ) -> None:
        """`lock` is held while the ledger is used: others read from it.

        `translators` open the rows of sources that are not the bot's own, by source; `mirrors` are the destinations
        that hear of everything. `committed` is called after every commit, `released` when effects may be carried out.
        """
        self._inbox = inbox
        self._outbox = outbox
        self._journal = journal
        self._ledger = ledger
        self._store = store
        self._lock = lock
        self._answers = answers
        self._metrics = metrics
        self._now = now
        self._committed = committed
        self._released = released
        self._translators = dict(translators or {})
        self._mirrors = tuple(mirrors)
        self._owed: list[str] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Settles what the last process left, then works."""
        self.recover()
        self._thread.start()

    def stop(self) -> None:
        """Ends after the commit that runs; what is left stays in the inbox."""
        self._stopping = True
        self._inbox.arrived.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def recover(self) -> None:
        """Lets held effects go whose events are in git, and drops the others; raises StorageFull."""
        held = self._outbox.held()
        known = [one.key for one in held if self._knows(one)]
        self._outbox.drop([one.key for one in held if one.key not in set(known)])
        if known:
            self._journal.run(lambda connection: self._outbox.release(connection, known))

    def _knows(self, parcel: Parcel) -> bool:
        with self._lock:
            return parcel.incident is not None and self._ledger.knows(parcel.incident, parcel.event_key)

    def round(self) -> int:
        """Records the next rows; gives how many. Raises StoreError or StorageFull, and then they are still there."""
        items = self._inbox.pending(_ROWS)
        if items:
            try:
                self._record(items)
            except StoreMoved:
                # Other hands changed the records. What was held for the old decision is judged by what is recorded now.
                self.recover()
                self._record(items)
        return len(items)

    def _record(self, items: Sequence[Item]) -> None:
        intakes, unusable = self._open(items)
        try:
            decision = self._decide(intakes)
            held = (
                *errands(decision, self._automatic, self._mirrors),
                *replies(intakes, decision.answers),
            )
        except _NOT_THE_ROW:
            raise
        except Exception:
            if len(items) > 1:
                self._apart(items)
                return
            # Redone for ever it would hold up everything behind it; set aside it can be looked at and sent again.
            _log.exception("row %d of the inbox cannot be decided on; it is set aside", items[0].id)
            self._metrics.unusable.inc()
            intakes, unusable = (), [(items[0], "the ledger cannot decide on it; the log says why")]
            decision, held = Decision(), ()
        self._write(items, decision, held, unusable)
        self._answers.give({intake.key: answer for intake, answer in zip(intakes, decision.answers, strict=True)})

    def _write(
        self,
        items: Sequence[Item],
        decision: Decision,
        held: Sequence[Errand],
        unusable: Sequence[tuple[Item, str]],
    ) -> None:
        """Steps 3 to 5."""
        self._outbox.hold(held, self._now())
        commit = None if decision.empty else self._store.commit(decision)
        with self._lock:
            self._ledger.accept(decision)
        # Kept until they are let go: if step 5 fails, the next decision does not name them again.
        self._owed += [errand.key for errand in held]
        if commit:
            self._metrics.commits.inc()
            self._committed()

        def finish(connection: sqlite3.Connection) -> None:
            for item, why in unusable:
                self._inbox.set_aside(connection, item, why)
            self._outbox.release(connection, self._owed)
            self._inbox.finish(connection, items)

        self._journal.run(finish)
        self._inbox.finished(items)
        if self._owed:
            self._owed.clear()
            self._released()

    def _apart(self, items: Sequence[Item]) -> None:
        """What fails together is done apart, so that one bad row does not hold up its neighbours."""
        for item in items:
            self._record([item])

    def _decide(self, intakes: Sequence[Intake]) -> Decision:
        with self._lock:
            return self._ledger.decide(intakes, self._now())

    def _automatic(self, due: RemediationDue) -> Command | None:
        return automatic(self._ledger.rules, due, self._now())

    def _open(self, items: Sequence[Item]) -> tuple[tuple[Intake, ...], list[tuple[Item, str]]]:
        usable: list[Intake] = []
        unusable: list[tuple[Item, str]] = []
        for item in items:
            try:
                usable += self._opened(item)
            except _NOT_THE_ROW:
                raise
            except Exception as error:
                foreseen = isinstance(error, Rejected | ValueError | TypeError)
                _log.error(
                    "row %d of the inbox (%s) cannot be used: %s", item.id, item.source, error, exc_info=not foreseen
                )
                self._metrics.unusable.inc()
                unusable.append((item, str(error)))
        return tuple(usable), unusable

    def _opened(self, item: Item) -> Sequence[Intake]:
        translate = self._translators.get(item.source)
        if translate is None or not item.intact:
            return (open_item(item),)
        return translate(item)

    def _run(self) -> None:
        failures = 0
        while not self._stopping:
            self._inbox.arrived.wait(_IDLE_S)
            self._inbox.arrived.clear()
            try:
                self._drain()
                failures = 0
            except Exception as error:
                self._metrics.writer_failures.inc()
                wait_s = _RETRY_S[min(failures, len(_RETRY_S) - 1)]
                failures += 1
                expected = isinstance(error, StoreError | StorageFull)
                _log.error("not recorded yet, tried again in %.1f s: %s", wait_s, error, exc_info=not expected)
                self._inbox.arrived.set()
                self._sleep(wait_s)

    def _drain(self) -> None:
        while not self._stopping:
            begun = time.perf_counter()
            if not self.round():
                return
            # Longer asleep than awake: while more arrives than is recorded, taking it in comes first.
            if self._inbox.arriving(_BUSY_WITHIN_S) > _BUSY_ROWS:
                time.sleep(min(_ASLEEP * (time.perf_counter() - begun), _LONGEST_NAP_S))

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < end:
            time.sleep(0.05)

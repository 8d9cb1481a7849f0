"""Works the outbox off: every destination in threads of its own, so that one that is down delays nobody else."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

from bots.errors import Postponed, Undeliverable, Unreachable
from bots.metrics import Metrics
from bots.outbound.destination import Destination, Rate, Settled
from bots.outbox import Outbox, Parcel

_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 300.0
_LONGEST_ASKED_S: Final = 86_400.0
"""What the other side asks for is obeyed up to a day: a mistake of theirs must not end everything for years."""
_POLL_S: Final = 0.5
_log = logging.getLogger(__name__)


def backoff_s(attempts: int, jitter: float) -> float:
    """Seconds until the next attempt after so many: doubled each time, up to five minutes; `jitter` 0..1 takes off a
    quarter at most, so that many that failed together do not come back together."""
    return float(min(_FIRST_WAIT_S * 2 ** min(attempts - 1, 20), _LONGEST_WAIT_S) * (1 - 0.25 * jitter))


class DestinationQueue:
    """The queue of one destination: one thread hands out, `workers` threads call."""

    def __init__(self, destination: Destination, outbox: Outbox, metrics: Metrics, now: Callable[[], datetime]) -> None:
        """Nothing runs before `start`."""
        self._destination = destination
        self._outbox = outbox
        self._metrics = metrics
        self._now = now
        longest = max((limit.per_s for limit in destination.limits), default=0.0)
        past = outbox.calls_since(destination.name, now() - timedelta(seconds=longest)) if longest else []
        self._rate = Rate(destination.limits, [at.timestamp() for at in past])
        self._wake = threading.Event()
        self._stopping = False
        self._lock = threading.Lock()
        self._busy: dict[int, str] = {}
        """Parcels that are being called for, and their lines."""
        self._paused: tuple[datetime, datetime] | None = None
        """From when to when nothing is called. Before it begins, the clock was set back."""
        self._failures = 0
        self._pool = ThreadPoolExecutor(destination.workers, thread_name_prefix=f"outbox-{destination.name}")
        self._thread = threading.Thread(target=self._run, name=f"outbox-{destination.name}", daemon=True)

    def start(self) -> None:
        """Begins to work."""
        self._thread.start()

    def wake(self) -> None:
        """Something may be ready."""
        self._wake.set()

    def stop(self) -> None:
        """Hands nothing more out and waits for the calls that run."""
        self._stopping = True
        self._wake.set()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def paused(self, now: datetime) -> bool:
        """Whether nothing is called, since the destination is away or asked for time."""
        return self._paused is not None and self._paused[0] <= now < self._paused[1]

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(_POLL_S)
            self._wake.clear()
            try:
                self._hand_out()
            except Exception:
                # The queue is on the disk: whatever went wrong, the next look starts from there.
                _log.exception("%s: handing out failed", self._destination.name)
                time.sleep(_POLL_S)

    def _hand_out(self) -> None:
        now = self._now()
        if self.paused(now):
            return
        with self._lock:
            free = self._destination.workers - len(self._busy)
            busy = dict(self._busy)
        if free <= 0:
            return
        merges = self._destination.merges
        for parcel in self._outbox.heads(self._destination.name, now, free + len(busy), merges=merges):
            if parcel.line in busy.values() or free <= 0:
                continue
            if self._rate.take(now.timestamp()) > 0:
                return
            free -= 1
            with self._lock:
                self._busy[parcel.id] = parcel.line
            self._pool.submit(self._work, parcel)

    def _work(self, parcel: Parcel) -> None:
        try:
            self._attempt(parcel)
        except Exception:
            # The row keeps its state, and an outcome that was not written down counts as unknown.
            _log.exception("%s: %s could not be written down", parcel.destination, parcel.key)
            time.sleep(_POLL_S)
        finally:
            with self._lock:
                self._busy.pop(parcel.id, None)
            self._wake.set()

    def _attempt(self, parcel: Parcel) -> None:
        if parcel.unknown and self._settled(parcel):
            return
        # Looked up before the call: what becomes ready while it runs may not be part of it.
        beside = self._outbox.ready_beside(parcel) if self._destination.merges else ()
        self._outbox.start(parcel, self._now())
        try:
            self._destination.deliver(parcel)
        except Postponed as error:
            at = self._now() + timedelta(seconds=error.after_s)
            self._outbox.later(parcel, at, str(error), unknown=False)
            # Each of them would be told the same; what comes later is tried at once.
            self._outbox.later_too(beside, at)
        except Unreachable as error:
            at = self._postpone(parcel, error, unknown=error.unknown)
            self._outbox.later_too(beside, at)
        except Undeliverable as error:
            self._count("failed")
            _log.error("%s: %s will not happen: %s", parcel.destination, parcel.key, error)
            self._outbox.failed(parcel, self._now(), str(error))
        except Exception as error:
            _log.exception("%s: %s failed in an unforeseen way", parcel.destination, parcel.key)
            self._postpone(parcel, Unreachable(f"{type(error).__name__}: {error}", alone=True), unknown=True)
        else:
            self._outbox.done_too(beside, self._now())
            self._succeeded(parcel)

    def _settled(self, parcel: Parcel) -> bool:
        """Whether nothing is left to do now about a call whose outcome was unknown."""
        try:
            if self._destination.settle(parcel) is not Settled.HAPPENED:
                return False
        except Unreachable as error:
            self._postpone(parcel, error, unknown=True)
        except Postponed as error:
            self._outbox.later(parcel, self._now() + timedelta(seconds=error.after_s), str(error), unknown=True)
        except Undeliverable as error:
            # That nobody may look says nothing about what happened: a person mends it, and then it is looked.
            self._postpone(parcel, Unreachable(str(error), alone=True), unknown=True)
        else:
            self._succeeded(parcel)
        return True

    def _succeeded(self, parcel: Parcel) -> None:
        self._outbox.done(parcel, self._now())
        self._failures = 0
        self._count("ok")

    def _postpone(self, parcel: Parcel, error: Unreachable, *, unknown: bool) -> datetime:
        """Until when."""
        self._count("later")
        now = self._now()
        with self._lock:
            if not error.alone:
                self._failures += 1
            attempts = parcel.attempts + 1 if error.alone else self._failures
            wait_s = max(backoff_s(attempts, random.random()), min(error.after_s or 0.0, _LONGEST_ASKED_S))
            at = now + timedelta(seconds=wait_s)
            if not error.alone:
                # Another call may have been asked to wait for longer.
                self._paused = (now, max(at, self._paused[1]) if self._paused and self.paused(now) else at)
        _log.warning("%s: %s is tried again in %.0f s: %s", parcel.destination, parcel.key, wait_s, error)
        self._outbox.later(parcel, at, str(error), unknown=unknown)
        return at

    def _count(self, outcome: str) -> None:
        self._metrics.outbox_attempts.labels(self._destination.name, outcome).inc()


class Dispatch:
    """All destinations of the bot."""

    def __init__(
        self, destinations: Sequence[Destination], outbox: Outbox, metrics: Metrics, now: Callable[[], datetime]
    ) -> None:
        """Nothing runs before `start`."""
        self._queues = [DestinationQueue(destination, outbox, metrics, now) for destination in destinations]
        self.names = tuple(destination.name for destination in destinations)

    def start(self) -> None:
        """Begins to work every queue off."""
        for queue in self._queues:
            queue.start()

    def wake(self) -> None:
        """Something was released."""
        for queue in self._queues:
            queue.wake()

    def stop(self) -> None:
        """Waits for the calls that run; what waits stays in the outbox."""
        for queue in self._queues:
            queue.stop()

"""Pushes the records in a thread of its own: a remote that is slow or away delays nothing else."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from bots.errors import StoreError, Undeliverable, Unreachable
from bots.exchange.pushing import Pushed, Pusher
from bots.metrics import Metrics
from bots.token_bucket import TokenBucket

_PULL_EVERY_S: Final = 300.0
_FIRST_WAIT_S: Final = 2.0
_LONGEST_WAIT_S: Final = 60.0
_LOOK_EVERY_S: Final = 5.0
_log = logging.getLogger(__name__)


class PushLoop:
    """Waits for commits and pushes them, at most so often."""

    def __init__(
        self,
        *,
        pusher: Pusher,
        last: Pusher,
        bucket: TokenBucket,
        metrics: Metrics,
        renumbered: Callable[[Mapping[int, int]], None],
    ) -> None:
        """`last` is the one for the end, when somebody waits for the bot to stop.

        `renumbered` is told which incidents got another number because others had given theirs away.
        """
        self._pusher = pusher
        self._last = last
        self._bucket = bucket
        self._metrics = metrics
        self._renumbered = renumbered
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        self._pull_at = time.monotonic() + _PULL_EVERY_S
        self.trouble = ""
        """Why the last push or pull failed; empty if it did not."""
        self._thread = threading.Thread(target=self._run, name="push", daemon=True)

    def start(self) -> None:
        """Begins with what the last process left."""
        self._wake.set()
        self._thread.start()

    def wake(self) -> None:
        """Something was committed."""
        self._wake.set()

    def stop(self) -> None:
        """Tries once more what waits, then ends; what could not be pushed is pushed after the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def push(self, pusher: Pusher | None = None) -> bool:
        """Pushes if anything waits; whether nothing waits any more."""
        chosen = pusher or self._pusher
        if not chosen.unpushed().commits:
            return True
        return self._try("push", chosen.push)

    def pull(self) -> bool:
        """Takes in what others changed, such as a redaction."""
        return self._try("pull", self._pusher.pull)

    def _try(self, what: str, action: Callable[[], Pushed]) -> bool:
        try:
            done = action()
        except (StoreError, Unreachable) as error:
            self._failed(f"{what}: {error}")
        except Undeliverable as error:
            self._failed(f"{what}: {error}; somebody has to look; it is tried again")
        except Exception as error:
            _log.exception("the %s failed in an unforeseen way", what)
            self._failed(f"{what}: {type(error).__name__}: {error}")
        else:
            self._failures, self.trouble = 0, ""
            self._metrics.pushes.labels("ok").inc()
            if done.reloaded:
                _log.warning("%s: others had changed the branch; their changes and ours are in it now", what)
            if done.renumbered:
                self._renumbered(done.renumbered)
            return True
        return False

    def _failed(self, trouble: str) -> None:
        self._failures += 1
        self._metrics.pushes.labels("failed").inc()
        if trouble != self.trouble:
            _log.warning("%s", trouble)
        self.trouble = trouble

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(_LOOK_EVERY_S)
            self._wake.clear()
            if self._stopping.is_set():
                break
            due = time.monotonic() >= self._pull_at
            waiting = self._pusher.unpushed().commits
            if not waiting and not due:
                continue
            wait_s = self._bucket.take(time.monotonic())
            if wait_s > 0:
                self._stopping.wait(wait_s)
                self._wake.set()
                continue
            self._pull_at = time.monotonic() + _PULL_EVERY_S
            if not (self.push() if waiting else self.pull()):
                self._stopping.wait(min(_FIRST_WAIT_S * 2 ** min(self._failures - 1, 10), _LONGEST_WAIT_S))
                self._wake.set()
        self.push(self._last)

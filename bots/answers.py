"""Brings the ledger's answer to a command back to the request that waits for it."""

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from typing import Any


class Answers:
    """Who waits for which command; several may wait for the same one."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._lock = threading.Lock()
        self._waiting: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]]]] = {}

    async def wait(self, key: str, promise: "asyncio.Future[Any]", within_s: float) -> Any | None:
        """The answer, or None if there is none in time; it may still come about."""
        try:
            async with asyncio.timeout(within_s):
                return await promise
        except TimeoutError:
            return None
        finally:
            self.forget(key, promise)

    def promise(self, key: str) -> "asyncio.Future[Any]":
        """What to wait for; made before the command is stored, since the writer may be faster than the request."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        with self._lock:
            self._waiting.setdefault(key, []).append((loop, future))
        return future

    def give(self, answers: Mapping[str, Any]) -> None:
        """Tells everybody who waits; called by the writer's thread."""
        with self._lock:
            found = [(waiting, answers[key]) for key in answers for waiting in self._waiting.pop(key, ())]
        for (loop, future), answer in found:
            # A loop that was closed has nobody left to be told.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, future, answer)

    def forget(self, key: str, promise: "asyncio.Future[Any]") -> None:
        """Nobody waits for it any more."""
        with self._lock:
            left = [pair for pair in self._waiting.get(key, ()) if pair[1] is not promise]
            if left:
                self._waiting[key] = left
            else:
                self._waiting.pop(key, None)


def _settle(future: "asyncio.Future[Any]", answer: Any) -> None:
    if not future.done():
        future.set_result(answer)

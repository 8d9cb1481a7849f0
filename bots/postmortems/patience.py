"""A server that is asked for a limited time: a draft is wanted within a minute, with or without figures."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from bots.errors import Unreachable
from bots.postmortems.measuring import Server

LIMIT_S: Final = 25.0
"""For all questions of one draft; a call that was begun before may take `CALL_S` more."""
CALL_S: Final = (3.0, 10.0)
"""To connect, and to wait for an answer."""


class Patience:
    """The time that one draft has for its questions."""

    def __init__(self, limit_s: float = LIMIT_S, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Begins now."""
        self._clock_s = clock_s
        self._limit_s = limit_s
        self._until_s = clock_s() + limit_s

    def of(self, server: Server) -> Server:
        """The same server, which nobody waits for when the time is over."""
        return _Limited(server, self)

    def check(self) -> None:
        """Raises Unreachable when the time is over."""
        if self._clock_s() >= self._until_s:
            raise Unreachable(f"Prometheus was slow; nothing more was asked after {self._limit_s:g} s")


class _Limited:
    """One server."""

    def __init__(self, server: Server, patience: Patience) -> None:
        self._server = server
        self._patience = patience

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """The `data` of an answer; raises Unreachable."""
        self._patience.check()
        return self._server.get(path, parameters)

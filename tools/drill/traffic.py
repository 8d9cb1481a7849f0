"""Customers: real requests at a steady mean rate, the same ones for the same seed."""

import http.client
import queue
import random
import threading
import time
from types import TracebackType
from typing import Final

CUSTOMERS: Final = 8


class Traffic:
    """Buys at `rate_per_s` on average (Poisson arrivals) while the context is open."""

    def __init__(self, host: str, port: int, rate_per_s: float, seed: int) -> None:
        """The requests go to `POST /buy` of that address."""
        self._address = (host, port)
        self._rate = rate_per_s
        self._random = random.Random(seed)
        self._wanted: queue.Queue[bool] = queue.Queue(maxsize=CUSTOMERS * 4)
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.sent = 0
        self.failed = 0
        """Answers of 5xx and requests that got no answer."""

    def _arrivals(self) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            # A customer who finds the shop full goes away; arrivals never pile up while the service restarts.
            if not self._wanted.full():
                self._wanted.put(True)
            due += self._random.expovariate(self._rate)

    def _customer(self) -> None:
        while self._wanted.get():
            connection = http.client.HTTPConnection(*self._address, timeout=5)
            try:
                connection.request("POST", "/buy")
                failed = connection.getresponse().status >= 500
            except (OSError, http.client.HTTPException):
                failed = True
            finally:
                connection.close()
            with self._lock:
                self.sent += 1
                self.failed += failed

    def __enter__(self) -> "Traffic":
        """The customers come."""
        threading.Thread(target=self._arrivals, daemon=True).start()
        for _ in range(CUSTOMERS):
            threading.Thread(target=self._customer, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The customers go home."""
        self._ended.set()
        for _ in range(CUSTOMERS):
            self._wanted.put(False)

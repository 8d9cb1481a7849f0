"""Waits for what a controller does in its own time."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(what: str, look: Callable[[], Found | None], within_s: float = 30, every_s: float = 0.05) -> Found:
    """What `look` gives as soon as that is true; an assertion that names `what` and the last answer otherwise."""
    end = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not within {within_s:g} s; last seen: {found!r}"
        time.sleep(every_s)

"""Threads for what may have to wait for a provider: few, and of their own, so that nothing else waits with them."""

from collections.abc import Callable
from functools import partial
from typing import Final, ParamSpec, TypeVar

import anyio
import anyio.to_thread

_AT_ONCE: Final = 10
_LIMIT: Final = anyio.CapacityLimiter(_AT_ONCE)

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def apart(ask: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """What the function gives; pages, commands and health checks run in other threads."""
    return await anyio.to_thread.run_sync(partial(ask, *args, **kwargs), limiter=_LIMIT)

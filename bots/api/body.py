"""Reading a request's body without trusting its size or its sender's patience."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

from bots.errors import Rejected

MAX_BYTES: Final = 4 * 1024 * 1024
"""Alertmanager sends at most `max_alerts` of 500 alerts, of a few KiB each."""
WITHIN_S: Final = 10.0


async def read_body(request: Request, max_bytes: int = MAX_BYTES) -> bytes:
    """The whole body; raises Rejected (413, 408) as soon as it is too large or takes too long."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdecimal() and int(announced) > max_bytes:
        raise too_large(max_bytes)
    try:
        async with asyncio.timeout(WITHIN_S):
            return await _collect(request, max_bytes)
    except TimeoutError as error:
        raise too_late() from error
    except ClientDisconnect as error:
        raise gone() from error


async def _collect(request: Request, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            raise too_large(max_bytes)
        parts.append(part)
    return b"".join(parts)


def too_large(max_bytes: int) -> Rejected:
    """More than is read."""
    if max_bytes == MAX_BYTES:
        way_out = "set `max_alerts` in Alertmanager's webhook_config"
        return Rejected(413, f"the body is larger than 4 MiB; nothing was kept; {way_out}")
    return Rejected(413, f"the body is larger than {max_bytes // 1024} KiB; nothing was changed; say it shorter")


def too_late() -> Rejected:
    """Slower than anybody waits."""
    return Rejected(408, f"the body did not arrive within {WITHIN_S:.0f} s; nothing was kept")


def gone() -> Rejected:
    """Nobody is left to be told."""
    return Rejected(400, "the sender went away before the body was complete; nothing was kept")

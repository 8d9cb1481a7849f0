"""Reading a request's body without trusting its size or its sender's patience."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

from bots.errors import Rejected

MAX_BYTES: Final = 4 * 1024 * 1024
"""Alertmanager sends at most `max_alerts` of 500 alerts, of a few KiB each."""
_WITHIN_S: Final = 10.0


async def read_body(request: Request, max_bytes: int = MAX_BYTES) -> bytes:
    """The whole body; raises Rejected (413, 408) as soon as it is too large or takes too long."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdecimal() and int(announced) > max_bytes:
        raise _too_large(max_bytes)
    try:
        async with asyncio.timeout(_WITHIN_S):
            return await _collect(request, max_bytes)
    except TimeoutError as error:
        raise Rejected(408, f"the body did not arrive within {_WITHIN_S:.0f} s; nothing was kept") from error
    except ClientDisconnect as error:
        raise Rejected(400, "the sender went away before the body was complete; nothing was kept") from error


async def _collect(request: Request, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            raise _too_large(max_bytes)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(max_bytes: int) -> Rejected:
    return Rejected(
        413,
        f"the body is larger than {max_bytes // (1024 * 1024)} MiB; nothing was kept; "
        "set `max_alerts` in Alertmanager's webhook_config",
    )

"""Deletes the keys of a Redis that begin with a prefix, without holding the server up for others.

SCAN goes through the keys in small steps and UNLINK frees their memory in the background; KEYS and DEL would stop
everybody else meanwhile: https://redis.io/docs/latest/commands/scan/
"""

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import redis
from redis.cluster import RedisCluster

from bots.actions.cache import Cache
from bots.actions.errors import Failed, Refused, TimedOut
from bots.actions.result import Change
from bots.actions.running import Done, Task

_TIMEOUT_S: Final = 5.0
_STEP: Final = 500
"""Keys looked at, and deleted, in one command."""


def clear(cache: Cache, prefix: str, database: int, task: Task) -> Done:
    """Deletes the keys, or in a dry run counts them; raises Refused, Failed or TimedOut.

    Keys that are written meanwhile may be left, as SCAN promises only those that are there from its start to its end.
    """
    if not prefix:
        raise Refused("parameters.prefix: empty; expected what the keys begin with: all keys are never deleted")
    where = f"{cache.place}/{database}"
    count = 0
    try:
        with _connect(cache, database) as client:
            keys = client.scan_iter(match=_literally(prefix) + b"*", count=_STEP)
            for some in _in_steps(keys):
                if time.monotonic() > task.deadline:
                    raise TimedOut(f"{where}: {count:,} keys that begin with {prefix!r} were deleted, then time was up")
                count += len(some) if task.request.dry_run else client.unlink(*some)
    except redis.exceptions.RedisError as error:
        done = f"; {count:,} keys had been deleted" if count and not task.request.dry_run else ""
        raise Failed(f"{where}: {type(error).__name__}: {error}{done}") from error
    verb = "would delete" if task.request.dry_run else "deleted"
    return Done(
        summary=f"{verb} {count:,} keys that begin with {prefix!r} from {where}",
        changes=(Change(what=f"{where}: keys {prefix}*", before=f"{count:,}", after="0"),),
    )


def _connect(cache: Cache, database: int) -> Any:
    """A client of the server, or of the whole cluster that it belongs to.

    redis-py gives both the same commands, but no type that says so.
    """
    options: dict[str, Any] = {
        "host": cache.host,
        "port": cache.port,
        "username": cache.user,
        "password": cache.password,
        "socket_timeout": _TIMEOUT_S,
        "socket_connect_timeout": _TIMEOUT_S,
        "ssl": cache.tls,
        # The protocol that every server speaks, also those before 6 and those behind a proxy.
        "protocol": 2,
    }
    if cache.authority is not None and cache.tls:
        options["ssl_ca_certs"] = str(cache.authority)
    client = redis.Redis(db=database, **options)
    if not client.info("cluster").get("cluster_enabled"):
        return client
    client.close()
    return RedisCluster(**options)


def _in_steps(keys: Iterator[bytes]) -> Iterator[tuple[bytes, ...]]:
    while some := tuple(islice(keys, _STEP)):
        yield some


def _literally(prefix: str) -> bytes:
    """The prefix as a pattern that matches only itself: `*`, `?`, `[` and the backslash have meanings there."""
    return "".join(f"\\{letter}" if letter in "*?[]\\" else letter for letter in prefix).encode()

"""Makes a service forget what it has cached: a request to a path of its own, or keys deleted from its Redis."""

from bots.actions.cache import Cache, cache_of
from bots.actions.http_purge import purge
from bots.actions.redis_keys import clear
from bots.actions.running import Done, Task


def clear_cache(task: Task) -> Done:
    """Clears the cache that the request means; raises Refused, Failed or TimedOut."""
    return clear_at(cache_of(task.request), task)


def clear_at(cache: Cache, task: Task) -> Done:
    """Clears the cache at a place."""
    request = task.request
    if cache.way in ("redis", "rediss"):
        return clear(cache, request.text("prefix"), request.number("database"), task)
    return purge(cache, request.text("method"), request.text("path"), task)

"""Clears a cache by one HTTP request to a path of the service's own, or by the method PURGE of HTTP caches."""

from typing import Final

import requests

from bots.actions.cache import Cache
from bots.actions.errors import Failed, Refused, TimedOut
from bots.actions.result import Change, cut
from bots.actions.running import Done, Task

_CONNECT_S: Final = 5.0
_LONGEST_S: Final = 60.0
_SHOWN: Final = 200
_MAX_ANSWER: Final = 4_096
"""Bytes of the answer that are read; the rest is left."""


def purge(cache: Cache, method: str, path: str, task: Task) -> Done:
    """Sends the request once and takes any 2xx answer for done; raises Refused, Failed or TimedOut.

    The request is never repeated: whoever clears a cache twice may do harm, and no answer does not mean not done.
    """
    if not path.startswith("/") or not path.isprintable() or " " in path:
        raise Refused(f"parameters.path: {path[:60]!r} is not a path; expected one such as /cache/clear")
    what = f"{method} {cache.place}{path}"
    if task.request.dry_run:
        return Done(summary=f"would send {what}", changes=(Change(what=cut(what, 300)),))
    status, text = _send(cache, method, path, min(task.left_s, _LONGEST_S), what)
    if not 200 <= status < 300:
        raise Failed(f"{what}: answered {status}: {text}")
    return Done(
        summary=f"cleared the cache: {what} was answered {status}",
        changes=(Change(what=cut(what, 300), after=str(status)),),
        output=text,
    )


def _send(cache: Cache, method: str, path: str, limit_s: float, what: str) -> tuple[int, str]:
    with requests.Session() as session:
        session.trust_env = False  # no proxy stands between two services of one cluster
        if cache.authority is not None:
            session.verify = str(cache.authority)
        if cache.password:
            session.auth = (cache.user or "", cache.password) if cache.user else _Bearer(cache.password)
        try:
            with session.request(
                method,
                f"{cache.place}{path}",
                headers={"User-Agent": "tocsin"},
                timeout=(_CONNECT_S, limit_s),
                allow_redirects=False,
                stream=True,
            ) as answer:
                text = answer.raw.read(_MAX_ANSWER, decode_content=True).decode("utf-8", "replace")
                return answer.status_code, cut(" ".join(text.split()), _SHOWN)
        except requests.exceptions.ReadTimeout as error:
            raise TimedOut(f"{what}: no answer within {limit_s:.0f} s; it may have been cleared") from error
        except requests.RequestException as error:
            raise Failed(f"{what}: {type(error).__name__}: {cut(str(error), _SHOWN)}") from error


class _Bearer(requests.auth.AuthBase):
    """A secret without a user is a bearer token."""

    def __init__(self, token: str) -> None:
        """Keeps the token."""
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds it to a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

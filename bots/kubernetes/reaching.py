"""What the API server's answers mean for the outbox: try again later, never, or nobody knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import lightkube

from bots.errors import Unreachable
from bots.outcome import Outcome

_REFUSALS: Final = (400, 403, 404, 422)
"""Answers that the same request will get for ever."""


@contextmanager
def reached(*, unknown: bool = False) -> Iterator[None]:
    """Turns an API server that is away into Unreachable."""
    try:
        yield
    except lightkube.ApiError as error:
        raise Unreachable(f"the API server: {why(error)}", unknown=unknown) from error
    except httpx.HTTPError as error:
        # Nothing was sent over a connection that was never made.
        sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        raise Unreachable(f"the API server: {why(error)}", unknown=unknown and sent) from error


def refusal(error: lightkube.ApiError, what: str) -> Outcome:
    """Why the server will never do it; raises the error again if it may do it later."""
    if error.status.code in _REFUSALS:
        return refused(f"{what}: {error.status.message}")
    raise error


def refused(because: str) -> Outcome:
    """Nothing was done, and why."""
    return Outcome(outcome="refused", exit_code=None, detail=because)


def why(error: httpx.HTTPError) -> str:
    """What an error says, in a line."""
    return str(error.status.message) if isinstance(error, lightkube.ApiError) else f"{type(error).__name__}: {error}"

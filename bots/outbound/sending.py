"""Whether a request that failed can have reached anybody."""

import ssl
from collections.abc import Iterator
from typing import Final

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

_NO_CONNECTION: Final = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
    ConnectTimeoutError,
    # A name that is not resolved too.
    NewConnectionError,
    ssl.SSLCertVerificationError,
)


def never_sent(error: requests.RequestException) -> bool:
    """Whether there was no connection to send it through: nothing has happened, and nothing has to be settled."""
    return any(isinstance(one, _NO_CONNECTION) for one in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it was made of, as requests and urllib3 wrap them."""
    yield error
    inner = (*error.args, getattr(error, "reason", None), getattr(error, "original_error", None))
    for one in inner:
        if isinstance(one, BaseException):
            yield from _causes(one)

"""The token that a request carries."""

from typing import Final

from starlette.requests import Request

from bots.errors import Rejected

CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


def bearer(request: Request) -> str:
    """The token of the Authorization header; raises Rejected (401) if there is none."""
    return token_of(request.headers.get("authorization", ""))


def token_of(header: str) -> str:
    """The token in the text of that header; raises Rejected (401) if there is none."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Rejected(401, "no bearer token; expected `Authorization: Bearer TOKEN`", headers=CHALLENGE)
    return token.strip()

"""The token that a request carries."""

from typing import Final

from starlette.requests import Request

from bots.errors import Rejected

CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


def bearer(request: Request) -> str:
    """The token of the Authorization header; raises Rejected (401) if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Rejected(401, "no bearer token; expected `Authorization: Bearer TOKEN`", headers=CHALLENGE)
    return token.strip()

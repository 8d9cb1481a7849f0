"""How a request that fails is answered: RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457), the same everywhere."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bots.errors import Overloaded, Rejected, StorageFull

MEDIA_TYPE: Final = "application/problem+json"
_RETRY_AFTER_S: Final = "2"
_log = logging.getLogger(__name__)


class ProblemBody(BaseModel):
    """Why a request was not carried out."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = "about:blank"
    title: str
    """The status in words."""
    status: int
    detail: str
    """What was wrong, what was expected, what to do."""
    problems: list[str] = Field(default_factory=list)
    """One line for every mistake, where there can be several."""


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The part of a route's description that says how it may fail."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
        }
        for status in statuses
    }


def problem(
    status: int, detail: str, *, problems: Sequence[str] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The answer itself."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "problems": list(problems),
    }
    # A message may quote what was sent, and that may hold half of a surrogate pair, which no JSON may carry.
    text = orjson.dumps(_clean(body))
    return Response(text, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def unavailable(error: Exception) -> Response:
    """The answer to whoever should come again: 503, never 429, since Alertmanager repeats only what failed with 5xx."""
    return problem(503, str(error), headers={"Retry-After": _RETRY_AFTER_S})


def install(app: FastAPI) -> None:
    """Makes every error of the application answer in this form."""
    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(Overloaded, _unavailable)
    app.add_exception_handler(StorageFull, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def _rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, Rejected)
    return problem(error.status, error.detail, problems=error.problems, headers=error.headers)


def _unavailable(request: Request, error: Exception) -> Response:
    return unavailable(error)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    lines = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()[:10]]
    return problem(422, "the request has mistakes; nothing was changed", problems=lines)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return problem(error.status_code, detail, headers=error.headers)


def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "something is wrong in the bot; its log says what; the request may be repeated")

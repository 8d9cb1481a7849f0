"""GitHub's own descriptions: what a request and an answer must look like, and real webhook payloads.

The REST API is held against `@octokit/openapi`, payloads are built from `@octokit/webhooks-examples`.
"""

import copy
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import orjson
from fastapi import Request
from fastapi.responses import Response

from tools.parts.documents import document
from tools.standins.github_repository import Happening

_UNIMPORTANT = ("description", "example", "examples", "title", "format", "x-multi-segment", "default")


@functools.cache
def _description() -> Any:
    return orjson.loads(document("github-openapi").read_bytes())


@functools.cache
def _examples() -> Any:
    return {one["name"]: one["examples"] for one in orjson.loads(document("github-webhooks").read_bytes())}


def plain(schema: Any, *, strict: bool) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema; strict ones allow no property that they do not name."""
    if isinstance(schema, list):
        return [plain(one, strict=strict) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        return plain(_at(schema["$ref"]), strict=strict)
    found = {
        name: {key: plain(one, strict=strict) for key, one in value.items()}
        if name == "properties"
        else plain(value, strict=strict)
        for name, value in schema.items()
        if name not in (*_UNIMPORTANT, "nullable")
    }
    if strict and "properties" in found and "additionalProperties" not in found:
        found["additionalProperties"] = False
    if schema.get("nullable"):
        return {"anyOf": [found, {"type": "null"}]}
    return found


def _at(reference: str) -> Any:
    found = _description()
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


@functools.cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    made = []
    for path in sorted(_description()["paths"], key=lambda one: one.count("{")):
        made.append((re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$"), path))
    return made


@functools.cache
def _operation(method: str, path: str) -> Any | None:
    for pattern, template in _templates():
        if pattern.match(path) and method.lower() in _description()["paths"][template]:
            return _description()["paths"][template][method.lower()]
    return None


@functools.cache
def _validator(method: str, path: str, what: str) -> Any:
    operation: Any = _operation(method, path)
    where = operation["requestBody"] if what == "request" else operation["responses"][what]
    where = _at(where["$ref"]) if "$ref" in where else where
    schema = where["content"]["application/json"]["schema"]
    return jsonschema_rs.validator_for(plain(schema, strict=what == "request"))


@dataclass
class Checker:
    """Keeps everything that is not as described."""

    problems: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    """The operations that were used."""

    def __call__(self, request: Request, body: bytes, response: Response) -> Response | None:
        """A request and its answer, which stays as it is."""
        path = re.sub(r"/(\d+)(?=/|$)", "/1", request.url.path)
        what = f"{request.method} {request.url.path}"
        operation = _operation(request.method, path)
        if operation is None:
            self.problems.append(f"{what}: no such operation")
            return None
        self.seen.add(operation["operationId"])
        for problem in (
            *self._query(operation, request.url.query),
            *self._body(request.method, path, operation, body),
            *self._answer(request.method, path, operation, response),
        ):
            self.problems.append(f"{what}: {problem}")
        return None

    def _query(self, operation: Any, query: str) -> Iterator[str]:
        known = {}
        for one in operation.get("parameters", ()):
            whole = _at(one["$ref"]) if "$ref" in one else one
            if whole["in"] == "query":
                known[whole["name"]] = whole
        for name, value in parse_qsl(query):
            if name not in known:
                yield f"no parameter {name}"
                continue
            schema = plain(known[name]["schema"], strict=True)
            given: Any = int(value) if schema.get("type") == "integer" else value
            yield from _wrong(jsonschema_rs.validator_for(schema), given)

    def _body(self, method: str, path: str, operation: Any, body: bytes) -> Iterator[str]:
        if "requestBody" not in operation:
            if body:
                yield "a body where none is expected"
        elif body:
            yield from _wrong(_validator(method, path, "request"), orjson.loads(body))
        elif operation["requestBody"].get("required"):
            yield "no body"

    def _answer(self, method: str, path: str, operation: Any, response: Response) -> Iterator[str]:
        status = str(response.status_code)
        if status in ("401", "404", "500", "502", "503"):
            return
        if status not in operation["responses"]:
            yield f"it is not answered with {status}"
        elif status < "300" and status != "202":
            yield from _wrong(_validator(method, path, status), orjson.loads(bytes(response.body)))


def _wrong(validator: Any, value: Any) -> Iterator[str]:
    for error in validator.iter_errors(value):
        yield f"{'.'.join(str(part) for part in error.instance_path)}: {error.message[:300]}"


def real(happening: Happening, own: dict[str, Any]) -> dict[str, Any]:
    """An example of GitHub's, with what happened here in the place of what happened there."""
    examples = [one for one in _examples()[happening.event] if one["action"] == happening.action]
    base = copy.deepcopy(examples[0] if examples else _examples()[happening.event][0])
    for name in ("label", "assignee", "changes"):
        base.pop(name, None)
    found: dict[str, Any] = _merged(base, own)
    return found


def _merged(base: Any, own: Any) -> Any:
    if isinstance(base, dict) and isinstance(own, dict):
        return {**base, **{name: _merged(base.get(name), value) for name, value in own.items()}}
    return own


def request_problems(method: str, path: str, body: bytes) -> list[str]:
    """What is not as described in a request alone."""
    checker = Checker()
    place, _, query = path.partition("?")
    template = re.sub(r"/(\d+)(?=/|$)", "/1", place)
    operation = _operation(method, template)
    if operation is None:
        return [f"{method} {place}: no such operation"]
    return [*checker._query(operation, query), *checker._body(method, template, operation, body)]

"""The OpenAPI document as rows for the page /docs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_METHODS: Final = ("get", "post")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One part of the address."""

    name: str
    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One form that a body may have."""

    title: str
    text: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One way in which a request may be answered."""

    status: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that the API can do."""

    method: str
    path: str
    summary: str
    text: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[Body, ...]
    answers: tuple[Answer, ...]


def operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """All operations, in the order of the document."""
    schemas = document.get("components", {}).get("schemas", {})
    return tuple(
        _operation(method.upper(), path, item[method], schemas)
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    )


def _operation(method: str, path: str, value: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    return Operation(
        method=method,
        path=path,
        summary=value.get("summary", ""),
        text=value.get("description", ""),
        parameters=tuple(
            Parameter(
                name=one["name"], place=one["in"], text=one.get("description", "") or _kind(one["schema"], schemas)
            )
            for one in value.get("parameters", ())
        ),
        bodies=_bodies(value.get("requestBody"), schemas),
        answers=tuple(
            Answer(status=str(status), text=answer.get("description", ""))
            for status, answer in value.get("responses", {}).items()
        ),
    )


def _bodies(body: Mapping[str, Any] | None, schemas: Mapping[str, Any]) -> tuple[Body, ...]:
    if body is None:
        return ()
    schema = _resolved(body["content"]["application/json"]["schema"], schemas)
    return tuple(
        Body(
            title=str(one.get("title", "")),
            text=str(one.get("description", "")),
            example=json.dumps(_example(one, schemas), indent=2, ensure_ascii=False),
        )
        for one in (_resolved(part, schemas) for part in schema.get("oneOf", [schema]))
    )


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref", "")
    found: Mapping[str, Any] = schemas[reference.rsplit("/", 1)[1]] if reference else schema
    return found


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """The shape of a value, with what each field may be instead of a value."""
    schema = _resolved(schema, schemas)
    if depth > 6:
        return "…"
    if "properties" in schema:
        return {name: _example(one, schemas, depth + 1) for name, one in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_example(schema.get("items", {}), schemas, depth + 1)]
    return _kind(schema, schemas)


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """What a value may be, in a few words."""
    schema = _resolved(schema, schemas)
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_kind(one, schemas) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"several of {_kind(schema.get('items', {}), schemas)}"
    words = str(schema.get("format") or schema.get("type") or "anything")
    return f"{words} {schema['pattern']}" if "pattern" in schema else words

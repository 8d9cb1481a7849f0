"""What may stand at a place of a policy file: its keys and their meaning, read off the models' JSON Schema.

Asked only when something is wrong, so the schema is made on first use.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from alerting.syntax import Path

Schema = Mapping[str, Any]


@cache
def schema_of(model: type[BaseModel]) -> Schema:
    """The JSON Schema of a kind of file."""
    return model.model_json_schema(by_alias=True, mode="validation")


def keys_at(model: type[BaseModel], path: Path, tree: Any) -> tuple[str, ...]:
    """The keys allowed at a path, in the order of the model; empty where any key may stand."""
    shape = _at(schema_of(model), path, tree)
    return tuple(shape.get("properties", ())) if shape else ()


def meaning_at(model: type[BaseModel], path: Path, tree: Any) -> str:
    """The first sentence about the value at a path; empty if nothing is written about it."""
    shape = _at(schema_of(model), path, tree)
    text = str(shape.get("description", "")) if shape else ""
    return text.split("\n\n")[0].replace("\n", " ").strip()


def _at(root: Schema, path: Path, tree: Any) -> Schema | None:
    """The schema of the value at a path; None where the models know nothing of it."""
    shape: Schema = root
    for step in path:
        found = next((below for one in _choices(root, shape, tree) if (below := _below(one, step))), None)
        if found is None:
            return None
        shape, tree = found, _child(tree, step)
    return max(
        _choices(root, shape, tree), key=lambda one: "description" in shape or _likeness(one, tree), default=None
    )


def _choices(root: Schema, shape: Schema, tree: Any) -> list[Schema]:
    """The plain schemas that this one stands for, the most fitting first."""
    plain = list(_flat(root, shape))
    return sorted(plain, key=lambda one: -_likeness(one, tree))


def _flat(root: Schema, shape: Schema) -> Iterator[Schema]:
    """Follows references and alternatives; what is said beside a reference counts more than what it says itself."""
    if "$ref" in shape:
        target = root["$defs"][shape["$ref"].rsplit("/", 1)[1]]
        yield from _flat(root, {**target, **{key: value for key, value in shape.items() if key != "$ref"}})
        return
    alternatives = [*shape.get("anyOf", ()), *shape.get("oneOf", ())]
    if not alternatives:
        yield shape
    for one in alternatives:
        about = {"description": shape["description"]} if "description" in shape else {}
        yield from _flat(root, {**one, **about})


def _likeness(shape: Schema, tree: Any) -> int:
    """How well a value fits: by the keys that the schema knows, at least by being of keys at all."""
    if not isinstance(tree, dict) or "properties" not in shape:
        return 0
    return 1 + sum(key in shape["properties"] for key in tree)


def _below(shape: Schema, step: str | int) -> Schema | None:
    """The schema of a key or an item."""
    if isinstance(step, int) and "items" in shape:
        items: Schema = shape["items"]
        return items
    known: Schema | None = shape.get("properties", {}).get(str(step))
    extra = [shape.get("additionalProperties"), *shape.get("patternProperties", {}).values()]
    return known or next((one for one in extra if isinstance(one, dict)), None)


def _child(tree: Any, step: str | int) -> Any:
    """The value below, as far as there is one."""
    if isinstance(tree, dict):
        return tree.get(step)
    if isinstance(tree, list) and isinstance(step, int) and step < len(tree):
        return tree[step]
    return None

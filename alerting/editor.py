"""JSON Schema files for editors: what may stand in each kind of policy file, with its meaning."""

from collections.abc import Mapping
from typing import Any, Final

from alerting.model.quantities import Duration
from alerting.shape import schema_of
from alerting.sources import KINDS, RUNBOOK, Kind

FOLDER: Final = "docs/schema"
"""Where the files are in a repository."""
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def file_name(kind: Kind) -> str:
    """The name of a kind's schema file."""
    return f"{kind.name}.schema.json"


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema file by its name; runbooks have none, since their keys stand inside of Markdown."""
    return {file_name(kind): published(kind) for kind in KINDS if kind is not RUNBOOK}


def vscode_settings() -> dict[str, Any]:
    """Settings that make the YAML extension of VS Code and its relatives use the schema files."""
    places = {
        f"./{FOLDER}/{file_name(kind)}": f"{kind.place}/*{kind.suffix}" if kind.suffix else kind.place
        for kind in KINDS
        if kind is not RUNBOOK
    }
    return {"yaml.schemas": places, "yaml.yamlVersion": "1.2"}


def modeline(kind: Kind) -> str:
    """The comment on top of a file that points an editor to its schema without any settings."""
    up = "../" * (kind.file("x").count("/"))
    return f"# yaml-language-server: $schema={up}{FOLDER}/{file_name(kind)}"


def published(kind: Kind) -> dict[str, Any]:
    """One schema, with a title, a dialect, and defaults as people write them."""
    schema = _plain(schema_of(kind.model))
    assert isinstance(schema, dict)
    return {"$schema": _DIALECT, **schema, "title": f"Tocsin {kind.name}"}


def _plain(value: Any) -> Any:
    """Durations in words, no keys but those described, and no titles that only repeat a key."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"ms"} and isinstance(value["ms"], int):
        return str(Duration(value["ms"]))
    result = {key: _plain(item) for key, item in value.items() if not (key == "title" and isinstance(item, str))}
    if "patternProperties" in result:
        result.setdefault("additionalProperties", False)
    return result

"""`python -m tools.reference` writes docs/policy-reference.md and docs/schema/ from the models and the checks."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from alerting.checks import CHECKS
from alerting.document import front_matter
from alerting.editor import FOLDER, modeline, published
from alerting.model.document_model import ALERT_NAME_PATTERN, NAME_PATTERN
from alerting.model.quantities import DURATION_PATTERN
from alerting.sources import KINDS, RUNBOOK, SERVICE, Kind
from tools.schema import write as write_schemas

PAGE: Final = Path(__file__).parents[1] / "docs" / "policy-reference.md"

_HEAD: Final = f"""\
# Policy reference

<!-- Written by `make docs` from alerting/model and alerting/checks; edits here are lost. -->

What may stand in every file that people edit. Files are YAML 1.2: only `true`, `false`, `null` and numbers are more
than text, so `on`, `no`, `10:30` and `0123` are text. Unknown and duplicate keys, anchors, tags and second documents
are mistakes. `tocsin check` finds every mistake in all files at once.

Durations are those of Prometheus: `30s`, `5m`, `1h30m`, `30d`. A name is lower-case words and digits joined by hyphens.

**Editors.** `tocsin schema` writes JSON Schema files to `{FOLDER}/`. An editor with the YAML language server completes
keys and marks mistakes when a file starts with a line such as

```yaml
{modeline(SERVICE)}
```

or with these settings in `.vscode/settings.json`, which `tocsin init` writes for all kinds of files:

```json
{{"yaml.schemas": {{"./{FOLDER}/service.schema.json": "policies/services/*.yaml"}}}}
```
"""
MINI: Final = Path(__file__).parents[1] / "tests" / "data" / "mini"

_WORDS: Final = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}

_PATTERNS: Final = {NAME_PATTERN: "name", ALERT_NAME_PATTERN: "alert's name", DURATION_PATTERN: "duration"}


def page() -> str:
    """The whole page."""
    contents = [f"- [{_title(kind)}](#{_anchor(_title(kind))})" for kind in KINDS]
    parts = [_HEAD, "\n".join([*contents, "- [Checks](#checks)"]) + "\n"]
    for kind in KINDS:
        parts += _kind(kind)
    return "\n".join([*parts, *_checks()])


def _kind(kind: Kind) -> Iterator[str]:
    """A section about one kind of file, with one below for each part that has keys of its own."""
    schema = published(kind)
    where = f"`{kind.place}/<name>{kind.suffix}`" if kind.suffix else f"`{kind.place}`"
    front = " Its keys stand between the two `---` on top." if kind is RUNBOOK else ""
    yield f"## {_title(kind)}\n"
    yield f"{where}. {_sentence(schema)}{front}\n"
    yield _table(schema, kind)
    yield from _example(kind)
    for name, part in sorted(schema.get("$defs", {}).items()):
        yield f"### {_title(kind)}: {_split(name)}\n"
        yield f"{_sentence(part)}\n"
        yield _table(part, kind)


def _example(kind: Kind) -> Iterator[str]:
    """A whole file of the miniature repository that the tests use."""
    path = next(iter(sorted(MINI.glob(f"{kind.place}/*{kind.suffix}"))), None) if kind.suffix else MINI / kind.place
    if path is None:
        return
    text = path.read_text(encoding="utf-8")
    if kind is RUNBOOK:
        text = (front_matter(text.encode()) or b"").decode() + "---\n"
    yield f"Example:\n\n```yaml\n{text.rstrip()}\n```\n"


def _table(schema: Mapping[str, Any], kind: Kind) -> str:
    """The keys of one mapping."""
    needed = schema.get("required", ())
    rows = ["| key | what | default | meaning |", "| --- | --- | --- | --- |"]
    for key, field in schema["properties"].items():
        default = "**required**" if key in needed else _default(field)
        rows.append(f"| `{key}` | {_cell(_what(field, kind))} | {_cell(default)} | {_cell(_meaning(field))} |")
    return "\n".join(rows) + "\n"


def _what(field: Mapping[str, Any], kind: Kind) -> str:
    """The type of a value in words."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1]
        title = f"{_title(kind)}: {_split(name)}"
        return f"[{_split(name)}](#{_anchor(title)})"
    if "enum" in field:
        return " · ".join(f"`{value}`" for value in field["enum"])
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        named = [_what({**_examples(field), **option}, kind) for option in options if option.get("type") != "null"]
        whole = "whole number" if "number" in named else ""
        return " or ".join(name for name in dict.fromkeys(named) if name != whole)
    if field.get("type") == "array":
        return f"list of {_what(field.get('items', {}), kind)}"
    if field.get("type") == "object":
        return _mapping(field, kind)
    return _scalar(field)


def _mapping(field: Mapping[str, Any], kind: Kind) -> str:
    """Names of people's own choice and what belongs to them."""
    patterns = field.get("patternProperties", {})
    inner = next(iter(patterns.values()), None) or field.get("additionalProperties") or {}
    keys = field.get("propertyNames", {}).get("enum")
    of = " · ".join(f"`{key}`" for key in keys) if keys else "names"
    return f"{of} → {_what(inner, kind)}"


def _scalar(field: Mapping[str, Any]) -> str:
    """Text or a number, with examples."""
    word = _PATTERNS.get(str(field.get("pattern"))) or _WORDS.get(str(field.get("type")), "anything")
    of = str if field.get("type") == "string" else int | float
    examples = [example for example in field.get("examples", ()) if isinstance(example, of)]
    return f"{word} such as {', '.join(f'`{example}`' for example in examples)}" if examples else word


def _examples(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """Examples given for all alternatives together."""
    return {"examples": field["examples"]} if "examples" in field else {}


def _default(field: Mapping[str, Any]) -> str:
    """What holds without the key."""
    value = field.get("default")
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, Mapping | list):
        return "see meaning"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _meaning(field: Mapping[str, Any]) -> str:
    return " ".join(str(field.get("description", "")).split())


def _sentence(schema: Mapping[str, Any]) -> str:
    return " ".join(str(schema.get("description", "")).split())


def _cell(text: str) -> str:
    """Text that does not end a cell of a table."""
    return text.replace("|", "\\|")


def _title(kind: Kind) -> str:
    return kind.name.capitalize()


def _split(name: str) -> str:
    """`RemediationBinding` as `remediation binding`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _anchor(title: str) -> str:
    """How GitHub names the place of a heading."""
    return title.lower().replace(":", "").replace(" ", "-")


def _checks() -> Iterator[str]:
    """What holds between files, check by check."""
    yield "## Checks\n"
    yield "What `tocsin check` proves beyond the shape of each file. A warning does not fail it.\n"
    subject = ""
    for check in CHECKS:
        module = sys.modules[check.__module__]
        if module.__name__ != subject:
            subject = module.__name__
            yield f"\n### {(module.__doc__ or '').strip().splitlines()[0].rstrip('.')}\n"
        yield f"- **{check.__name__.replace('_', ' ')}**: {' '.join((check.__doc__ or '').split())}"
    yield ""


def main() -> None:
    """Writes the page and the schemas."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    write_schemas(PAGE.parents[1] / FOLDER)
    sys.stdout.write(f"wrote {PAGE} and {FOLDER}/\n")


if __name__ == "__main__":
    main()

"""The text of service files: new ones, and old ones with SLOs added and every other byte left alone.

Lines are inserted rather than the whole file written again: ruamel.yaml keeps comments, but it also spaces flow lists
its own way and indents everything alike, which would bury an addition in a diff of things that nobody changed.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from tools.imports.found import FoundService, FoundSlo

LINE_WIDTH: Final = 100_000
"""Queries stay on one line."""
USUAL_INDENT: Final = 2


class InextensibleError(Exception):
    """The file's `slos` are written in a way to which no line can be added."""


def new_file(service: FoundService) -> bytes:
    """A service file; the owner and the tier must be known."""
    tree = CommentedMap(service=service.name, owner=service.owner, tier=service.tier)
    if service.description:
        tree["description"] = _text(service.description)
    head = _dump(tree, USUAL_INDENT)
    return f"{head}slos:\n{''.join(_items(service.slos, USUAL_INDENT))}".encode()


def extended_file(before: bytes, fresh: Sequence[FoundSlo]) -> bytes:
    """A service file with SLOs after those that are there; raises InextensibleError if there is no place for them.

    The caller reads the result again: only then is it certain that nothing else has changed.
    """
    text = before.decode()
    line_break = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    at, column = _place(text, lines)
    head = [] if column is not None else [f"slos:{line_break}"]
    added = [line.replace("\n", line_break) for line in _items(fresh, USUAL_INDENT if column is None else column)]
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += line_break
    return "".join([*lines[:at], *head, *added, *lines[at:]]).encode()


def _place(text: str, lines: list[str]) -> tuple[int, int | None]:
    """The line before which items go and the column of their dashes; no column if there is no key `slos` yet.

    An empty list in brackets is taken out of `lines`, since items below it would not belong to it.
    """
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise InextensibleError
    found = [(key, value) for key, value in root.value if key.value == "slos"]
    if not found:
        return len(lines), None
    key, value = found[0]
    if isinstance(value, yaml.SequenceNode) and value.value and not value.flow_style:
        return _last_line(value) + 1, value.start_mark.column
    if value.value:
        raise InextensibleError
    start, end = value.start_mark, value.end_mark
    if start.line != end.line:
        raise InextensibleError
    lines[start.line] = lines[start.line][: start.column].rstrip(" ") + lines[start.line][end.column :]
    return key.start_mark.line + 1, USUAL_INDENT


def _last_line(node: yaml.Node) -> int:
    """The line, from 0, on which the last thing in a node ends; comments after it do not count."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end = node.end_mark
    return end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line


def _items(slos: Iterable[FoundSlo], column: int) -> list[str]:
    """SLOs as lines of a list whose dashes are in that column."""
    listed = CommentedSeq(_node(slo.item) for slo in slos)
    return [f"{' ' * column}{line}" if line.strip() else line for line in _dump(listed, 0).splitlines(keepends=True)]


def _dump(tree: CommentedMap | CommentedSeq, offset: int) -> str:
    writer = YAML()
    writer.width = LINE_WIDTH
    writer.indent(mapping=2, sequence=offset + 2, offset=offset)
    out = io.StringIO()
    writer.dump(tree, out)
    return out.getvalue()


def _node(value: Any) -> Any:
    """A plain value with texts of several lines written as such."""
    if isinstance(value, Mapping):
        return CommentedMap((key, _node(item)) for key, item in value.items())
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    lines = text.split("\n")
    return LiteralScalarString(text) if len(lines) > 1 and all(map(str.isprintable, lines)) else text

"""The text of service files: new ones, and old ones with SLOs added and everything else, comments too, left alone."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.scalarstring import LiteralScalarString
from ruamel.yaml.tokens import CommentToken
from ruamel.yaml.util import load_yaml_guess_indent

from tools.imports.found import FoundService, FoundSlo

LINE_WIDTH: Final = 100_000
"""Never wraps a line that somebody wrote."""
_AFTER: Final = {CommentedMap: 2, CommentedSeq: 0}
"""Where ruamel.yaml keeps the comment that follows an item."""


def new_file(service: FoundService) -> bytes:
    """A service file; the owner and the tier must be known."""
    tree = CommentedMap(service=service.name, owner=service.owner, tier=service.tier)
    if service.description:
        tree["description"] = _text(service.description)
    tree["slos"] = CommentedSeq(_node(slo.item) for slo in service.slos)
    return _dump(_yaml(4, 2), tree)


def extended_file(before: bytes, fresh: Sequence[FoundSlo]) -> bytes:
    """A service file with SLOs added after those that are there."""
    text = before.decode()
    _, indent, offset = load_yaml_guess_indent(text)
    yaml = _yaml(indent or 4, offset if offset is not None else 2)
    tree = yaml.load(text)
    slos = tree.get("slos")
    if not slos:
        slos = CommentedSeq()
        comment = _take_comment(tree) if "slos" not in tree or list(tree)[-1] == "slos" else None
        tree["slos"] = slos
    else:
        comment = _take_comment(slos)
    slos.extend(_node(slo.item) for slo in fresh)
    if comment:
        _give_comment(slos, comment)
    return _dump(yaml, tree)


def _yaml(sequence: int, offset: int) -> YAML:
    """ruamel.yaml as gentle as it can be."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = LINE_WIDTH
    yaml.indent(mapping=2, sequence=sequence, offset=offset)
    return yaml


def _dump(yaml: YAML, tree: CommentedMap) -> bytes:
    out = io.BytesIO()
    yaml.dump(tree, out)
    return out.getvalue()


def _node(value: Any) -> Any:
    """A plain value with texts of several lines written as such."""
    if isinstance(value, Mapping):
        return CommentedMap((key, _node(item)) for key, item in value.items())
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    lines = text.split("\n")
    return LiteralScalarString(text) if len(lines) > 1 and all(map(str.isprintable, lines)) else text


def _take_comment(node: CommentedMap | CommentedSeq) -> str:
    """Takes the lines of comments that follow a node; one on the node's own last line stays with it."""
    holder, key = _last(node)
    tokens = holder.ca.items.get(key)
    slot = _AFTER[type(holder)]
    token = tokens[slot] if tokens and len(tokens) > slot else None
    if token is None:
        return ""
    own, line_break, rest = str(token.value).partition("\n")
    if not rest.strip():
        return ""
    token.value = own + line_break
    return rest


def _give_comment(node: CommentedSeq, comment: str) -> None:
    """Puts lines of comments after a node."""
    holder, key = _last(node)
    slots: list[CommentToken | None] = [None, None, None, None]
    slots[_AFTER[type(holder)]] = CommentToken(f"\n{comment}", CommentMark(0), None)
    holder.ca.items[key] = slots


def _last(node: CommentedMap | CommentedSeq) -> tuple[CommentedMap | CommentedSeq, Any]:
    """The innermost place at the end of a node."""
    key = len(node) - 1 if isinstance(node, CommentedSeq) else list(node)[-1]
    value = node[key]
    if isinstance(value, CommentedMap | CommentedSeq) and value:
        return _last(value)
    return node, key

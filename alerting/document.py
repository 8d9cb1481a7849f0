"""Text of a policy file → plain tree, strictly, and the line of every part of it.

Only text, integers, decimal numbers, `true`, `false` and `null` (`~`, nothing) are told apart, after YAML 1.2's JSON
schema (https://yaml.org/spec/1.2.2/#102-json-schema): `on`, `no`, `10:30`, `0123` and `2026-01-05` stay the text that
people wrote. Whatever would change its meaning in silence (duplicate keys, anchors, tags, a second document) is a flaw.

Lines are not kept with the tree: they are needed only where a problem is reported, and reading a file a second time
for its lines costs less than carrying them for a thousand files that have no problem.
"""

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yaml._yaml import CParser
from yaml.error import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from alerting.syntax import Flaw, Path, alias, encoding, key_kind, no_keys, parser_error, second_document, tag, too_large

MAX_BYTES: Final = 1 << 20
"""No policy file that a person wrote comes near; keeps a hostile one from costing more than moments."""
MAX_DEPTH: Final = 32

_BOM: Final = b"\xef\xbb\xbf"
_INT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_MAX_DIGITS: Final = 100
_FENCE: Final = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)
_IDS: Final = ("name", "alert")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says, and what is wrong with how it says it."""

    tree: Any
    """Nested dict, list, str, int, float, bool and None; None when the text could not be read to its end."""
    flaws: tuple[Flaw, ...]
    readable: bool
    """Whether `tree` is the whole file; flaws such as duplicate keys leave it readable."""


def read(text: bytes) -> Document:
    """Reads one YAML document; never raises, whatever the bytes are."""
    broken = _unreadable(text)
    if broken:
        return Document(tree=None, flaws=(broken,), readable=False)
    builder = _Builder(text)
    try:
        tree = builder.document()
    except _StopError as stop:
        return Document(tree=None, flaws=(*builder.flaws, stop.flaw), readable=False)
    except YAMLError as error:
        return Document(tree=None, flaws=(*builder.flaws, parser_error(error, text)), readable=False)
    if not isinstance(tree, dict):
        return Document(tree=None, flaws=(*builder.flaws, no_keys(tree)), readable=False)
    return Document(tree=tree, flaws=tuple(builder.flaws), readable=True)


def read_front_matter(text: bytes) -> Document:
    """Reads what stands between the two `---` of a Markdown file; its lines are those of the whole file."""
    matter = front_matter(text)
    if matter is None:
        flaw = Flaw(
            line=1,
            wrong="the file has no front matter",
            expected="expected it to start with a line `---`, then keys, then another line `---`",
            fix="start it as runbooks/TEMPLATE.md does",
        )
        return Document(tree=None, flaws=(flaw,), readable=False)
    return read(matter)


def front_matter(text: bytes) -> bytes | None:
    """The bytes of a Markdown file from its first `---` up to the second one; None if there are no such two."""
    start = _FENCE.match(text.removeprefix(_BOM))
    if start is None:
        return None
    body = text.removeprefix(_BOM)
    end = _FENCE.search(body, start.end() + 1)
    return body[: end.start()] if end else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The line of every key and item of a text."""

    tree: Any
    lines: Mapping[Path, int]
    """Lines by path; items of a list by their position."""

    def line(self, path: Path) -> int:
        """The line of the longest beginning of the path that is there; an item may stand as its `name` or `alert`."""
        exact: Path = ()
        node = self.tree
        for step in path:
            if isinstance(node, list) and isinstance(step, str):
                step = next((at for at, item in enumerate(node) if identity(item) == step), -1)
            if (*exact, step) not in self.lines:
                break
            exact = (*exact, step)
            if isinstance(node, dict):
                node = node.get(step)
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                node = node[step]
        return self.lines[exact]


def places(text: bytes) -> Places:
    """Where everything stands; of a text with mistakes, what comes before the one that stops the reader."""
    found: dict[Path, int] = {(): 1}
    tree = None
    if not _unreadable(text):
        with contextlib.suppress(_StopError, YAMLError):
            tree = _Builder(text, found).document()
    return Places(tree=tree, lines=found)


def _unreadable(text: bytes) -> Flaw | None:
    """Why these bytes are not worth parsing; None if they are."""
    if len(text) > MAX_BYTES:
        return Flaw(
            line=1,
            wrong=f"the file has {len(text)} bytes",
            expected=f"expected at most {MAX_BYTES}",
            fix="split it, or remove what does not belong here",
        )
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return encoding(text, error.start)
    return None


class _StopError(Exception):
    """The text cannot be read further."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.wrong)
        self.flaw = flaw


class _Builder:
    """Builds the tree from libyaml's events; with `places` it also notes the line of every path."""

    def __init__(self, text: bytes, places: dict[Path, int] | None = None) -> None:
        self.next: Callable[[], Any] = CParser(text.removeprefix(_BOM)).get_event
        self.flaws: list[Flaw] = []
        self.places = places

    def document(self) -> Any:
        """The tree of the one document in the text."""
        self.next()  # the start of the stream
        if isinstance(self.next(), StreamEndEvent):
            return None
        tree = self.node(self.next(), ())
        event = self.next()
        assert isinstance(event, DocumentEndEvent)
        event = self.next()
        if not isinstance(event, StreamEndEvent):
            raise _StopError(second_document(event.start_mark.line + 1))
        return tree

    def node(self, event: Any, path: Path) -> Any:
        """The value that starts with this event."""
        kind = event.__class__
        if kind is AliasEvent:
            self.flaws.append(alias(event, path))
            return None
        if event.anchor is not None:
            self.flaws.append(alias(event, path))
        if event.tag is not None and event.tag != "!":
            self.flaws.append(tag(event, path))
        if kind is ScalarEvent:
            return self.scalar(event, path) if event.implicit[0] else event.value
        if len(path) >= MAX_DEPTH:
            raise _StopError(_too_deep(event.start_mark.line + 1))
        return self.mapping(path) if kind is MappingStartEvent else self.sequence(path)

    def mapping(self, path: Path) -> dict[Any, Any]:
        """A mapping; the first of duplicate keys stays."""
        result: dict[Any, Any] = {}
        after, places = self.next, self.places
        while (event := after()).__class__ is not MappingEndEvent:
            line = event.start_mark.line + 1
            key = self.key(event, path)
            below = (*path, key)
            if places is not None:
                places.setdefault(below, line)
            value = self.node(after(), below)
            if key in result:
                self.flaws.append(_duplicate(key, path, line))
            else:
                result[key] = value
        return result

    def key(self, event: Any, path: Path) -> str | int:
        """A mapping's key: text or an integer; anything else is a flaw, and stands under a name of its own."""
        before = len(self.flaws)
        value = self.node(event, (*path, "?"))
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        del self.flaws[before:]  # one flaw for the key is enough
        self.flaws.append(key_kind(value, path, event.start_mark.line + 1))
        return f"?{event.start_mark.line + 1}:{event.start_mark.column}"

    def sequence(self, path: Path) -> list[Any]:
        """A list."""
        result: list[Any] = []
        after = self.next
        while (event := after()).__class__ is not SequenceEndEvent:
            below = (*path, len(result))
            if self.places is not None:
                self.places[below] = event.start_mark.line + 1
            result.append(self.node(event, below))
        return result

    def scalar(self, event: Any, path: Path) -> Any:
        """The value of a plain scalar."""
        text: str = event.value
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in "-0123456789" or not _NUMBER.fullmatch(text):
            return text
        number = float(text)
        if len(text) > _MAX_DIGITS or number in (float("inf"), float("-inf")):
            self.flaws.append(too_large(event, path))
            return 0
        return int(text) if _INT.fullmatch(text) else number


def identity(item: Any) -> str | None:
    """The name by which an item of a list is known to people; None if it has none."""
    if not isinstance(item, dict):
        return None
    return next((item[key] for key in _IDS if isinstance(item.get(key), str)), None)


def _duplicate(key: str | int, path: Path, line: int) -> Flaw:
    return Flaw(
        line=line,
        path=(*path, key),
        wrong=f"the key `{key}` is here twice",
        expected="expected each key once",
        fix="keep one of them",
    )


def _too_deep(line: int) -> Flaw:
    return Flaw(
        line=line,
        wrong=f"the text is nested more than {MAX_DEPTH} levels deep",
        expected="expected a few levels",
        fix="look for brackets that are never closed",
    )

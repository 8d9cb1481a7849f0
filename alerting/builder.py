"""Builds the tree of a YAML text from libyaml's events, and finds what is wrong on the way."""

import re
from collections.abc import Callable, Mapping
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

from alerting import syntax
from alerting.syntax import Flaw, Path

MAX_BYTES: Final = 1 << 20
"""No policy file that a person wrote comes near; keeps a hostile one from costing more than moments."""
MAX_DEPTH: Final = 32
BOM: Final = b"\xef\xbb\xbf"

_INT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_MAX_DIGITS: Final = 100


def unreadable(text: bytes) -> Flaw | None:
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
        return syntax.encoding(text, error.start)
    return None


def build(text: bytes, flaws: list[Flaw], lines: dict[Path, int] | None = None) -> tuple[Any, bool]:
    """The tree of a text that is readable, and whether it is whole; adds flaws, and lines of paths if asked for."""
    builder = _Builder(text, flaws, lines)
    try:
        return builder.document(), True
    except _StopError as stop:
        flaws.append(stop.flaw)
    except YAMLError as error:
        flaws.append(syntax.parser_error(error, text))
    return None, False


class _StopError(Exception):
    """The text cannot be read further."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.wrong)
        self.flaw = flaw


class _Builder:
    """Builds the tree from libyaml's events; with `lines` it also notes the line of every path."""

    def __init__(self, text: bytes, flaws: list[Flaw], lines: dict[Path, int] | None) -> None:
        self.next: Callable[[], Any] = CParser(text.removeprefix(BOM)).get_event
        self.flaws = flaws
        self.lines = lines

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
            raise _StopError(syntax.second_document(event.start_mark.line + 1))
        return tree

    def node(self, event: Any, path: Path) -> Any:
        """The value that starts with this event."""
        kind = event.__class__
        if kind is AliasEvent:
            self.flaws.append(syntax.alias(event, path))
            return None
        if event.anchor is not None:
            self.flaws.append(syntax.alias(event, path))
        if event.tag is not None and event.tag != "!":
            self.flaws.append(syntax.tag(event, path))
        if kind is ScalarEvent:
            return self.scalar(event, path) if event.implicit[0] else event.value
        if len(path) >= MAX_DEPTH:
            raise _StopError(_too_deep(event.start_mark.line + 1))
        return self.mapping(path) if kind is MappingStartEvent else self.sequence(path)

    def mapping(self, path: Path) -> dict[Any, Any]:
        """A mapping; the first of duplicate keys stays."""
        result: dict[Any, Any] = {}
        after, lines = self.next, self.lines
        while (event := after()).__class__ is not MappingEndEvent:
            line = event.start_mark.line + 1
            key = self.key(event, path)
            below = (*path, key)
            if lines is not None:
                lines.setdefault(below, line)
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
        self.flaws.append(syntax.key_kind(value, path, event.start_mark.line + 1))
        return f"?{event.start_mark.line + 1}:{event.start_mark.column}"

    def sequence(self, path: Path) -> list[Any]:
        """A list."""
        result: list[Any] = []
        after = self.next
        while (event := after()).__class__ is not SequenceEndEvent:
            below = (*path, len(result))
            if self.lines is not None:
                self.lines[below] = event.start_mark.line + 1
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
            self.flaws.append(syntax.too_large(event, path))
            return 0
        return int(text) if _INT.fullmatch(text) else number


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

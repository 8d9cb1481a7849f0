"""The YAML of the records: a small subset, written and read fast, the same bytes for the same values.

Block mappings and sequences, texts plain where no YAML reader could take them for anything else and in double quotes
otherwise, whole and decimal numbers, `true`, `false`, `{}` and `[]`. Any YAML reader reads it; this one reads nothing
else, and a hundred times faster.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

Value = str | int | float | bool | Mapping[str, Any] | Sequence[Any]

_PLAIN: Final = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.@+]*(?:[ -][A-Za-z0-9_/.@+]+)*")
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
# https://yaml.org/type/bool.html, https://yaml.org/type/null.html
_RESERVED: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
# https://yaml.org/spec/1.1/#id868524: not printable, or a line break, in YAML 1.1.
_UNSAFE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_INT: Final = re.compile(r"-?\d{1,18}")
_FLOAT: Final = re.compile(r"-?\d+\.\d+(?:[eE][+-]?\d+)?|-?\d+[eE][+-]\d+")
_ENTRY: Final = re.compile(r'((?:[A-Za-z_][A-Za-z0-9_.-]*)|"(?:[^"\\]|\\.)*"):(?: (.+))?')
_PLAIN_ENTRY: Final = re.compile(rf"( *)({_PLAIN_KEY.pattern}): ({_PLAIN.pattern}|{_TIME.pattern})")
_MAX_DEPTH: Final = 20
_SHORT: Final = 40
"""Characters of texts whose spelling is remembered: names, kinds and labels come again and again."""


class RecordTextError(ValueError):
    """Text that this project did not write; `line` counts from 1."""

    def __init__(self, line: int, got: str) -> None:
        """Keeps the line beside the message."""
        self.line = line
        super().__init__(f"line {line}: got {got[:80]!r}; expected YAML as Tocsin writes it")


def emit(value: Mapping[str, Any]) -> bytes:
    """A mapping as a document."""
    lines: list[str] = []
    _mapping(value, "", lines)
    return _join(lines)


def emit_item(value: Mapping[str, Any]) -> bytes:
    """A mapping as one entry of a top-level sequence: appending entries appends bytes."""
    lines: list[str] = []
    _item(value, "", lines)
    return _join(lines)


def _join(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode() if lines else b"{}\n"


def _mapping(value: Mapping[str, Any], indent: str, lines: list[str]) -> None:
    for key, item in value.items():
        head = f"{indent}{_key(key)}:"
        if isinstance(item, str):
            lines.append(f"{head} {scalar(item)}")
        elif isinstance(item, Mapping):
            if item:
                lines.append(head)
                _mapping(item, indent + "  ", lines)
            else:
                lines.append(f"{head} {{}}")
        elif isinstance(item, list | tuple):
            if item:
                lines.append(head)
                for entry in item:
                    _item(entry, indent + "  ", lines)
            else:
                lines.append(f"{head} []")
        else:
            lines.append(f"{head} {scalar(item)}")


def _item(value: Any, indent: str, lines: list[str]) -> None:
    if not isinstance(value, Mapping) or not value:
        lines.append(f"{indent}- {scalar(value) if not isinstance(value, Mapping) else '{}'}")
        return
    start = len(lines)
    _mapping(value, indent + "  ", lines)
    lines[start] = f"{indent}- {lines[start][len(indent) + 2 :]}"


def scalar(value: Any) -> str:
    """A text, number or flag as it is written; raises ValueError for anything else."""
    if isinstance(value, str):
        return _short_text(value) if len(value) <= _SHORT else _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**18:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value) if "e" not in repr(value) or "." in repr(value) else repr(value).replace("e", ".0e")
    raise ValueError(f"got {value!r}; expected a text, a number or a flag")


def _text(value: str) -> str:
    if _TIME.fullmatch(value) or (_PLAIN.fullmatch(value) and value.lower() not in _RESERVED):
        return value
    return _quoted(value)


_short_text = lru_cache(maxsize=4096)(_text)


@lru_cache(maxsize=1024)
def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _RESERVED else _quoted(key)


def _quoted(text: str) -> str:
    whole = _SURROGATE.sub("\ufffd", text)
    quoted = orjson.dumps(whole).decode()
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def read(text: bytes) -> dict[str, Any]:
    """A document that `emit` wrote; raises RecordTextError for anything else."""
    if text == b"{}\n":
        return {}
    reader = _Reader(text)
    value = reader.mapping(0, 0)
    reader.end()
    return value


def read_items(text: bytes) -> list[dict[str, Any]]:
    """The entries that `emit_item` wrote one after the other; raises RecordTextError for anything else."""
    if not text:
        return []
    reader = _Reader(text)
    value = reader.sequence(0, 0)
    reader.end()
    for item in value:
        if not isinstance(item, dict):
            raise RecordTextError(1, str(item))
    return value


class _Reader:
    """A cursor over lines."""

    def __init__(self, text: bytes) -> None:
        try:
            decoded = text.decode()
        except UnicodeDecodeError as error:
            raise RecordTextError(text[: error.start].count(b"\n") + 1, "bytes that are not UTF-8") from error
        self._lines = decoded.split("\n")
        if self._lines.pop() != "":
            raise RecordTextError(len(self._lines) + 1, "no end of the last line")
        self._at = 0

    def _fail(self) -> RecordTextError:
        line = self._lines[self._at] if self._at < len(self._lines) else "the end"
        return RecordTextError(self._at + 1, line)

    def end(self) -> None:
        if self._at != len(self._lines):
            raise self._fail()

    def _indent(self) -> int:
        """Of the current line; -1 at the end."""
        if self._at >= len(self._lines):
            return -1
        line = self._lines[self._at]
        return len(line) - len(line.lstrip(" "))

    def mapping(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._indent() == indent and not self._lines[self._at].startswith("- ", indent):
            self._entry(found, indent, depth)
            # Most entries are a plain text on one line: one match each.
            while self._at < len(self._lines):
                match = _PLAIN_ENTRY.fullmatch(self._lines[self._at])
                if match is None or match.end(1) != indent or match[3] in _WORDS or match[2] in found:
                    break
                found[match[2]] = match[3]
                self._at += 1
        if not found:
            raise self._fail()
        return found

    def _entry(self, found: dict[str, Any], indent: int, depth: int) -> None:
        match = _ENTRY.fullmatch(self._lines[self._at], indent)
        if match is None:
            raise self._fail()
        key = self._text(match[1])
        if key in found:
            raise self._fail()
        if match[2] is not None:
            found[key] = self._scalar(match[2])
            self._at += 1
            return
        self._at += 1
        found[key] = self._nested(indent + 2, depth + 1)

    def _nested(self, indent: int, depth: int) -> Any:
        if depth > _MAX_DEPTH or self._indent() != indent:
            raise self._fail()
        if self._lines[self._at].startswith("- ", indent):
            return self.sequence(indent, depth)
        return self.mapping(indent, depth)

    def sequence(self, indent: int, depth: int) -> list[Any]:
        found: list[Any] = []
        while self._indent() == indent and self._lines[self._at].startswith("- ", indent):
            line = self._lines[self._at]
            rest = line[indent + 2 :]
            if _ENTRY.fullmatch(rest):
                self._lines[self._at] = f"{line[:indent]}  {rest}"
                found.append(self.mapping(indent + 2, depth + 1))
            else:
                found.append(self._scalar(rest))
                self._at += 1
        if not found:
            raise self._fail()
        return found

    def _text(self, text: str) -> str:
        if not text.startswith('"'):
            return text
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise self._fail() from error
        assert isinstance(value, str)
        return value

    def _scalar(self, text: str) -> Any:
        if text.startswith('"'):
            return self._text(text)
        if text in _WORDS:
            return _WORDS[text]()
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _PLAIN.fullmatch(text) or _TIME.fullmatch(text):
            return text
        raise self._fail()


_WORDS: Final[Mapping[str, Callable[[], Any]]] = {"true": lambda: True, "false": lambda: False, "{}": dict, "[]": list}

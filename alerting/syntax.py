"""What can be wrong with the text of a YAML file before anybody asks what it means."""

import re
from dataclasses import dataclass
from typing import Any, Final

from yaml.error import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

Path = tuple[str | int, ...]
"""Keys and positions from the top of a file down to one value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A mistake in one file, which does not know yet whose file it is."""

    line: int | None = None
    """None: the line of `path`."""
    path: Path = ()
    wrong: str
    expected: str
    fix: str


# libyaml's words → ours: what is wrong, what was expected, the way out.
_PARSER: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "mapping values are not allowed",
        "a second `: ` on one line, or a key that is indented differently from the keys above it",
        "expected one `key: value` a line, keys of one level below each other",
        "align the key, or put the value in quotes",
    ),
    (
        "could not find expected ':'",
        "a line that is not `key: value`",
        "expected a colon and a space after the key",
        "add them, or indent the line so that it belongs to the value above",
    ),
    (
        "did not find expected key",
        "a line that fits neither the keys above it nor a list",
        "expected a key at the level of the ones above",
        "check the indentation, and quotes that end too early",
    ),
    (
        "did not find expected '-' indicator",
        "a line between the items of a list that is not an item",
        "expected each item to start with `- `",
        "check the indentation",
    ),
    (
        "did not find expected ',' or",
        "a bracket that is not closed, or a comma that is missing",
        "expected `,` between items and the closing bracket at the end",
        "close the bracket, or put text with brackets, commas or braces in quotes",
    ),
    (
        "found unexpected end of stream",
        "a quote that is not closed",
        "expected the same quote at the end of the text",
        "close it",
    ),
    (
        "cannot start any token",
        "a value that starts with a character YAML keeps for itself (such as @, ` or %)",
        "expected such text in quotes",
        "put the value in quotes",
    ),
    (
        "unknown escape character",
        "a backslash in double quotes that escapes nothing",
        "expected `\\\\` for a backslash",
        "use single quotes, in which a backslash is only itself",
    ),
    (
        "block sequence entries are not allowed",
        "a list item where no list can start",
        "expected the items of a list on lines of their own, below its key",
        "move the `- ` to the next line",
    ),
)
# Mistakes that libyaml notices late: the line that helps is the one where the quote, bracket or key began.
_OPENED_BEFORE: Final = (
    "could not find expected ':'",
    "did not find expected ',' or",
    "found unexpected end of stream",
)
_TAB: Final = re.compile(rb"^ *\t")


def parser_error(error: YAMLError, text: bytes) -> Flaw:
    """Why libyaml stopped reading, in plain words."""
    if isinstance(error, ReaderError):
        line = text[: error.position].count(b"\n") + 1 if isinstance(error.position, int) else 1
        return Flaw(
            line=line,
            wrong="a control character",
            expected="expected text that can be printed",
            fix="delete the character; an editor can show it",
        )
    assert isinstance(error, MarkedYAMLError)
    problem = error.problem or "not YAML"
    opened_before = any(words in problem for words in _OPENED_BEFORE)
    mark = (error.context_mark if opened_before else None) or error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if _TAB.match(_line(text, line)):
        return Flaw(
            line=line,
            wrong="the line is indented with a tab",
            expected="expected spaces",
            fix="replace the tab by spaces",
        )
    for words, wrong, expected, fix in _PARSER:
        if words in problem:
            return Flaw(line=line, wrong=wrong, expected=expected, fix=fix)
    return Flaw(
        line=line,
        wrong=f"the text is not YAML ({problem})",
        expected="expected keys, lists and values",
        fix="compare with the lines above, or put the value in quotes",
    )


def encoding(text: bytes, position: int) -> Flaw:
    """The bytes are not UTF-8."""
    return Flaw(
        line=text[:position].count(b"\n") + 1,
        wrong=f"the byte 0x{text[position]:02x} is not UTF-8",
        expected="expected a file saved as UTF-8",
        fix="save the file as UTF-8",
    )


def alias(event: Any, path: Path) -> Flaw:
    """An anchor or an alias: a value that changes when another place is edited."""
    sign = "*" if type(event).__name__ == "AliasEvent" else "&"
    return Flaw(
        line=event.start_mark.line + 1,
        path=path,
        wrong=f"`{sign}{event.anchor}` is an anchor or an alias of YAML",
        expected="expected every value where it is used",
        fix=f"write the value out, or put it in quotes if `{sign}` belongs to the text",
    )


def tag(event: Any, path: Path) -> Flaw:
    """A tag such as `!!python/object`."""
    return Flaw(
        line=event.start_mark.line + 1,
        path=path,
        wrong=f"`{event.tag.replace('tag:yaml.org,2002:', '!!')}` is a tag of YAML",
        expected="expected plain values",
        fix="remove the tag, or put the value in quotes if `!` belongs to the text",
    )


def key_kind(value: Any, path: Path, line: int) -> Flaw:
    """A key that is neither text nor an integer."""
    names = {bool: str(value).lower(), type(None): "nothing", float: str(value), list: "a list", dict: "a mapping"}
    return Flaw(
        line=line,
        path=path,
        wrong=f"a key is {names[type(value)]}",
        expected="expected text",
        fix="put the key in quotes, or put text with braces in quotes",
    )


def no_keys(tree: Any) -> Flaw:
    """The file holds something else than keys with values."""
    what = "is empty" if tree is None else "is a list" if isinstance(tree, list) else "holds one value and no keys"
    return Flaw(
        line=1,
        wrong=f"the file {what}",
        expected="expected keys with values",
        fix="fill it, or delete it if it is not needed" if tree is None else "start it with a key such as `service:`",
    )


def too_large(event: Any, path: Path) -> Flaw:
    """A number that would become infinite, or that nobody meant as a number."""
    text = event.value if len(event.value) <= 20 else f"{event.value[:20]}…"
    return Flaw(
        line=event.start_mark.line + 1,
        path=path,
        wrong=f"the number {text} is too large",
        expected="expected one that a computer can hold",
        fix="put it in quotes if it is text",
    )


def second_document(line: int) -> Flaw:
    """Another document starts in the same file."""
    return Flaw(
        line=line,
        wrong="a second document starts here",
        expected="expected one document in a file",
        fix="move it to a file of its own, or remove the `---`",
    )


def _line(text: bytes, number: int) -> bytes:
    """One line of the text; empty beyond its end."""
    rows = text.split(b"\n")
    return rows[number - 1] if number <= len(rows) else b""

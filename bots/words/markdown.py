"""Markdown that hostile text cannot break: text is escaped for the place where it stands.

No text from outside can mention a person, refer to an issue, make a link, start HTML, or end a table, a code block or a
marker, in GitHub's dialect (https://github.github.com/gfm/) or in plain CommonMark.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

BREAK: Final = "\u200b"
"""A space without width: shown as nothing, and no reference goes across it."""
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|~$^!])")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb]+")
# Characters that turn the direction of writing, and those that are not shown: https://trojansource.codes
_HIDDEN: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff]")
# Mentions and references: @name, #1, GH-1, and addresses that are made links without brackets.
_REFERENCE: Final = re.compile(r"([@#]|\bGH-|\b[a-z][a-z0-9+.-]*:(?=//)|\bwww\.|\bmailto:|\bxmpp:)", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&")
_HARMLESS: Final = re.compile(r"[A-Za-z]+(?: [A-Za-z0-9]+)*")
"""Most text: nothing in it means anything in Markdown."""
_LINE_START: Final = re.compile(r"^(\s*)([-+=>]|\d+[.)])")
_SAFE_IN_URL: Final = "/:?#@!$&*+,;=~%-._"


def text(value: str, *, limit: int = 500) -> str:
    """Text of any origin as one line of Markdown; longer text ends in an ellipsis."""
    if len(value) <= limit and _HARMLESS.fullmatch(value):
        return value
    line = _CONTROL.sub(" ", _HIDDEN.sub("\ufffd", value)).strip()
    if len(line) > limit:
        line = line[: limit - 1] + "…"
    escaped = _ENTITY.sub("&amp;", line)
    escaped = _SPECIAL.sub(r"\\\1", escaped)
    escaped = _REFERENCE.sub(lambda match: f"{match[0]}{BREAK}", escaped)
    return _LINE_START.sub(lambda match: f"{match[1]}{BREAK}{match[2]}", escaped)


def plain(value: str, *, limit: int = 500) -> str:
    """Text of any origin as one line where no Markdown is read, such as a title; references in it are cut through."""
    line = _CONTROL.sub(" ", _HIDDEN.sub("\ufffd", value)).strip()
    cut = _REFERENCE.sub(lambda match: f"{match[0]}{BREAK}", line)
    return cut if len(cut) <= limit else cut[: limit - 1] + "…"


def quoted(value: str, *, limit: int = 10_000) -> list[str]:
    """Text of any origin as the lines of a quotation; longer text ends in an ellipsis."""
    whole = value if len(value) <= limit else value[: limit - 1] + "…"
    return [f"> {text(line, limit=limit)}".rstrip() for line in whole.splitlines()] or [">"]


def link(label: str, url: str) -> str:
    """A link to an address of the web; only the label where the address is anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return text(label)
    if parts.scheme not in ("http", "https") or not parts.netloc or not url.isprintable():
        return text(label)
    return f"[{text(label)}](<{quote(url, safe=_SAFE_IN_URL)}>)"


def block(value: str) -> list[str]:
    """Text of any origin as the lines of a code block, which no text in it can end."""
    lines = [_CONTROL.sub(" ", _HIDDEN.sub("\ufffd", line)) for line in value.splitlines()]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(longest + 1, 3)
    return [f"{fence}text", *lines, fence]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; cells are Markdown made by the functions here."""
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [_row(row) for row in rows]
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

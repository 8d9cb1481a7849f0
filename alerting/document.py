"""Text of a policy file → plain tree, strictly, and the line of every part of it.

Only text, integers, decimal numbers, `true`, `false` and `null` (`~`, nothing) are told apart, after YAML 1.2's JSON
schema (https://yaml.org/spec/1.2.2/#102-json-schema): `on`, `no`, `10:30`, `0123` and `2026-01-05` stay the text that
people wrote. Whatever would change its meaning in silence (duplicate keys, anchors, tags, a second document) is a flaw.

Lines are not kept with the tree: they are needed only where a problem is reported, and reading a file a second time
for its lines costs less than carrying them for a thousand files that have no problem.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from alerting.builder import BOM, build, unreadable
from alerting.syntax import Flaw, no_keys

_FENCE: Final = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)


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
    broken = unreadable(text)
    if broken:
        return Document(tree=None, flaws=(broken,), readable=False)
    flaws: list[Flaw] = []
    tree, whole = build(text, flaws)
    if whole and not isinstance(tree, dict):
        flaws.append(no_keys(tree))
    return Document(tree=tree, flaws=tuple(flaws), readable=whole and isinstance(tree, dict))


def read_front_matter(text: bytes, template: str = "runbooks/TEMPLATE.md") -> Document:
    """Reads what stands between the two `---` of a Markdown file; its lines are those of the whole file.

    `template` is the file that shows how such a file starts.
    """
    matter = front_matter(text)
    if matter is None:
        flaw = Flaw(
            line=1,
            wrong="the file has no front matter",
            expected="expected it to start with a line `---`, then keys, then another line `---`",
            fix=f"start it as {template} does",
        )
        return Document(tree=None, flaws=(flaw,), readable=False)
    return read(matter)


def front_matter(text: bytes) -> bytes | None:
    """The bytes of a Markdown file from its first `---` up to the second one; None if there are no such two."""
    start = _FENCE.match(text.removeprefix(BOM))
    if start is None:
        return None
    body = text.removeprefix(BOM)
    end = _FENCE.search(body, start.end() + 1)
    return body[: end.start()] if end else None

"""The bot's own part of a text on GitHub: found by markers that hold the incident's key, everything else is people's.

Pure. The markers are HTML comments, which are not shown. Text from outside is escaped where it stands inside them, so
that it can neither end the part nor begin another; a marker with another key, or without an end, is not ours.
"""

import re
from typing import Final

_END: Final = "<!-- tocsin:end -->"
_ABOUT: Final = re.compile(r"<!-- tocsin:(?:begin|event|reply) ([0-9a-f]{16,64}) -->")


def begin(key: str) -> str:
    """The line before the bot's part of an incident's issue; `key` is the id of the event that opened it."""
    return f"<!-- tocsin:begin {key} -->"


def event_marker(key: str) -> str:
    """The mark of a comment that tells of an event."""
    return f"<!-- tocsin:event {key} -->"


def reply_marker(key: str) -> str:
    """The mark of a comment that answers somebody."""
    return f"<!-- tocsin:reply {key} -->"


def enclosed(section: str, key: str) -> str:
    """The bot's part with its markers."""
    return f"{begin(key)}\n{section}\n{_END}"


def has(text: str, marker: str) -> bool:
    """Whether a marker stands in a text, on a line of its own."""
    return any(line.strip() == marker for line in text.splitlines())


def marked(text: str) -> bool:
    """Whether a text has any mark of the bot."""
    return _ABOUT.search(text) is not None


def replaced(body: str, section: str, key: str) -> str:
    """The body with the bot's part exchanged; where it has none (any more), it is put behind what people wrote."""
    span = _span(body, key)
    if span is None:
        return f"{body.rstrip()}\n\n{enclosed(section, key)}" if body.strip() else enclosed(section, key)
    return body[: span[0]] + enclosed(section, key) + body[span[1] :]


def outside(body: str, key: str) -> int:
    """How many characters of a body are people's, with the space that parts them from the bot's."""
    span = _span(body, key)
    return len(body.rstrip()) + 2 if span is None else len(body) - (span[1] - span[0])


def section(body: str, key: str) -> str | None:
    """The bot's part of a body without its markers; None where it has none."""
    span = _span(body, key)
    if span is None:
        return None
    inside = body[span[0] : span[1]].replace("\r\n", "\n")
    return inside.removeprefix(f"{begin(key)}\n").removesuffix(f"\n{_END}")


def words(body: str, key: str) -> str:
    """What people wrote around the bot's part."""
    span = _span(body, key)
    around = [body] if span is None else [body[: span[0]], body[span[1] :]]
    return "\n\n".join(part for one in around if (part := one.replace("\r\n", "\n").strip()))


def _span(body: str, key: str) -> tuple[int, int] | None:
    # GitHub's editor makes \r\n of line ends, so positions are looked for in the text as it is.
    lines = re.compile(rf"^(?:(?P<begin>{re.escape(begin(key))})|{re.escape(_END)})[ \t]*\r?$", re.MULTILINE)
    start = None
    for line in lines.finditer(body):
        if line["begin"]:
            # One before it has no end of its own: what follows that is people's.
            start = line.start()
        elif start is not None:
            # The line end of the last line is people's.
            return start, line.end() - (1 if line[0].endswith("\r") else 0)
    return None

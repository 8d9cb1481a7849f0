"""Slack's markup: text of any origin made harmless for it, and what people wrote in it as they meant it.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Callable
from typing import Final

from bots.words import shown

_BREAK: Final = "\u200b"
"""A space without width: shown as nothing, and no name goes across it."""
_HIDDEN: Final = re.compile("[\u200b-\u200d\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb]")
_ADDRESSED: Final = re.compile(r"@(?=\w)")
_TAG: Final = re.compile(r"<([^<>]*)>")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def plain(text: str, limit: int = 500) -> str:
    """Text of any origin on one line, for a place that shows it as it is (`plain_text`, an element of `rich_text`)."""
    return cut(shown.line(_HIDDEN.sub("\ufffd", text)), limit)


def lines(text: str, limit: int = 2_500) -> str:
    """The same with the text's own lines."""
    return cut(shown.lines(_HIDDEN.sub("\ufffd", text.replace("\u2028", "\n"))).strip(), limit)


def cut(text: str, limit: int) -> str:
    """No more than `limit` characters; a longer text ends in an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def escaped(text: str, limit: int = 500) -> str:
    """Text of any origin on one line, for a place where Slack looks for markup.

    No `<…>` is left that could mention somebody, make a link or show one address as another, and no `@name`.
    """
    quiet = _ADDRESSED.sub(f"@{_BREAK}", plain(text, limit))
    return quiet.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def heard(text: str, name_of: Callable[[str], str | None]) -> str:
    """What somebody wrote, as plain text: mentions by the members' own names, links as they read.

    `name_of` gives the member with a Slack id. A person whom the policy does not know stays an id.
    """

    def said(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        if target.startswith("@"):
            return f"@{name_of(target[1:]) or target[1:]}"
        if target.startswith("#"):
            return f"#{label or target[1:]}"
        if target.startswith("!"):
            return label or f"@{target[1:].partition('^')[0]}"
        address = target.removeprefix("mailto:")
        return address if not label or label == address or target.endswith(f"//{label}") else f"{label} ({target})"

    meant = _TAG.sub(said, text)
    for entity, character in _ENTITIES:
        meant = meant.replace(entity, character)
    return meant

"""Pieces of Slack's `rich_text`: text in them is shown as it is, so no text from outside can mean anything.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from bots.slack.markup import lines, plain

Element = dict[str, Any]
Block = dict[str, Any]
_MAX_URL: Final = 3_000


def text(value: str, *, bold: bool = False, code: bool = False, limit: int = 500) -> Element:
    """Text of any origin on one line."""
    return _styled({"type": "text", "text": plain(value, limit) or " "}, bold=bold, code=code)


def own(value: str, *, bold: bool = False) -> Element:
    """Words of ours, with the spaces around them."""
    return _styled({"type": "text", "text": value}, bold=bold, code=False)


def _styled(element: Element, *, bold: bool, code: bool) -> Element:
    style = {name: True for name, wanted in (("bold", bold), ("code", code)) if wanted}
    return element | ({"style": style} if style else {})


def link(label: str, url: str) -> Element:
    """A link to an address of the web; only the label where the address is anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return text(label)
    if parts.scheme not in ("http", "https") or not parts.netloc or not url.isprintable() or len(url) > _MAX_URL:
        return text(label)
    said = plain(label, 200) or "link"
    # An alert may be called like an address, and nobody must think that they go there.
    shown = said if said == url or not said.lower().startswith("http") else f"link: {said}"
    return {"type": "link", "url": url, "text": shown}


def user(slack_id: str) -> Element:
    """A mention, which notifies; only of people whom the policy knows."""
    return {"type": "user", "user_id": slack_id}


def channel(channel_id: str) -> Element:
    """A link to a channel."""
    return {"type": "channel", "channel_id": channel_id}


def moment(at: datetime) -> Element:
    """An instant in the reader's own time zone."""
    fallback = f"{at:%Y-%m-%d %H:%M} UTC"
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{date_short_pretty} {time}",
        "fallback": fallback,
    }


def section(elements: Iterable[Element]) -> Element:
    """A paragraph."""
    return {"type": "rich_text_section", "elements": list(elements)}


def bullets(rows: Iterable[Sequence[Element]]) -> Element:
    """A list."""
    return {"type": "rich_text_list", "style": "bullet", "elements": [section(row) for row in rows]}


def quote(value: str, limit: int = 2_500) -> Element:
    """Text of any origin with its own lines, set apart."""
    return {"type": "rich_text_quote", "elements": [{"type": "text", "text": lines(value, limit) or " "}]}


def preformatted(value: str, limit: int = 2_500) -> Element:
    """The same in a fixed width."""
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": lines(value, limit) or " "}]}


def block(elements: Iterable[Element], block_id: str = "") -> Block:
    """A block of paragraphs, lists and quotes."""
    found: Block = {"type": "rich_text", "elements": list(elements)}
    return found | ({"block_id": block_id} if block_id else {})


def header(value: str) -> Block:
    """A title in large letters; at most 150 characters."""
    return {"type": "header", "text": {"type": "plain_text", "text": plain(value, 150) or " ", "emoji": False}}

"""What people wrote in the moment between the bot's look at an issue and its write. Pure.

GitHub takes no conditional writes, so a write may go over words that were saved a moment before. Its webhook then tells
of the bot's own edit, with the text as it was before it: what the bot had not seen is given back.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from bots.github.issue import managed
from bots.github.markers import replaced, section, words
from bots.github.wire import IssuesEvent
from bots.github.written import Current

_SEEN: Final = "seen"
_REMEMBERED: Final = 5
"""Writes whose webhook may still be on its way."""


def overwrote(state: Mapping[str, Any], current: Current, wrote: Mapping[str, Any], key: str) -> dict[str, Any]:
    """What has to be remembered of a write: of each body that was written, the people's words that were seen."""
    if "body" not in wrote:
        return {}
    seen = {**state.get(_SEEN, {}), _digest(str(wrote["body"])): _digest(words(current.body, key))}
    return {_SEEN: dict(list(seen.items())[-_REMEMBERED:])}


def lost(event: IssuesEvent, state: Mapping[str, Any], key: str) -> dict[str, str]:
    """What the bot's own write that an event tells of took from people; nothing where it took nothing."""
    if event.action == "unlabeled" and event.label is not None and not managed(event.label.name):
        return {"label": event.label.name}
    if event.action != "edited" or event.changes.body is None:
        return {}
    before, after = event.changes.body.before, event.issue.body or ""
    seen = state.get(_SEEN, {}).get(_digest(after))
    if seen is None or seen == _digest(words(before, key)):
        return {}
    return {"before": before, "after": _digest(words(after, key))}


def restored(current: Current, taken: Mapping[str, str], key: str) -> dict[str, Any]:
    """The fields to write so that people have back what was taken."""
    if "label" in taken:
        here = taken["label"] in current.labels
        return {} if here else {"labels": [*current.labels, taken["label"]]}
    own = section(current.body, key)
    if own is None or _digest(words(current.body, key)) != taken["after"]:
        # Somebody has written there since, who saw what was there.
        return {}
    return {"body": replaced(taken["before"], own, key)}


def damaged(event: IssuesEvent, state: Mapping[str, Any], key: str) -> bool:
    """Whether somebody changed the bot's part of the body."""
    if event.action != "edited" or event.changes.body is None or "digest" not in state:
        return False
    own = section(event.issue.body or "", key)
    return own is None or hashlib.sha256(own.encode("utf-8", "replace")).hexdigest() != state["digest"]


def _digest(text: str) -> str:
    plain = text.replace("\r\n", "\n").strip()
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16]

"""From the records and the main branch to what the status page shows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pygit2

from alerting.document import front_matter, read_front_matter
from alerting.model.policy import Policy
from alerting.model.service import StatusPage
from bots import records
from bots.git import git_tree
from bots.incident import History
from bots.numbers.completed import texts
from bots.timeline.event import parse_time
from tools.recorded import NoRecords, Recorded, folders_since
from tools.site.prose import pictured
from tools.site.published import Published, may_show, published

ARCHIVE: Final = timedelta(days=365)
"""Incidents that started longer ago are no longer shown."""
_EARLIER: Final = timedelta(days=31)
_PICTURE: Final = re.compile(r"(-[A-Za-z0-9-]+)?\.(svg|png)")
"""What follows the incident's name in the name of a picture of its postmortem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmortem:
    """A postmortem that a person marked public."""

    number: int
    title: str
    text: str
    """Markdown, without the lines for the machine; written by people."""
    pictures: Mapping[str, bytes]
    """Files beside it that it shows, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """All of it."""

    services: Mapping[str, StatusPage]
    incidents: tuple[Published, ...]
    """The newest first."""
    postmortems: Mapping[int, Postmortem]
    recorded_since: datetime | None
    """When the first incident was opened; None if there is none yet."""
    written_at: datetime
    """When the newest record was written."""


def read(found: Recorded, policy: Policy, at: datetime) -> Read:
    """Reads everything; raises NoRecords for records that cannot be read."""
    services = {name: one.status_page for name, one in sorted(policy.services.items()) if one.status_page is not None}
    since = at - ARCHIVE
    shown: list[Published] = []
    for path, folder in folders_since(found.tree, since - _EARLIER):
        one = _incident(path, folder, services, at)
        if one is not None and one.started_at >= since:
            shown.append(one)
    shown.sort(key=lambda one: (one.started_at, one.number), reverse=True)
    return Read(
        services=services,
        incidents=tuple(shown),
        postmortems=_postmortems(found, {one.number for one in shown}),
        recorded_since=_first(found.tree),
        written_at=found.written_at,
    )


def _incident(path: str, folder: pygit2.Tree, services: Mapping[str, StatusPage], at: datetime) -> Published | None:
    try:
        said = records.read_state(git_tree.content(folder, records.STATE) or b"")
        page = services.get(said["service"])
        if page is None:
            return None
        timeline = git_tree.content(folder, records.TIMELINE) or b""
        if not may_show(said, timeline):
            return None
        events = [event for event in records.read_timeline(timeline) if event.at <= at]
        return published(History.of(events), page) if events else None
    except (ValueError, KeyError) as error:
        raise NoRecords(f"{path}: {error}; `tocsin records verify` names all mistakes") from error


def _first(tree: pygit2.Tree) -> datetime | None:
    """When the incident with the lowest number was opened: the records know nothing of the time before."""
    for _, months in git_tree.folders(git_tree.subtree(tree, records.INCIDENTS)):
        for _, month in git_tree.folders(months):
            numbers = sorted((int(name.removeprefix("INC-")), folder) for name, folder in git_tree.folders(month))
            text = git_tree.content(numbers[0][1], records.STATE) if numbers else None
            if text is not None:
                return parse_time(str(records.read_state(text)["opened_at"]))
    return None


def _postmortems(found: Recorded, shown: set[int]) -> Mapping[int, Postmortem]:
    """Those that are complete and marked public, of incidents that the public sees."""
    if found.main is None:
        return {}
    tree = found.repository[found.main].peel(pygit2.Commit).tree
    known = texts(found.repository, found.main)
    told = (_postmortem(number, Path(path), text, tree) for number, (path, text) in known.items() if number in shown)
    return {one.number: one for one in told if one is not None}


def _postmortem(number: int, path: Path, text: bytes, tree: pygit2.Tree) -> Postmortem | None:
    front = read_front_matter(text).tree
    if front.get("public") is not True:
        return None
    matter = front_matter(text) or b""
    body = (text[len(matter) :].partition(b"\n")[2] if matter else text).decode("utf-8", "replace")
    folder, shown = git_tree.subtree(tree, path.parent.as_posix()), set(pictured(body))
    pictures = {
        str(entry.name): bytes(entry.data)
        for entry in folder or ()
        if isinstance(entry, pygit2.Blob)
        and entry.name in shown
        and _PICTURE.fullmatch(str(entry.name).removeprefix(f"INC-{number}"))
    }
    return Postmortem(number=number, title=str(front.get("title", f"INC-{number}")), text=body, pictures=pictures)

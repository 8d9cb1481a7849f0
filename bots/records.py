"""The files of the branch `records`: from events to bytes and back. Pure.

`timeline.yaml` is the truth, and only grows; `incident.yaml` and `README.md` follow from it byte for byte. The `v` of
its events picks the renderer, so that what an old Tocsin wrote is proved with the old renderer for ever.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from bots.incident import History
from bots.readme import readme
from bots.record_text import RecordTextError, emit, emit_item, read, read_items
from bots.timeline.event import VERSION, Event, EventError
from bots.timeline.summary import state_dict

TIMELINE: Final = "timeline.yaml"
STATE: Final = "incident.yaml"
README: Final = "README.md"
INCIDENTS: Final = "incidents"
AUDIT: Final = "audit"


class RecordError(ValueError):
    """A file of the records that cannot be used; `problems` holds everything, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keeps the problems and makes them the message."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def timeline(events: Iterable[Event]) -> bytes:
    """Events as they are written; more of them are more bytes at the end."""
    return b"".join(emit_item(event.to_dict()) for event in events)


def read_timeline(text: bytes) -> tuple[Event, ...]:
    """The events of a timeline or of an audit file; raises RecordError with everything that is wrong."""
    try:
        items = read_items(text)
    except RecordTextError as error:
        raise RecordError([str(error)]) from error
    events: list[Event] = []
    problems: list[str] = []
    for number, item in enumerate(items, start=1):
        try:
            events.append(Event.from_dict(item))
        except EventError as error:
            problems += [f"event {number}: {problem}" for problem in error.problems]
    if problems:
        raise RecordError(problems)
    return tuple(events)


def read_state(text: bytes) -> Mapping[str, Any]:
    """What `incident.yaml` says; raises RecordError if Tocsin did not write it."""
    try:
        return read(text)
    except RecordTextError as error:
        raise RecordError([str(error)]) from error


def derived(history: History) -> Mapping[str, bytes]:
    """The files that follow from the timeline, by name; raises RecordError for a version that is not known here."""
    version = history.events[0].v
    renderer = _RENDERERS.get(version)
    if renderer is None:
        known = ", ".join(map(str, _RENDERERS))
        raise RecordError([f"v: got {version}; expected {known}: written by a newer Tocsin"])
    return renderer(history)


def files(history: History) -> Mapping[str, bytes]:
    """All files of an incident's folder, by name."""
    return {TIMELINE: timeline(history.events), **derived(history)}


def _version_1(history: History) -> Mapping[str, bytes]:
    return {STATE: emit(state_dict(history.state)), README: readme(history)}


_RENDERERS: Final[Mapping[int, Callable[[History], Mapping[str, bytes]]]] = {VERSION: _version_1}


def audit_path(event: Event) -> str:
    """Where an action that belongs to no incident is kept: by its day."""
    return f"{AUDIT}/{event.at:%Y}/{event.at:%m}/{event.at:%d}.yaml"

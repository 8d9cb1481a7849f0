"""Notes that were corrected or taken back later, as people read them. Pure.

The timeline keeps every word; whoever reads the incident sees what holds now, so that what somebody took back is not
shown for ever because it was said once. (`tocsin records redact` takes it out of the record too.)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bots.timeline.event import Event, Kind, parse_time

TAKEN_BACK: Final = "(taken back)"
"""What stands in the place of a note that was."""


def corrections(events: Iterable[Event]) -> Mapping[str, Event]:
    """The last correction of each note, by the note's id."""
    return {
        name: event
        for event in events
        if event.kind is Kind.AMENDED and "moved_to" not in event.data
        for name in event.data["amends"]
    }


def text_of(note: Event, last: Mapping[str, Event]) -> str:
    """What a note says now; empty if it was taken back."""
    correction = last.get(note.id)
    return str((correction or note).data.get("text", ""))


def edited_at(correction: Event) -> datetime:
    """When somebody corrected it, where they did; the later one holds, in whatever order they are told."""
    told = correction.data.get("edited_at")
    return parse_time(told) if told else correction.at


def as_read(events: Sequence[Event]) -> list[Event]:
    """The events with notes as they hold now; of several corrections of a note only the last is left."""
    last = corrections(events)
    if not last:
        return list(events)
    holding = {correction.id for correction in last.values()}
    found: list[Event] = []
    for event in events:
        if event.kind is Kind.NOTED and event.id in last:
            # That it may be shown outside was said of other words.
            data = {name: value for name, value in event.data.items() if name != "public"}
            found.append(replace(event, data={**data, "text": text_of(event, last) or TAKEN_BACK}))
        elif event.kind is not Kind.AMENDED or "moved_to" in event.data or event.id in holding:
            found.append(event)
    return found

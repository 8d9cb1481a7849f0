"""Shifts as an iCalendar file, for calendars that people already look at.

RFC 5545: https://www.rfc-editor.org/rfc/rfc5545; name and refresh interval: https://www.rfc-editor.org/rfc/rfc7986.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from icalendar import Calendar, Event

from alerting.oncall.schedule import Shift

PRODUCT: Final = "-//Tocsin//on call//EN"
REFRESH: Final = timedelta(hours=6)


def calendar(shifts: Iterable[tuple[str, Shift]], *, name: str, stamp: datetime) -> bytes:
    """The shifts, each with its team's name, as the bytes of one calendar; `stamp` is when it was made.

    All times are in UTC, so no reader needs to know a time zone. A shift keeps its UID for as long as its team, layer
    and begin stay the same; a reader then sees a changed person as a change and not as a second entry. Being on call
    leaves people free for other things (`TRANSPARENT`).
    """
    result = Calendar()
    result.add("prodid", PRODUCT)
    result.add("version", "2.0")
    result.add("calscale", "GREGORIAN")
    result.add("name", name)
    result.add("x-wr-calname", name)
    result.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for team, shift in shifts:
        result.add_component(_event(team, shift, stamp))
    return bytes(result.to_ical())


def _event(team: str, shift: Shift, stamp: datetime) -> Event:
    """One shift."""
    event = Event()
    event.add("uid", f"{team}.{shift.layer}.{shift.start:%Y%m%dT%H%M%SZ}@oncall.tocsin")
    event.add("dtstamp", stamp)
    event.add("dtstart", shift.start)
    event.add("dtend", shift.end)
    event.add("summary", f"{shift.who} is on call for {team} ({shift.layer})")
    if shift.override:
        event.add("description", "By an override.")
    event.add("categories", ["on call", team, shift.layer])
    event.add("transp", "TRANSPARENT")
    return event

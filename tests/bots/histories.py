"""Strategies of events: any kind, with any values its fields allow."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from bots.timeline.event import Event, Kind, key_of, time_text
from bots.timeline.event_fields import FIELDS, OUTCOMES, PRIORITIES, SEVERITIES, VERDICTS
from tests.bots.office import TEN

TEXT = st.text(max_size=12) | st.sampled_from(
    ["@ana", "| a `b`", "<!-- x -->", "a\nb", "yes", "0123", "#1", "- x", "a: b", ""]
)
TIMES = st.integers(-500, 500).map(lambda minutes: TEN + timedelta(minutes=minutes, microseconds=minutes % 3))
_BY_WORDS = {
    "text": TEXT.map(lambda text: text.encode("utf-8", "replace").decode()),
    "true or false": st.booleans(),
    "a whole number from 1": st.integers(1, 4),
    "a whole number": st.integers(-3, 300),
    "a time such as 2026-01-05T10:00:00Z": TIMES.map(time_text),
    "a mapping of texts": st.dictionaries(TEXT, TEXT, max_size=3),
    "a mapping of texts, numbers and flags": st.dictionaries(
        TEXT, TEXT | st.booleans() | st.integers(0, 9), max_size=3
    ),
    "a list of texts": st.lists(st.sampled_from(["Broken", "Slow", "ffff"]), max_size=2),
}
for _words in (SEVERITIES, PRIORITIES, VERDICTS, OUTCOMES):
    _BY_WORDS[f"one of {', '.join(_words)}"] = st.sampled_from(_words)


@st.composite
def events(draw: st.DrawFn, kind: Kind | None = None) -> Event:
    """Any event of any kind."""
    chosen = kind or draw(st.sampled_from(list(Kind)))
    needed, optional = FIELDS.needed[chosen], FIELDS.optional.get(chosen, {})
    data: dict[str, Any] = {name: draw(_BY_WORDS[wanted.words]) for name, wanted in needed.items()}
    for name, wanted in optional.items():
        if draw(st.booleans()):
            data[name] = draw(_BY_WORDS[wanted.words])
    if "fingerprint" in data:
        data["fingerprint"] = draw(st.sampled_from(["Broken", "Slow"]))
    if "ends_at" in data:
        data["starts_at"], data["ends_at"] = sorted((data["starts_at"], data["ends_at"]))
    by = draw(st.sampled_from(["ana", "ben", "tocsin", "alertmanager"]))
    key = key_of(str(draw(st.integers(0, 2**60))))
    return Event(kind=chosen, at=draw(TIMES), by=by, key=key, source=draw(st.sampled_from(["", "api"])), data=data)


@st.composite
def timelines(draw: st.DrawFn, max_size: int = 8) -> list[Event]:
    """An opening and what came after."""
    opening = draw(events(Kind.OPENED))
    rest = draw(st.lists(events(), max_size=max_size))
    keys: set[str] = {opening.key}
    return [
        opening,
        *(event for event in rest if event.kind != Kind.OPENED and not (event.key in keys or keys.add(event.key))),
    ]

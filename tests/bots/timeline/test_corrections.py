"""Notes that are corrected or taken back: what people read, and what stays in the timeline."""

from typing import Any

import pytest

from bots.timeline.answer import Refusal
from bots.timeline.event import Event, parse_time
from bots.timeline.redaction import hide_event, only_masked
from tests.bots.office import Office, alert, at, command, delivery


def _office() -> tuple[Office, str]:
    """An incident with a note, and the note's id."""
    office = Office()
    office.take(delivery(alert("A", 0)))
    office.take(command("note", received=5, text="the bank is down", public=True))
    return office, office.history().events[-1].id


def _rows(office: Office) -> list[tuple[str, Any]]:
    return [(row.kind.value, row.data.get("text")) for row in office.history().rows if "text" in row.data]


def test_what_holds_is_read_and_what_was_said_is_kept() -> None:
    """Of several corrections the last one is shown; what was meant for the public was other words."""
    office, note = _office()
    for minute, text in ((6, "the bank is slow"), (7, "the bank is fine")):
        office.take(command("amend", received=minute, amends=note, text=text, by="ben"))
    assert _rows(office) == [("noted", "the bank is fine"), ("amended", "the bank is fine")]
    shown = next(row for row in office.history().rows if row.kind == "noted")
    assert (shown.id, shown.at, shown.by) == (note, at(5), "ana")
    assert "public" not in shown.data
    assert [event.data.get("text") for event in office.history().events[-3:]] == [
        "the bank is down",
        "the bank is slow",
        "the bank is fine",
    ]


def test_what_is_taken_back_is_shown_as_such() -> None:
    """Without its words; a later correction brings others."""
    office, note = _office()
    office.take(command("amend", received=6, amends=note, edited_at="2026-01-05T10:05:30Z"))
    assert _rows(office) == [("noted", "(taken back)")]
    assert office.history().events[-1].data["edited_at"] == "2026-01-05T10:05:30Z"
    office.take(command("amend", received=7, amends=note, text="the bank is slow"))
    assert _rows(office) == [("noted", "the bank is slow"), ("amended", "the bank is slow")]


WRONG = [
    ({"amends": "nothing"}, "invalid", "amends: got 'nothing'; expected the id of a note of the incident"),
    ({}, "invalid", "amends: missing; expected a word of at most 100 characters"),
    (
        {"amends": "NOTE", "text": "the bank is down"},
        "illegal",
        "INC-1 says that already; nothing is left to correct in NOTE",
    ),
    (
        {"amends": "NOTE", "text": 5, "edited_at": "noon"},
        "invalid",
        "text: got '5'; expected text; edited_at: got 'noon'; expected a time such as 2026-01-05T10:00:00Z",
    ),
]


@pytest.mark.parametrize(("args", "code", "message"), WRONG)
def test_a_correction_that_cannot_be_is_refused(args: dict[str, Any], code: str, message: str) -> None:
    """With everything that is wrong; the timeline stays."""
    office, note = _office()
    given = {name: note if value == "NOTE" else value for name, value in args.items()}
    decision = office.take(command("amend", **given))
    assert decision.answers == (Refusal(code=code, message=message.replace("NOTE", note)),)  # type: ignore[arg-type]  # a word of the type
    assert decision.empty


def test_hiding_a_note_hides_what_corrected_it() -> None:
    """Whoever hides a secret does not look for its second appearance; events stay readable."""
    office, note = _office()
    args = {"amends": note, "text": "hunter3", "edited_at": "2026-01-05T10:05:30Z"}
    office.take(command("amend", received=6, **args))
    before = office.history().events
    found = hide_event(before, note)
    assert found.ids == (note, before[-1].id)
    assert [event.data["text"] for event in found.events[-2:]] == ["[redacted]", "[redacted]"]
    assert parse_time(found.events[-1].data["edited_at"]) == at(5.5)
    assert all(only_masked(old, new) for old, new in zip(before, found.events, strict=True))
    assert [Event.from_dict(event.to_dict()) for event in found.events] == list(found.events)

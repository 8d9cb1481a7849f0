"""Times of rotations as they are written in team files."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from alerting.model.team import Layer, Member, Override
from alerting.model.wallclock import DailySpan, Handoff, Hours, parse_moment

ALL_DAYS = (0, 1, 2, 3, 4, 5, 6)
LAYER: dict[str, Any] = {
    "name": "primary",
    "every": "1w",
    "handoff": "monday 09:00",
    "start": "2026-01-05",
    "order": ["ana"],
}


def message(model: Any, value: Any) -> str:
    """The one message with which a model refuses a value."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(model).validate_python(value)
    (error,) = refused.value.errors()
    return str(error["msg"]).removeprefix("Value error, ")


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("09:00-17:00", [(ALL_DAYS, 540, 1020)]),
        ("mon-fri 09:00-17:00", [((0, 1, 2, 3, 4), 540, 1020)]),
        ("Monday-Friday 09:00 - 17:00", [((0, 1, 2, 3, 4), 540, 1020)]),
        ("fri-mon 09:00-17:00", [((4, 5, 6, 0), 540, 1020)]),
        ("mon,wed,fri 09:00-17:00", [((0, 2, 4), 540, 1020)]),
        ("22:00-06:00", [(ALL_DAYS, 1320, 1800)]),
        ("22:00-00:00", [(ALL_DAYS, 1320, 1440)]),
        ("sat-sun 00:00-24:00", [((5, 6), 0, 1440)]),
        ("mon-fri 18:00-09:00, sat,sun 00:00-24:00", [((0, 1, 2, 3, 4), 1080, 1980), ((5, 6), 0, 1440)]),
    ],
)
def test_hours_are_read(text: str, spans: list[tuple[tuple[int, ...], int, int]]) -> None:
    """Days, ranges and lists of days, several times a day, over midnight."""
    hours = Hours.parse(text)
    assert hours.spans == tuple(DailySpan(days=days, begin=begin, end=end) for days, begin, end in spans)
    assert str(hours) == text


HOURS = "expected hours such as 09:00-17:00, mon-fri 09:00-17:00 or sat,sun 22:00-06:00"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", f"'' is not a time of duty; {HOURS}"),
        (5, f"'5' is not a time of duty; {HOURS}"),
        ("9-17", f"'9-17' is not a time of duty; {HOURS}"),
        ("mon-fri", f"'mon-fri' has no times; {HOURS}; for whole days write 00:00-24:00 after it"),
        ("09:00-17:00,", f"'' is not a time of duty; {HOURS}"),
        ("mon 09:00-17:00 tue", f"'mon 09:00-17:00 tue' is not a time of duty; {HOURS}"),
        ("moo 09:00-17:00", "'moo' is not a day of the week; expected one such as mon or monday"),
        ("25:00-26:00", "'25:00' is not a time of day; expected one such as 09:00, from 00:00 to 23:59"),
        (
            "09:00-09:00",
            f"09:00-09:00 begins and ends at the same time; {HOURS}; for whole days write 00:00-24:00",
        ),
    ],
)
def test_hours_that_cannot_be_read_say_why(text: Any, says: str) -> None:
    """Each message shows what it got and what it expected."""
    assert message(Hours, text) == says


def test_handoffs_are_read_and_written() -> None:
    """A time of day, with or without a day of the week, in any case."""
    assert Handoff.parse("Mon 09:05") == Handoff(minutes=545, weekday=0)
    assert str(Handoff.parse("mon 09:05")) == "monday 09:05"
    assert str(Handoff.parse("23:59")) == "23:59"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("9:00", "'9:00' is not a time of day; expected one such as 09:00, from 00:00 to 23:59"),
        ("24:00", "'24:00' is not a time of day; expected one such as 09:00, from 00:00 to 23:59"),
        ("someday 09:00", "'someday' is not a day of the week; expected one such as mon or monday"),
        ("every monday 09:00", "'every monday 09:00' is not a handoff; expected one such as 09:00 or monday 09:00"),
        (540, "'540' is not a handoff; expected one such as 09:00 or monday 09:00"),
    ],
)
def test_handoffs_that_cannot_be_read_say_why(text: Any, says: str) -> None:
    """Each message shows what it got and what it expected."""
    assert message(Handoff, text) == says


def test_moments_keep_their_offset_or_have_none() -> None:
    """Without a zone the reader adds the team's; with an offset it counts as written."""
    assert parse_moment("2026-12-24T09:00") == datetime(2026, 12, 24, 9, 0)  # noqa: DTZ001 - the point of the test
    assert parse_moment("2026-12-24 09:00:30Z") == datetime(2026, 12, 24, 9, 0, 30, tzinfo=UTC)
    offset = timezone(timedelta(hours=5, minutes=30))
    assert parse_moment("2026-12-24T09:00+05:30") == datetime(2026, 12, 24, 9, 0, tzinfo=offset)


MOMENT = "expected one such as 2026-12-24T09:00 (in the team's time zone) or 2026-12-24T09:00:00Z"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-12-24", f"'2026-12-24' is not a date and time; {MOMENT}"),
        (20261224, f"'20261224' is not a date and time; {MOMENT}"),
        (
            "2026-02-30T09:00",
            f"'2026-02-30T09:00' is not a date and time (day is out of range for month); {MOMENT}",
        ),
        ("0026-12-24T09:00", "the year of '0026-12-24T09:00' is out of range; expected 2000 to 2199"),
    ],
)
def test_moments_that_cannot_be_read_say_why(text: Any, says: str) -> None:
    """A day without a time is not guessed at."""
    with pytest.raises(ValueError, match="expected") as refused:
        parse_moment(text)
    assert str(refused.value) == says


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"every": "30m"}, "a turn of 30m is out of range; expected whole minutes from 1h to 371d"),
        ({"every": "2y"}, "a turn of 730d is out of range; expected whole minutes from 1h to 371d"),
        ({"every": "1h30s"}, "a turn of 1h30s is out of range; expected whole minutes from 1h to 371d"),
        ({"start": "1026-01-05"}, "the year of 1026-01-05 is out of range; expected 2000 to 2199"),
        (
            {"every": "3d"},
            (
                "handoff on monday but a turn lasts 3d; expected turns of whole weeks such as 1w; "
                "write `handoff: '09:00'` for a handoff on other days"
            ),
        ),
        (
            {"start": "2026-01-06"},
            (
                "handoff on monday but 2026-01-06 is a tuesday; expected a start on the handoff's day; "
                "write `start: 2026-01-12`"
            ),
        ),
    ],
)
def test_a_layer_that_cannot_be_meant_says_why(changed: dict[str, Any], says: str) -> None:
    """Turns of minutes, of years, and handoffs on days that do not come."""
    assert message(Layer, LAYER | changed) == says


def test_an_override_must_end_after_it_begins() -> None:
    """Two times the wrong way round are a mistake; the message shows both."""
    assert message(
        Override, {"layer": "primary", "who": "ben", "from": "2026-12-27T09:00", "to": "2026-12-24T09:00"}
    ) == (
        "ends at 2026-12-24T09:00:00, not after it begins at 2026-12-27T09:00:00; "
        "expected `to` after `from`; swap or correct them"
    )


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ("Europe/Lisboa", "'Europe/Lisboa' is not a time zone; expected an IANA name such as Europe/Lisbon or UTC"),
        (
            "../../etc/passwd",
            "'../../etc/passwd' is not a time zone; expected an IANA name such as Europe/Lisbon or UTC",
        ),
        ("US", "'US' is not a time zone; expected an IANA name such as Europe/Lisbon or UTC"),
        (
            "America/New York",
            "'America/New York' is not a time zone; expected an IANA name such as America/New_York or UTC",
        ),
        ("", "'' is not a time zone; expected an IANA name such as Europe/Lisbon or UTC"),
        ("x" * 5000, f"'{'x' * 60}' is not a time zone; expected an IANA name such as Europe/Lisbon or UTC"),
        ("\x00", "'\\x00' is not a time zone; expected an IANA name such as Europe/Lisbon or UTC"),
    ],
)
def test_a_time_zone_must_exist(zone: str, says: str) -> None:
    """A name that the time zone database does not have is refused, with the nearest one that it has."""
    assert message(Member, {"name": "ana", "email": "ana@example.com", "timezone": zone}) == says

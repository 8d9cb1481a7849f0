"""Events as values and as they are written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.timeline.event import FIRST, LAST, Event, EventError, Kind, clean, fact, key_of, parse_time, time_text
from bots.timeline.intake import Alert
from tests.bots.office import TEN, alert

NOTED = {
    "v": 1,
    "id": key_of("x")[:16],
    "at": "2026-01-05T10:00:00Z",
    "by": "ana",
    "kind": "noted",
    "key": key_of("x"),
    "text": "hello",
}


def _fact(told: Alert, source: str = "alertmanager") -> Event:
    return fact(told, service="checkout", team="payments", severity="page", priority="P0", source=source)


def test_an_event_reads_back_as_it_was_written() -> None:
    """The flat form holds everything."""
    event = _fact(alert("Broken", 0, 5))
    assert Event.from_dict(event.to_dict()) == event


def test_every_mistake_of_an_event_is_told() -> None:
    """Missing, wrong and unknown keys together."""
    wrong = {**NOTED, "at": "yesterday", "v": 2, "colour": "red"}
    del wrong["text"]
    with pytest.raises(EventError) as caught:
        Event.from_dict(wrong)
    assert caught.value.problems == (
        "text: missing; expected text",
        "v: got 2; expected 1",
        "at: got 'yesterday'; expected a time such as 2026-01-05T10:00:00Z",
        (
            "colour: unknown; expected only v, id, at, by, kind, key, text, source, began_at, public, url, freeze, "
            "until, topic, to, from, layer, step"
        ),
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "hacked"}, None),
        ({"id": "0123"}, f"id: got 0123; expected {NOTED['id']}, the start of the key"),
        ({"key": "zz"}, "key: got 'zz'; expected a sha256 in hex"),
        (
            {"at": "2026-02-30T10:00:00Z"},
            "at: got '2026-02-30T10:00:00Z'; expected a time such as 2026-01-05T10:00:00Z",
        ),
        ({"began_at": 5}, "began_at: got 5; expected a time such as 2026-01-05T10:00:00Z"),
        ({"public": "yes"}, "public: got 'yes'; expected true or false"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(change: dict[str, object], problem: str | None) -> None:
    """One mistake, one sentence."""
    with pytest.raises(EventError) as caught:
        Event.from_dict({**NOTED, **change})
    assert (
        caught.value.problems[0].startswith("kind: got 'hacked'; expected one of opened, alert_fired")
        if problem is None
        else caught.value.problems == (problem,)
    )


def test_what_is_not_a_mapping_is_not_an_event() -> None:
    """Nor is a list."""
    with pytest.raises(EventError, match=r"^got list; expected a mapping$"):
        Event.from_dict([])  # type: ignore[arg-type]  # what a file may hold


def test_the_same_fact_has_the_same_key_whoever_tells_it() -> None:
    """Annotations and the teller do not matter; times, status and place do."""
    assert _fact(alert("Broken", 0)).key == _fact(alert("Broken", 0), source="reconciliation").key
    others = [alert("Broken", 1), alert("Broken", 0, 5), alert("Broken", 0, 6), alert("Slow", 0)]
    assert len({_fact(one).key for one in [alert("Broken", 0), *others]}) == 5


def test_times_are_written_in_utc() -> None:
    """With a fraction only where there is one."""
    lisbon = timezone(timedelta(hours=1))
    assert time_text(datetime(2026, 6, 1, 10, tzinfo=lisbon)) == "2026-06-01T09:00:00Z"
    assert time_text(TEN + timedelta(milliseconds=5)) == "2026-01-05T10:00:00.005000Z"
    with pytest.raises(ValueError, match=r"^'2026-06-01T09:00:00' has no time zone; expected one such as"):
        parse_time("2026-06-01T09:00:00")


def test_times_at_the_ends_of_the_calendar_are_moved_inside() -> None:
    """A zone can move a time out of the years that there are."""
    zone = timezone(timedelta(hours=5))
    first = datetime(1, 1, 1, tzinfo=zone)
    last = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))
    told = Alert(fingerprint="f", status="resolved", starts_at=first, ends_at=last, labels={}, annotations={})
    event = _fact(told)
    assert (event.data["starts_at"], event.at) == (time_text(FIRST), LAST)


def test_an_alert_that_ends_before_it_starts_lasts_no_time() -> None:
    """Clocks differ."""
    assert _fact(alert("Broken", 5, 3)).data["ends_at"] == time_text(TEN + timedelta(minutes=5))


def test_text_is_cut_and_can_be_written() -> None:
    """Half characters are replaced, endless texts end."""
    assert clean("a\ud800b") == "a\ufffdb"
    assert clean("x" * 3000) == "x" * 1999 + "…"
    labels = {f"l{number:03}": "v" for number in range(100)}
    told = Alert(fingerprint="f", status="firing", starts_at=TEN, ends_at=None, labels=labels, annotations={})
    assert len(_fact(told).data["labels"]) == 64


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_time_reads_back(at: datetime) -> None:
    """To the microsecond."""
    assert parse_time(time_text(at)) == at


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_different_parts_make_different_keys(left: list[str], right: list[str]) -> None:
    """Parts never run into each other."""
    same = [part.encode("utf-8", "replace") for part in left] == [part.encode("utf-8", "replace") for part in right]
    assert (key_of(*left) == key_of(*right)) == same


def test_every_kind_has_its_fields() -> None:
    """The table of fields and the kinds are the same list."""
    from bots.timeline.event_fields import FIELDS

    assert set(FIELDS.needed) == {kind.value for kind in Kind}

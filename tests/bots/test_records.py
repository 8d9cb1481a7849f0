"""The files of the records: written and read back, by our reader and by others."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting import document
from bots import records
from bots.incident import History
from bots.record_text import RecordTextError, emit, emit_item, read, read_items
from bots.timeline.event import Event
from bots.timeline.summary import state_dict
from tests.bots.histories import timelines
from tests.bots.office import Office, alert, command, delivery

_WRITABLE = st.text(max_size=15).map(lambda text: text.encode("utf-8", "replace").decode())
_TRICKY = st.sampled_from(
    [
        *("on", "No", "10:30", "0123", "1e5", "~", "null", "", " a", "a ", "a: b", "a #b", "- a", "%", "@a", "`", "&a"),
        *(
            "\u2028",
            "\x85",
            "\x7f",
            "\ufeff",
            "\x00",
            "é",
            "🔥",
            "*a",
            "!t",
            "{a",
            "[a",
            "a\nb",
            "a\tb",
            "'",
            '"',
            "\\",
        ),
        *("2026-01-05T10:00:00Z", ".inf"),
    ]
)
_SCALARS = _WRITABLE | _TRICKY | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(-1e9, 1e9)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.dictionaries(_WRITABLE | _TRICKY, inner, max_size=3) | st.lists(_SCALARS, max_size=3),
    max_leaves=8,
)
_MAPPINGS = st.dictionaries(_WRITABLE | _TRICKY, _VALUES, max_size=4)


@settings(max_examples=200, deadline=None)
@given(_MAPPINGS)
def test_what_is_written_reads_back(value: dict[str, Any]) -> None:
    """By our own fast reader."""
    assert read(emit(value)) == value


@settings(max_examples=200, deadline=None)
@given(_MAPPINGS)
def test_a_strict_yaml_reader_reads_the_same(value: dict[str, Any]) -> None:
    """No surprise of YAML 1.1 is left."""
    assert document.read(emit({"top": value})).tree == {"top": value}


@settings(max_examples=100, deadline=None)
@given(st.lists(_MAPPINGS.filter(bool), max_size=4))
def test_entries_are_appended_as_bytes(values: list[dict[str, Any]]) -> None:
    """A sequence of entries is the entries one after the other."""
    text = b"".join(map(emit_item, values))
    assert read_items(text) == values


@settings(max_examples=100, deadline=None)
@given(timelines())
def test_a_timeline_reads_back_byte_for_byte(timeline: list[Event]) -> None:
    """Events, and everything that follows from them."""
    text = records.timeline(timeline)
    events = records.read_timeline(text)
    assert list(events) == timeline
    assert records.timeline(events) == text
    assert records.files(History.of(events)) == records.files(History.of(timeline))


@settings(max_examples=100, deadline=None)
@given(timelines())
def test_the_state_reads_back(timeline: list[Event]) -> None:
    """`incident.yaml` holds the state."""
    history = History.of(timeline)
    assert records.read_state(records.files(history)[records.STATE]) == state_dict(history.state)


def test_appending_an_event_appends_bytes() -> None:
    """What was written stays as it is."""
    office = Office()
    office.take(delivery(alert("Broken", 0)))
    before = records.files(office.history())[records.TIMELINE]
    office.take(command("ack"))
    after = records.files(office.history())[records.TIMELINE]
    assert after.startswith(before)
    assert len(after) > len(before)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a: 1", "line 1: got 'no end of the last line'; expected YAML as Tocsin writes it"),
        (b"a: &x 1\n", "line 1: got 'a: &x 1'; expected YAML as Tocsin writes it"),
        (b"a: 1\na: 2\n", "line 2: got 'a: 2'; expected YAML as Tocsin writes it"),
        (b"a:\n   b: 1\n", "line 2: got '   b: 1'; expected YAML as Tocsin writes it"),
        (b"a: 1\n# b\n", "line 2: got '# b'; expected YAML as Tocsin writes it"),
        (b"a: \xff\n", "line 1: got 'bytes that are not UTF-8'; expected YAML as Tocsin writes it"),
        (b"a: yes!\n", "line 1: got 'a: yes!'; expected YAML as Tocsin writes it"),
        (b"a:\n", "line 2: got 'the end'; expected YAML as Tocsin writes it"),
        (b'a: "\\x"\n', "line 1: got 'a: \"\\\\x\"'; expected YAML as Tocsin writes it"),
    ],
)
def test_other_text_is_refused_with_its_line(text: bytes, message: str) -> None:
    """Even where YAML would allow it."""
    with pytest.raises(RecordTextError) as caught:
        read(text)
    assert str(caught.value) == message


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text('ab:- \n"\\{}[]#1', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    """Nothing else is raised, and nesting has an end."""
    for reading in (read, read_items):
        with contextlib.suppress(RecordTextError):
            reading(text)


def test_deep_nesting_is_refused() -> None:
    """Twenty levels are enough."""
    text = b"".join(b"  " * depth + b"a:\n" for depth in range(3000)) + b"  " * 3000 + b"a: 1\n"
    with pytest.raises(RecordTextError):
        read(text)


def test_numbers_that_are_none_are_refused() -> None:
    """Nor is anything else written that could not be read."""
    for wrong in (float("nan"), float("inf"), None, 10**30):
        with pytest.raises(ValueError, match=r"expected a text, a number or a flag$"):
            emit({"a": wrong})


def test_a_timeline_tells_all_its_mistakes() -> None:
    """By event and field."""
    text = emit_item({"kind": "noted"}) + emit_item({"v": 1, "kind": "nonsense"})
    with pytest.raises(records.RecordError) as caught:
        records.read_timeline(text)
    assert caught.value.problems[:2] == ("event 1: v: missing; expected 1", "event 1: id: missing; expected text")
    assert caught.value.problems[-1].startswith("event 2: kind: got 'nonsense'; expected one of opened")


def test_a_version_that_is_not_known_has_no_renderer() -> None:
    """An older Tocsin does not guess."""
    from dataclasses import replace

    office = Office()
    office.take(delivery(alert("Broken", 0)))
    history = office.history()
    newer = History((replace(history.events[0], v=2), *history.events[1:]), history.state)
    with pytest.raises(records.RecordError, match=r"^v: got 2; expected 1: written by a newer Tocsin$"):
        records.derived(newer)
